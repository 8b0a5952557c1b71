"""What happened to a case and what is planned, in the order of days after the index procedure.

Published cases have no dates: their time points stand at the nominal day, and what has no day at all stands at the end.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.models import Case
from outcomes import plan
from outcomes.axis import SHORT_LABELS
from outcomes.codes import WINDOWS, TimePoint
from outcomes.intervals import days_after_index
from outcomes.models import Assessment, Complication, FollowUpStatus
from procedures.models import Procedure
from registry.core.units import rounded, shown_number
from registry.core.views.display import Reader


class Sort(StrEnum):
    """What an event is; the style sheet draws a mark for each."""

    PROCEDURE = "procedure"
    SESSION = "session"
    COMPLICATION = "complication"
    RECURRENCE = "recurrence"
    DEATH = "death"
    ASSESSMENT = "assessment"
    #: An assessment that says why there is no score.
    EXPLAINED = "explained"
    PLANNED = "planned"


#: Sorts that stand on the line of time points; the others stand above it.
POINTS = frozenset({Sort.ASSESSMENT, Sort.EXPLAINED, Sort.PLANNED})


@dataclass(frozen=True)
class Event:
    """One thing on the timeline."""

    sort: Sort
    label: str
    #: Day after the index procedure, exact or nominal; ``None`` where neither is known.
    day: float | None
    #: When, as this reader may see it.
    when: str = ""
    #: More in words: due or overdue, outside its window, the grade.
    note: str = ""
    #: ``due``, ``overdue`` or ``upcoming`` of a planned time point; ``outside`` of one taken outside its window.
    state: str = ""
    #: First and last day of the time point's window, and as this reader may see them while it is open.
    window: tuple[int, int] | None = None
    until: tuple[str, str] | None = None
    #: The label where there is little room.
    short: str = ""

    @property
    def is_point(self) -> bool:
        return self.sort in POINTS


def events_of(
    reader: Reader,
    case: Case,
    *,
    procedures: Iterable[Procedure],
    assessments: Iterable[Assessment],
    complications: Iterable[Complication],
    followup: FollowUpStatus | None,
    today: datetime.date,
) -> list[Event]:
    """Everything of a case in order of days; what has no day comes last."""
    rows = list(assessments)
    starts: dict[int, float | None] = {}
    dates: dict[int, datetime.date | None] = {}
    found: list[Event] = []
    for procedure in procedures:
        starts[procedure.pk] = day = _day_of_procedure(case, procedure)
        dates[procedure.pk] = procedure.date
        label = capfirst(str(procedure.get_kind_display()))
        found.append(Event(Sort.PROCEDURE, label, day, reader.date(procedure.date)))
        found += [_session(reader, case, row, day) for row in procedure.transarterial_sessions.all()]
    found += [
        _complication(reader, row, starts.get(row.procedure_id), dates.get(row.procedure_id))
        for row in complications
    ]
    found += [_assessment(reader, row) for row in rows]
    found += _endings(reader, followup)
    found += _planned(reader, case, rows, followup, today)
    order = {sort: number for number, sort in enumerate(Sort)}
    return sorted(
        found, key=lambda event: (event.day is None, event.day or 0.0, event.is_point, order[event.sort])
    )


def _when(reader: Reader, row: Any, event: str = "") -> str:
    """The date as this reader may see it, else the interval as it was given."""
    date = getattr(row, f"{event}date")
    if date is not None:
        return reader.date(date)
    value = getattr(row, f"{event}interval_value", None)
    if value is None:
        return ""
    unit = getattr(row, f"get_{event}interval_unit_display")()
    return f"{shown_number(value)} {unit or ''}".strip()


def _day_of_procedure(case: Case, procedure: Procedure) -> float | None:
    """Day 0 of a procedure without a date: the index procedure is the first one."""
    day = days_after_index(case.index_day(), procedure.date, None, None)
    return 0.0 if day is None and procedure.sequence == 1 else day


def _session(reader: Reader, case: Case, row: Any, start: float | None) -> Event:
    """A transarterial session: its own date, or an interval from the procedure."""
    day = days_after_index(case.index_day(), row.date, None, None)
    if day is None:
        after = days_after_index(None, None, row.interval_value, row.interval_unit)
        day = start + after if start is not None and after is not None else None
    return Event(Sort.SESSION, str(row.get_kind_display()).partition(" (")[0], day, _when(reader, row))


def _complication(
    reader: Reader, row: Complication, start: float | None, date: datetime.date | None
) -> Event:
    """The day of onset counts from its procedure; where it is not known, the mark stands at the procedure."""
    known = row.onset_day is not None
    onset = row.onset_day or 0
    day = None if start is None else start + onset
    if date is not None:
        when = reader.date(date + datetime.timedelta(onset))
    else:
        when = "" if day is None else _("day %(day)s") % {"day": shown_number(rounded(day))}
    grade = _("SIR %(grade)s") % {"grade": row.sir_grade.upper()} if row.sir_grade else ""
    note = " · ".join(text for text in (grade, "" if known else _("day of onset not known")) if text)
    return Event(
        Sort.COMPLICATION,
        capfirst(str(row.get_kind_display())),
        day,
        when if known else "",
        note,
    )


def _assessment(reader: Reader, row: Assessment) -> Event:
    point = row.time_point
    window = WINDOWS.get(TimePoint(point)) if point in WINDOWS else None
    known = row.day()
    day = known if known is not None else (float(window.day) if window else None)
    scored = row.has_values()
    outside = known is not None and window is not None and not window.first <= known <= window.last
    return Event(
        Sort.ASSESSMENT if scored else Sort.EXPLAINED,
        capfirst(str(row.get_time_point_display())),
        day,
        _when(reader, row),
        _("outside its window") if outside else "" if scored else _("no score"),
        "outside" if outside else "",
        (window.first, window.last) if window and point != TimePoint.BASELINE else None,
        short=_short(point),
    )


def _short(point: str) -> str:
    """Only the longest name is shortened."""
    return capfirst(str(SHORT_LABELS[point])) if point == TimePoint.BASELINE else ""


def _endings(reader: Reader, followup: FollowUpStatus | None) -> list[Event]:
    found = []
    if followup is not None and followup.local_recurrence:
        day = followup.event_day("recurrence")
        found.append(
            Event(Sort.RECURRENCE, _("Local recurrence"), day, _when(reader, followup, "recurrence_"))
        )
    if followup is not None and followup.vital_status == "dead":
        found.append(
            Event(Sort.DEATH, _("Death"), followup.event_day("death"), _when(reader, followup, "death_"))
        )
    return found


def _planned(
    reader: Reader,
    case: Case,
    rows: list[Assessment],
    followup: FollowUpStatus | None,
    today: datetime.date,
) -> list[Event]:
    """Time points that are still open. Due and overdue hint at the date, so only who may see it reads them."""
    index_day = case.index_day()
    if index_day is None or plan.ending_of(followup, rows) is not None:
        return []
    answered = {row.time_point for row in rows if plan.is_answered(row)}
    entered = {row.time_point for row in rows}
    found = []
    for point in plan.open_points(index_day, answered, today):
        if point.point in entered:
            continue
        window = WINDOWS[point.point]
        first, last = reader.date(point.first), reader.date(point.last)
        nominal = index_day + datetime.timedelta(window.day)
        found.append(
            Event(
                Sort.PLANNED,
                capfirst(str(point.point.label)),
                float(window.day),
                reader.date(nominal) if reader.identify else _("day %(day)s") % {"day": window.day},
                _window_in_words(point, first, last) if reader.identify else _("not entered"),
                str(point.state) if reader.identify else "",
                (window.first, window.last) if point.point != TimePoint.BASELINE else None,
                until=(first, last) if reader.identify else None,
                short=_short(point.point),
            )
        )
    return found


def _window_in_words(point: plan.OpenPoint, first: str, last: str) -> str:
    words = {
        plan.State.DUE: _("due until %(last)s"),
        plan.State.OVERDUE: _("overdue since %(last)s"),
        plan.State.UPCOMING: _("from %(first)s to %(last)s"),
    }
    return words[point.state] % {"first": first, "last": last}
