"""The follow-up plan: which time points every case is asked for, and which of them is open, due or overdue today.

Each rule is stated twice, over records and over the database, and a property test holds the two equal.
"""

import datetime
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Case as Switch
from django.db.models import Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Cast
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from cases.codes import DatePrecision
from outcomes.codes import WINDOWS, FollowupState, TimePoint, VitalStatus
from outcomes.models.assessment import OBSERVED, Assessment
from outcomes.models.followup import FollowUpStatus
from registry.core.codes import MissingCode
from registry.core.expressions import AnyGiven, DaysBetween, WithoutKeys

#: The registry's default plan (a judgement of this registry, as the windows are). Day 2, 1 week, discharge, last
#: follow-up and unscheduled visits are welcome whenever they are entered, and never asked for.
PLAN = (
    TimePoint.BASELINE,
    TimePoint.DAY_1,
    TimePoint.MONTH_1,
    TimePoint.MONTH_3,
    TimePoint.MONTH_6,
    TimePoint.MONTH_12,
    TimePoint.MONTH_24,
)


class State(models.TextChoices):
    """How an open time point stands today."""

    DUE = "due", _("due")
    OVERDUE = "overdue", _("overdue")
    UPCOMING = "upcoming", _("upcoming")


#: What can still be measured today comes first, then what was missed, then what is to come.
ORDER = (State.DUE, State.OVERDUE, State.UPCOMING)


#: More days than any window is long or any case is old, in a number that stands for a state and days.
_BEYOND = 1_000_000


class Ending(models.TextChoices):
    """Why a case is asked for nothing more."""

    LOST = "lost", _("lost to follow-up")
    DIED = "died", _("died")
    COMPLETED = "completed", _("completed")


@dataclass(frozen=True)
class OpenPoint:
    """A planned time point that has neither a score nor a reason yet; the window counts its first and last day in."""

    point: TimePoint
    first: datetime.date
    last: datetime.date
    state: State
    #: Days until the window closes; negative once it has closed.
    days_left: int

    @property
    def urgency(self) -> tuple[int, int]:
        """Sorts what can still be measured first, and within a state what is nearest to today."""
        return ORDER.index(self.state), abs(self.days_left)

    def holds(self, day: datetime.date) -> bool:
        return self.first <= day <= self.last


# -- a time point ----------------------------------------------------------------------------------------------------


def window_of(point: TimePoint, index_day: datetime.date) -> tuple[datetime.date, datetime.date]:
    """First and last day of a planned time point."""
    window = WINDOWS[point]
    return index_day + datetime.timedelta(window.first), index_day + datetime.timedelta(window.last)


def at(point: TimePoint, index_day: datetime.date, today: datetime.date) -> OpenPoint:
    """A planned time point of a case, as it stands today while nothing has been entered for it."""
    first, last = window_of(point, index_day)
    state = State.UPCOMING if today < first else State.OVERDUE if today > last else State.DUE
    return OpenPoint(point, first, last, state, (last - today).days)


def is_answered(assessment: Any) -> bool:
    """Whether an assessment holds a score, or says why there is none."""
    return assessment.has_values() or any(name in assessment.missing for name in OBSERVED)


def answered_sql() -> Q:
    """``is_answered`` as a condition on assessments."""
    beside = (name for name in Assessment.missable_fields() if name not in OBSERVED)
    return Q(AnyGiven(*OBSERVED)) | ~Q(Exact(WithoutKeys("missing", *beside), Value({}, models.JSONField())))


# -- a case ----------------------------------------------------------------------------------------------------------


def ending_of(followup: Any, assessments: Iterable[Any]) -> Ending | None:
    """Why a case needs no more follow-up, from its follow-up status (or ``None``) and its assessments."""
    state = getattr(followup, "followup_state", None)
    if (
        state == FollowupState.DIED
        or getattr(followup, "vital_status", None) == VitalStatus.DEAD
        or any(MissingCode.DIED in row.missing.values() for row in assessments)
    ):
        return Ending.DIED
    if state == FollowupState.LOST:
        return Ending.LOST
    return Ending.COMPLETED if state == FollowupState.COMPLETED else None


def open_points(
    index_day: datetime.date | None, answered: Collection[str], today: datetime.date
) -> list[OpenPoint]:
    """The planned time points without an answer, in the order of the plan; none without an index date."""
    if index_day is None:
        return []
    return [at(point, index_day, today) for point in PLAN if point.value not in answered]


def first_of(
    points: Iterable[OpenPoint], states: Collection[str] = ORDER, wanted: str = ""
) -> OpenPoint | None:
    """The open time point to enter next: the one that is due, else the one missed last, else the next to come.

    Windows do not overlap, so one at most is due. What was missed last is the likeliest to be made good.
    """
    fitting = [point for point in points if point.state in states and wanted in ("", point.point)]
    return min(fitting, key=lambda point: point.urgency, default=None)


def open_of(case: Any, today: datetime.date) -> list[OpenPoint]:
    """The open time points of one case; none when its follow-up has ended."""
    rows = list(case.assessments.all())
    if ending_of(getattr(case, "followup_status", None), rows) is not None:
        return []
    return open_points(case.index_day(), {row.time_point for row in rows if is_answered(row)}, today)


# -- the same in the database, over cases -----------------------------------------------------------------------------


