"""Time to an event with censoring: Kaplan and Meier's curve with intervals, median, and numbers at risk."""

import bisect
import enum
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.research.statistics.distributions import z_quantile
from registry.research.statistics.result import Interval, Method, Result, no_values
from registry.research.statistics.sample import number_of

StepT = TypeVar("StepT", bound=Any)


class Transform(enum.StrEnum):
    """On which scale the interval of a curve is symmetric."""

    LOG_LOG = "log_log"
    PLAIN = "plain"


GREENWOOD = "Kaplan & Meier, J Am Stat Assoc 1958;53:457–481; Greenwood 1926"
METHODS = {
    Transform.LOG_LOG: Method(
        gettext_lazy("Kaplan–Meier estimate, log-log interval"),
        gettext_lazy(
            "S(t) = Π(1 − dᵢ/nᵢ); σ² = Σdᵢ/(nᵢ(nᵢ − dᵢ)) after Greenwood; interval S^exp(± z·σ / ln S)"
        ),
        "scipy.special.ndtri",
        f"{GREENWOOD}; Kalbfleisch & Prentice 1980",
    ),
    Transform.PLAIN: Method(
        gettext_lazy("Kaplan–Meier estimate, plain interval"),
        gettext_lazy(
            "S(t) = Π(1 − dᵢ/nᵢ); σ² = Σdᵢ/(nᵢ(nᵢ − dᵢ)) after Greenwood; interval S ± z·S·σ, cut at 0 and 1"
        ),
        "scipy.special.ndtri",
        GREENWOOD,
    ),
}
MEDIAN = Method(
    gettext_lazy("Median survival"),
    gettext_lazy(
        "first time with S(t) ≤ 0.5; interval from the times at which the ends of the curve's interval reach 0.5"
    ),
    source="Brookmeyer & Crowley, Biometrics 1982;38:29–41",
)
#: Rounding of a product of fractions must not move a curve that is exactly at one half.
HALF = 0.5 + 1e-12


@dataclass(frozen=True)
class Observed:
    """When each patient was last seen, and what happened then: 0 nothing (censored), 1 the event, else another."""

    times: tuple[float, ...]
    events: tuple[int, ...]
    missing: int = 0

    @classmethod
    def of(cls, times: Iterable[Any], events: Iterable[Any]) -> "Observed":
        """In the order of time; a time or an event that is not known, or a time before 0, counts as missing."""
        found, missing = [], 0
        for time, event in zip(times, events, strict=True):
            number = number_of(time)
            if number is None or number < 0 or event is None:
                missing += 1
            else:
                found.append((number, int(event)))
        found.sort()
        return cls(tuple(t for t, _event in found), tuple(event for _t, event in found), missing)

    @property
    def n(self) -> int:
        return len(self.times)

    def at_risk(self, time: float) -> int:
        """How many are still observed at this time: seen last then or later."""
        return self.n - bisect.bisect_left(self.times, time)

    def moments(self) -> list["Moment"]:
        """Every time at which somebody was last seen, in order."""
        found, before = [], 0
        for time, group in itertools.groupby(
            zip(self.times, self.events, strict=True), key=lambda pair: pair[0]
        ):
            events = [event for _time, event in group]
            wanted, other = events.count(1), sum(event > 1 for event in events)
            found.append(Moment(time, self.n - before, wanted, other, len(events) - wanted - other))
            before += len(events)
        return found


@dataclass(frozen=True)
class Moment:
    """One time: how many were at risk just before, had the event, had a competing one, or were seen no longer."""

    time: float
    at_risk: int
    events: int
    competing: int
    censored: int


@dataclass(frozen=True)
class Step:
    """The curve from this time on. Before the first event, and where it has reached 0, it has no interval."""

    time: float
    at_risk: int
    events: int
    censored: int
    survival: float
    standard_error: float | None
    interval: Interval | None


class Stepped(Generic[StepT]):
    """What changes in steps of time, each of which holds from its time on."""

    steps: tuple[StepT, ...]
    method: Method

    def step_at(self, time: float) -> StepT | None:
        """The step that holds at a time; ``None`` before the first one."""
        place = bisect.bisect_right([step.time for step in self.steps], time)
        return self.steps[place - 1] if place else None

    def as_rows(self) -> list[dict[str, Any]]:
        return [
            {
                **{
                    field.name: getattr(step, field.name)
                    for field in fields(step)
                    if field.name != "interval"
                },
                "ci_low": step.interval.low if step.interval else None,
                "ci_high": step.interval.high if step.interval else None,
                "method": self.method.text,
            }
            for step in self.steps
        ]


@dataclass(frozen=True)
class Curve(Stepped[Step]):
    """Survival over time; it starts at 1 and steps at every time that somebody was last seen."""

    n: int
    events: int
    missing: int
    steps: tuple[Step, ...]
    median: Result
    method: Method
    reason: str = ""


def kaplan_meier(
    times: Iterable[Any], events: Iterable[Any], transform: Transform = Transform.LOG_LOG
) -> Curve:
    """The curve of times with whether the event happened then (true) or observation ended (false)."""
    observed = Observed.of(times, events)
    method = METHODS[transform]
    if not observed.n:
        median = Result("median_survival", gettext_lazy("median survival"), MEDIAN, (0,), reason=no_values())
        return Curve(0, 0, observed.missing, (), median, method, no_values())
    steps, survival, greenwood = [], 1.0, 0.0
    for moment in observed.moments():
        if moment.events:
            survival *= 1 - moment.events / moment.at_risk
            left = moment.at_risk - moment.events
            greenwood += moment.events / (moment.at_risk * left) if left else math.inf
        error = survival * math.sqrt(greenwood) if survival else None
        steps.append(
            Step(
                moment.time,
                moment.at_risk,
                moment.events,
                moment.censored,
                survival,
                error,
                survival_interval(survival, greenwood, transform),
            )
        )
    happened = sum(step.events for step in steps)
    median = _median(observed.n, steps)
    return Curve(observed.n, happened, observed.missing, tuple(steps), median, method)


def survival_interval(survival: float, variance: float, transform: Transform) -> Interval | None:
    """The interval of a curve; ``variance`` is Greenwood's sum. None at 1 and at 0, where the variance says nothing."""
    if not 0 < survival < 1:
        return None
    error = z_quantile() * math.sqrt(variance)
    if transform is Transform.PLAIN:
        return Interval(max(0.0, survival * (1 - error)), min(1.0, survival * (1 + error)))
    spread = error / math.log(survival)
    return Interval(survival ** math.exp(-spread), survival ** math.exp(spread))


def _median(n: int, steps: Sequence[Step]) -> Result:
    """The median; where it is not reached its interval may still have a lower end."""
    label = gettext_lazy("median survival")
    estimate = _first(steps, lambda step: step.survival <= HALF)
    low = _first(steps, lambda step: _end(step, low=True) <= HALF)
    high = _first(steps, lambda step: _end(step, low=False) <= HALF)
    between = None if low is None else Interval(low, math.inf if high is None else high)
    if estimate is None:
        reason = _("Not reached: more than half of the curve is left at the last observation.")
        return Result("median_survival", label, MEDIAN, (n,), interval=between, reason=reason)
    return Result("median_survival", label, MEDIAN, (n,), estimate, between)


def _end(step: Step, *, low: bool) -> float:
    if step.interval is not None:
        return step.interval.low if low else step.interval.high
    return math.inf


def _first(steps: Sequence[Step], reached: Any) -> float | None:
    return next((step.time for step in steps if reached(step)), None)
