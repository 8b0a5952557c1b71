"""Probabilities and quantiles of the distributions that the tests need, from ``scipy.special``.

``scipy.special`` is a tenth of the import of ``scipy.stats`` and takes microseconds per call.
"""

import math
from collections.abc import Callable
from functools import cache

from registry.research.statistics.result import LEVEL


@cache
def z_quantile(level: float = LEVEL) -> float:
    """The normal quantile of a two-sided interval: 1.96 for 95 %."""
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))


def normal_two_sided(z: float) -> float:
    from scipy.special import ndtr

    return 2 * float(ndtr(-abs(z)))


def t_quantile(df: float, level: float = LEVEL) -> float:
    """The quantile of Student's t for a two-sided interval."""
    from scipy.special import stdtrit

    return float(stdtrit(df, (1 + level) / 2))


def t_two_sided(t: float, df: float) -> float:
    from scipy.special import stdtr

    return 2 * float(stdtr(df, -abs(t)))


def chi2_tail(statistic: float, df: float) -> float:
    from scipy.special import chdtrc

    return float(chdtrc(df, statistic))


def f_tail(statistic: float, df_between: float, df_within: float) -> float:
    from scipy.special import fdtrc

    return float(fdtrc(df_between, df_within, statistic))


def chi2_noncentrality(statistic: float, df: float) -> tuple[float, float] | None:
    """The 95 % interval of the noncentrality that a χ² statistic speaks for; its lower end is 0 where that fits too.

    ``None`` where the statistic is too large for the distribution to be computed.
    """
    from scipy.special import chndtr

    return _inverted(lambda noncentrality: float(chndtr(statistic, df, noncentrality)))


def f_noncentrality(statistic: float, df_between: float, df_within: float) -> tuple[float, float] | None:
    """The same of an F statistic."""
    from scipy.special import ncfdtr

    return _inverted(lambda noncentrality: float(ncfdtr(df_between, df_within, noncentrality, statistic)))


def _inverted(below: Callable[[float], float]) -> tuple[float, float] | None:
    """Where a probability that falls with the noncentrality crosses 97.5 and 2.5 %."""
    tail = (1 - LEVEL) / 2
    low, high = _falls_to(below, 1 - tail), _falls_to(below, tail)
    return None if low is None or high is None else (low, high)


def _falls_to(below: Callable[[float], float], wanted: float) -> float | None:
    if below(0.0) <= wanted:
        return 0.0
    high = 1.0
    while below(high) > wanted and math.isfinite(high):
        high *= 2
    found = bisect(lambda value: below(value) <= wanted, 0.0, high)
    return found if abs(below(found) - wanted) < 1e-6 else None


def bisect(reached: Callable[[float], bool], low: float, high: float, within: float = 0.0) -> float:
    """The least number at which a condition that stays true once reached holds, to a float or to ``within``."""
    while True:
        middle = low + (high - low) / 2
        if middle in (low, high) or high - low <= max(within, 1e-15 * max(abs(low), abs(high))):
            return high
        if reached(middle):
            high = middle
        else:
            low = middle