def _assessments() -> Any:
    return Assessment.objects.filter(case=OuterRef("pk")).order_by()


def _statuses() -> Any:
    return FollowUpStatus.objects.filter(case=OuterRef("pk")).order_by()


def known_to_the_day() -> Q:
    """The index date is known to the day, so that windows can be counted from it."""
    vague = (DatePrecision.MONTH.value, DatePrecision.YEAR.value)
    return Q(index_date__isnull=False) & (
        Q(index_date_precision__isnull=True) | ~Q(index_date_precision__in=vague)
    )


def _coded_as_died() -> Any:
    """An assessment gives death as the reason for an absence, of whichever field: the code is a whole quoted word."""
    reasons = Cast("missing", models.TextField())
    return Exists(
        _assessments().annotate(reasons=reasons).filter(reasons__contains=f'"{MissingCode.DIED.value}"')
    )


def ended_sql(*endings: Ending) -> Q:
    """The follow-up of a case has ended, or has ended in one of these ways."""
    wanted = endings or tuple(Ending)
    dead = Q(followup_state=FollowupState.DIED.value) | Q(vital_status=VitalStatus.DEAD.value)
    status = Q(followup_state__in=[ending.value for ending in wanted])
    found = Q(Exists(_statuses().filter(status | dead if Ending.DIED in wanted else status)))
    if Ending.DIED in wanted:
        return found | Q(_coded_as_died())
    return found & ~Q(Exists(_statuses().filter(dead))) & ~Q(_coded_as_died())


def open_sql(point: TimePoint) -> Q:
    """Nothing has been entered for the time point."""
    return Q(~Exists(_assessments().filter(answered_sql(), time_point=point.value)))


def in_state(point: TimePoint, state: str, today: datetime.date, within: int | None = None) -> Q:
    """The index date lies so that the window of the time point stands like this today.

    ``within`` keeps of what is overdue only what closed at most so many days ago.
    """
    window = WINDOWS[point]
    opened_today = today - datetime.timedelta(window.first)
    closing_today = today - datetime.timedelta(window.last)
    if state == State.DUE:
        return Q(index_date__gte=closing_today, index_date__lte=opened_today)
    if state == State.UPCOMING:
        return Q(index_date__gt=opened_today)
    missed = Q(index_date__lt=closing_today)
    return (
        missed if within is None else missed & Q(index_date__gte=closing_today - datetime.timedelta(within))
    )


def _pairs(states: Collection[str], wanted: str) -> Iterator[tuple[TimePoint, State]]:
    """Every time point in every state asked for, in the order in which ``first_of`` prefers them."""
    for state in ORDER:
        for point in reversed(PLAN) if state == State.OVERDUE else PLAN:
            if state in states and wanted in ("", point.value):
                yield point, state


def waiting(
    cases: Any,
    today: datetime.date,
    states: Collection[str] = ORDER,
    wanted: str = "",
    within: int | None = None,
) -> Any:
    """The cases with an open time point in one of these states: those whose ``first_of(open_of(case))`` is one.

    With ``within`` only those that come first when all of them are sorted by urgency, which is quicker to find; of use
    where nothing upcoming is asked for.
    """
    lies: dict[TimePoint, Q] = {}
    for point, state in _pairs(states, wanted):
        lies[point] = lies.get(point, Q()) | in_state(point, state, today, within)
    if not lies:
        return cases.none()
    by_date, open_ = Q(), Q()
    for point, dates in lies.items():
        by_date |= dates  # the index date alone, so that an index narrows before the rows are looked at
        open_ |= dates & open_sql(point)
    return cases.filter(known_to_the_day(), by_date).filter(open_).exclude(ended_sql())


def _by_choice(
    today: datetime.date, states: Collection[str], wanted: str, value: Callable[[TimePoint, State], Any]
) -> Any:
    whens = [
        When(in_state(point, state, today) & open_sql(point), then=value(point, state))
        for point, state in _pairs(states, wanted)
    ]
    return Switch(*whens, default=Value(None), output_field=models.IntegerField())


def days_left_sql(point: TimePoint, today: datetime.date) -> Any:
    """``OpenPoint.days_left`` of a time point."""
    until_index = DaysBetween(F("index_date"), Value(today, output_field=models.DateField()))
    return until_index + Value(WINDOWS[point].last)


def urgency_sql(today: datetime.date, states: Collection[str] = ORDER, wanted: str = "") -> Any:
    """``OpenPoint.urgency`` of the open time point that comes first, as one number to sort by."""

    def value(point: TimePoint, state: State) -> Any:
        days = days_left_sql(point, today)
        rank = Value(ORDER.index(state) * _BEYOND)
        return rank - days if state == State.OVERDUE else rank + days

    return _by_choice(today, states, wanted, value)


def window_sql(today: datetime.date, states: Collection[str] = ORDER, wanted: str = "") -> Any:
    """Days until the window closes of the open time point that comes first."""
    return _by_choice(today, states, wanted, lambda point, _state: days_left_sql(point, today))


def position_sql(today: datetime.date, states: Collection[str] = ORDER, wanted: str = "") -> Any:
    """The place in the plan of the open time point that comes first."""
    return _by_choice(today, states, wanted, lambda point, _state: Value(PLAN.index(point)))
