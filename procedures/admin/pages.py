"""The pages of procedures and of what stands beneath them."""

from typing import Any

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from procedures import codes
from procedures.admin.columns import REGISTRY_ID, case_column
from procedures.admin.rows import KIND_INLINES, AblationInline, DrugInline
from procedures.models import (
    Ablation,
    BalloonInflation,
    Procedure,
    TransarterialDrug,
    TransarterialSession,
    TreatedLesion,
)
from registry.core.admin import CenterFilter, Column, columns
from registry.core.units import rounded
from registry.literature.admin import SourcedAdmin


class ProcedureAdmin(SourcedAdmin):
    """Procedures of the four kinds, each with what only its kind has."""

    annotations = {"treated_count": Count("treated_lesions", distinct=True)}
    list_display = [
        Column("procedure", _("Procedure"), str, "kind"),
        case_column("case", lambda row: row.case),
        *columns(
            Procedure, "date", "duration_min", "anesthesia", "technical_success", "complications_answered"
        ),
        Column("treated_count", _("Lesions treated"), lambda row: row.treated_count, "treated_count"),
    ]
    list_filter = [CenterFilter, "kind", "technical_success", "complications_answered", "case__status"]
    list_select_related = ["case__patient"]
    search_fields = ["case__patient__registry_id", "case__diagnosis__label"]
    search_help_text = _("Registry id or diagnosis.")
    date_hierarchy = "date"
    autocomplete_fields = ["case"]
    sections = (
        (_("Procedure"), ("case", "kind", "sequence", "date", "incision_at")),
        (
            _("Course"),
            (
                "anesthesia",
                "position",
                "guidance",
                "duration_min",
                "duration_qualifier",
                "antibiotic_prophylaxis",
            ),
        ),
        (_("Result"), ("technical_success", "complications_answered", "hospital_stay_days")),
        (_("Notes"), ("notes",)),
    )

    def get_inlines(self, request: Any, obj: Any) -> Any:
        of_kind = KIND_INLINES.get(obj.kind, ()) if obj is not None else ()
        return [*of_kind, *super().get_inlines(request, obj)]


class TreatedLesionAdmin(SourcedAdmin):
    """One lesion in one procedure, with its ablation cycles."""

    list_display = [
        Column("treated", _("Treated lesion"), str, REGISTRY_ID),
        case_column("procedure__case", lambda row: row.procedure.case),
        *columns(TreatedLesion, "approach", "needle_gauge", "cement_volume_ml"),
        Column(
            "cement_filling_percent",
            _("Filling (%)"),
            lambda row: (
                None
                if (value := row.derived_value("cement_filling_percent")) is None
                else str(rounded(value))
            ),
        ),
        *columns(TreatedLesion, "leak_sites"),
    ]
    list_filter = [CenterFilter, "procedure__kind", "approach", "leak_symptomatic"]
    list_select_related = ["procedure__case__patient", "lesion"]
    search_fields = [REGISTRY_ID]
    autocomplete_fields = ["procedure", "lesion"]
    sections = (
        (_("Treated lesion"), ("procedure", "lesion", "access_no")),
        (_("Needle"), ("approach", "needle_gauge", "needle_count")),
        (
            _("Cement"),
            (
                "cement_volume_ml",
                "cement_diameter_mm",
                "cement_filling_percent_reported",
                "leak_sites",
                "leak_symptomatic",
            ),
        ),
        (_("Ablation"), ("ablation_completion",)),
    )

    def get_inlines(self, request: Any, obj: Any) -> Any:
        return [AblationInline] if obj is not None and obj.procedure.kind == codes.Kind.RFA else []


class BalloonInflationAdmin(SourcedAdmin):
    """Inflate–deflate cycles."""

    list_display = [
        Column("inflation", _("Inflation"), str, "number"),
        case_column("procedure__case", lambda row: row.procedure.case),
        *columns(BalloonInflation, "aortic_zone", "inflated_min", "deflated_min"),
        Column("occlusion_min", _("Occlusion (min)"), lambda row: row.derived_value("occlusion_min")),
        *columns(BalloonInflation, "completeness"),
    ]
    list_filter = [CenterFilter, "aortic_zone", "completeness"]
    list_select_related = ["procedure__case__patient"]
    search_fields = [REGISTRY_ID]
    autocomplete_fields = ["procedure"]
    sections = (
        (
            None,
            (
                "procedure",
                "number",
                "inflated_min",
                "deflated_min",
                "aortic_zone",
                "completeness",
                "volume_ml",
            ),
        ),
    )


class TransarterialSessionAdmin(SourcedAdmin):
    """Infusion and embolization sessions."""

    list_display = [
        Column("session", _("Session"), str, "number"),
        case_column("procedure__case", lambda row: row.procedure.case),
        *columns(TransarterialSession, "date", "interval_value", "interval_unit", "arteries", "agents"),
    ]
    list_filter = [CenterFilter, "kind"]
    list_select_related = ["procedure__case__patient"]
    search_fields = [REGISTRY_ID, "arteries"]
    autocomplete_fields = ["procedure"]
    inlines = [DrugInline]
    sections = (
        (
            None,
            (
                "procedure",
                ("number", "kind"),
                "date",
                "interval_value",
                "interval_unit",
                "arteries",
                "agents",
            ),
        ),
    )


class TransarterialDrugAdmin(SourcedAdmin):
    """Drugs given in sessions."""

    list_display = [
        *columns(TransarterialDrug, "name", "dose_mg"),
        case_column("session__procedure__case", lambda row: row.session.procedure.case),
    ]
    list_filter = [CenterFilter]
    list_select_related = ["session__procedure__case__patient"]
    search_fields = ["name", f"session__{REGISTRY_ID}"]
    autocomplete_fields = ["session"]
    sections = ((None, ("session", "name", "dose_mg")),)


class AblationAdmin(SourcedAdmin):
    """Ablation cycles."""

    list_display = [
        Column("ablation", _("Cycle"), str, "cycle"),
        case_column("treated_lesion__procedure__case", lambda row: row.treated_lesion.procedure.case),
        *columns(
            Ablation,
            "active_tip_cm",
            "power_w",
            "ablation_time_min",
            "temperature_mean_celsius",
            "minutes_at_target_min",
            "rolloff_count",
        ),
    ]
    list_filter = [CenterFilter]
    list_select_related = ["treated_lesion__procedure__case__patient"]
    search_fields = [f"treated_lesion__{REGISTRY_ID}"]
    autocomplete_fields = ["treated_lesion"]
    sections = (
        (_("Cycle"), ("treated_lesion", "cycle", "active_tip_cm", "power_w", "ablation_time_min")),
        (
            _("Temperature"),
            (
                "temperature_min_celsius",
                "temperature_mean_celsius",
                "temperature_max_celsius",
                "minutes_at_target_min",
                "rolloff_count",
            ),
        ),
    )
