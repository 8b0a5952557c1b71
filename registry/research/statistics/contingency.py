"""Counts compared: χ² with and without Yates's correction, Fisher's exact test, differences of shares."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from registry.research.statistics.describe import wilson
from registry.research.statistics.distributions import bisect, chi2_noncentrality, chi2_tail
from registry.research.statistics.result import (
    LEVEL,
    Interval,
    Method,
    Result,
    from_zero,
    needs_groups,
    without_interval,
)

NEWCOMBE = "Newcombe, Stat Med 1998;17:873–890 (method 10)"
CHI2 = Method(
    gettext_lazy("χ² test without continuity correction"),
    gettext_lazy("χ² = Σ(O − E)² / E; difference of shares with the score interval of Newcombe"),
    "scipy.special.chdtrc",
    NEWCOMBE,
)
YATES = Method(
    gettext_lazy("χ² test with Yates's continuity correction"),
    gettext_lazy("χ² = Σ(|O − E| − ½)² / E; difference of shares with the score interval of Newcombe"),
    "scipy.special.chdtrc",
    NEWCOMBE,
)
CHI2_WIDE = Method(
    gettext_lazy("χ² test without continuity correction"),
    gettext_lazy(
        "χ² = Σ(O − E)² / E; Cramér's V = √(χ² / (N·(min(rows, columns) − 1))), interval from the noncentral χ² "
        "distribution"
    ),
    "scipy.special.chdtrc, scipy.special.chndtr",
    "Smithson, Confidence Intervals, Sage 2003",
)
FISHER = Method(
    gettext_lazy("Fisher's exact test"),
    gettext_lazy(
        "P = sum of the probabilities of all tables with these margins that are no likelier than this one; odds ratio "
        "= conditional maximum likelihood, exact interval from the noncentral hypergeometric distribution"
    ),
    "scipy.special.gammaln",
    source="Fisher, J R Stat Soc 1935;98:39–82; Cornfield, Proc Third Berkeley Symp 1956;4:135–148",
)
DIFFERENCE = gettext_lazy("difference of shares")
ODDS_RATIO = gettext_lazy("odds ratio")
CRAMER = gettext_lazy("association (Cramér's V)")
#: Below this expected count the χ² distribution is a poor guide.
SMALL_EXPECTED = 5
#: Above this many values an exact test takes seconds and says what χ² says.
EXACT_UP_TO = 10_000


def _without_empty(table: Sequence[Sequence[int]]) -> list[list[int]]:
    """The table less the groups and the categories that nobody is in."""
    rows = [list(row) for row in table if sum(row)]
    columns = [number for number in range(len(rows[0]) if rows else 0) if any(row[number] for row in rows)]
    return [[row[number] for number in columns] for row in rows]


def _only_one_category() -> str:
    return _("All are in the same category: there is nothing to compare.")


def expected_counts(table: Sequence[Sequence[int]]) -> list[list[float]]:
    """What independence would give, from the margins."""
    total = sum(map(sum, table))
    down = [sum(row[number] for row in table) for number in range(len(table[0]))]
    return [[sum(row) * column / total for column in down] for row in table]


def chi2(table: Sequence[Sequence[int]], *, yates: bool = False) -> Result:
    """A table of counts, a row per group and a column per category.

    Two groups in two columns (has it, has it not) answer with the difference of the shares of the first column, larger
    tables with Cramér's V. Yates's correction is for two by two only.
    """
    n = tuple(sum(row) for row in table)
    there = _without_empty(table)
    two_by_two = len(table) == 2 and all(len(row) == 2 for row in table)
    method = (YATES if yates else CHI2) if two_by_two else CHI2_WIDE
    measure, label = ("share_difference", DIFFERENCE) if two_by_two else ("cramers_v", CRAMER)
    if len(there) < 2:
        return Result(measure, label, method, n, reason=needs_groups())
    if len(there[0]) < 2:
        return Result(measure, label, method, n, reason=_only_one_category())
    expected = expected_counts(there)
    # As R does: the correction never exceeds the distance it corrects.
    apart = [[abs(o - e) for o, e in zip(*rows, strict=True)] for rows in zip(there, expected, strict=True)]
    correction = min(0.5, *(one for row in apart for one in row)) if yates and two_by_two else 0.0
    statistic = math.fsum(
        (distance - correction) ** 2 / e
        for rows in zip(apart, expected, strict=True)
        for distance, e in zip(*rows, strict=True)
    )
    df = (len(there) - 1) * (len(there[0]) - 1)
    effect, between = _share_difference(there) if two_by_two else _cramers_v(there, statistic, df)
    small = sum(e < SMALL_EXPECTED for row in expected for e in row)
    notes = []
    if small:
        notes.append(
            ngettext(
                "%(small)d of %(cells)d expected counts is below 5: the approximation is poor.",
                "%(small)d of %(cells)d expected counts are below 5: the approximation is poor.",
                small,
            )
            % {"small": small, "cells": len(there) * len(there[0])}
        )
    if between is None:
        notes.append(without_interval())
    return Result(
        measure,
        label,
        method,
        n,
        effect,
        between,
        None if between is None else chi2_tail(statistic, df),
        statistic,
        float(df),
        note=" ".join(notes),
        details={"small_expected": float(small)},
    )


def _share_difference(table: Sequence[Sequence[int]]) -> tuple[float, Interval]:
    (a, b), (c, d) = table
    first, second = a / (a + b), c / (c + d)
    one, other = wilson(a, a + b), wilson(c, c + d)
    difference = first - second
    return difference, Interval(
        difference - math.hypot(first - one.low, other.high - second),
        difference + math.hypot(one.high - first, second - other.low),
    )


def _cramers_v(table: Sequence[Sequence[int]], statistic: float, df: int) -> tuple[float, Interval | None]:
    scale = sum(map(sum, table)) * (min(len(table), len(table[0])) - 1)
    found = chi2_noncentrality(statistic, df)
    effect = math.sqrt(statistic / scale)
    ends = found and (min(1.0, math.sqrt(found[0] / scale)), min(1.0, math.sqrt(found[1] / scale)))
    return effect, from_zero(effect, ends)


# -- Fisher's exact test -----------------------------------------------------------------------------------------------


class _Hypergeometric:
    """The first cell of a two by two table with fixed margins, weighted by an odds ratio."""

    def __init__(self, table: Sequence[Sequence[int]]) -> None:
        import numpy as np
        from scipy.special import gammaln

        (a, b), (c, d) = table
        self.low, self.high, self.observed = max(0, a - d), min(a + b, a + c), a
        self.support = np.arange(self.low, self.high + 1)
        # Logarithms of the binomial coefficients, up to a constant.
        self.log = -sum(
            gammaln(cell + 1.0)
            for cell in (self.support, a + b - self.support, a + c - self.support, d - a + self.support)
        )

    def weights(self, log_odds: float = 0.0) -> Any:
        import numpy as np

        exponents = self.log + self.support * log_odds
        found = np.exp(exponents - exponents.max())
        return found / found.sum()

    def mean(self, log_odds: float) -> float:
        return float((self.support * self.weights(log_odds)).sum())

    def at_least(self, log_odds: float) -> float:
        return float(self.weights(log_odds)[self.observed - self.low :].sum())

    def at_most(self, log_odds: float) -> float:
        return float(self.weights(log_odds)[: self.observed - self.low + 1].sum())

    def odds(self, reached: Callable[[float], bool]) -> float:
        """The odds ratio at which a condition starts to hold."""
        low, high = -1.0, 1.0
        while reached(low):
            low *= 2
        while not reached(high):
            high *= 2
        return math.exp(bisect(reached, low, high))


def fisher(table: Sequence[Sequence[int]]) -> Result:
    """Two groups in two columns: odds ratio of the first group against the second.

    Larger tables are not computed: the exact probability would have to be drawn at random or take very long.
    """
    n = tuple(sum(row) for row in table)
    if len(table) != 2 or any(len(row) != 2 for row in table):
        reason = _("The exact test is computed for two groups and two categories only.")
        return Result("odds_ratio", ODDS_RATIO, FISHER, n, reason=reason)
    if sum(n) > EXACT_UP_TO:
        reason = _("The exact test is not computed for more than %(most)d values; χ² is close enough there.")
        return Result("odds_ratio", ODDS_RATIO, FISHER, n, reason=reason % {"most": EXACT_UP_TO})
    there = _without_empty(table)
    if len(there) < 2:
        return Result("odds_ratio", ODDS_RATIO, FISHER, n, reason=needs_groups())
    if len(there[0]) < 2:
        return Result("odds_ratio", ODDS_RATIO, FISHER, n, reason=_only_one_category())
    cell = _Hypergeometric(there)
    weights = cell.weights()
    # As R does: tables as likely as this one count, whatever rounding makes of them.
    p = min(1.0, float(weights[weights <= weights[cell.observed - cell.low] * (1 + 1e-7)].sum()))
    tail = (1 - LEVEL) / 2
    lowest, highest = cell.observed == cell.low, cell.observed == cell.high
    estimate = (
        0.0
        if lowest
        else math.inf
        if highest
        else cell.odds(lambda log_odds: cell.mean(log_odds) >= cell.observed)
    )
    between = Interval(
        0.0 if lowest else cell.odds(lambda log_odds: cell.at_least(log_odds) >= tail),
        math.inf if highest else cell.odds(lambda log_odds: cell.at_most(log_odds) <= tail),
    )
    note = _("A cell is empty: the odds ratio has no limit on that side.") if lowest or highest else ""
    return Result("odds_ratio", ODDS_RATIO, FISHER, n, estimate, between, p, note=note)
