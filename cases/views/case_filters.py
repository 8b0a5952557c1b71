"""The search and the filters of the list of cases."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import codes, extensions
from cases.diagnosis_names import labels_with, shown_name
from cases.identity import lookup_hashes
from cases.models import Diagnosis, Lesion, MergedPatient
from cases.models.lesion import has_level
from registry.access.models import Center
from registry.access.scope import visible_centers, writable_centers
from registry.core.dates import shown_date
from registry.core.fields import DATE_RANGE
from registry.core.forms.fields import DateFormField
from registry.core.reading import refuse_nul

#: Choices of the filter for centres that name several; no code of a centre contains a dot.
OWN, PUBLISHED = ".own", ".published"
#: A column of a higher floor that has no value; no such value begins with a dot.
EMPTY = ".none"
#: The filters that fold away.
MORE = (
    "disease_status",
    "sex",
    "age_from",
    "age_to",
    "level",
    "date_from",
    "date_to",
    "changed_from",
    "changed_to",
)
EVERYTHING = [("", gettext_lazy("All"))]


@dataclass(frozen=True)
class Token:
    """A filter that has no control of its own: it came with a link, and is taken away by one."""

    name: str
    value: str
    label: str


class DayField(DateFormField):
    """A day that a record may have; on others no clock of the database goes."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        first, last = DATE_RANGE
        if value is not None and not first <= value <= last:
            raise ValidationError(
                _("%(value)s is not between %(low)s and %(high)s.")
                % {"value": shown_date(value), "low": shown_date(first), "high": shown_date(last)}
            )


