"""Cases: one episode of treatment of one patient."""

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case as When_
from django.db.models import F, Value, When
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases import codes
from cases.models.diagnosis import Diagnosis
from cases.models.patient import Patient
from registry.access.models import Center
from registry.core import fields
from registry.core.dates import shown_date
from registry.core.derived import Derived
from registry.core.expressions import as_float
from registry.core.limits import SoftLimit, usual
from registry.core.models import Record
from registry.core.rules import Between, CodedMissing, OneOf, OnlyOne, Requires, SubsetOf
from registry.core.units import rounded, shown_number

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def _bmi(case: "Case") -> float | None:
    if case.height_cm is None or case.weight_kg is None:
        return None
    return float(case.weight_kg) / (float(case.height_cm) / 100) ** 2


def _bmi_working(case: "Case") -> str:
    bmi = _bmi(case)
    if bmi is None:
        return ""
    weight, height = shown_number(case.weight_kg), shown_number(float(case.height_cm or 0) / 100)
    return f"{weight} kg / ({height} m)² = {shown_number(rounded(bmi, 1))} kg/m²"


def _bmi_sql() -> Any:
    metres = as_float(F("height_cm")) / Value(100.0)
    return as_float(F("weight_kg")) / (metres * metres)


BMI = Derived(
    "bmi",
    _("BMI (kg/m²)"),
    _("weight in kg divided by the square of the height in metres"),
    _bmi,
    _bmi_sql,
    inputs=("weight_kg", "height_cm"),
    working=_bmi_working,
)

#: ICD-10-CM: secondary malignant neoplasm of bone.
BONE_METASTASIS_ICD10 = "C79.51"

ICD10_SECONDARY = Derived(
    "icd10_secondary",
    _("ICD-10-CM of the metastasis"),
    _("C79.51 (secondary malignant neoplasm of bone) for every metastasis; never typed"),
    lambda case: BONE_METASTASIS_ICD10 if case.disease_status == codes.DiseaseStatus.METASTASIS else None,
    lambda: When_(
        When(disease_status=codes.DiseaseStatus.METASTASIS.value, then=Value(BONE_METASTASIS_ICD10)),
        default=Value(None),
        output_field=models.CharField(),
    ),
    kind="text",
    inputs=("disease_status",),
)


def _unusual_bmi(case: "Case") -> "StrOrPromise | None":
    bmi = _bmi(case)
    if bmi is None or 12 <= bmi <= 60:
        return None
    return _("BMI %(bmi)s kg/m² is outside the usual 12 to 60: check height and weight.") % {
        "bmi": shown_number(rounded(bmi, 1))
    }


