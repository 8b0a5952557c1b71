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
        kind = str(procedure.get_kind_display())
        found += unanswered(procedure, *COMMON, of=kind)
        found += _of_kind(procedure, kind)
    return found


def _of_kind(procedure: Procedure, kind: str) -> list[Gap]:
    details = procedure.details
    if details is None:
        text = _("%(procedure)s, details of this kind: enter them.") % {"procedure": kind}
        return [Gap(procedure, "details", text)]
    if procedure.kind == codes.Kind.REBOA:
        found = unanswered(details, *REBOA, of=kind)
        inflations = list(procedure.balloon_inflations.all())
        if not inflations:
            text = _("%(procedure)s, inflations: enter at least one.") % {"procedure": kind}
            found.append(Gap(procedure, "balloon_inflations", text))
        for inflation in inflations:
            found += unanswered(inflation, *INFLATION, of=f"{kind}, {inflation}")
        return found
    found = []
    treated = list(procedure.treated_lesions.all())
    if not treated:
        text = _("%(procedure)s, treated lesions: enter at least one.") % {"procedure": kind}
        found.append(Gap(procedure, "treated_lesions", text))
    if procedure.kind == codes.Kind.RFA:
        for row in treated:
            found += _ablation(row, _of_lesion(row, kind))
        return found
    found += unanswered(details, "technique", of=kind)
    if procedure.kind == codes.Kind.VERTEBROPLASTY:
        found += unanswered(details, "transarterial_therapy", of=kind)
        if (
            details.transarterial_therapy == codes.TransarterialTherapy.SESSIONS
            and not procedure.transarterial_sessions.all()
        ):
            text = _("%(procedure)s, transarterial sessions: enter them.") % {"procedure": kind}
            found.append(Gap(procedure, "transarterial_sessions", text))
    for row in treated:
        found += unanswered(row, *CEMENT, of=_of_lesion(row, kind))
    return found


def _of_lesion(row: TreatedLesion, kind: str) -> str:
    return _("%(procedure)s, lesion %(number)s") % {"procedure": kind, "number": row.lesion.number}


def _ablation(row: TreatedLesion, of: str) -> list[Gap]:
    cycles = list(row.ablations.all())
    if not cycles:
        text = _("%(record)s, ablation cycles: enter at least one.") % {"record": of}
        return [Gap(row, "ablations", text)]
    found: list[Gap] = []
    for cycle in cycles:
        found += unanswered(cycle, *ABLATION, of=f"{of}, {cycle}")
        if not any(
            getattr(cycle, name) is not None or cycle.missing.get(name)
            for name in ("temperature_mean_celsius", "rolloff_count")
        ):
            text = _("%(record)s: enter temperature or roll-off.") % {"record": f"{of}, {cycle}"}
            found.append(Gap(cycle, "temperature_mean_celsius", text))
    return found
