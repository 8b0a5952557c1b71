"""Rank tests of two groups and of pairs, each with Hodges and Lehmann's estimate and its interval.

Up to 49 values without ties the exact distribution is used, as R does; otherwise the normal one with tie and continuity
correction. The intervals are order statistics of the pairwise numbers, for the normal case after Campbell and Gardner.
"""

import itertools
import math
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.research.statistics.distributions import normal_two_sided, z_quantile
from registry.research.statistics.pairs import Ordered, differences, walsh_averages
from registry.research.statistics.result import (
    LEVEL,
    Interval,
    Method,
    Result,
    all_equal,
    needs_groups,
    no_values,
)
from registry.research.statistics.sample import Sample, ranks
from registry.research.statistics.t_tests import changes

#: Below this many values the exact distribution is used, if there are no ties.
EXACT_BELOW = 50
GARDNER = "Campbell & Gardner, BMJ 1988;296:1454–1456"
RANK_SUM_EXACT = Method(
    gettext_lazy("Mann–Whitney test, exact"),
    gettext_lazy(
        "exact distribution of U; shift = median of all differences, interval from their order statistics at the "
        "quantiles of U"
    ),
    source="Mann & Whitney, Ann Math Stat 1947;18:50–60; Hodges & Lehmann, Ann Math Stat 1963;34:598–611",
)
RANK_SUM_NORMAL = Method(
    gettext_lazy("Mann–Whitney test, normal approximation"),
    gettext_lazy(
        "z = (|U − n₁n₂/2| − ½) / s, s with tie correction; shift = median of all differences, interval from the "
        "K-th smallest to the K-th largest, K = n₁n₂/2 − z·√(n₁n₂(n₁ + n₂ + 1)/12) rounded up"
    ),
    "scipy.special.ndtr",
    GARDNER,
)
SIGNED_RANK_EXACT = Method(
    gettext_lazy("Wilcoxon signed rank test, exact"),
    gettext_lazy(
        "exact distribution of V; pseudomedian = median of all Walsh averages, interval from their order statistics "
        "at the quantiles of V"
    ),
    source="Wilcoxon, Biometrics Bull 1945;1:80–83; Hodges & Lehmann, Ann Math Stat 1963;34:598–611",
)
SIGNED_RANK_NORMAL = Method(
    gettext_lazy("Wilcoxon signed rank test, normal approximation"),
    gettext_lazy(
        "zeros left out of the test (Wilcoxon's own method), z = (|V − n(n + 1)/4| − ½) / s, s with tie correction; "
        "pseudomedian = median of all Walsh averages, zeros included, interval from the K-th smallest to the K-th "
        "largest, K = n(n + 1)/4 − z·√(n(n + 1)(2n + 1)/24) rounded up"
    ),
    "scipy.special.ndtr",
    GARDNER,
)
SHIFT = gettext_lazy("shift between the groups")
PSEUDOMEDIAN = gettext_lazy("typical change")


def rank_sum(first: Sample | Iterable[Any], second: Sample | Iterable[Any]) -> Result:
    """How far the first group lies above the second."""
    a, b = Sample.of(first), Sample.of(second)
    n = (a.n, b.n)
    if not a.n or not b.n:
        return Result("shift", SHIFT, RANK_SUM_NORMAL, n, reason=needs_groups())
    found, ties = ranks(a.values + b.values)
    if len(ties) == 1:
        return Result("shift", SHIFT, RANK_SUM_NORMAL, n, reason=all_equal())
    u = math.fsum(found[: a.n]) - a.n * (a.n + 1) / 2
    pairs = differences(a.values, b.values)
    if len(ties) == a.n + b.n and max(n) < EXACT_BELOW:
        ways = rank_sum_ways(min(n), max(n))
        return _answer("shift", SHIFT, RANK_SUM_EXACT, n, pairs, u, _exact(ways, u), _quantile(ways))
    middle, total = a.n * b.n / 2, a.n + b.n
    lost = sum(tie**3 - tie for tie in ties) / (total * (total - 1))
    spread = math.sqrt(a.n * b.n / 12 * (total + 1 - lost))
    position = math.ceil(middle - z_quantile() * math.sqrt(a.n * b.n * (total + 1) / 12))
    return _answer("shift", SHIFT, RANK_SUM_NORMAL, n, pairs, u, _normal(u, middle, spread), position)


