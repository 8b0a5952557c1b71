"""Outcomes over time in the same patients: the mean at a time point, the change from baseline, Friedman's test."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.research.statistics.describe import Summary, describe, mean
from registry.research.statistics.distributions import chi2_noncentrality, chi2_tail
from registry.research.statistics.rank_tests import signed_rank
from registry.research.statistics.result import Method, Result, from_zero, without_interval
from registry.research.statistics.sample import Sample, number_of, ranks
from registry.research.statistics.t_tests import paired

FRIEDMAN = Method(
    gettext_lazy("Friedman's test"),
    gettext_lazy(
        "ranks within each case, χ² with tie correction and k − 1 degrees of freedom, over the cases with a value at "
        "every time point; effect: Kendall's W = χ² / (n(k − 1)), approximate interval from the noncentral χ² "
        "distribution"
    ),
    "scipy.special.chdtrc, scipy.special.chndtr",
    "Friedman, J Am Stat Assoc 1937;32:675–701",
)
KENDALL = gettext_lazy("agreement of the ranks (Kendall's W)")


@dataclass(frozen=True)
class AtTimePoint:
    """A score at one time point: what there is of it, and the interval of its mean."""

    summary: Summary
    mean: Result

    def as_rows(self) -> list[dict[str, Any]]:
        between = self.mean.interval
        (row,) = self.summary.as_rows()
        ends = {"ci_low": between.low if between else None, "ci_high": between.high if between else None}
        return [row | ends | {"method": f"{self.summary.method.text} | {self.mean.method.text}"}]


@dataclass(frozen=True)
class Change:
    """The change from an earlier to a later time point: the mean with the paired t test, and the ranks beside it."""

    mean: Result
    ranks: Result

    @property
    def n(self) -> int:
        return self.mean.total

    def as_rows(self) -> list[dict[str, Any]]:
        return [*self.mean.as_rows(), *self.ranks.as_rows()]


def at_time_point(values: Sample | Iterable[Any]) -> AtTimePoint:
    sample = Sample.of(values)
    return AtTimePoint(describe(sample), mean(sample))


def change(before: Sequence[Any], after: Sequence[Any]) -> Change:
    """After less before in the same patients, pair by pair."""
    return Change(paired(before, after), signed_rank(before, after))


def complete(rows: Iterable[Sequence[Any]]) -> list[tuple[float, ...]]:
    """The rows, one per patient, in which no time point is missing."""
    numbers = [tuple(number_of(value) for value in row) for row in rows]
    return [tuple(n for n in row if n is not None) for row in numbers if None not in row]


def friedman(rows: Iterable[Sequence[Any]]) -> Result:
    """Whether any time point differs; a row per patient, a column per time point. Incomplete rows are left out."""
    found = complete(rows)
    n = (len(found),)
    if len(found) < 2:
        reason = _("Needs at least two cases with a value at every time point.")
        return Result("kendalls_w", KENDALL, FRIEDMAN, n, reason=reason)
    points = len(found[0])
    if points < 3:
        reason = _("Needs at least three time points.")
        return Result("kendalls_w", KENDALL, FRIEDMAN, n, reason=reason)
    sums, tied = [0.0] * points, 0
    for row in found:
        placed, ties = ranks(row)
        sums = [total + rank for total, rank in zip(sums, placed, strict=True)]
        tied += sum(tie**3 - tie for tie in ties)
    patients = len(found)
    divisor = patients * points * (points + 1) - tied / (points - 1)
    if divisor == 0:
        reason = _("No case changed between the time points.")
        return Result("kendalls_w", KENDALL, FRIEDMAN, n, reason=reason)
    middle = patients * (points + 1) / 2
    statistic = 12 * math.fsum((total - middle) ** 2 for total in sums) / divisor
    df, scale = points - 1, patients * (points - 1)
    effect, found_ends = statistic / scale, chi2_noncentrality(statistic, df)
    ends = from_zero(
        effect, found_ends and (min(1.0, found_ends[0] / scale), min(1.0, found_ends[1] / scale))
    )
    return Result(
        "kendalls_w",
        KENDALL,
        FRIEDMAN,
        n,
        effect,
        ends,
        chi2_tail(statistic, df) if ends else None,
        statistic,
        float(df),
        note="" if ends else without_interval(),
        details={"time_points": float(points)},
    )
