"""Procedures of all kinds and their rows in the API."""

from procedures.api.days import day_field
from procedures.api.details import (
    ReboaDetailsSerializer,
    RfaDetailsSerializer,
    SacroplastyDetailsSerializer,
    VertebroplastyDetailsSerializer,
)
from procedures.api.procedures import ProcedureSerializer, ProcedureViewSet
from procedures.api.rows import (
    AblationSerializer,
    AblationViewSet,
    BalloonInflationSerializer,
    BalloonInflationViewSet,
    ProcedureRowSerializer,
    TransarterialDrugSerializer,
    TransarterialDrugViewSet,
    TransarterialSessionSerializer,
    TransarterialSessionViewSet,
    TreatedLesionSerializer,
    TreatedLesionViewSet,
)

__all__ = [
    "AblationSerializer",
    "AblationViewSet",
    "BalloonInflationSerializer",
    "BalloonInflationViewSet",
    "ProcedureRowSerializer",
    "ProcedureSerializer",
    "ProcedureViewSet",
    "ReboaDetailsSerializer",
    "RfaDetailsSerializer",
    "SacroplastyDetailsSerializer",
    "TransarterialDrugSerializer",
    "TransarterialDrugViewSet",
    "TransarterialSessionSerializer",
    "TransarterialSessionViewSet",
    "TreatedLesionSerializer",
    "TreatedLesionViewSet",
    "VertebroplastyDetailsSerializer",
    "day_field",
]
