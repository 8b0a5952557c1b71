"""Procedures of four kinds, what was treated, and how the aorta was occluded."""

from procedures.models.details import ReboaDetails, RfaDetails, SacroplastyDetails, VertebroplastyDetails
from procedures.models.inflation import BalloonInflation
from procedures.models.procedure import Procedure
from procedures.models.transarterial import TransarterialDrug, TransarterialSession
from procedures.models.treated_lesion import Ablation, TreatedLesion

__all__ = [
    "Ablation",
    "BalloonInflation",
    "Procedure",
    "ReboaDetails",
    "RfaDetails",
    "SacroplastyDetails",
    "TransarterialDrug",
    "TransarterialSession",
    "TreatedLesion",
    "VertebroplastyDetails",
]
