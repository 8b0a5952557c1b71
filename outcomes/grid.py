"""The outcomes grid of the editor: which time points are its columns, and how each stands to its window.

A column may be drawn before anything is stored for it: its record has a public id that follows from case and time
point, so that two pages, or two clicks, mean the same record when the first value is typed.
"""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.models import Case
from outcomes import plan
from outcomes.codes import WINDOWS, TimePoint
from outcomes.models import Assessment
from outcomes.models.assessment import OBSERVED
from registry.core.dates import shown_date
from registry.core.units import rounded

#: The order of the columns: by time, then what has no day of its own.
ORDER = {point: at for at, point in enumerate(TimePoint)}
#: Every time point that a case has at most once.
SINGLE = tuple(point for point in TimePoint if point != TimePoint.UNSCHEDULED)
#: Drawn ready to type in every case.
READY = (TimePoint.BASELINE, TimePoint.DAY_1)


def public_id(case: Case, point: str) -> uuid.UUID:
    """The public id of the assessment of a case at a time point that it has once."""
    return uuid.uuid5(case.uuid, f"assessment:{point}")


def blank(case: Case, point: str) -> Assessment:
    """The assessment as it is drawn before anything has been entered."""
    return Assessment(case=case, time_point=point, uuid=public_id(case, point))


def in_order(rows: Any) -> list[Assessment]:
    """By time point; several unscheduled visits by their day."""
    return sorted(rows, key=lambda row: (ORDER.get(row.time_point, len(ORDER)), row.day() or 0, row.pk or 0))


def stored_at(case: Case, point: str) -> Assessment | None:
    """The assessment of a loaded case at a time point that it has once."""
    return next((row for row in case.assessments.all() if row.time_point == point), None)


def columns(case: Case, today: datetime.date) -> list[Assessment]:
    """What is stored, and ready to type: baseline, day 1, and what is due today."""
    stored = list(case.assessments.all())
    there = {row.time_point for row in stored}
    due = {open_.point for open_ in plan.open_of(case, today) if open_.state == plan.State.DUE}
    ready = [point for point in SINGLE if point in {*READY, *due} and point not in there]
    return in_order([*stored, *(blank(case, point) for point in ready)])


def first_entry(
    case: Case, point: str, typed: Mapping[str, Sequence[str]], today: datetime.date
) -> Assessment:
    """A new assessment as the first value is typed into it.

    Its date is today while the window is open, unless a date is typed with it or the patient has died. Why nothing was
    measured has no day.
    """
    row = blank(case, point)
    index_day = case.index_day()
    if (
        index_day is None
        or point not in WINDOWS
        or {"date", "interval_value", "date__missing"}.intersection(typed)
        or not any(any(typed.get(name, ())) for name in OBSERVED)
    ):
        return row
    followup = getattr(case, "followup_status", None)
    if plan.ending_of(followup, case.assessments.all()) != plan.Ending.DIED:
        first, last = plan.window_of(TimePoint(point), index_day)
        row.date = today if first <= today <= last else None
    return row


# -- a column and its window -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Timing:
    """How a column stands to its window, in words and as one of ``inside outside due overdue upcoming open``."""

    state: str
    words: str


def window_words(point: str, index_day: datetime.date | None) -> str:
    """``2024-03-12``, ``2024-05-20 to 2024-07-09``; empty where there is no window or no index date."""
    if index_day is None or point not in WINDOWS:
        return ""
    first, last = plan.window_of(TimePoint(point), index_day)
    if first == last:
        return shown_date(first)
    return _("%(first)s to %(last)s") % {"first": shown_date(first), "last": shown_date(last)}


def timing(row: Assessment, today: datetime.date) -> Timing:
    """Inside or outside its window by date or interval; without either, when it can be measured."""
    window = WINDOWS.get(TimePoint(row.time_point)) if row.time_point in TimePoint.values else None
    day = row.day()
    if day is None:
        return _open(row, today) if window is not None else Timing("open", "")
    if window is None:
        return Timing("open", _("day %(day)s") % {"day": _day(day)})
    if day < window.first:
        days = int(rounded(window.first - day))
        return Timing(
            "outside",
            ngettext("%(n)d day before its window", "%(n)d days before its window", days) % {"n": days},
        )
    if day > window.last:
        days = int(rounded(day - window.last))
        return Timing(
            "outside",
            ngettext("%(n)d day after its window", "%(n)d days after its window", days) % {"n": days},
        )
    return Timing("inside", _("in its window, day %(day)s") % {"day": _day(day)})


def _day(day: float) -> str:
    return f"{'−' if day < 0 else ''}{abs(rounded(day))}"


def _open(row: Assessment, today: datetime.date) -> Timing:
    index_day = row.case.index_day()
    if index_day is None or row.date is not None:
        return Timing("open", "")
    if plan.is_answered(row):
        return Timing("open", _("no date"))
    point = plan.at(TimePoint(row.time_point), index_day, today)
    if point.state == plan.State.DUE:
        return Timing(
            "due",
            _("due today")
            if point.days_left == 0
            else _("due until %(date)s") % {"date": shown_date(point.last)},
        )
    if point.state == plan.State.UPCOMING:
        return Timing("upcoming", _("from %(date)s") % {"date": shown_date(point.first)})
    if point.point == TimePoint.BASELINE:
        return Timing("open", "")  # entered afterwards more often than not
    return Timing("overdue", _("its window has closed"))
