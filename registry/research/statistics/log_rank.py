"""Whether survival differs between groups: the log-rank test, with hazard ratios after Peto beside it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.research.statistics.distributions import chi2_tail, z_quantile
from registry.research.statistics.result import Interval, Method, Result, needs_groups
from registry.research.statistics.survival import Observed

LOG_RANK = Method(
    gettext_lazy("Log-rank test"),
    gettext_lazy(
        "χ² = (O − E)ᵀ V⁻¹ (O − E) with hypergeometric variance; hazard ratio after Peto = exp((O₁ − E₁)/V), interval "
        "exp((O₁ − E₁)/V ± z/√V)"
    ),
    "scipy.special.chdtrc, scipy.special.ndtri",
    "Mantel, Cancer Chemother Rep 1966;50:163–170; Yusuf et al., Prog Cardiovasc Dis 1985;27:335–371",
)
HAZARD_RATIO = gettext_lazy("hazard ratio")
OVERALL = gettext_lazy("any difference between the groups")


@dataclass(frozen=True)
class Counts:
    """Observed and expected events of every group, and the covariance of their differences."""

    observed: tuple[float, ...]
    expected: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, groups: Sequence[Observed]) -> "Counts":
        k = len(groups)
        observed, expected = [0.0] * k, [0.0] * k
        covariance = [[0.0] * k for _group in range(k)]
        deaths: dict[float, list[int]] = {}
        for number, group in enumerate(groups):
            for moment in group.moments():
                if moment.events:
                    deaths.setdefault(moment.time, [0] * k)[number] = moment.events
        for time, counts in sorted(deaths.items()):
            there = [group.at_risk(time) for group in groups]
            n, d = sum(there), sum(counts)
            for i in range(k):
                observed[i] += counts[i]
                expected[i] += d * there[i] / n
                if n > 1:
                    factor = d * (n - d) / (n - 1) * there[i] / n
                    for j in range(k):
                        covariance[i][j] += factor * ((i == j) - there[j] / n)
        return cls(tuple(observed), tuple(expected), tuple(map(tuple, covariance)))


def log_rank(groups: Sequence[tuple[Sequence[Any], Sequence[Any]]]) -> Result:
    """Groups as (times, events). Two groups answer with one hazard ratio, more with each against the first."""
    samples = [Observed.of(times, events) for times, events in groups]
    n = tuple(sample.n for sample in samples)
    measure, label = ("hazard_ratio", HAZARD_RATIO) if len(groups) == 2 else ("log_rank", OVERALL)
    there = [sample for sample in samples if sample.n]
    if len(there) < 2:
        return Result(measure, label, LOG_RANK, n, reason=needs_groups())
    if len(groups) == 2:
        return _of_two(samples, n)
    effects = tuple(_of_two([sample, samples[0]], (sample.n, samples[0].n)) for sample in samples[1:])
    statistic, df = _statistic(Counts.of(there))
    if not any(effect.interval for effect in effects) or not df:
        return Result(measure, label, LOG_RANK, n, reason=_no_events())
    return Result(
        measure,
        label,
        LOG_RANK,
        n,
        p=chi2_tail(statistic, df),
        statistic=statistic,
        df=float(df),
        effects=effects,
    )


def _of_two(samples: Sequence[Observed], n: tuple[int, ...]) -> Result:
    if not all(n):
        return Result("hazard_ratio", HAZARD_RATIO, LOG_RANK, n, reason=needs_groups())
    counts = Counts.of(samples)
    variance = counts.covariance[0][0]
    if variance <= 0:
        return Result("hazard_ratio", HAZARD_RATIO, LOG_RANK, n, reason=_no_events())
    apart = counts.observed[0] - counts.expected[0]
    half = z_quantile() / math.sqrt(variance)
    statistic = apart**2 / variance
    return Result(
        "hazard_ratio",
        HAZARD_RATIO,
        LOG_RANK,
        n,
        math.exp(apart / variance),
        Interval(math.exp(apart / variance - half), math.exp(apart / variance + half)),
        chi2_tail(statistic, 1),
        statistic,
        1.0,
        details={
            "observed_first": counts.observed[0],
            "expected_first": counts.expected[0],
            "observed_second": counts.observed[1],
            "expected_second": counts.expected[1],
        },
    )


def _statistic(counts: Counts) -> tuple[float, int]:
    """χ² and its degrees of freedom, over the groups that were ever at risk at an event."""
    import numpy as np

    used = [number for number, expected in enumerate(counts.expected) if expected > 0]
    if len(used) < 2:
        return 0.0, 0
    used = used[1:]
    apart = np.array([counts.observed[i] - counts.expected[i] for i in used])
    variance = np.array(counts.covariance)[np.ix_(used, used)]
    if np.linalg.matrix_rank(variance) < len(used):
        return 0.0, 0
    return float(apart @ np.linalg.solve(variance, apart)), len(used)


def _no_events() -> str:
    return _("No event while both groups were observed: there is nothing to compare.")
