"""The ordered differences between two groups, and the ordered averages within one, without listing them all.

Hodges and Lehmann's estimates and their intervals are order statistics of n·m differences (or n(n + 1)/2 Walsh
averages). Clinical values repeat, so each distinct pair is taken once with its weight: few are listed and sorted; of
many the one asked for is found by bisection over counts, in memory that grows with n + m only.
"""

from collections.abc import Callable, Sequence
from typing import Any

from registry.research.statistics.distributions import bisect

#: Up to so many distinct pairs a list is faster than a search.
LISTED = 250_000
#: How finely a search looks, as a share of the span of the numbers.
FINE = 1e-14


class Ordered:
    """Pairwise numbers in ascending order, asked for by position from 1.

    ``listed`` yields the distinct numbers and how often each stands there; ``search`` finds one without the list.
    """

    def __init__(
        self, size: int, distinct: int, listed: Callable[[], tuple[Any, Any]], search: Callable[[int], float]
    ) -> None:
        import numpy as np

        self.size, self.search = size, search
        self.numbers = self.reached = None
        if distinct <= LISTED:
            numbers, weights = listed()
            order = np.argsort(numbers, kind="stable")
            self.numbers, self.reached = numbers[order], np.cumsum(weights[order])

    def at(self, position: int) -> float:
        if self.numbers is None or self.reached is None:
            return self.search(position)
        return float(self.numbers[self.reached.searchsorted(position)])

    def median(self) -> float:
        middle = (self.size + 1) // 2
        if self.size % 2:
            return self.at(middle)
        return (self.at(middle) + self.at(middle + 1)) / 2


def differences(first: Sequence[float], second: Sequence[float]) -> Ordered:
    """Every value of the first group less every value of the second."""
    import numpy as np

    a, times = np.unique(np.asarray(first, float), return_counts=True)
    b, weights = np.unique(np.asarray(second, float), return_counts=True)
    below = np.concatenate([[0], np.cumsum(weights)])

    def search(position: int) -> float:
        def reached(limit: float) -> bool:
            left = len(second) - below[np.searchsorted(b, a - limit, "left")]
            return int((times * left).sum()) >= position

        low, high = float(a[0] - b[-1]), float(a[-1] - b[0])
        limit = bisect(reached, low - (high - low), high, FINE * (high - low))
        return _nearest(a - b[_beside(b, a - limit)], limit)

    def listed() -> tuple[Any, Any]:
        return np.subtract.outer(a, b).ravel(), np.multiply.outer(times, weights).ravel()

    return Ordered(len(first) * len(second), len(a) * len(b), listed, search)


def walsh_averages(values: Sequence[float]) -> Ordered:
    """The mean of every two values, each with itself included."""
    import numpy as np

    x, times = np.unique(np.asarray(values, float), return_counts=True)
    below = np.concatenate([[0], np.cumsum(times)])

    def search(position: int) -> float:
        def reached(limit: float) -> bool:
            both_ways = int((times * below[np.searchsorted(x, 2 * limit - x, "right")]).sum())
            return (both_ways + int(below[np.searchsorted(x, limit, "right")])) // 2 >= position

        low, high = float(x[0]), float(x[-1])
        limit = bisect(reached, low - (high - low), high, FINE * (high - low))
        return _nearest((x + x[_beside(x, 2 * limit - x)]) / 2, limit)

    def listed() -> tuple[Any, Any]:
        one, other = np.triu_indices(len(x))
        # Of equal values every two, and each with itself.
        weights = np.where(one == other, times[one] * (times[one] + 1) // 2, times[one] * times[other])
        return (x[one] + x[other]) / 2, weights

    return Ordered(len(values) * (len(values) + 1) // 2, len(x) * (len(x) + 1) // 2, listed, search)


def _beside(ordered: Any, wanted: Any) -> Any:
    """The places on either side of each wanted value, a row each."""
    import numpy as np

    place = np.searchsorted(ordered, wanted, "left")
    return np.stack([place.clip(max=len(ordered) - 1), (place - 1).clip(min=0)])


def _nearest(candidates: Any, limit: float) -> float:
    """A bisection ends beside a number that there is: that number."""
    import numpy as np

    return float(candidates.ravel()[np.abs(candidates - limit).argmin()])
