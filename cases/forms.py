"""Forms of patients, cases, diagnoses, lesions and treatments."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases import codes, consent
from cases.models import Case, Diagnosis, Lesion, Patient, Treatment
from registry.access.scope import writable_centers
from registry.core.forms.record import RecordForm
from registry.core.views.layout import Fieldset


def _grouped_levels() -> list[tuple[Any, list[tuple[str, Any]]]]:
    """Levels by region, nearest to the registry's subject first."""
    labels: dict[str, Any] = dict(codes.LEVEL_CHOICES)
    groups: list[tuple[Any, str]] = [
        (_("Lumbar"), "L"),
        (_("Sacral"), "S"),
        (_("Thoracic"), "T"),
        (_("Cervical"), "C"),
    ]
    grouped: list[Any] = [
        (name, [(level, level) for level in codes.VERTEBRAE if level[0] == letter]) for name, letter in groups
    ]
    grouped.insert(2, (_("Region"), [(level, labels[level]) for level in ("sacrum", "pelvis", "coccyx")]))
    return grouped


class LevelsMixin:
    """Draws the level fields of a form as groups of boxes, the thoracic and cervical ones folded away."""

    level_fields: tuple[str, ...] = ("levels",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.level_fields:
            field = self.fields[name]  # type: ignore[attr-defined]
            field.row_template = "cases/_levels_field.html"
            field.folded = name != self.level_fields[0]
            field.choices = _grouped_levels()


class DiagnosisSelect(forms.Select):
    """The diagnoses with their codes as words to search by; marks those that want a text beside them."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        """In the reader's alphabet; the code list is kept in the English one."""
        groups = super().optgroups(name, value, attrs)
        return sorted(groups, key=lambda group: _alphabetical(group[1][0]))

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        diagnosis = getattr(value, "instance", None)
        if diagnosis is not None:
            option["attrs"]["data-words"] = f"{diagnosis.slug} {diagnosis.icd10} {diagnosis.icdo3}"
            if diagnosis.needs_text:
                option["attrs"]["data-needs-text"] = ""
        return option


def _alphabetical(option: dict[str, Any]) -> tuple[bool, str]:
    """The empty choice first."""
    return str(option["value"]) != "", str(option["label"]).casefold()


class PatientForm(RecordForm):
    """A person. The centre is asked for once, and only where the user writes for several."""

    fieldsets: tuple[Fieldset, ...] = (
        Fieldset(_("Patient"), ("center", "sex", "birth_year", "hospital_number")),
        Fieldset(_("Consent"), ("consent_status", "consent_date"), folded=True),
    )

    class Meta:
        model = Patient
        fields: tuple[str, ...] = (
            "center",
            "sex",
            "birth_year",
            "hospital_number",
            "consent_status",
            "consent_date",
        )
        help_texts = {
            "hospital_number": _("Kept encrypted. Never exported."),
            "birth_year": _("1880 to this year; four digits."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            del self.fields["center"]
            return
        centers = list(writable_centers(self.user)) if self.user is not None else []
        if len(centers) == 1:
            del self.fields["center"]
            self.instance.center = centers[0]
        else:
            self.fields["center"].queryset = writable_centers(self.user)  # type: ignore[attr-defined]


class ConsentForm(RecordForm):
    """What a patient says about being in the registry."""

    fieldsets: tuple[Fieldset, ...] = (Fieldset("", ("consent_status", "consent_date")),)

    class Meta:
        model = Patient
        fields: tuple[str, ...] = consent.FIELDS


class CaseForm(RecordForm):
    """What was known of patient and disease when the index procedure was done. Status has a form of its own."""

    fieldsets = (
        Fieldset(
            _("Diagnosis"),
            (
                "diagnosis",
                "diagnosis_text",
                "disease_status",
                "recurrent",
                "distant_metastases",
                "indications",
            ),
        ),
        Fieldset(
            _("At the index procedure"),
            (
                "index_date",
                "index_date_precision",
                "age_years",
                "height_cm",
                "weight_kg",
                "body_habitus",
                "asa_class",
                "inr",
                "platelets_10e9_l",
                "neuro_scale",
                "neuro_grade",
            ),
        ),
        Fieldset(_("Imaging"), ("imaging", "vascular_imaging", "vascular_findings"), folded=True),
        Fieldset(_("Notes and numbering"), ("notes", "number"), folded=True),
    )

    class Meta:
        model = Case
        fields = (
            "diagnosis",
            "diagnosis_text",
            "disease_status",
            "recurrent",
            "distant_metastases",
            "indications",
            "index_date",
            "index_date_precision",
            "age_years",
            "height_cm",
            "weight_kg",
            "body_habitus",
            "asa_class",
            "inr",
            "platelets_10e9_l",
            "neuro_scale",
            "neuro_grade",
            "imaging",
            "vascular_imaging",
            "vascular_findings",
            "notes",
            "number",
        )
        help_texts = {
            "diagnosis_text": _("Needed where the diagnosis is “other”."),
            "index_date_precision": _("Month or year, where the day is not known."),
            "number": _("Given by the registry; change it only to put cases in order."),
        }
        widgets = {
            "notes": forms.Textarea(attrs={"rows": 4}),
            "diagnosis": DiagnosisSelect(attrs={"data-search": ""}),
        }


class NewPatientForm(PatientForm):
    """What is asked of a person when a case begins."""

    fieldsets: tuple[Fieldset, ...] = (
        Fieldset(_("Patient"), ("center", "sex", "birth_year", "hospital_number")),
    )

    class Meta(PatientForm.Meta):
        fields: tuple[str, ...] = ("center", "sex", "birth_year", "hospital_number")


class NewCaseForm(RecordForm):
    """What is asked of the case when it begins."""

    fieldsets = (Fieldset(_("Case"), ("age_years", "diagnosis", "diagnosis_text")),)

    class Meta:
        model = Case
        fields = ("age_years", "diagnosis", "diagnosis_text")
        help_texts = {
            "age_years": _("0 to 120. The age or the year of birth is enough."),
            "diagnosis_text": _("Needed where the diagnosis is “other”."),
        }
        widgets = {"diagnosis": DiagnosisSelect(attrs={"data-search": ""})}


class CaseStatusForm(RecordForm):
    """Declares a case complete, or takes it back to draft."""

    class Meta:
        model = Case
        fields = ("status",)
        widgets = {"status": forms.HiddenInput}


class DiagnosisForm(RecordForm):
    """An entry of the code list of diagnoses; for administrators."""

    class Meta:
        model = Diagnosis
        fields = ("slug", "label", "icd10", "icdo3", "malignant", "needs_text")


class LesionForm(LevelsMixin, RecordForm):
    """One lesion: where it lies, how large it is, what it does to canal, roots and stability."""

    level_fields = ("levels", "fractured_levels", "kyphotic_levels", "compressed_root_levels")
    fieldsets = (
        Fieldset(
            _("Where"),
            ("levels", "side", "zone_ala", "zone_foraminal", "zone_central"),
            hint=_("Two sides with a volume each are two lesions; adjoining levels may be one."),
        ),
        Fieldset(
            _("Size"),
            (
                "volume_ml",
                "volume_method",
                "diameter_longest_mm",
                "diameter_perpendicular_mm",
                "diameter_craniocaudal_mm",
            ),
        ),
        Fieldset(_("Bone"), ("bone_lesion", "cortical_breach", "fractured_levels", "kyphotic_levels")),
        Fieldset(
            _("Canal and nerve roots"),
            (
                "epidural_grade",
                "epidural_extension",
                "neural_compression",
                "foraminal_erosion",
                "compressed_root_levels",
                "compressed_root_side",
            ),
            folded=True,
        ),
        Fieldset(
            _("Spinal instability (SINS)"),
            ("sins_pain", "sins_alignment", "sins_collapse", "sins_posterolateral"),
            hint=_("Level and bone lesion count too; the score appears on the case page."),
            folded=True,
        ),
        Fieldset(_("Numbering"), ("number",), folded=True),
    )

    class Meta:
        model = Lesion
        fields = (
            "levels",
            "side",
            "zone_ala",
            "zone_foraminal",
            "zone_central",
            "volume_ml",
            "volume_method",
            "diameter_longest_mm",
            "diameter_perpendicular_mm",
            "diameter_craniocaudal_mm",
            "bone_lesion",
            "cortical_breach",
            "fractured_levels",
            "kyphotic_levels",
            "epidural_grade",
            "epidural_extension",
            "neural_compression",
            "foraminal_erosion",
            "compressed_root_levels",
            "compressed_root_side",
            "sins_pain",
            "sins_alignment",
            "sins_collapse",
            "sins_posterolateral",
            "number",
        )
        help_texts = {"number": _("Given by the registry; change it only to put lesions in order.")}


class TreatmentForm(RecordForm):
    """A treatment beside the registry's own procedures."""

    fieldsets = (Fieldset("", ("timing", "kind", "detail", "interval_value", "interval_unit")),)

    class Meta:
        model = Treatment
        fields = ("timing", "kind", "detail", "interval_value", "interval_unit")


#: The browser form of each record of this app.
FORMS: dict[type, type[RecordForm]] = {
    Patient: PatientForm,
    Case: CaseForm,
    Diagnosis: DiagnosisForm,
    Lesion: LesionForm,
    Treatment: TreatmentForm,
}
