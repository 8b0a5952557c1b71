"""What a draft says of one procedure: how it was done, lesion by lesion, and what came of it."""

from decimal import Decimal
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases.models import Lesion
from outcomes.models import Complication
from outcomes.report.disease import lesion_name, place_of
from outcomes.report.phrases import Facts, Joined, Missing, Phrase, Sentence, Sheet, days, interval
from procedures import codes, kinds
from procedures.models import BalloonInflation, Procedure, TransarterialSession, TreatedLesion
from procedures.strategy import reperfusion_gaps_min
from registry.core.policies import Gap
from registry.core.units import shown_number, with_unit


def procedure_facts(
    sheet: Sheet, procedure: Procedure, complications: list[Complication], *, numbered: bool
) -> Facts:
    """``numbered`` tells procedures of one kind apart."""
    title = capfirst(str(procedure.get_kind_display()))
    if numbered:
        title = f"{title} ({procedure.sequence})"
    facts = sheet.of(procedure, title)
    facts.more.update(
        title=title,
        kind=procedure.kind,
        template=f"outcomes/report/{procedure.kind}.txt",
        letter_template=f"outcomes/report/_letter_{procedure.kind}.txt",
        details=_details(sheet, procedure, title),
        duration=_duration(facts, procedure),
        stay=facts.phrase("hospital_stay_days")
        if procedure.hospital_stay_days is None
        else days(procedure.hospital_stay_days),
        complications=[_complication(sheet, row, title) for row in complications],
        complications_missing=_complications_missing(facts, procedure),
        treated=[_treated(sheet, row, title) for row in procedure.treated_lesions.all()],
        treated_missing=sheet.absent_rows(procedure, "treated_lesions", title, _("treated lesions")),
    )
    if procedure.kind == codes.Kind.REBOA:
        facts.more.update(_occlusion(facts, procedure, title))
    if procedure.kind == codes.Kind.VERTEBROPLASTY:
        facts.more.update(
            sessions=[_session(sheet, row, title) for row in procedure.transarterial_sessions.all()],
            sessions_missing=sheet.absent_rows(
                procedure, "transarterial_sessions", title, _("transarterial sessions")
            ),
        )
    return facts


def _details(sheet: Sheet, procedure: Procedure, title: str) -> Facts:
    """The details row; where there is none yet, every value of it is a gap of the procedure."""
    details: Any = procedure.details
    if details is not None:
        return sheet.of(details, title)
    return sheet.of(kinds.KINDS[procedure.kind].details_model(), title, place=procedure)


def _duration(facts: Facts, procedure: Procedure) -> Phrase:
    value = facts.phrase("duration_min")
    exact = procedure.duration_qualifier in (None, codes.DurationQualifier.EXACT)
    return value if exact else Joined([facts.phrase("duration_qualifier"), value], " ")


# -- lesions that were treated ---------------------------------------------------------------------------------------


def _treated(sheet: Sheet, row: TreatedLesion, title: str) -> Facts:
    lesion: Lesion = row.lesion
    heading = f"{title}, {_lesion_within(lesion)}"
    facts = sheet.of(row, heading)
    facts.more.update(
        name=lesion_name(lesion),
        place=place_of(sheet.of(lesion, lesion_name(lesion)), lesion),
        shared_with=_shared(row),
        filling=_filling(facts, row),
        cycles=[
            sheet.of(
                cycle,
                _("%(lesion)s, cycle %(number)s") % {"lesion": heading, "number": cycle.cycle},
                by_result=any(
                    getattr(cycle, name) is not None or cycle.missing.get(name)
                    for name in ("temperature_mean_celsius", "rolloff_count")
                ),
                temperature_range=_range(cycle),
            )
            for cycle in row.ablations.all()
        ],
        cycles_missing=sheet.absent_rows(row, "ablations", heading, _("ablation cycles")),
        judgement=_judgement(row),
    )
    return facts


def _lesion_within(lesion: Lesion) -> str:
    """The name of a lesion inside a sentence."""
    return _("lesion %(number)s") % {"number": lesion.number}


def _shared(row: TreatedLesion) -> str:
    """The other lesions reached through the same puncture."""
    if row.access_no is None:
        return ""
    others = [
        other.lesion
        for other in row.procedure.treated_lesions.all()
        if other.pk != row.pk and other.access_no == row.access_no
    ]
    return ", ".join(_lesion_within(lesion) for lesion in sorted(others, key=lambda lesion: lesion.number))


def _filling(facts: Facts, row: TreatedLesion) -> Phrase:
    """The computed filling before a reported one; its gap belongs to the diameter it is computed from."""
    if facts.given("cement_filling_percent"):
        return facts.phrase("cement_filling_percent")
    if facts.given("cement_filling_percent_reported"):
        return Sentence(_("%(filling)s as reported"), filling=facts.phrase("cement_filling_percent_reported"))
    label = _("cement filling")
    reported = facts.missing("cement_filling_percent_reported", label)
    missing = reported if reported.reason else facts.missing("cement_diameter_mm", label)
    if row.cement_diameter_mm is not None and not missing.reason:
        missing = Missing(Gap(row.lesion, "diameter_longest_mm", label), facts.heading, label)
    return facts.sheet.absent(missing)


