"""Patients of one centre who may be one person, with what speaks for it.

Two patients are a pair when they carry the same hospital number, or when sex, year of birth (else age at the index
procedure) and diagnosis are the same and their index procedures lie close together. The number of days
is a judgement of this registry: a case that is entered twice has the same day or one nearby.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.codes import Sex
from cases.models import Case, Patient
from registry.core.policies import Gap
from registry.curation.quality.base import CrossRule

#: Index procedures further apart than this are two episodes or two persons.
NEAR_DAYS = 14


@dataclass(frozen=True)
class Pair:
    """Two patients, the one registered first first; ``reasons`` are codes, ``sentence`` says them in words."""

    first: Patient
    second: Patient
    reasons: tuple[str, ...]

    @property
    def sentence(self) -> str:
        words = {
            "hospital_number": _("the same hospital number"),
            "sex": _("the same sex"),
            "birth_year": _("the same year of birth"),
            "age": _("the same age"),
            "diagnosis": _("the same diagnosis"),
            "index_date": _("index procedures at most %(days)d days apart") % {"days": NEAR_DAYS},
        }
        return ", ".join(str(words[reason]) for reason in self.reasons)


def probable_duplicates(center: Any) -> list[Pair]:
    """The pairs of a centre, in the order of registration; three questions to the database however many patients."""
    found: dict[tuple[int, int], list[str]] = {}
    for key, reasons in (*_same_number(center), *_alike(center)):
        known = found.setdefault(key, [])
        known += [reason for reason in reasons if reason not in known]
    patients = Patient.objects.in_bulk({pk for key in found for pk in key})
    return [
        Pair(patients[first], patients[second], tuple(reasons))
        for (first, second), reasons in sorted(found.items())
    ]


def _key(one: int, other: int) -> tuple[int, int]:
    return (min(one, other), max(one, other))


def _same_number(center: Any) -> Iterator[tuple[tuple[int, int], list[str]]]:
    """Patients with one hospital number; compared by its keyed hash, so nothing is decrypted."""
    numbered = Patient.objects.filter(center=center).exclude(hospital_number_hash="").order_by()
    twice = numbered.values("hospital_number_hash").annotate(n=Count("pk")).filter(n__gt=1)
    groups: dict[str, list[int]] = defaultdict(list)
    rows = numbered.filter(hospital_number_hash__in=twice.values("hospital_number_hash"))
    for pk, digest in rows.order_by("pk").values_list("pk", "hospital_number_hash"):
        groups[digest].append(pk)
    for members in groups.values():
        for other in members[1:]:
            yield _key(members[0], other), ["hospital_number"]


def _alike(center: Any) -> Iterator[tuple[tuple[int, int], list[str]]]:
    """Patients whose cases agree in sex, diagnosis and birth year or age, close in time."""
    cases = (
        Case.objects.filter(
            center=center, diagnosis__isnull=False, index_date__isnull=False, patient__sex__isnull=False
        )
        .exclude(patient__sex=Sex.UNKNOWN)
        .order_by("patient__sex", "diagnosis", "index_date", "pk")
        .values_list("patient", "patient__sex", "diagnosis", "index_date", "age_years", "patient__birth_year")
    )
    near: list[Any] = []
    for row in cases.iterator(chunk_size=2000):
        patient, sex, diagnosis, day, age, born = row
        near = [
            other
            for other in near
            if other[1] == sex and other[2] == diagnosis and (day - other[3]).days <= NEAR_DAYS
        ]
        for other in near:
            if other[0] == patient:
                continue
            same = _same_age(age, born, other[4], other[5])
            if same:
                yield _key(patient, other[0]), ["sex", same, "diagnosis", "index_date"]
        near.append(row)


def _same_age(age: int | None, born: int | None, other_age: int | None, other_born: int | None) -> str:
    """``birth_year`` or ``age`` where they agree; the year of birth decides where both are known."""
    if born is not None and other_born is not None:
        return "birth_year" if born == other_born else ""
    if age is not None and other_age is not None:
        return "age" if age == other_age else ""
    return ""


def _of_center(center: Any) -> Iterator[Gap]:
    """The question stands at the patient that was registered later."""
    others: dict[int, list[Pair]] = defaultdict(list)
    for pair in probable_duplicates(center):
        others[pair.second.pk].append(pair)
    for pairs in others.values():
        text = _("May be the same person as %(others)s.")
        named = "; ".join(f"{pair.first.registry_id} ({pair.sentence})" for pair in pairs)
        yield Gap(pairs[0].second, "", text % {"others": named})


DUPLICATE = CrossRule(
    "probable_duplicate",
    gettext_lazy("Probable duplicate"),
    gettext_lazy("Two patients of one centre look like one person."),
    _of_center,
)
