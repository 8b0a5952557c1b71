"""Rows beneath a procedure: the details of its kind, what was treated, inflations and sessions."""

from typing import Any

from django.utils.translation import gettext_lazy as _

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
from registry.core.admin import RecordInline, StackedRecordInline


class DetailsInline(StackedRecordInline):
    """What only this kind of procedure has."""

    verbose_name = _("details")
    verbose_name_plural = _("details")
    max_num = 1

    def get_extra(self, request: Any, obj: Any = None, **kwargs: Any) -> int:
        """The sheet stands open until it is there: every kind needs its details."""
        return 0 if obj is None or obj.details is not None else 1


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
        "needle_gauge",
        "cement_volume_ml",
        "cement_diameter_mm",
        "leak_sites",
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
