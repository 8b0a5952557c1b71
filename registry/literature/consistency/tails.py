"""Tails of the distributions that P values come from.

``scipy.special`` loads at once, ``scipy.stats`` takes over a second; the tests hold the two equal.
"""

import math
from collections.abc import Sequence
from functools import cache

#: Tables as likely as the observed one differ from it by no more than this share, as in R and scipy.
TIE = 1e-7


def chi2_tail(statistic: float, freedom: int) -> float:
    """Upper tail of the χ² distribution."""
    from scipy.special import chdtrc

    return float(chdtrc(freedom, statistic))


def t_tail(statistic: float, freedom: float) -> float:
    """Both tails of Student's distribution beyond ``±statistic``."""
    from scipy.special import stdtr

    return float(2 * stdtr(freedom, -abs(statistic)))


def chi2(rows: Sequence[Sequence[int]], *, yates: bool = False) -> float:
    """P of Pearson's χ² of a table of counts."""
    return chi2_tail(chi2_statistic(rows, yates=yates), freedom_of(rows))


def freedom_of(rows: Sequence[Sequence[int]]) -> int:
    return (len(rows) - 1) * (len(rows[0]) - 1)


def chi2_statistic(rows: Sequence[Sequence[int]], *, yates: bool = False) -> float:
    """Pearson's χ² of a table of counts; ``yates`` moves every count half a step towards what is expected."""
    total = sum(map(sum, rows))
    columns = [sum(column) for column in zip(*rows, strict=True)]
    statistic = 0.0
    for row in rows:
        for count, column in zip(row, columns, strict=True):
            expected = sum(row) * column / total
            distance = abs(count - expected)
            if yates:
                distance -= min(0.5, distance)
            statistic += distance**2 / expected
    return statistic


@cache
def fisher(a: int, b: int, c: int, d: int) -> float:
    """Two-sided P of Fisher's exact test of ``a : b / c : d``: all tables no more likely than the observed one."""
    row, column, total = a + b, a + c, a + b + c + d

    def ways(x: int) -> int:
        return math.comb(row, x) * math.comb(total - row, column - x)

    observed = ways(a)
    possible = range(max(0, column - (total - row)), min(row, column) + 1)
    found = sum(count for x in possible if (count := ways(x)) <= observed * (1 + TIE))
    return min(1.0, found / math.comb(total, column))
