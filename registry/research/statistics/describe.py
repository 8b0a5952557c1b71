"""What one group is like: numbers summed up, and shares with their interval."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.research.statistics.distributions import t_quantile, z_quantile
from registry.research.statistics.result import (
    Interval,
    Method,
    Result,
    all_equal,
    no_values,
    too_few,
)
from registry.research.statistics.sample import Sample

SUMMARY = Method(
    gettext_lazy("Mean, standard deviation and quartiles"),
    gettext_lazy(
        "mean = Σx / n; SD = √(Σ(x − mean)² / (n − 1)); quartiles of type 7: x at position (n − 1)·p + 1 of the "
        "ordered values, linear between neighbours"
    ),
    source="Hyndman & Fan, Am Stat 1996;50:361–365",
)
MEAN = Method(
    gettext_lazy("Mean with t interval"),
    gettext_lazy("mean ± t(n − 1) · SD / √n"),
    "scipy.special.stdtrit",
)
WILSON = Method(
    gettext_lazy("Share with Wilson interval"),
    "(p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) / (1 + z²/n)",
    "scipy.special.ndtri",
    "Wilson, J Am Stat Assoc 1927;22:209–212",
)


@dataclass(frozen=True)
class Summary:
    """A group's numbers. ``sd`` needs two values; all are ``None`` without a value, and ``reason`` says so."""

    n: int
    missing: int
    mean: float | None = None
    sd: float | None = None
    median: float | None = None
    q1: float | None = None
    q3: float | None = None
    low: float | None = None
    high: float | None = None
    method: Method = SUMMARY
    reason: str = ""

    def as_rows(self) -> list[dict[str, Any]]:
        return [
            {
                "n": self.n,
                "missing": self.missing,
                "mean": self.mean,
                "sd": self.sd,
                "median": self.median,
                "q1": self.q1,
                "q3": self.q3,
                "min": self.low,
                "max": self.high,
                "method": self.method.text,
                "reason": self.reason,
            }
        ]


@dataclass(frozen=True)
class Share:
    """How many of how many, with the Wilson interval; ``share`` is between 0 and 1."""

    count: int
    n: int
    missing: int = 0
    share: float | None = None
    interval: Interval | None = None
    method: Method = WILSON
    reason: str = ""

    def as_rows(self) -> list[dict[str, Any]]:
        return [
            {
                "count": self.count,
                "n": self.n,
                "missing": self.missing,
                "share": self.share,
                "ci_low": self.interval.low if self.interval else None,
                "ci_high": self.interval.high if self.interval else None,
                "method": self.method.text,
                "reason": self.reason,
            }
        ]


def quantile(ordered: Sequence[float], share: float) -> float:
    """Type 7 of Hyndman and Fan, the default of R and numpy. ``ordered`` is not empty."""
    position = (len(ordered) - 1) * share
    below = math.floor(position)
    if below + 1 >= len(ordered) or ordered[below] == ordered[below + 1]:
        return ordered[below]
    return ordered[below] + (position - below) * (ordered[below + 1] - ordered[below])


def describe(values: Sample | Iterable[Any]) -> Summary:
    """Numbers summed up; ``None`` counts as missing."""
    sample = Sample.of(values)
    if not sample.n:
        return Summary(0, sample.missing, reason=no_values())
    ordered = sample.ordered
    return Summary(
        n=sample.n,
        missing=sample.missing,
        mean=sample.mean,
        sd=sample.sd if sample.n > 1 else None,
        median=quantile(ordered, 0.5),
        q1=quantile(ordered, 0.25),
        q3=quantile(ordered, 0.75),
        low=ordered[0],
        high=ordered[-1],
    )


def mean(values: Sample | Iterable[Any]) -> Result:
    """The mean of a group with its t interval."""
    sample = Sample.of(values)
    label = gettext_lazy("mean")
    if not sample.n:
        return Result("mean", label, MEAN, (0,), reason=no_values())
    if sample.n < 2:
        note = _("No interval: %(why)s") % {"why": too_few(2)}
        return Result("mean", label, MEAN, (sample.n,), sample.mean, note=note)
    if sample.variance == 0:
        note = _("No interval: %(why)s") % {"why": all_equal()}
        return Result("mean", label, MEAN, (sample.n,), sample.mean, note=note)
    half = t_quantile(sample.n - 1) * sample.sd / math.sqrt(sample.n)
    between = Interval(sample.mean - half, sample.mean + half)
    return Result("mean", label, MEAN, (sample.n,), sample.mean, between, df=sample.n - 1)


def wilson(count: int, n: int) -> Interval:
    """The Wilson interval of ``count`` out of ``n`` > 0."""
    z = z_quantile()
    share = count / n
    middle = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # At the ends the formula gives 0 and 1; rounding must not make them anything else.
    low = 0.0 if count == 0 else (middle - half) / scale
    high = 1.0 if count == n else (middle + half) / scale
    return Interval(low, high)


def share(count: int, n: int, missing: int = 0) -> Share:
    """``count`` out of ``n`` that are known, and how many are not."""
    if not n:
        return Share(count, n, missing, reason=no_values())
    return Share(count, n, missing, count / n, wilson(count, n))


def share_of(answers: Iterable[bool | None]) -> Share:
    """How many answers are yes, of those given."""
    found = list(answers)
    given = [answer for answer in found if answer is not None]
    return share(sum(bool(answer) for answer in given), len(given), len(found) - len(given))
