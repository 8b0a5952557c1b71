"""What a complete case needs of its procedures (a missing code satisfies each)."""

from typing import Any

from django.utils.translation import gettext as _

from cases.completeness import unanswered
from cases.models import Case
from procedures import codes
from procedures.models import Procedure, TreatedLesion
from registry.core.policies import Gap

COMMON = (
    "date",
    "anesthesia",
    "guidance",
    "technical_success",
    "duration_min",
    "complications_answered",
)
REBOA = ("aortic_diameter_mm", "balloon_diameter_mm", "surgical_approach", "resection", "blood_loss_ml")
INFLATION = ("aortic_zone", "inflated_min", "deflated_min")
CEMENT = ("approach", "cement_volume_ml", "leak_sites")
ABLATION = ("active_tip_cm", "power_w", "ablation_time_min")


def gaps(case: Any) -> list[Gap]:
    """At least one procedure, and of each what its kind demands."""
    if not isinstance(case, Case):
        return []
    procedures = list(case.procedures.all())
    if not procedures:
        return [Gap(case, "procedures", _("Procedures: enter at least one procedure."))]
    found: list[Gap] = []
    for procedure in procedures:
        prefix = f"{procedure.get_kind_display()}, "
        found += unanswered(procedure, *COMMON, prefix=prefix)
        found += _of_kind(procedure, prefix)
    return found


def _of_kind(procedure: Procedure, prefix: str) -> list[Gap]:
    details = procedure.details
    if details is None:
        return [Gap(procedure, "details", prefix + _("details of this kind: enter them."))]
    if procedure.kind == codes.Kind.REBOA:
        found = unanswered(details, *REBOA, prefix=prefix)
        inflations = list(procedure.balloon_inflations.all())
        if not inflations:
            found.append(Gap(procedure, "balloon_inflations", prefix + _("inflations: enter at least one.")))
        for inflation in inflations:
            found += unanswered(inflation, *INFLATION, prefix=f"{prefix}{inflation}, ")
        return found
    found = []
    treated = list(procedure.treated_lesions.all())
    if not treated:
        found.append(Gap(procedure, "treated_lesions", prefix + _("treated lesions: enter at least one.")))
    if procedure.kind == codes.Kind.RFA:
        for row in treated:
            found += _ablation(row, f"{prefix}lesion {row.lesion.number}, ")
        return found
    found += unanswered(details, "technique", prefix=prefix)
    if procedure.kind == codes.Kind.VERTEBROPLASTY:
        found += unanswered(details, "transarterial_therapy", prefix=prefix)
        if (
            details.transarterial_therapy == codes.TransarterialTherapy.SESSIONS
            and not procedure.transarterial_sessions.all()
        ):
            found.append(
                Gap(procedure, "transarterial_sessions", prefix + _("transarterial sessions: enter them."))
            )
    for row in treated:
        found += unanswered(row, *CEMENT, prefix=f"{prefix}lesion {row.lesion.number}, ")
    return found


def _ablation(row: TreatedLesion, prefix: str) -> list[Gap]:
    cycles = list(row.ablations.all())
    if not cycles:
        return [Gap(row, "ablations", prefix + _("ablation cycles: enter at least one."))]
    found: list[Gap] = []
    for cycle in cycles:
        found += unanswered(cycle, *ABLATION, prefix=f"{prefix}{cycle}, ")
        if not any(
            getattr(cycle, name) is not None or cycle.missing.get(name)
            for name in ("temperature_mean_celsius", "rolloff_count")
        ):
            found.append(
                Gap(
                    cycle,
                    "temperature_mean_celsius",
                    f"{prefix}{cycle}: " + _("enter temperature or roll-off."),
                )
            )
    return found
