"""Whether cumulative incidence differs between groups: Gray's test, beside the difference at a time all are watched.

The score of group k is its events less those that the pooled subdistribution hazard expects of it. Its variance is that
of the paper, integrated over the martingales of both causes; events at the same time enter with the hypergeometric
factors (n − d)/(n − 1) that the paper's author uses in R's cmprsk, against which the tests hold it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.research.statistics.distributions import chi2_tail, z_quantile
from registry.research.statistics.incidence import aalen_johansen
from registry.research.statistics.result import Interval, Method, Result, needs_groups, without_interval
from registry.research.statistics.survival import Observed

GRAY = Method(
    gettext_lazy("Gray's test"),
    gettext_lazy(
        "score = events − those expected by the pooled subdistribution hazard (ρ = 0), χ² with k − 1 degrees of "
        "freedom; beside it F₁(t) − F₂(t) ± z·√(SE₁² + SE₂²) of the Aalen–Johansen estimates at the last time at "
        "which every group is still observed"
    ),
    "numpy.linalg.solve, scipy.special.chdtrc",
    "Gray, Ann Stat 1988;16:1141–1154",
)
DIFFERENCE = gettext_lazy("difference of cumulative incidence")
OVERALL = gettext_lazy("any difference between the groups")


@dataclass
class _State:
    """One group while time passes: survival of any event, incidence of event 1."""

    observed: Observed
    events: dict[float, tuple[int, int]]
    survival: float = 1.0
    incidence: float = 0.0


@dataclass(frozen=True)
class _Moment:
    """One time at which something happened: what every group contributes, all but ``after`` from just before it."""

    weight: list[float]
    before: list[float]
    after: list[float]
    at_risk: list[int]
    wanted: list[int]
    competing: list[int]
    pooled: float
    pooled_step: float
    score: list[float] = field(default_factory=list)


def gray(groups: Sequence[tuple[Sequence[Any], Sequence[Any]]]) -> Result:
    """Groups as (times, events): 1 the event, 2 and above a competing one, 0 the end of observation."""
    samples = [Observed.of(times, events) for times, events in groups]
    n = tuple(sample.n for sample in samples)
    two = len(groups) == 2
    measure, label = ("incidence_difference", DIFFERENCE) if two else ("gray", OVERALL)
    if not all(n) or len(groups) < 2:
        return Result(measure, label, GRAY, n, reason=needs_groups())
    found = _statistic(samples)
    if found is None:
        reason = _("No event of interest while every group was observed: there is nothing to compare.")
        return Result(measure, label, GRAY, n, reason=reason)
    statistic, df = found
    effects = [_difference([sample, samples[0]]) for sample in samples[1:]]
    if two:
        effects = [_difference(samples)]
    reached = any(interval is not None for _estimate, interval, _time in effects)
    note = "" if reached else without_interval()
    p = chi2_tail(statistic, df) if reached else None
    if two:
        estimate, between, time = effects[0]
        return Result(
            measure,
            label,
            GRAY,
            n,
            estimate,
            between,
            p,
            statistic,
            float(df),
            note=note,
            details={"time": time},
        )
    return Result(
        measure,
        label,
        GRAY,
        n,
        p=p,
        statistic=statistic,
        df=float(df),
        note=note,
        effects=tuple(
            Result(
                "incidence_difference",
                DIFFERENCE,
                GRAY,
                (sample.n, samples[0].n),
                estimate,
                between,
                details={"time": time},
            )
            for sample, (estimate, between, time) in zip(samples[1:], effects, strict=True)
        ),
    )


def _difference(samples: Sequence[Observed]) -> tuple[float, Interval | None, float]:
    """First incidence less second where both are still observed, with its interval and that time."""
    time = min(sample.times[-1] for sample in samples)
    steps = [aalen_johansen(sample.times, sample.events).step_at(time) for sample in samples]
    values = [step.incidence if step else 0.0 for step in steps]
    errors = [step.standard_error if step else 0.0 for step in steps]
    difference, half = values[0] - values[1], z_quantile() * math.hypot(*errors)
    between = Interval(max(-1.0, difference - half), min(1.0, difference + half)) if half else None
    return difference, between, time


def _statistic(samples: Sequence[Observed]) -> tuple[float, int] | None:
    """χ² and its degrees of freedom; ``None`` where the scores have no variance."""
    import numpy as np

    moments = _moments(samples)
    k = len(samples)
    score = np.sum([moment.score for moment in moments], axis=0) if moments else np.zeros(k)
    # c of the paper: the weights integrated over the pooled hazard; what is still to come of it enters the variance.
    drifts = [_drift(moment) for moment in moments]
    steps = [
        drift * (moment.pooled_step / (1 - moment.pooled)) if moment.pooled < 1 else drift * 0
        for moment, drift in zip(moments, drifts, strict=True)
    ]
    left = np.sum(steps, axis=0) if steps else np.zeros((k, k))
    variance = np.zeros((k, k))
    for moment, drift, step in zip(moments, drifts, steps, strict=True):
        left = left - step
        variance += _variance(moment, drift, left)
    used = slice(1, None)
    if np.linalg.matrix_rank(variance[used, used], tol=1e-12) < k - 1:
        return None
    return float(score[used] @ np.linalg.solve(variance[used, used], score[used])), k - 1


def _moments(samples: Sequence[Observed]) -> list[_Moment]:
    states = [
        _State(sample, {moment.time: (moment.events, moment.competing) for moment in sample.moments()})
        for sample in samples
    ]
    times = sorted({time for state in states for time, happened in state.events.items() if any(happened)})
    found, pooled = [], 0.0
    for time in times:
        at_risk = [state.observed.at_risk(time) for state in states]
        happened = [state.events.get(time, (0, 0)) for state in states]
        wanted, competing = [one for one, _other in happened], [other for _one, other in happened]
        before = [state.survival for state in states]
        weight = [
            risk / survival if survival else 0.0 for risk, survival in zip(at_risk, before, strict=True)
        ]
        # R of the paper: those at risk, scaled up for whom a competing event has taken.
        risk = [w * (1 - state.incidence) for w, state in zip(weight, states, strict=True)]
        together = sum(wanted)
        score = [d - r * together / sum(risk) if together else 0.0 for d, r in zip(wanted, risk, strict=True)]
        for state, y, d, other in zip(states, at_risk, wanted, competing, strict=True):
            if y:
                state.incidence += state.survival * d / y
                state.survival *= 1 - (d + other) / y
        step = together / sum(weight)
        after = [state.survival for state in states]
        found.append(_Moment(weight, before, after, at_risk, wanted, competing, pooled, step, score))
        pooled += step
    return found


def _drift(moment: _Moment) -> Any:
    """d of the paper: how the score of group k (row) moves with the estimate of group r (column)."""
    import numpy as np

    weight = np.array(moment.weight)
    return (np.eye(len(weight)) - (weight / weight.sum())[:, None]) * weight[None, :]


def _variance(moment: _Moment, drift: Any, left: Any) -> Any:
    """What one time adds to the covariance of the scores."""
    import numpy as np

    added = np.zeros_like(left)
    together = sum(moment.wanted)
    for r, weight in enumerate(moment.weight):
        if not weight:
            continue
        lost = np.zeros(len(left))
        if moment.after[r] > 0:
            lost = (1 - moment.pooled - moment.pooled_step) / moment.after[r] * left[:, r]
        wanted = drift[:, r] + (left[:, r] - lost if moment.after[r] > 0 else 0.0)
        step = moment.pooled_step * _untied(together, sum(moment.weight) * moment.before[r])
        added += np.outer(wanted, wanted) * step / weight
        others = moment.competing[r]
        step = moment.before[r] * others / moment.at_risk[r] * _untied(others, moment.at_risk[r])
        added += np.outer(lost, lost) * step / weight
    return added


def _untied(events: int, at_risk: float) -> float:
    """The hypergeometric factor (n − d)/(n − 1) of several events at one time."""
    return 1.0 if events < 2 or at_risk <= 1 else max(0.0, 1 - (events - 1) / (at_risk - 1))