def _range(cycle: Any) -> str:
    low, high = cycle.temperature_min_celsius, cycle.temperature_max_celsius
    if low is None or high is None:
        return ""
    return _("%(low)s to %(high)s") % {"low": shown_number(low), "high": with_unit(high, "°C")}


def _judgement(row: TreatedLesion) -> str:
    """Whether the cycles meet a criterion of completeness, and why; empty where they cannot tell."""
    complete = next(derived for derived in row.derived if derived.name == "rfa_complete")
    return str(complete.working(row)) if complete.working else ""


# -- aortic occlusion ------------------------------------------------------------------------------------------------


def _occlusion(facts: Facts, procedure: Procedure, title: str) -> dict[str, Any]:
    rows = list(procedure.balloon_inflations.all())
    timed = [row for row in rows if row.derived_value("occlusion_min") is not None]
    return {
        "inflations": [_inflation(facts.sheet, row, title) for row in rows],
        "inflations_missing": facts.sheet.absent_rows(
            procedure, "balloon_inflations", title, _("balloon inflations")
        ),
        "timed": len(timed),
        # Longest and total of some inflations are not those of the procedure.
        "all_timed": bool(timed) and len(timed) == len(rows),
        "reperfusion": ", ".join(with_unit(gap, "min") for gap in reperfusion_gaps_min(rows))
        if len(timed) == len(rows)
        else "",
        "zones": Joined(
            dict.fromkeys(str(row.get_aortic_zone_display()) for row in rows if row.aortic_zone is not None)
        ),
    }


def _inflation(sheet: Sheet, row: BalloonInflation, title: str) -> Facts:
    within = _("inflation %(number)s") % {"number": row.number}
    facts = sheet.of(row, f"{title}, {within}")
    facts.more.update(
        name=_("Inflation %(number)s") % {"number": row.number},
        inflated=_from_incision(row.inflated_min) or _no_time(facts, "inflated_min"),
        deflated=_from_incision(row.deflated_min) or _no_time(facts, "deflated_min"),
        extent=facts.phrase("completeness")
        if row.completeness
        else sheet.absent(facts.missing("completeness", _("complete or partial"))),
    )
    return facts


def _no_time(facts: Facts, name: str) -> Phrase:
    return facts.sheet.absent(facts.missing(name), what=pgettext("of an inflation or deflation", "time"))


def _from_incision(minutes: int | None) -> str:
    if minutes is None:
        return ""
    if minutes == 0:
        return _("at incision")
    named = {"minutes": with_unit(abs(minutes), "min")}
    return (
        _("%(minutes)s before incision") % named if minutes < 0 else _("%(minutes)s after incision") % named
    )


# -- transarterial therapy -------------------------------------------------------------------------------------------


def _session(sheet: Sheet, row: TransarterialSession, title: str) -> Facts:
    heading = f"{title}, {row.get_kind_display()} {row.number}"
    facts = sheet.of(row, heading)
    when: Any = facts.phrase("date")
    if row.date is None and row.interval_value is not None:
        when = _from_procedure(row.interval_value, row.interval_unit)
    facts.more.update(
        when=when,
        drug_list=Joined([_drug(sheet, drug, heading) for drug in row.drugs.all()]),
        # An embolization needs none.
        drugs_missing=""
        if row.kind == codes.TransarterialKind.TAE
        else sheet.absent_rows(row, "drugs", heading, _("drugs")),
    )
    return facts


def _from_procedure(value: Decimal, unit: str | None) -> str:
    named = {"interval": interval(abs(value), unit)}
    if value < 0:
        return _("%(interval)s before the vertebroplasty") % named
    return _("%(interval)s after the vertebroplasty") % named


def _drug(sheet: Sheet, drug: Any, heading: str) -> Phrase:
    facts = sheet.of(drug, f"{heading}, {drug.name}")
    return Joined([facts.phrase("name"), facts.phrase("dose_mg")], " ")


# -- complications ---------------------------------------------------------------------------------------------------


def _complications_missing(facts: Facts, procedure: Procedure) -> Phrase:
    """The gap where nothing is said about complications, or they are said to be listed and none is."""
    if procedure.complications_answered is None:
        return facts.phrase("complications_answered")
    return facts.sheet.absent(
        Missing(
            Gap(procedure, "complications", ""),
            facts.heading,
            _("complications"),
            _("said to be listed, none is entered"),
        )
    )


def _complication(sheet: Sheet, row: Complication, title: str) -> Facts:
    kind = capfirst(str(row.get_kind_display()))
    return sheet.of(
        row,
        f"{title}, {row.get_kind_display()}",
        name=f"{kind} ({_lesion_within(row.lesion)})" if row.lesion else kind,
    )
