"""Patients, cases, diagnoses, lesions and treatments in the admin."""

import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from cases.codes import CaseStatus, DenisZone
from cases.identity import lookup_hashes
from cases.models import Case, Diagnosis, Lesion, MergedPatient, Patient, PatientCounter, Treatment
from registry.access.desk import SuperuserReadOnly
from registry.access.scope import curated
from registry.core.admin import (
    CenterFilter,
    Column,
    Queue,
    RecordAdmin,
    RecordInline,
    columns,
    link,
    register_queue,
)
from registry.literature.admin import SourcedAdmin


class CaseInline(RecordInline):
    """The cases of a patient; each has its own page."""

    model = Case
    only_to_read = True
    shown = ("status", "diagnosis", "disease_status", "index_date", "age_years")
    nothing = _("No case yet.")

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("patient", "diagnosis")


class PatientAdmin(SourcedAdmin):
    """Persons, known by their registry id."""

    annotations = {"case_count": Count("cases")}
    list_display = [
        *columns(Patient, "registry_id"),
        *columns(Patient, "sex", "birth_year"),
        Column("center", _("Centre"), lambda patient: patient.center.code, "center__code"),
        Column("case_count", _("Cases"), lambda patient: patient.case_count, "case_count"),
        *columns(Patient, "consent_status"),
        Column("source", _("Paper"), lambda patient: _paper(patient), "publication__slug"),
    ]
    list_filter = [CenterFilter, "sex", "consent_status", "publication"]
    list_select_related = ["center", "publication"]
    search_fields = ["registry_id", "source_label", "publication__slug"]
    search_help_text = _("Registry id, label in a paper, or a whole hospital number.")
    bulk_fields = ("consent_status", "sex")
    inlines = [CaseInline]
    adds = ((_("Add case"), Case, "patient"),)
    sections = (
        (_("Patient"), (("registry_id", "center"), ("publication", "source_label"), "sex", "birth_year")),
        (_("Identity"), ("hospital_number",)),
        (_("Consent"), ("consent_status", "consent_date")),
    )

    def get_search_results(self, request: Any, queryset: Any, search_term: str) -> Any:
        """Hospital numbers are encrypted: a whole one is found by its keyed hash, in the centres of the curator."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        hashes = [key for pk in curated(request.user) for key in lookup_hashes(pk, search_term)]
        if hashes:
            merged = MergedPatient.survivors(hospital_number_hash__in=hashes)
            found = found | queryset.filter(Q(hospital_number_hash__in=hashes) | Q(pk__in=merged))
        if term := search_term.strip():
            found = found | queryset.filter(pk__in=MergedPatient.survivors(registry_id__icontains=term))
        return found, duplicates

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        others = (
            list(form.instance.same_hospital_number()[:5]) if "hospital_number" in form.changed_data else []
        )
        if others:
            told = str(_("Another patient of this centre has the same hospital number: {}."))
            messages.warning(
                request, format_html(told, format_html_join(", ", "{}", ((link(o),) for o in others)))
            )


def _paper(patient: Patient) -> str:
    return f"{patient.publication.slug}, {patient.source_label}" if patient.publication else ""


#: Heads that fit a table.
SHORT = {"number": _("No."), "zone_ala": _("Zone I"), "zone_foraminal": _("II"), "zone_central": _("III")}


class LesionInline(RecordInline):
    """The lesions of a case; what is rarely needed stands on the lesion's own page."""

    model = Lesion
    shown = (
        "number",
        "levels",
        "side",
        ("zone_ala", "zone_foraminal", "zone_central"),
        "volume_ml",
        "bone_lesion",
    )
    bare = ("zone_ala", "zone_foraminal", "zone_central")
    computed = ("sins_score",)

    def formfield_for_dbfield(self, db_field: Any, request: Any, parent: Any = None, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, parent=parent, **kwargs)
        if db_field.name in SHORT:
            field.label = SHORT[db_field.name]
        return field


class TreatmentInline(RecordInline):
    """Treatments before and after."""

    model = Treatment
    shown = ("timing", "kind", "detail", ("interval_value", "interval_unit"))


class CaseAdmin(SourcedAdmin):
    """Episodes of treatment."""

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        """The case's page in the registry."""
        return reverse("case-detail", args=[obj.uuid]) if obj is not None else None

    annotations = {"lesion_count": Count("lesions", distinct=True)}
    list_display = [
        Column("case", _("Case"), str, "patient__registry_id"),
        *columns(Case, "status"),
        Column("diagnosis", _("Diagnosis"), lambda case: case.diagnosis),
        *columns(Case, ("age_years", _("Age")), "index_date"),
        Column("lesion_count", _("Lesions"), lambda case: case.lesion_count, "lesion_count"),
    ]
    list_filter = [CenterFilter, "status", "disease_status", "recurrent", "diagnosis"]
    list_select_related = ["patient__publication", "diagnosis", "center"]
    search_fields = ["patient__registry_id", "patient__source_label", "diagnosis__label", "diagnosis_text"]
    search_help_text = _("Registry id, label in a paper, or diagnosis.")
    date_hierarchy = "index_date"
    autocomplete_fields = ["patient"]
    bulk_fields = ("status", "disease_status", "recurrent")
    inlines = [LesionInline, TreatmentInline]
    adds = ((_("Add lesion"), Lesion, "case"),)
    sections = (
        (_("Case"), ("patient", ("number", "center"), "status")),
        (_("Disease"), ("diagnosis", "diagnosis_text", "disease_status", "recurrent", "distant_metastases")),
        (_("At the index procedure"), ("index_date", "index_date_precision", "age_years", "indications")),
        (_("Body"), ("height_cm", "weight_kg", "body_habitus", "asa_class")),
        (_("Laboratory"), ("inr", "platelets_10e9_l")),
        (_("Neurology"), ("neuro_scale", "neuro_grade")),
        (_("Imaging"), ("imaging", "vascular_imaging", "vascular_findings")),
        (_("Notes"), ("notes",)),
    )


