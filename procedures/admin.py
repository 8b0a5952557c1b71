"""Procedures with their details, treated lesions, inflations and transarterial sessions in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from cases.admin import CaseAdmin, LesionAdmin
from cases.models import Lesion
from procedures import codes
from procedures.models import (
    Ablation,
    BalloonInflation,
    Procedure,
    ReboaDetails,
    RfaDetails,
    SacroplastyDetails,
    TransarterialDrug,
    TransarterialSession,
    TreatedLesion,
    VertebroplastyDetails,
)
from procedures.strategy import strategy_sql
from registry.core.admin import CenterFilter, Column, RecordInline, StackedRecordInline, columns, link
from registry.literature.admin import SourcedAdmin

REGISTRY_ID = "procedure__case__patient__registry_id"


def case_column(path: str, case: Any) -> Column:
    """A link to the case, sorted by the patient's registry id."""
    return Column("case", _("Case"), lambda row: link(case(row)), f"{path}__patient__registry_id")


# -- rows ---------------------------------------------------------------------------------------------------------------


class DetailsInline(StackedRecordInline):
    """What only this kind of procedure has."""

    verbose_name = _("details")
    verbose_name_plural = _("details")
    max_num = 1

    def get_extra(self, request: Any, obj: Any = None, **kwargs: Any) -> int:
        return 0


class ReboaInline(DetailsInline):
    """Access, balloon and surgery."""

    model = ReboaDetails
    shown = (
        "access_side",
        "access_anesthesia",
        "sheath_fr",
        "aortic_diameter_mm",
        "balloon_diameter_mm",
        "occlusion_confirmed_by",
        "closure",
        "closure_device",
        "surgical_approach",
        "anterior_route",
        "resection",
        "margin",
        "reconstruction",
        "blood_loss_ml",
        "transfused_units",
        "urine_output_ml",
    )


class SacroplastyInline(DetailsInline):
    """Technique and cement."""

    model = SacroplastyDetails
    shown = ("technique", "cement_product")


class VertebroplastyInline(DetailsInline):
    """Technique, cement, and whether transarterial therapy went with it."""

    model = VertebroplastyDetails
    shown = ("technique", "cement_product", "transarterial_therapy")


class RfaInline(DetailsInline):
    """The electrode."""

    model = RfaDetails
    shown = ("electrode", "stopped_for_neurologic_symptoms")


class InflationInline(RecordInline):
    """Every inflation with its deflation."""

    model = BalloonInflation
    shown = ("number", "inflated_min", "deflated_min", "aortic_zone", "completeness", "volume_ml")
    computed = ("occlusion_min",)


class SessionInline(RecordInline):
    """Transarterial sessions; drugs stand on the session's page."""

    model = TransarterialSession
    shown = ("number", "kind", "date", ("interval_value", "interval_unit"), "arteries", "agents")


class TreatedLesionInline(RecordInline):
    """What was done to each lesion."""

    model = TreatedLesion
    shown = (
        "lesion",
        "access_no",
        "approach",
        ("needle_gauge", "needle_count"),
        "cement_volume_ml",
        "cement_diameter_mm",
        "leak_sites",
        "leak_symptomatic",
    )
    computed = ("cement_filling_percent",)

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("lesion", "procedure")

    def siblings(self, name: str, parent: Any) -> Any:
        return Lesion.objects.filter(case=parent.case_id) if name == "lesion" and parent is not None else None


class AblationInline(RecordInline):
    """Ablation cycles."""

    model = Ablation
    shown = (
        "cycle",
        "active_tip_cm",
        "power_w",
        "ablation_time_min",
        "temperature_min_celsius",
        "temperature_mean_celsius",
        "temperature_max_celsius",
        "minutes_at_target_min",
        "rolloff_count",
    )


class DrugInline(RecordInline):
    """Drugs given in the session."""

    model = TransarterialDrug
    show_change_link = False
    shown = ("name", "dose_mg")


class ProcedureInline(RecordInline):
    """The procedures of a case; each has its own page."""

    model = Procedure
    only_to_read = True
    shown = ("kind", "sequence", "date", "duration_min", "technical_success", "complications_answered")


