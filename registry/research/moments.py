"""Mean, standard deviation and range of a group, with the interval of its mean."""

import math
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, Max, Min, Sum

from registry.core.expressions import as_float
from registry.core.units import rounded, shown_text
from registry.research.statistics.distributions import t_quantile
from registry.research.statistics.result import Interval


def interval_of_mean(n: int | None, mean: float | None, sd: float | None) -> Interval | None:
    """``mean ± t(n − 1) · SD / √n``; none without n ≥ 2 or without a standard deviation."""
    if n is None or n < 2 or mean is None or sd is None:
        return None
    half = t_quantile(n - 1) * sd / math.sqrt(n)
    return Interval(mean - half, mean + half)


def interval_text(interval: Interval | None, decimals: int = 1, scale: float = 1.0) -> str:
    """``6.1–7.4``"""
    if interval is None:
        return ""
    low, high = interval.low * scale, interval.high * scale
    return "–".join(shown_text(f"{end:.{decimals}f}".replace("-", "−")) for end in (low, high))


@dataclass(frozen=True)
class Moments:
    """The values of a group summed up; without a value only ``n`` = 0."""

    n: int
    mean: float | None = None
    sd: float | None = None
    low: float | None = None
    high: float | None = None
    median: float | None = None

    @classmethod
    def of(
        cls, n: int, total: float | None, squares: float | None, low: float | None, high: float | None
    ) -> "Moments":
        """From sums: the databases disagree about the deviation of a single value."""
        if not n or total is None or squares is None:
            return cls(0)
        mean = total / n
        sd = math.sqrt(max(squares - n * mean * mean, 0.0) / (n - 1)) if n > 1 else None
        return cls(n, mean, sd, low, high)

    def with_median(self, median: float) -> "Moments":
        return replace(self, median=median)

    @property
    def interval(self) -> Interval | None:
        return interval_of_mean(self.n, self.mean, self.sd)

    @property
    def text(self) -> str:
        """``7.4 (1.6)``"""
        if self.mean is None:
            return ""
        mean = shown_text(str(rounded(self.mean, 1)))
        return f"{mean} ({shown_text(str(rounded(self.sd, 1)))})" if self.sd is not None else mean

    @property
    def interval_text(self) -> str:
        return interval_text(self.interval)

    @property
    def range_text(self) -> str:
        if self.low is None or self.high is None:
            return ""
        return "–".join(shown_text(f"{end:.1f}".removesuffix(".0")) for end in (self.low, self.high))

    @property
    def median_text(self) -> str:
        return "" if self.median is None else shown_text(f"{self.median:.1f}".removesuffix(".0"))


def summed(name: str, value: Any) -> dict[str, Any]:
    """Annotations with the sums from which n, mean, standard deviation and range follow."""
    number = as_float(value)
    return {
        f"{name}__n": Count(value),
        f"{name}__total": Sum(number),
        f"{name}__squares": Sum(number * number),
        f"{name}__low": Min(number),
        f"{name}__high": Max(number),
    }


def moments(name: str, sums: dict[str, Any]) -> Moments:
    """The values of one quantity from a row of such sums."""
    return Moments.of(*(sums[f"{name}__{part}"] for part in ("n", "total", "squares", "low", "high")))
