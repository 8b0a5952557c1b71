"""Differences between more than two groups: analysis of variance, and Kruskal and Wallis's test of ranks.

The effect beside P is η², the share of the variance that lies between the groups, with the interval of Steiger.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from registry.research.statistics.distributions import chi2_tail, f_noncentrality, f_tail
from registry.research.statistics.result import (
    Interval,
    Method,
    Result,
    all_equal,
    from_zero,
    needs_groups,
    no_spread,
    too_few,
    without_interval,
)
from registry.research.statistics.sample import Sample, ranks

STEIGER = "Steiger, Psychol Methods 2004;9:164–182"
ANOVA = Method(
    gettext_lazy("Analysis of variance, one way"),
    gettext_lazy(
        "F = (SS between / (k − 1)) / (SS within / (N − k)); η² = SS between / SS total, interval λ/(λ + N) from the "
        "noncentral F distribution"
    ),
    "scipy.special.fdtrc, scipy.special.ncfdtr",
    STEIGER,
)
KRUSKAL = Method(
    gettext_lazy("Kruskal–Wallis test"),
    gettext_lazy(
        "H with tie correction, χ² with k − 1 degrees of freedom; η² of the ranks = H / (N − 1), approximate interval "
        "λ/(λ + N) from the noncentral F distribution of the ranks"
    ),
    "scipy.special.chdtrc, scipy.special.ncfdtr",
    f"Kruskal & Wallis, J Am Stat Assoc 1952;47:583–621; {STEIGER}",
)
ETA = gettext_lazy("share of variance between the groups (η²)")
ETA_RANKS = gettext_lazy("share of variance of ranks between the groups (η²)")


def anova(groups: Sequence[Sample | Iterable[Any]]) -> Result:
    """Whether any mean differs, with variances assumed equal. Groups without a value are left out."""
    samples = [Sample.of(values) for values in groups]
    n = tuple(sample.n for sample in samples)
    there = [sample for sample in samples if sample.n]
    reason = _why_not(there)
    if reason:
        return Result("eta_squared", ETA, ANOVA, n, reason=reason)
    between, within = _squares([sample.values for sample in there])
    if within == 0:
        return Result("eta_squared", ETA, ANOVA, n, reason=no_spread())
    degrees = float(len(there) - 1), float(sum(n) - len(there))
    f = (between / degrees[0]) / (within / degrees[1])
    effect = between / (between + within)
    ends = _eta_interval(effect, f, degrees, sum(n))
    return Result(
        "eta_squared",
        ETA,
        ANOVA,
        n,
        effect,
        ends,
        f_tail(f, *degrees) if ends else None,
        f,
        degrees,
        note="" if ends else without_interval(),
    )


def kruskal(groups: Sequence[Sample | Iterable[Any]]) -> Result:
    """Whether any group lies higher or lower in rank. Groups without a value are left out."""
    samples = [Sample.of(values) for values in groups]
    n = tuple(sample.n for sample in samples)
    there = [sample for sample in samples if sample.n]
    reason = _why_not(there)
    if reason:
        return Result("eta_squared_of_ranks", ETA_RANKS, KRUSKAL, n, reason=reason)
    found, _ties = ranks([value for sample in there for value in sample.values])
    ranked, start = [], 0
    for sample in there:
        ranked.append(found[start : start + sample.n])
        start += sample.n
    between, within = _squares(ranked)
    total, df = sum(n), len(there) - 1
    if within == 0:
        return Result("eta_squared_of_ranks", ETA_RANKS, KRUSKAL, n, reason=no_spread())
    # H with tie correction is the share of the ranks' variance between the groups, times N − 1.
    effect = between / (between + within)
    h = (total - 1) * effect
    degrees = float(df), float(total - len(there))
    f = (between / degrees[0]) / (within / degrees[1])
    ends = _eta_interval(effect, f, degrees, total)
    return Result(
        "eta_squared_of_ranks",
        ETA_RANKS,
        KRUSKAL,
        n,
        effect,
        ends,
        chi2_tail(h, df) if ends else None,
        h,
        float(df),
        note="" if ends else without_interval(),
    )


def _why_not(there: Sequence[Sample]) -> str:
    if len(there) < 2:
        return needs_groups()
    if sum(sample.n for sample in there) <= len(there):
        return too_few(len(there) + 1)
    values = [value for sample in there for value in (sample.ordered[0], sample.ordered[-1])]
    return all_equal() if min(values) == max(values) else ""


def _squares(groups: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Sums of squares between and within groups."""
    samples = [Sample(tuple(values)) for values in groups]
    total = sum(sample.n for sample in samples)
    middle = math.fsum(value for sample in samples for value in sample.values) / total
    between = math.fsum(sample.n * (sample.mean - middle) ** 2 for sample in samples)
    within = math.fsum(sample.variance * (sample.n - 1) for sample in samples)
    return between, within


def _eta_interval(effect: float, f: float, degrees: tuple[float, float], total: int) -> Interval | None:
    found = f_noncentrality(f, *degrees)
    return from_zero(effect, found and (found[0] / (found[0] + total), found[1] / (found[1] + total)))