class DiagnosisAdmin(RecordAdmin):
    """The code list of diagnoses; superusers keep it."""

    list_display = columns(Diagnosis, "label", "icd10", "icdo3", "malignant", "slug")
    list_filter = ["malignant"]
    search_fields = ["label", "slug", "icd10", "icdo3"]
    sections = ((None, (("label", "slug"), ("icd10", "icdo3"), "malignant", "needs_text")),)


class LesionAdmin(SourcedAdmin):
    """Lesions."""

    list_display = [
        Column(
            "lesion", _("Lesion"), lambda lesion: f"{lesion.case} · {lesion}", "case__patient__registry_id"
        ),
        *columns(Lesion, "levels", "side", "volume_ml"),
        Column("denis_zone", _("Denis zone"), lambda lesion: _denis_zone(lesion)),
        *columns(Lesion, "bone_lesion", "epidural_grade"),
        Column("sins_score", _("SINS"), lambda lesion: lesion.derived_value("sins_score")),
        Column("open_case", _("Open"), lambda lesion: link(lesion.case, _("case"))),
    ]
    list_filter = [CenterFilter, "side", "bone_lesion", "epidural_grade", "case__status"]
    list_select_related = ["case__patient"]
    search_fields = ["case__patient__registry_id", "case__diagnosis__label", "levels"]
    autocomplete_fields = ["case"]
    sections = (
        (_("Lesion"), ("case", "number", "levels", "side", "zone_ala", "zone_foraminal", "zone_central")),
        (
            _("Size"),
            (
                "volume_ml",
                "volume_method",
                "diameter_longest_mm",
                "diameter_perpendicular_mm",
                "diameter_craniocaudal_mm",
            ),
        ),
        (_("Bone"), ("bone_lesion", "cortical_breach", "fractured_levels", "kyphotic_levels")),
        (
            _("Canal and nerves"),
            (
                "epidural_grade",
                "epidural_extension",
                "foraminal_erosion",
                "neural_compression",
                "compressed_root_levels",
                "compressed_root_side",
            ),
        ),
        (_("Stability (SINS)"), ("sins_pain", "sins_alignment", "sins_collapse", "sins_posterolateral")),
    )


def _denis_zone(lesion: Lesion) -> str | None:
    zone = lesion.derived_value("denis_zone")
    return str(DenisZone(zone).label) if zone else None


class TreatmentAdmin(SourcedAdmin):
    """Treatments beside the registry's own procedures."""

    list_display = [
        Column("treatment", _("Treatment"), str),
        Column("case", _("Case"), lambda row: link(row.case), "case__patient__registry_id"),
        *columns(Treatment, "detail", "interval_value", "interval_unit"),
    ]
    list_filter = [CenterFilter, "timing", "kind"]
    list_select_related = ["case__patient"]
    search_fields = ["case__patient__registry_id", "detail"]
    autocomplete_fields = ["case"]
    sections = ((None, ("case", "timing", "kind", "detail", "interval_value", "interval_unit")),)


class PatientCounterAdmin(SuperuserReadOnly):
    """The last number given out in each centre."""

    list_display = ["center", "last"]
    list_select_related = ["center"]
    fields = ["center", "last"]


#: A draft that nobody has touched for so long has probably been forgotten.
FORGOTTEN_AFTER = datetime.timedelta(days=30)


def forgotten_drafts(user: Any) -> int:
    drafts = Case.objects.filter(
        center__in=list(curated(user)),
        status=CaseStatus.DRAFT,
        modified_at__lt=timezone.now() - FORGOTTEN_AFTER,
    )
    return drafts.count()


register_queue(
    Queue(
        "forgotten-drafts",
        _("Forgotten drafts"),
        _("Cases that nobody has touched for 30 days and that are not complete."),
        forgotten_drafts,
        lambda: f"{reverse('admin:cases_case_changelist')}?status__exact=draft&o=6",
        place=60,
    )
)

admin.site.register(Patient, PatientAdmin)
admin.site.register(Case, CaseAdmin)
admin.site.register(Diagnosis, DiagnosisAdmin)
admin.site.register(Lesion, LesionAdmin)
admin.site.register(Treatment, TreatmentAdmin)
admin.site.register(PatientCounter, PatientCounterAdmin)
