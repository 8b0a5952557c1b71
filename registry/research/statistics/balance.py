"""Standardised differences: how far groups lie apart, on a scale that does not depend on unit or number of patients."""

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from registry.research.statistics.distributions import z_quantile
from registry.research.statistics.result import (
    Interval,
    Method,
    Result,
    needs_groups,
    no_spread,
    too_few_each,
)
from registry.research.statistics.sample import Sample

HEDGES = "Hedges & Olkin, Statistical Methods for Meta-Analysis, 1985"
OF_NUMBERS = Method(
    gettext_lazy("Standardised difference of means"),
    gettext_lazy(
        "d = (mean₁ − mean₂) / √((s₁² + s₂²)/2); interval ± z·√((n₁ + n₂)/(n₁n₂) + d²/(2(n₁ + n₂)))"
    ),
    "scipy.special.ndtri",
    f"Austin, Stat Med 2009;28:3083–3107; {HEDGES}",
)
OF_SHARES = Method(
    gettext_lazy("Standardised difference of shares"),
    gettext_lazy(
        "d = (p₁ − p₂) / √((p₁(1 − p₁) + p₂(1 − p₂))/2); interval ± z·√((n₁ + n₂)/(n₁n₂) + d²/(2(n₁ + n₂)))"
    ),
    "scipy.special.ndtri",
    f"Austin, Stat Med 2009;28:3083–3107; {HEDGES}",
)
OF_CATEGORIES = Method(
    gettext_lazy("Standardised difference of several categories"),
    gettext_lazy(
        "d = √((p₁ − p₂)ᵀ S⁻¹ (p₁ − p₂)) over all categories but one, S the mean of both covariance matrices; "
        "interval ± z·√((n₁ + n₂)/(n₁n₂) + d²/(2(n₁ + n₂)))"
    ),
    "numpy.linalg.solve, scipy.special.ndtri",
    f"Yang & Dalton, SAS Global Forum 2012, paper 335; {HEDGES}",
)
LABEL = gettext_lazy("standardised difference")


def of_numbers(first: Sample | Iterable[Any], second: Sample | Iterable[Any]) -> Result:
    """First mean less second in standard deviations."""
    a, b = Sample.of(first), Sample.of(second)
    n = (a.n, b.n)
    if a.n < 2 or b.n < 2:
        return Result("standardised_difference", LABEL, OF_NUMBERS, n, reason=too_few_each(2))
    spread = math.sqrt((a.variance + b.variance) / 2)
    if spread == 0:
        return Result("standardised_difference", LABEL, OF_NUMBERS, n, reason=no_spread())
    return _answer(OF_NUMBERS, n, (a.mean - b.mean) / spread)


def of_counts(table: Sequence[Sequence[int]]) -> Result:
    """Two groups by category, a row of counts each. Of two categories the sign is that of the first one's share."""
    first, second = table
    n = (sum(first), sum(second))
    method = OF_SHARES if len(first) == 2 else OF_CATEGORIES
    if not all(n):
        return Result("standardised_difference", LABEL, method, n, reason=needs_groups())
    shares = [(a / n[0], b / n[1]) for a, b in zip(first, second, strict=True) if a or b]
    if len(first) == 2:
        p, q = first[0] / n[0], second[0] / n[1]
        spread = math.sqrt((p * (1 - p) + q * (1 - q)) / 2)
        if spread == 0:
            return Result("standardised_difference", LABEL, method, n, reason=no_spread())
        return _answer(method, n, (p - q) / spread)
    distance = _mahalanobis(shares[1:])
    if distance is None:
        return Result("standardised_difference", LABEL, method, n, reason=no_spread())
    return _answer(method, n, distance)


def _mahalanobis(shares: Sequence[tuple[float, float]]) -> float | None:
    """The distance over all categories but the first; ``None`` where a direction of it has no spread."""
    import numpy as np

    if not shares:
        return None
    one, other = (np.array(side) for side in zip(*shares, strict=True))
    covariance = sum(np.diag(p) - np.outer(p, p) for p in (one, other)) / 2
    if np.linalg.matrix_rank(covariance) < len(shares):
        return None
    apart = one - other
    return math.sqrt(max(0.0, float(apart @ np.linalg.solve(covariance, apart))))


def largest(of: Callable[[Any, Any], Result], groups: Sequence[Any]) -> Result:
    """Of the differences between every two groups the largest, whatever its sign."""
    found = [of(*pair) for pair in itertools.combinations(groups, 2)]
    there = [result for result in found if result.estimate is not None]
    return max(there, key=lambda result: abs(result.estimate or 0.0)) if there else found[0]


def _answer(method: Method, n: tuple[int, int], d: float) -> Result:
    first, second = n
    half = z_quantile() * math.sqrt((first + second) / (first * second) + d * d / (2 * (first + second)))
    return Result("standardised_difference", LABEL, method, n, d, Interval(d - half, d + half))