KIND_INLINES: dict[str, tuple[type[RecordInline] | type[StackedRecordInline], ...]] = {
    codes.Kind.REBOA: (ReboaInline, InflationInline),
    codes.Kind.VERTEBROPLASTY: (VertebroplastyInline, TreatedLesionInline, SessionInline),
    codes.Kind.SACROPLASTY: (SacroplastyInline, TreatedLesionInline),
    codes.Kind.RFA: (RfaInline, TreatedLesionInline),
}

# -- pages --------------------------------------------------------------------------------------------------------------


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
                None if (value := row.derived_value("cement_filling_percent")) is None else f"{value:.0f}"
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


class DetailsAdmin(SourcedAdmin):
    """Details by themselves; they are usually edited on the procedure's page."""

    list_filter = [CenterFilter]
    list_select_related = ["procedure__case__patient"]
    search_fields = [REGISTRY_ID]
    autocomplete_fields = ["procedure"]


def details_columns(model: Any, *names: str) -> list[Any]:
    return [
        Column("details", _("Details"), str, REGISTRY_ID),
        case_column("procedure__case", lambda row: row.procedure.case),
        *columns(model, *names),
    ]


class ReboaDetailsAdmin(DetailsAdmin):
    """Aortic balloon occlusion."""

    list_display = details_columns(
        ReboaDetails,
        "aortic_diameter_mm",
        "balloon_diameter_mm",
        "surgical_approach",
        "resection",
        "blood_loss_ml",
    )
    list_filter = [CenterFilter, "surgical_approach", "resection"]
    sections = (
        (
            _("Access"),
            ("procedure", "access_side", "access_anesthesia", "sheath_fr", "closure", "closure_device"),
        ),
        (_("Balloon"), ("aortic_diameter_mm", "balloon_diameter_mm", "occlusion_confirmed_by")),
        (_("Surgery"), ("surgical_approach", "anterior_route", "resection", "margin", "reconstruction")),
        (_("Blood and fluids"), ("blood_loss_ml", "transfused_units", "urine_output_ml")),
    )


class SacroplastyDetailsAdmin(DetailsAdmin):
    """Sacroplasty."""

    list_display = details_columns(SacroplastyDetails, "technique", "cement_product")
    sections = ((None, ("procedure", "technique", "cement_product")),)


class VertebroplastyDetailsAdmin(DetailsAdmin):
    """Vertebroplasty."""

    list_display = details_columns(
        VertebroplastyDetails, "technique", "cement_product", "transarterial_therapy"
    )
    list_filter = [CenterFilter, "transarterial_therapy"]
    sections = ((None, ("procedure", "technique", "cement_product", "transarterial_therapy")),)


class RfaDetailsAdmin(DetailsAdmin):
    """Radiofrequency ablation."""

    list_display = details_columns(RfaDetails, "electrode", "stopped_for_neurologic_symptoms")
    sections = ((None, ("procedure", "electrode", "stopped_for_neurologic_symptoms")),)


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


CaseAdmin.extend(
    inlines=[ProcedureInline],
    columns=[Column("strategy", _("Strategy"), lambda case: case.strategy, "strategy")],
    annotations={"strategy": strategy_sql()},
    adds=((_("Add procedure"), Procedure, "case"),),
)
LesionAdmin.extend(adds=((_("Add treatment of this lesion"), TreatedLesion, "lesion"),))

admin.site.register(Procedure, ProcedureAdmin)
admin.site.register(TreatedLesion, TreatedLesionAdmin)
admin.site.register(ReboaDetails, ReboaDetailsAdmin)
admin.site.register(SacroplastyDetails, SacroplastyDetailsAdmin)
admin.site.register(VertebroplastyDetails, VertebroplastyDetailsAdmin)
admin.site.register(RfaDetails, RfaDetailsAdmin)
admin.site.register(BalloonInflation, BalloonInflationAdmin)
admin.site.register(TransarterialSession, TransarterialSessionAdmin)
admin.site.register(TransarterialDrug, TransarterialDrugAdmin)
admin.site.register(Ablation, AblationAdmin)
