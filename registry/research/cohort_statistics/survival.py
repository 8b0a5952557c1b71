"""Survival, and local recurrence with death competing, from the follow-up status of the cases.

A case is under observation from the index procedure to the last contact; where none is noted, to the latest time point
at which it was scored, as whoever is scored is alive. A death or a recurrence whose day is not known, and a case of
which nothing is known after the procedure, is missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from outcomes.codes import WINDOWS, TimePoint, VitalStatus
from outcomes.intervals import DAYS_PER_UNIT
from registry.research.cohort_statistics.blocks import Units
from registry.research.cohort_statistics.data import CohortData
from registry.research.cohort_statistics.outcomes import SCORES
from registry.research.cohort_statistics.tables import MISSING, About, Block, Cell, Line, StatisticsTable
from registry.research.statistics.compare import Comparison
from registry.research.statistics.gray import gray
from registry.research.statistics.incidence import Incidence, aalen_johansen
from registry.research.statistics.log_rank import log_rank
from registry.research.statistics.result import Result
from registry.research.statistics.sample import number_of
from registry.research.statistics.survival import Curve, kaplan_meier

#: Times at which the tables give a value, in months.
MONTHS = (1, 3, 6, 12, 24, 36, 60)
DAYS_PER_MONTH = DAYS_PER_UNIT["months"]
EVENT, COMPETING, CENSORED = 1, 2, 0
#: Below this share of cases with a follow-up the page warns of the curve.
MOST = 0.5


@dataclass(frozen=True)
class Followed:
    """Months under observation of every case and what ended them; ``None`` where either is not known."""

    months: Sequence[float | None]
    events: Sequence[int | None]

    def of(self, members: Sequence[int]) -> tuple[list[float | None], list[int | None]]:
        return [self.months[n] for n in members], [self.events[n] for n in members]


def last_seen(data: CohortData) -> list[float | None]:
    """Day of last contact of every case, else of the latest time point with a score."""
    found = [number_of(day) for day in data.cases["last_contact_day"]]
    rows = data.frames["assessments"]
    scored: dict[int, float] = {}
    for row, case in enumerate(rows.case):
        if all(rows[name][row] is None for name in SCORES):
            continue
        point, day = rows["time_point"][row], number_of(rows["day"][row])
        if day is None and point in WINDOWS:
            day = float(WINDOWS[TimePoint(point)].day)
        if day is not None and day >= 0:
            scored[case] = max(scored.get(case, 0.0), day)
    return [scored.get(case) if day is None else day for case, day in enumerate(found)]


def deaths(data: CohortData) -> Followed:
    """Time to death."""
    days, events = [], []
    seen = last_seen(data)
    for case, status in enumerate(data.cases["vital_status"]):
        if status == VitalStatus.DEAD:
            days.append(number_of(data.cases["death_day"][case]))
            events.append(EVENT)
        else:
            days.append(seen[case])
            events.append(CENSORED)
    return _in_months(days, events)


def recurrences(data: CohortData) -> Followed:
    """Time to local recurrence; death competes. Whether it recurred must be known."""
    days: list[float | None] = []
    events: list[int | None] = []
    seen, cases = last_seen(data), data.cases
    for case, recurred in enumerate(cases["local_recurrence"]):
        death = number_of(cases["death_day"][case])
        if recurred:
            days.append(number_of(cases["recurrence_day"][case]))
            events.append(EVENT)
        elif recurred is None:
            days.append(None)
            events.append(None)
        elif cases["vital_status"][case] == VitalStatus.DEAD:
            days.append(death)
            events.append(COMPETING)
        else:
            days.append(seen[case])
            events.append(CENSORED)
    return _in_months(days, events)


def _in_months(days: Sequence[float | None], events: Sequence[int | None]) -> Followed:
    known = [
        day is not None and day >= 0 and event is not None for day, event in zip(days, events, strict=True)
    ]
    return Followed(
        [
            day / DAYS_PER_MONTH if day is not None and there else None
            for day, there in zip(days, known, strict=True)
        ],
        [event if there else None for event, there in zip(events, known, strict=True)],
    )


# -- tables ------------------------------------------------------------------------------------------------------------


def survival(data: CohortData) -> StatisticsTable:
    """Survival at fixed times with numbers at risk, the median, and the log-rank test."""
    followed = deaths(data)
    units = Units(data)
    curves = {group.code: kaplan_meier(*followed.of(group.members)) for group in data.groups}
    codes = units.compared()
    test = log_rank([followed.of(units.of_group[code]) for code in codes]) if codes else None
    blocks = _times(SURVIVAL, followed, units, curves)
    if blocks:
        blocks.append(_median(followed, units, curves, test))
    return _table("survival", _("Survival"), blocks, followed, units)


def recurrence(data: CohortData) -> StatisticsTable:
    """Cumulative incidence of local recurrence at fixed times with numbers at risk, and Gray's test."""
    followed = recurrences(data)
    units = Units(data)
    curves = {group.code: aalen_johansen(*followed.of(group.members)) for group in data.groups}
    codes = units.compared()
    test = gray([followed.of(units.of_group[code]) for code in codes]) if codes else None
    blocks = _times(RECURRENCE, followed, units, curves)
    if blocks:
        blocks[0] = replace(blocks[0], comparison=_comparison(test))
    return _table("recurrence", _("Local recurrence"), blocks, followed, units)


