"""Differences of means with t intervals: Welch's and Student's test of two groups, and the paired test."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from registry.research.statistics.distributions import t_quantile, t_two_sided
from registry.research.statistics.result import (
    Interval,
    Method,
    Result,
    all_equal,
    no_spread,
    no_values,
    too_few,
    too_few_each,
)
from registry.research.statistics.sample import Sample, number_of

T_FUNCTIONS = "scipy.special.stdtr, scipy.special.stdtrit"
WELCH = Method(
    gettext_lazy("Welch's t test"),
    gettext_lazy("mean₁ − mean₂ ± t(ν) · √(s₁²/n₁ + s₂²/n₂), ν after Welch and Satterthwaite"),
    T_FUNCTIONS,
    "Welch, Biometrika 1947;34:28–35",
)
STUDENT = Method(
    gettext_lazy("Student's t test"),
    gettext_lazy("mean₁ − mean₂ ± t(n₁ + n₂ − 2) · sₚ · √(1/n₁ + 1/n₂), sₚ² the pooled variance"),
    T_FUNCTIONS,
)
PAIRED = Method(
    gettext_lazy("Paired t test"),
    gettext_lazy("mean of the differences ± t(n − 1) · SD of the differences / √n"),
    T_FUNCTIONS,
)
DIFFERENCE = gettext_lazy("difference of means")
CHANGE = gettext_lazy("mean change")


def welch(first: Sample | Iterable[Any], second: Sample | Iterable[Any]) -> Result:
    """First mean less second, variances not assumed equal."""
    a, b = Sample.of(first), Sample.of(second)
    if a.n < 2 or b.n < 2:
        return Result("mean_difference", DIFFERENCE, WELCH, (a.n, b.n), reason=too_few_each(2))
    parts = a.variance / a.n, b.variance / b.n
    error = math.sqrt(sum(parts))
    if error == 0:
        return Result("mean_difference", DIFFERENCE, WELCH, (a.n, b.n), reason=no_spread())
    # As a share of the whole, so that very small variances do not vanish when squared.
    share = parts[0] / sum(parts)
    df = 1 / (share**2 / (a.n - 1) + (1 - share) ** 2 / (b.n - 1))
    return _difference(WELCH, a, b, error, df)


def student(first: Sample | Iterable[Any], second: Sample | Iterable[Any]) -> Result:
    """First mean less second, with one variance for both groups."""
    a, b = Sample.of(first), Sample.of(second)
    if a.n < 2 or b.n < 2:
        return Result("mean_difference", DIFFERENCE, STUDENT, (a.n, b.n), reason=too_few_each(2))
    df = a.n + b.n - 2
    pooled = ((a.n - 1) * a.variance + (b.n - 1) * b.variance) / df
    error = math.sqrt(pooled * (1 / a.n + 1 / b.n))
    if error == 0:
        return Result("mean_difference", DIFFERENCE, STUDENT, (a.n, b.n), reason=no_spread())
    return _difference(STUDENT, a, b, error, df)


def _difference(method: Method, a: Sample, b: Sample, error: float, df: float) -> Result:
    difference = a.mean - b.mean
    half = t_quantile(df) * error
    t = difference / error
    return Result(
        "mean_difference",
        DIFFERENCE,
        method,
        (a.n, b.n),
        difference,
        Interval(difference - half, difference + half),
        t_two_sided(t, df),
        t,
        df,
    )


def changes(before: Sequence[Any], after: Sequence[Any]) -> list[float | None]:
    """After less before, pair by pair; ``None`` where either is missing.

    Rounded to ten decimals, so that 7.5 − 7.4 and 3.2 − 3.1 are the same change.
    """
    pairs = [(number_of(one), number_of(other)) for one, other in zip(before, after, strict=True)]
    return [None if one is None or other is None else round(other - one, 10) for one, other in pairs]


def paired(before: Sequence[Any], after: Sequence[Any]) -> Result:
    """Mean of after less before, over the pairs of which both are given."""
    sample = Sample.of(changes(before, after))
    n = (sample.n,)
    if not sample.n:
        return Result("mean_change", CHANGE, PAIRED, n, reason=no_values())
    if sample.n < 2:
        return Result("mean_change", CHANGE, PAIRED, n, reason=too_few(2))
    error = sample.sd / math.sqrt(sample.n)
    if error == 0:
        return Result("mean_change", CHANGE, PAIRED, n, reason=all_equal())
    df = sample.n - 1
    half = t_quantile(df) * error
    t = sample.mean / error
    between = Interval(sample.mean - half, sample.mean + half)
    return Result("mean_change", CHANGE, PAIRED, n, sample.mean, between, t_two_sided(t, df), t, df)
