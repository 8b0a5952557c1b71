"""What patients, cases and lesions bring to the section editor: sections, forms, and what is computed while typing."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from cases import computed, editor
from cases.forms import FORMS
from cases.models import Case, Diagnosis, Lesion, Patient, Treatment
from cases.models.lesion import SINS_POINTS
from registry.core.rules import label_of


def _lacking(record: Any, *names: str) -> tuple[str, ...]:
    return tuple(label_of(type(record), name) for name in names if getattr(record, name) in (None, ""))


def _sins_lacks(lesion: Lesion) -> tuple[str, ...]:
    return _lacking(lesion, "levels", *SINS_POINTS)


def _denis_lacks(lesion: Lesion) -> tuple[str, ...]:
    """Only a sacral lesion has a Denis zone."""
    sacral = {"sacrum", "S1", "S2", "S3", "S4", "S5"}.intersection((lesion.levels or "").split(";"))
    return (str(_("a sacral zone")),) if sacral else ()


def _abc2_lacks(lesion: Lesion) -> tuple[str, ...]:
    return _lacking(lesion, "diameter_longest_mm", "diameter_perpendicular_mm", "diameter_craniocaudal_mm")


def _bmi_lacks(case: Case) -> tuple[str, ...]:
    return _lacking(case, "height_cm", "weight_kg")


def register() -> None:
    """Called once, when the app is ready."""
    editor.register(
        editor.Section(
            "patient",
            _("Patient and diagnosis"),
            10,
            lambda case: [case.patient, case, *case.treatments.all()],
        ),
        editor.Section("lesions", _("Lesions"), 20, lambda case: case.lesions.all()),
        editor.Section(editor.REVIEW, _("Review"), 90, lambda case: []),
        forms={model: form for model, form in FORMS.items() if model is not Diagnosis},
        places={
            (Patient, ""): "patient",
            (Case, ""): "patient",
            (Treatment, ""): "patient",
            (Lesion, ""): "lesions",
            (Case, "lesions"): "lesions",
        },
    )
    computed.register(Case, {"bmi": _bmi_lacks, "icd10_secondary": None})
    computed.register(
        Lesion,
        {
            "abc2_volume_ml": _abc2_lacks,
            "denis_zone": _denis_lacks,
            "sins_score": _sins_lacks,
            "sins_class": None,
        },
    )
