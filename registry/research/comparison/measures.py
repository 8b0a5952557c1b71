"""What is compared beside the scores: the quantity, of whom it is counted, and what its definition leaves open."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Measure:
    """A line of the comparison.

    ``of`` is the unit of analysis of own values (a code of ``UnitOfAnalysis``). ``variable`` is the name under which
    papers report it, ``categories`` the categories that name it there. ``note`` says what the definitions leave open.
    """

    name: str
    label: "StrOrPromise"
    of: str
    variable: str
    unit: str = ""
    is_share: bool = False
    categories: tuple[str, ...] = field(default=("",))
    note: "StrOrPromise" = ""


PROCEDURE = (
    Measure("duration_min", _("Duration"), "procedure", "duration_min", "min"),
    Measure("blood_loss_ml", _("Blood loss"), "procedure", "blood_loss_ml", "mL"),
    Measure("cement_volume_ml", _("Cement volume"), "lesion", "cement_volume_ml", "mL"),
    Measure(
        "cement_filling_percent",
        _("Cement filling"),
        "lesion",
        "cement_filling_percent",
        "%",
        note=_(
            "Filling is a ratio of diameters, not of volumes; other papers may mean the share of the volume."
        ),
    ),
    Measure("hospital_stay_days", _("Hospital stay"), "procedure", "hospital_stay_days", "d"),
    Measure("technical_success", _("Technical success"), "procedure", "technical_success", is_share=True),
)

COMPLICATIONS = (
    Measure("leak", _("Cement leak"), "lesion", "leak", is_share=True),
    Measure("leak_symptomatic", _("Cement leak with symptoms"), "patient", "leak_symptomatic", is_share=True),
    Measure(
        "major",
        _("Major complication"),
        "patient",
        "complication",
        is_share=True,
        categories=("major", "severe", "serious balloon-related"),
        note=_(
            "Own complications are major from SIR grade C on. Papers say “major”, “severe” or “serious” by their own "
            "definitions."
        ),
    ),
)

MIX_NUMBERS = (
    Measure("age_years", _("Age"), "patient", "age_years", "y"),
    Measure("volume_ml", _("Lesion volume"), "lesion", "volume_ml", "mL"),
)
MIX_SHARES = (Measure("male", _("Male"), "patient", "sex", is_share=True, categories=("male",)),)

ALL = (*MIX_NUMBERS, *MIX_SHARES, *PROCEDURE, *COMPLICATIONS)