def signed_rank(before: Sequence[Any], after: Sequence[Any]) -> Result:
    """The typical change from before to after, over the pairs of which both are given."""
    sample = Sample.of(changes(before, after))
    n = (sample.n,)
    if not sample.n:
        return Result("pseudomedian", PSEUDOMEDIAN, SIGNED_RANK_NORMAL, n, reason=no_values())
    moved = [value for value in sample.values if value != 0]
    zeros = sample.n - len(moved)
    if not moved:
        return Result("pseudomedian", PSEUDOMEDIAN, SIGNED_RANK_NORMAL, n, reason=_("No value changed."))
    found, ties = ranks([abs(value) for value in moved])
    v = math.fsum(rank for rank, value in zip(found, moved, strict=True) if value > 0)
    pairs = walsh_averages(sample.values)
    details = {"zeros": float(zeros)}
    if len(ties) == len(moved) and not zeros and sample.n < EXACT_BELOW:
        ways = signed_rank_ways(sample.n)
        return _answer(
            "pseudomedian",
            PSEUDOMEDIAN,
            SIGNED_RANK_EXACT,
            n,
            pairs,
            v,
            _exact(ways, v),
            _quantile(ways),
            details,
        )
    tested = len(moved)
    spread = math.sqrt(tested * (tested + 1) * (2 * tested + 1) / 24 - sum(tie**3 - tie for tie in ties) / 48)
    p = _normal(v, tested * (tested + 1) / 4, spread)
    within = math.sqrt(sample.n * (sample.n + 1) * (2 * sample.n + 1) / 24)
    position = math.ceil(sample.n * (sample.n + 1) / 4 - z_quantile() * within)
    return _answer("pseudomedian", PSEUDOMEDIAN, SIGNED_RANK_NORMAL, n, pairs, v, p, position, details)


def _answer(
    measure: str,
    label: Any,
    method: Method,
    n: tuple[int, ...],
    pairs: Ordered,
    statistic: float,
    p: float,
    position: int,
    details: dict[str, float] | None = None,
) -> Result:
    """The estimate, its interval and P; where there are too few values for an interval, P is not given either."""
    reached = position >= 1
    return Result(
        measure,
        label,
        method,
        n,
        pairs.median(),
        Interval(pairs.at(position), pairs.at(pairs.size - position + 1)) if reached else None,
        p if reached else None,
        statistic,
        note="" if reached else _("Too few values for an interval of 95 %, so no P value is given either."),
        details=details or {},
    )


# -- distributions of the statistics -----------------------------------------------------------------------------------


@cache
def rank_sum_ways(fewer: int, more: int) -> tuple[int, ...]:
    """In how many orders of two samples U is 0, 1, …: the Gaussian binomial coefficient, in whole numbers."""
    ways = [1]
    for step in range(1, fewer + 1):
        ways = _divided(_multiplied(ways, more + step), step)
    return tuple(ways)


def _multiplied(ways: list[int], power: int) -> list[int]:
    """The polynomial times 1 − q^power."""
    found = ways + [0] * power
    for place, count in enumerate(ways):
        found[place + power] -= count
    return found


def _divided(ways: list[int], power: int) -> list[int]:
    """The polynomial by 1 − q^power, which divides it."""
    found = list(ways)
    for place in range(power, len(found)):
        found[place] += found[place - power]
    return found[: len(found) - power]


@cache
def signed_rank_ways(n: int) -> tuple[int, ...]:
    """In how many choices of signs V is 0, 1, …"""
    ways = [1]
    for rank in range(1, n + 1):
        found = ways + [0] * rank
        for place, count in enumerate(ways):
            found[place + rank] += count
        ways = found
    return tuple(ways)


def _exact(ways: Sequence[int], statistic: float) -> float:
    """Twice the smaller tail; the distributions are symmetric."""
    whole = round(statistic)
    tail = min(whole, len(ways) - 1 - whole)
    return min(1.0, 2 * sum(ways[: tail + 1]) / sum(ways))


def _quantile(ways: Sequence[int]) -> int:
    """The least statistic whose lower tail reaches 2.5 %: the place of the interval's lower end, 0 for none."""
    wanted = (1 - LEVEL) / 2 * sum(ways) * (1 - 1e-12)  # a tail of exactly 2.5 % reaches it
    return next(place for place, tail in enumerate(itertools.accumulate(ways)) if tail >= wanted)


def _normal(statistic: float, middle: float, spread: float) -> float:
    apart = max(abs(statistic - middle) - 0.5, 0.0)
    return normal_two_sided(apart / spread)