class CaseFilterForm(forms.Form):
    """Search and filters; a value that cannot be read is named at its field and left out of the search."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)
    status = forms.ChoiceField(label=gettext_lazy("Status"), required=False)
    center = forms.ChoiceField(label=gettext_lazy("Centre or publication"), required=False)
    diagnosis = forms.ChoiceField(label=gettext_lazy("Diagnosis"), required=False)
    disease_status = forms.ChoiceField(label=gettext_lazy("Disease"), required=False)
    sex = forms.ChoiceField(label=gettext_lazy("Sex"), required=False)
    age_from = forms.IntegerField(label=gettext_lazy("Age from"), required=False, min_value=0, max_value=120)
    age_to = forms.IntegerField(label=gettext_lazy("Age to"), required=False, min_value=0, max_value=120)
    level = forms.ChoiceField(label=gettext_lazy("Level"), required=False)
    date_from = DayField(label=gettext_lazy("Index date from"), required=False)
    date_to = DayField(label=gettext_lazy("Index date to"), required=False)
    changed_from = DayField(label=gettext_lazy("Changed from"), required=False)
    changed_to = DayField(label=gettext_lazy("Changed to"), required=False)
    publication = forms.SlugField(required=False)
    mine = forms.BooleanField(required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        centers = visible_centers(user).order_by("kind", "code").values_list("code", "name", "kind")
        self._choose(
            "center",
            [(OWN, gettext_lazy("Own centres")), (PUBLISHED, gettext_lazy("All published"))]
            + [
                (code, f"{code} · {name}" if kind == Center.Kind.CLINICAL else f"{code} ({_('published')})")
                for code, name, kind in centers
            ],
        )
        self._choose("status", codes.CaseStatus.choices)
        diagnoses = Diagnosis.objects.values_list("slug", "label")
        named = [(slug, shown_name(label)) for slug, label in diagnoses]
        self._choose("diagnosis", sorted(named, key=lambda choice: choice[1].casefold()))
        self._choose("disease_status", codes.DiseaseStatus.choices)
        self._choose("sex", codes.Sex.choices)
        self._choose("level", codes.LEVEL_CHOICES)
        for added in extensions.filters():
            self.fields[added.name] = forms.ChoiceField(
                label=added.label, required=False, choices=EVERYTHING + list(added.choices())
            )
        for column in extensions.columns():
            self.fields.setdefault(column.name, forms.CharField(required=False, max_length=100))

    def _choose(self, name: str, choices: Any) -> None:
        self.fields[name].choices = EVERYTHING + list(choices)  # type: ignore[attr-defined]

    def clean_q(self) -> str:
        return refuse_nul(self.cleaned_data["q"]).strip()

    def given(self) -> dict[str, Any]:
        """The filters that are set and could be read."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "", False)}

    @property
    def more_open(self) -> bool:
        return any(self.data.get(name) for name in MORE)

    def tokens(self) -> list[Token]:
        """The filters without a control of their own, in words."""
        return list(self._tokens(self.given()))

    def _tokens(self, given: dict[str, Any]) -> Iterator[Token]:
        if "mine" in given:
            yield Token("mine", "on", _("entered or changed by me"))
        if "publication" in given:
            yield Token("publication", given["publication"], given["publication"])
        for column in extensions.columns():
            value = given.get(column.name)
            if value == EMPTY:
                yield Token(column.name, value, _("%(column)s: none") % {"column": column.label})
            elif value is not None:
                yield Token(column.name, value, f"{column.label}: {column.words(value)}")

    def apply(self, cases: Any) -> Any:
        """The queryset narrowed by every filter that could be read."""
        given = self.given()
        plain = {
            "status": "status",
            "diagnosis": "diagnosis__slug",
            "disease_status": "disease_status",
            "sex": "patient__sex",
            "age_from": "shown_age__gte",
            "age_to": "shown_age__lte",
            "date_from": "shown_date__gte",
            "date_to": "shown_date__lte",
            "publication": "patient__publication__slug",
        }
        if "center" in given:
            cases = cases.filter(**_of_center(given["center"]))
        for name, lookup in plain.items():
            if name in given:
                cases = cases.filter(**{lookup: given[name]})
        if "changed_from" in given:
            cases = cases.filter(modified_at__gte=_midnight(given["changed_from"]))
        if "changed_to" in given:
            cases = cases.filter(modified_at__lt=_midnight(given["changed_to"] + datetime.timedelta(days=1)))
        if "level" in given:
            # Found once, not case by case: a rare level would be looked for in every lesion of the centre.
            lesions = Lesion.objects.filter(has_level(given["level"])).order_by()
            cases = cases.filter(pk__in=lesions.values("case"))
        for added in extensions.filters():
            if added.name in given:
                cases = added.apply(cases, given[added.name])
        for column in extensions.columns():
            value = given.get(column.name)
            if value == EMPTY:
                cases = cases.filter(**{f"{column.name}__isnull": True})
            elif value is not None:
                cases = cases.filter(column.equals(value) if column.equals else Q(**{column.name: value}))
        if "mine" in given:
            cases = cases.filter(Q(created_by=self.user) | Q(modified_by=self.user))
        if "q" in given:
            cases = cases.filter(found(given["q"], self.user))
        return cases


def found(text: str, user: Any) -> Q:
    """Cases by registry id, diagnosis or a paper's label in part, by hospital number in full."""
    condition = (
        Q(patient__registry_id__icontains=text)
        | Q(diagnosis__label__icontains=text)
        | Q(diagnosis__label__in=labels_with(text))
        | Q(patient__source_label__icontains=text)
        | Q(patient__in=MergedPatient.survivors(registry_id__icontains=text))
    )
    hashes = [number for center in writable_centers(user) for number in lookup_hashes(center.pk, text)]
    if hashes:
        condition |= Q(patient__hospital_number_hash__in=hashes)
        condition |= Q(patient__in=MergedPatient.survivors(hospital_number_hash__in=hashes))
    return condition


def _of_center(choice: str) -> dict[str, Any]:
    if choice == OWN:
        return {"center__kind": Center.Kind.CLINICAL}
    if choice == PUBLISHED:
        return {"center__kind": Center.Kind.PUBLISHED}
    return {"center__code": choice}


def _midnight(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))