class Case(Record):
    """One episode of treatment: what was known of patient and disease when the index procedure was done."""

    center_path = "center"
    numbered_within = ("number", "patient")
    immutable_fields = ("patient", "center")
    movable_fields = ("patient",)
    derived = (BMI, ICD10_SECONDARY)
    soft_limits = (
        usual("age_years", 18, 89),
        usual("height_cm", 130, 210),
        usual("weight_kg", 35, 160),
        SoftLimit("weight_kg", "bmi:12–60", _unusual_bmi),
        usual("inr", None, Decimal("1.5")),
        usual("platelets_10e9_l", 90, None),
    )

    patient = models.ForeignKey(
        Patient, models.PROTECT, related_name="cases", verbose_name=_("patient"), db_index=False
    )
    # On the listed table itself, so that every list filters and sorts by one index.
    center = models.ForeignKey(
        Center, models.PROTECT, related_name="cases", verbose_name=_("centre"), editable=False, db_index=False
    )
    number = fields.IntegerField(_("case number"), blank=True)
    status = fields.CodeField(_("status"), choices=codes.CaseStatus.choices, default=codes.CaseStatus.DRAFT)
    diagnosis = models.ForeignKey(
        Diagnosis, models.PROTECT, null=True, blank=True, related_name="cases", verbose_name=_("diagnosis")
    )
    diagnosis_text = fields.LineField(_("diagnosis in words"), max_length=200)
    disease_status = fields.CodeField(
        _("disease status"), choices=codes.DiseaseStatus.choices, null=True, blank=True
    )
    recurrent = fields.BooleanField(_("recurrent tumour"))
    distant_metastases = fields.BooleanField(_("distant metastases elsewhere"))
    index_date = fields.DateField(
        _("index date"), null=True, blank=True, help_text=_("Day of the first procedure.")
    )
    index_date_precision = fields.CodeField(
        _("date precision"), choices=codes.DatePrecision.choices, null=True, blank=True
    )
    age_years = fields.IntegerField(_("age at the index procedure"), null=True, blank=True)
    height_cm = fields.DecimalField(_("height"), null=True, blank=True)
    weight_kg = fields.DecimalField(_("weight"), null=True, blank=True)
    body_habitus = fields.CodeField(
        _("body habitus"), choices=codes.BodyHabitus.choices, null=True, blank=True
    )
    indications = fields.CodeSetField(_("indications"), codes=codes.Indication.choices, null=True, blank=True)
    inr = fields.DecimalField(_("INR"), decimal_places=2, null=True, blank=True)
    platelets_10e9_l = fields.IntegerField(_("platelets"), null=True, blank=True)
    asa_class = fields.CodeField(_("ASA class"), choices=codes.AsaClass.choices, null=True, blank=True)
    neuro_scale = fields.CodeField(
        _("neurological scale"), choices=codes.NeuroScale.choices, null=True, blank=True
    )
    neuro_grade = fields.CodeField(
        _("neurological grade"), choices=codes.NeuroGrade.choices, null=True, blank=True
    )
    imaging = fields.CodeSetField(_("imaging"), codes=codes.Imaging.choices, null=True, blank=True)
    vascular_imaging = fields.CodeSetField(
        _("vascular imaging"), codes=codes.VascularImaging.choices, null=True, blank=True
    )
    vascular_findings = fields.CodeSetField(
        _("vascular findings"), codes=codes.VascularFinding.choices, null=True, blank=True
    )
    notes = fields.TextField(_("notes"))

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["center", "index_date", "id"]),
            models.Index(fields=["center", "status", "id"]),
        ]
        constraints = [
            OnlyOne("patient", "number", message=_("This patient has a case of that number.")),
            Between("number", 1, 999),
            OneOf("status", codes.CaseStatus),
            OneOf("disease_status", codes.DiseaseStatus),
            Between("index_date", *fields.DATE_RANGE),
            OneOf("index_date_precision", codes.DatePrecision),
            Requires("index_date_precision", "index_date"),
            Between("age_years", 0, 120),
            Between("height_cm", 40, 250),
            Between("weight_kg", 2, 400),
            OneOf("body_habitus", codes.BodyHabitus),
            SubsetOf("indications", codes.Indication),
            Between("inr", Decimal("0.5"), 20),
            Between("platelets_10e9_l", 1, 2000),
            OneOf("asa_class", codes.AsaClass),
            OneOf("neuro_scale", codes.NeuroScale),
            OneOf("neuro_grade", codes.NeuroGrade),
            Requires("neuro_grade", "neuro_scale"),
            SubsetOf("imaging", codes.Imaging),
            SubsetOf("vascular_imaging", codes.VascularImaging),
            SubsetOf("vascular_findings", codes.VascularFinding, alone="none"),
            CodedMissing(
                "diagnosis",
                "disease_status",
                "recurrent",
                "distant_metastases",
                "index_date",
                "age_years",
                "height_cm",
                "weight_kg",
                "body_habitus",
                "indications",
                "inr",
                "platelets_10e9_l",
                "asa_class",
                "neuro_scale",
                "neuro_grade",
                "imaging",
                "vascular_imaging",
                "vascular_findings",
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(patient)s · case %(number)s") % {
            "patient": self.patient.registry_id,
            "number": self.number,
        }

    def is_settled(self) -> bool:
        return self.status != codes.CaseStatus.DRAFT

    def center_id_of(self) -> int | None:
        return self.patient.center_id

    def clean_fields(self, exclude: Any = None) -> None:
        if self.patient_id and not self.center_id:
            self.center_id = self.patient.center_id
        super().clean_fields(exclude=exclude)

    def check_across_rows(self) -> None:
        errors: dict[str, Any] = {}
        if self.patient_id and self.center_id != self.patient.center_id:
            errors["patient"] = _("Patient: belongs to another centre.")
        if self.index_date and self.index_date > timezone.localdate():
            errors["index_date"] = _("Index date: %(date)s is in the future.") % {
                "date": shown_date(self.index_date)
            }
        birth_year = self.patient.birth_year if self.patient_id else None
        if birth_year and self.index_date and self.index_date.year < birth_year:
            errors["index_date"] = _("Index date: %(date)s is before the year of birth (%(year)s).") % {
                "date": shown_date(self.index_date),
                "year": birth_year,
            }
        elif birth_year and self.index_date and self.age_years is not None:
            expected = self.index_date.year - birth_year
            if self.age_years not in (expected, expected - 1):
                errors["age_years"] = _(
                    "Age at the index procedure: %(age)s y does not fit the year of birth %(year)s "
                    "(%(low)s or %(high)s y at the index date)."
                ) % {"age": self.age_years, "year": birth_year, "low": max(expected - 1, 0), "high": expected}
        if self.diagnosis is not None and self.diagnosis.needs_text and not self.diagnosis_text:
            errors["diagnosis_text"] = _(
                "Diagnosis in words: say which, as the diagnosis is “%(label)s”."
            ) % {"label": self.diagnosis}
        if errors:
            raise ValidationError(errors)

    def index_day(self) -> datetime.date | None:
        """Day 0 of this case: the index date when it is known to the day."""
        if self.index_date_precision in (codes.DatePrecision.MONTH, codes.DatePrecision.YEAR):
            return None
        return self.index_date
