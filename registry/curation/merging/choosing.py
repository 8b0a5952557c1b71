"""What the two patients say, side by side, and which of it the survivor is to say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from cases.models import Patient
from registry.access.models import Center
from registry.core.rules import label_of
from registry.core.views.display import missing_label, words

#: The fields to choose, in the order of the page.
FIELDS = ("sex", "birth_year", "hospital_number", "consent_status", "consent_date")
#: What a signature vouches for besides the case itself.
SIGNED_FIELDS = ("sex", "birth_year")
#: The two patients, as the page calls them.
SIDES = ("a", "b")


@dataclass(frozen=True)
class Choice:
    """One field of both patients."""

    name: str
    label: str
    a: str
    b: str
    #: Both say the same: there is nothing to choose.
    same: bool
    #: What is proposed; empty where both say something and it differs.
    proposed: str


def said(patient: Patient, name: str) -> tuple[Any, str]:
    """The value, and the reason for its absence."""
    value = getattr(patient, name)
    return (None if value == "" else value), str(patient.missing.get(name) or "")


def shown(patient: Patient, name: str) -> str:
    """What the patient says, in words; empty for nothing."""
    value, code = said(patient, name)
    return words(Patient._meta.get_field(name), value) or missing_label(code)


def choices(a: Patient, b: Patient) -> list[Choice]:
    """Every field with both values. What is empty on one side is taken from the other."""
    return [
        Choice(
            name,
            label_of(Patient, name),
            shown(a, name),
            shown(b, name),
            said(a, name) == said(b, name),
            _proposed(said(a, name), said(b, name)),
        )
        for name in FIELDS
    ]


def _proposed(a: tuple[Any, str], b: tuple[Any, str]) -> str:
    if a == b:
        return "a"
    if (a[0] is None) != (b[0] is None):  # a value says more than the reason for its absence
        return "b" if a[0] is None else "a"
    if a[0] is None and bool(a[1]) != bool(b[1]):
        return "b" if b[1] else "a"
    return ""


def proposed_survivor(a: Patient, b: Patient) -> str:
    """The one with signed cases, else the one who was entered first."""
    signed = [patient.cases.filter(status="signed").exists() for patient in (a, b)]
    if signed[0] != signed[1]:
        return "a" if signed[0] else "b"
    return "a" if a.pk < b.pk else "b"


def impossible(a: Patient, b: Patient) -> str:
    """Why these two are never merged; empty when they may be."""
    if a.pk == b.pk:
        return str(_("These are the same patient. Choose two."))
    if Center.Kind.PUBLISHED in (a.center.kind, b.center.kind):
        return str(_("Patients of published series are not merged: they stand as they were printed."))
    if a.center_id != b.center_id:
        return str(_("These patients belong to two centres. Only patients of one centre are merged."))
    return ""


@dataclass(frozen=True)
class Chosen:
    """The decision: who survives, and from whom each field is taken."""

    survivor: str
    fields: Mapping[str, str]

    @classmethod
    def read(cls, given: Mapping[str, Any], a: Patient, b: Patient) -> tuple["Chosen", dict[str, str]]:
        """The decision as it was sent, and for each name what is wrong with it."""
        errors: dict[str, str] = {}
        survivor = given.get("survivor", "")
        if survivor not in SIDES:
            errors["survivor"] = str(_("Choose which patient survives."))
        fields = {}
        for choice in choices(a, b):
            side = "a" if choice.same else given.get(f"take_{choice.name}", "")
            if side not in SIDES:
                errors[f"take_{choice.name}"] = str(
                    _("%(label)s: the two differ. Choose one.") % {"label": choice.label}
                )
            fields[choice.name] = side
        return cls(survivor, fields), errors