SURVIVAL = About(
    "case_summary.death_day",
    gettext_lazy("Survival"),
    definition="Share of cases alive at a time after the index procedure, by Kaplan and Meier.",
    measure="survival",
)
RECURRENCE = About(
    "case_summary.recurrence_day",
    gettext_lazy("Local recurrence"),
    definition="Share of cases with a local recurrence by a time after the index procedure; death competes.",
    measure="incidence",
)


@dataclass(frozen=True)
class AtTime:
    """A curve at one time: how high it is, how many are still observed, how many had the event by then."""

    result: Result
    at_risk: int
    events: int


def _times(what: About, followed: Followed, units: Units, curves: dict[str, Any]) -> list[Block]:
    """A block for each time that anybody was observed to, from the first to the last."""
    known = [n for n, month in enumerate(followed.months) if month is not None]
    if not known:
        return []
    longest = max(followed.months[n] or 0.0 for n in known)
    missing = [n for n, month in enumerate(followed.months) if month is None]
    blocks: list[Block] = []
    for month in MONTHS:
        if month > longest and blocks:
            break
        words = ngettext("%(n)d month", "%(n)d months", month) % {"n": month}
        at = replace(what, time_point=f"month_{month}", time_label=words)
        partition: dict[str, list[int]] = {"at risk": [], MISSING: missing}
        for n in known:
            partition.setdefault(_state(followed.months[n] or 0.0, followed.events[n], month), []).append(n)
        cells = {code: _cell(curve, month, what) for code, curve in curves.items()}
        blocks.append(Block((Line(at, cells),), partition, unit=units.unit))
    return blocks


def _state(time: float, event: int | None, month: float) -> str:
    """Where a case is at a time: still observed, or out of observation for a reason."""
    if time > month or (time == month and event == CENSORED):
        return "at risk"
    # Whoever has the event at that very time is at risk and counted with the events: a state of its own.
    return f"{event} at" if time == month else f"{event} before"


def _cell(curve: Curve | Incidence, month: float, what: About) -> Cell:
    """The height of the curve at a time; beyond the last observation there is none."""
    label = what.label
    n = (curve.n,)
    if curve.reason:
        return Cell(Result(what.measure, label, curve.method, n, reason=curve.reason))
    at_risk = sum(
        step.events + step.censored + getattr(step, "competing", 0)
        for step in curve.steps
        if step.time >= month
    )
    events = sum(step.events for step in curve.steps if step.time <= month)
    details = {"at_risk": float(at_risk), "events": float(events)}
    if not at_risk:
        reason = _("Nobody was observed that long.")
        return Cell(Result(what.measure, label, curve.method, n, reason=reason, details=details))
    step = curve.step_at(month)
    start = 1.0 if isinstance(curve, Curve) else 0.0
    if step is None:
        return Cell(Result(what.measure, label, curve.method, n, start, details=details))
    height = step.survival if hasattr(step, "survival") else step.incidence
    return Cell(Result(what.measure, label, curve.method, n, height, step.interval, details=details))


def _median(followed: Followed, units: Units, curves: dict[str, Any], test: Result | None) -> Block:
    what = replace(SURVIVAL, measure="median_survival", measure_label=_("median survival"), unit=_("months"))
    known = [n for n, month in enumerate(followed.months) if month is not None]
    inside = set(known)
    return Block(
        (Line(what, {code: Cell(curve.median) for code, curve in curves.items()}),),
        {
            "event": [n for n in known if followed.events[n] == EVENT],
            "seen no longer": [n for n in known if followed.events[n] != EVENT],
            MISSING: [n for n in range(units.count) if n not in inside],
        },
        _comparison(test),
        unit=units.unit,
    )


def _comparison(test: Result | None) -> Comparison | None:
    why = _("Compares the whole curves, not single times.")
    return None if test is None else Comparison(test, (), None, why)


def _table(
    name: str, title: str, blocks: Sequence[Block], followed: Followed, units: Units
) -> StatisticsTable:
    if not blocks:
        return StatisticsTable(name, title, (), sizes=units.sizes)
    known = sum(month is not None for month in followed.months)
    counted = [
        _("Follow-up is known of %(known)d of %(cases)d cases.") % {"known": known, "cases": units.count}
    ]
    if known < MOST * units.count:
        counted.append(_("These are fewer than half: the curve need not hold for the others."))
    notes = (_("Time runs from the index procedure to the event or last contact; a month is 30.4 days."),)
    return StatisticsTable(name, title, tuple(blocks), notes, tuple(counted), sizes=units.sizes)
