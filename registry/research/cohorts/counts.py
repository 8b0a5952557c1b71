"""How many cases a definition finds: in all, by each of its conditions, in each arm, and in more than one arm."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case as Switch
from django.db.models import Count, F, IntegerField, OuterRef, Q, Sum, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.models import Lesion
from registry.research.cohorts.compiler import arm_condition, cases_in_research, cases_of, condition_of
from registry.research.cohorts.document import Definition, Group, Part
from registry.research.tables import count_of

MOST_COUNTED = 60


@dataclass(frozen=True)
class Found:
    """How many cases there are, of how many patients, with how many lesions."""

    cases: int = 0
    patients: int = 0
    lesions: int = 0


@dataclass(frozen=True)
class Overlap:
    """Cases that are in two arms at once."""

    arms: tuple[str, str]
    cases: int


@dataclass(frozen=True)
class Counts:
    """What a definition finds among the cases that a user may use."""

    #: Every case there is for this user, before any condition.
    available: int
    whole: Found
    #: Cases of which each part of the definition holds by itself, by its path; see ``counted_parts``.
    conditions: dict[str, int]
    #: Arm code → what is in the arm.
    arms: dict[str, Found]
    overlaps: tuple[Overlap, ...]
    #: Cases of the cohort that are in none of its arms.
    without_arm: int
    #: Published series (slug) → cases of the cohort.
    publications: dict[str, int]

    def warnings(self) -> list[str]:
        """What somebody should know before anything is computed from this."""
        found = []
        if not self.whole.cases:
            found.append(_("No case fits."))
        for overlap in self.overlaps:
            text = ngettext(
                "%(cases)d case is in both arms %(first)s and %(second)s.",
                "%(cases)d cases are in both arms %(first)s and %(second)s.",
                overlap.cases,
            )
            first, second = overlap.arms
            found.append(text % {"cases": overlap.cases, "first": first, "second": second})
        if self.whole.cases:
            empty = [code for code, arm in self.arms.items() if not arm.cases]
            found += [_("No case is in arm %(code)s.") % {"code": code} for code in empty]
            if self.arms and self.without_arm:
                text = ngettext(
                    "%(cases)d case is in no arm.", "%(cases)d cases are in no arm.", self.without_arm
                )
                found.append(text % {"cases": self.without_arm})
        return found

    def as_json(self) -> dict[str, Any]:
        return {
            "cases": self.whole.cases,
            "patients": self.whole.patients,
            "lesions": self.whole.lesions,
            "available": self.available,
            "conditions": [{"path": path, "cases": cases} for path, cases in self.conditions.items()],
            "arms": [
                {
                    "code": code,
                    "cases": arm.cases,
                    "patients": arm.patients,
                    "lesions": arm.lesions,
                }
                for code, arm in self.arms.items()
            ],
            "without_arm": self.without_arm,
            "overlaps": [{"arms": list(overlap.arms), "cases": overlap.cases} for overlap in self.overlaps],
            "publications": [
                {"publication": slug, "cases": cases} for slug, cases in self.publications.items()
            ],
            "warnings": self.warnings(),
        }


def counted_parts(definition: Definition) -> dict[str, Part]:
    """The parts that are counted by themselves, by path, in their order.

    Conditions, groups and blocks of the cohort, but not what stands in a block, which is about rows and not cases. Of a
    very long definition the first ones.
    """
    found: dict[str, Part] = {}
    waiting: list[tuple[str, Part]] = [("where", definition.where)]
    while waiting and len(found) < MOST_COUNTED:
        path, part = waiting.pop()
        if path != "where":
            found[path] = part
        if isinstance(part, Group):
            below = [(f"{path}.{part.how}[{n}]", each) for n, each in enumerate(part.parts)]
            waiting += reversed(below)
    return found


def counted(definition: Definition, user: Any) -> Counts:
    """Three queries, however many conditions, arms and cases there are."""
    parts = counted_parts(definition)
    available, *by_part = _each_counted([None, *map(condition_of, parts.values())], user)
    whole, arms, overlaps, without_arm = _of_cohort(definition, user)
    publications = (
        cases_of(definition, user)
        .filter(patient__publication__isnull=False)
        .order_by()
        .values("patient__publication__slug")
        .annotate(cases=Count("pk"))
        .order_by("patient__publication__slug")
    )
    return Counts(
        available=available,
        whole=whole,
        conditions=dict(zip(parts, by_part, strict=True)),
        arms=arms,
        overlaps=overlaps,
        without_arm=without_arm,
        publications={row["patient__publication__slug"]: row["cases"] for row in publications},
    )


def _flag(condition: Q) -> Switch:
    return Switch(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())


def _of_cohort(definition: Definition, user: Any) -> tuple[Found, dict[str, Found], tuple[Overlap, ...], int]:
    """The cohort and its arms in one pass: whether a case is in an arm is found out once, and summed up outside."""
    codes = [arm.code for arm in definition.arms]
    flags = {f"arm_{n}": _flag(arm_condition(arm)) for n, arm in enumerate(definition.arms)}
    lesions = count_of(Lesion.objects.filter(case=OuterRef("pk")), "case")
    cases = cases_of(definition, user).order_by().annotate(number_of_lesions=lesions, **flags)
    # The primary key makes every row distinct; saying so has the flags computed beneath the sums, not in each of them.
    rows = cases.values("pk", "patient", "number_of_lesions", *flags).distinct()
    sums: dict[str, Any] = {
        "cases": Count("pk"),
        "patients": Count("patient", distinct=True),
        "lesions": Sum("number_of_lesions"),
    }
    for name in flags:
        sums[f"{name}_cases"] = Sum(name)
        sums[f"{name}_patients"] = Count(Switch(When(**{name: 1}, then=F("patient"))), distinct=True)
        sums[f"{name}_lesions"] = Sum(F(name) * F("number_of_lesions"))
    pairs = list(itertools.combinations(range(len(codes)), 2))
    for one, other in pairs:
        sums[f"both_{one}_{other}"] = Sum(F(f"arm_{one}") * F(f"arm_{other}"))
    if flags:
        sums["without_arm"] = Count(Switch(When(**dict.fromkeys(flags, 0), then=F("pk"))))
    found: dict[str, int] = {name: value or 0 for name, value in rows.aggregate(**sums).items()}
    return (
        Found(found["cases"], found["patients"], found["lesions"]),
        {
            code: Found(*(found[f"arm_{n}_{of}"] for of in ("cases", "patients", "lesions")))
            for n, code in enumerate(codes)
        },
        tuple(
            Overlap((codes[one], codes[other]), both)
            for one, other in pairs
            if (both := found[f"both_{one}_{other}"])
        ),
        found.get("without_arm", 0),
    )


def cases_found(definitions: Iterable[Definition], user: Any) -> list[int]:
    """The number of cases of several definitions, in one query."""
    return _each_counted([condition_of(definition.where) for definition in definitions], user)


def _each_counted(conditions: Sequence[Q | None], user: Any) -> list[int]:
    """The number of cases under each condition, in one statement.

    A count of its own for each, put together: a database plans each as the join it is, where a filtered aggregate would
    ask every question of every case.
    """
    cases = cases_in_research(user).order_by()
    counts = [
        (cases if condition is None else cases.filter(condition))
        .annotate(asked=Value(number, output_field=IntegerField()))
        .values("asked")
        .annotate(cases=Count("pk"))
        .values_list("asked", "cases")
        for number, condition in enumerate(conditions)
    ]
    if not counts:
        return []
    first, *others = counts
    found = dict(first.union(*others, all=True) if others else first)
    return [found.get(number, 0) for number in range(len(conditions))]
