"""The details of each kind by themselves; they are usually edited on the procedure's page."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from procedures.admin.columns import REGISTRY_ID, case_column
from procedures.models import (
    ReboaDetails,
    RfaDetails,
    SacroplastyDetails,
    VertebroplastyDetails,
)
from registry.core.admin import CenterFilter, Column, columns
from registry.literature.admin import SourcedAdmin


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
