"""Assessments, complications and the state of follow-up in the admin."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from cases.admin import CaseAdmin
from cases.models import Lesion
from outcomes.models import Assessment, Complication, FollowUpStatus
from outcomes.models.assessment import SECTION_NAMES
from procedures.admin import ProcedureAdmin, case_column
from registry.core.admin import CenterFilter, Column, RecordInline, StackedRecordInline, columns
from registry.literature.admin import SourcedAdmin


class AssessmentInline(RecordInline):
    """The scores at each time point; sections and the rest stand on the assessment's page."""

    model = Assessment
    shown = ("time_point", "date", "vas_pain", "odi", "kps", "analgesic_scale", "barthel")


class FollowUpInline(StackedRecordInline):
    """How follow-up stands."""

    model = FollowUpStatus
    max_num = 1
    classes = ("collapse",)
    shown = (
        "followup_state",
        "last_contact_date",
        ("last_contact_interval_value", "last_contact_interval_unit"),
        "vital_status",
        "death_date",
        ("death_interval_value", "death_interval_unit"),
        "death_cause",
        "local_recurrence",
        "recurrence_date",
        ("recurrence_interval_value", "recurrence_interval_unit"),
        "recurrence_levels",
        "recurrence_treatment",
        "recurrence_treatment_detail",
    )


class ComplicationInline(RecordInline):
    """Complications of a procedure."""

    model = Complication
    shown = ("kind", "lesion", "sir_grade", "onset_day", "symptomatic", "treatment", "resolved")

    def siblings(self, name: str, parent: Any) -> Any:
        return Lesion.objects.filter(case=parent.case_id) if name == "lesion" and parent is not None else None


class AssessmentAdmin(SourcedAdmin):
    """What was measured at each time point."""

    list_display = [
        Column("assessment", _("Time point"), str, "time_point"),
        case_column("case", lambda row: row.case),
        *columns(Assessment, "date", "vas_pain", "odi", "kps", "analgesic_scale", "barthel"),
    ]
    list_filter = [CenterFilter, "time_point", "ambulatory", "satisfaction"]
    list_select_related = ["case__patient"]
    search_fields = ["case__patient__registry_id", "case__diagnosis__label"]
    search_help_text = _("Registry id or diagnosis.")
    date_hierarchy = "date"
    autocomplete_fields = ["case"]
    sections = (
        (_("When"), ("case", "time_point", "date", ("interval_value", "interval_unit"))),
        (_("Pain"), ("vas_pain", "pain_instrument", "pain_relief")),
        (_("Function"), ("kps", "ecog", "barthel", "barthel_version", "ambulatory")),
        (_("Oswestry Disability Index"), ("odi", *SECTION_NAMES)),
        (
            _("Analgesics"),
            ("analgesic_scale", "analgesic_scale_version", "analgesic_class", "analgesic_adjuvant"),
        ),
        (_("Satisfaction"), ("satisfaction",)),
    )


class ComplicationAdmin(SourcedAdmin):
    """Complications with their grades."""

    list_display = [
        Column("complication", _("Complication"), str, "kind"),
        case_column("procedure__case", lambda row: row.procedure.case),
        Column("procedure", _("Procedure"), lambda row: row.procedure.get_kind_display(), "procedure__kind"),
        *columns(Complication, "sir_grade", "onset_day", "symptomatic", "resolved"),
    ]
    list_filter = [CenterFilter, "kind", "sir_grade", "symptomatic", "resolved", "procedure__kind"]
    list_select_related = ["procedure__case__patient"]
    search_fields = ["procedure__case__patient__registry_id", "treatment"]
    autocomplete_fields = ["procedure", "lesion"]
    sections = (
        (_("Complication"), ("procedure", "lesion", "kind", "onset_day", "symptomatic")),
        (_("Grades"), ("sir_grade", "cirse_grade", "clavien_dindo")),
        (_("Course"), ("treatment", "resolved")),
    )


class FollowUpStatusAdmin(SourcedAdmin):
    """How follow-up stands, one per case."""

    list_display = [
        Column("followup", _("Follow-up"), str, "followup_state"),
        case_column("case", lambda row: row.case),
        *columns(FollowUpStatus, "last_contact_date", "vital_status", "death_date", "local_recurrence"),
    ]
    list_filter = [CenterFilter, "followup_state", "vital_status", "local_recurrence"]
    list_select_related = ["case__patient"]
    search_fields = ["case__patient__registry_id"]
    autocomplete_fields = ["case"]
    sections = (
        (
            _("Follow-up"),
            (
                "case",
                "followup_state",
                "last_contact_date",
                ("last_contact_interval_value", "last_contact_interval_unit"),
            ),
        ),
        (
            _("Death"),
            ("vital_status", "death_date", ("death_interval_value", "death_interval_unit"), "death_cause"),
        ),
        (
            _("Local recurrence"),
            (
                "local_recurrence",
                "recurrence_date",
                ("recurrence_interval_value", "recurrence_interval_unit"),
                "recurrence_levels",
                "recurrence_treatment",
                "recurrence_treatment_detail",
            ),
        ),
    )


CaseAdmin.extend(
    inlines=[AssessmentInline, FollowUpInline], adds=((_("Add assessment"), Assessment, "case"),)
)
ProcedureAdmin.extend(
    inlines=[ComplicationInline], adds=((_("Add complication"), Complication, "procedure"),)
)

admin.site.register(Assessment, AssessmentAdmin)
admin.site.register(Complication, ComplicationAdmin)
admin.site.register(FollowUpStatus, FollowUpStatusAdmin)
