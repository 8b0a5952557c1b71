"""The numbers of one group: what is given, what is missing, mean and variance without loss by rounding."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

#: Numbers that differ by less than this share of their size are the same number after other arithmetic.
SAME = 1e-12


def number_of(value: Any) -> float | None:
    """A value as a float; ``None`` for what is missing or no finite number."""
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None


@dataclass(frozen=True)
class Sample:
    """Values in the order given, and how many are missing beside them."""

    values: tuple[float, ...]
    missing: int = 0

    @classmethod
    def of(cls, values: "Sample | Iterable[Any]") -> "Sample":
        """The sample of any values; a sample is itself, so that it is read once for several statistics."""
        if isinstance(values, Sample):
            return values
        numbers = [number_of(value) for value in values]
        given = tuple(number for number in numbers if number is not None)
        return cls(given, len(numbers) - len(given))

    @property
    def n(self) -> int:
        return len(self.values)

    @cached_property
    def ordered(self) -> tuple[float, ...]:
        return tuple(sorted(self.values))

    @property
    def constant(self) -> bool:
        """Whether all values are equal, but for what arithmetic on floats leaves of equal values."""
        low, high = self.ordered[0], self.ordered[-1]
        return high - low <= SAME * max(abs(low), abs(high))

    @cached_property
    def mean(self) -> float:
        """Arithmetic mean; of equal values exactly that value, which a sum divided again need not be."""
        return self.ordered[0] if self.constant else math.fsum(self.values) / self.n

    @cached_property
    def variance(self) -> float:
        """Sample variance with n − 1; of a single value there is none, so 0 stands for no spread seen."""
        if self.n < 2 or self.constant:
            return 0.0
        return math.fsum((value - self.mean) ** 2 for value in self.values) / (self.n - 1)

    @property
    def sd(self) -> float:
        return math.sqrt(self.variance)


def ranks(values: Sequence[float]) -> tuple[list[float], list[int]]:
    """Ranks from 1, equal values sharing their mean rank, and the sizes of the groups of equal values."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found, ties = [0.0] * len(values), []
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for position in order[start : end + 1]:
            found[position] = (start + end) / 2 + 1
        ties.append(end - start + 1)
        start = end + 1
    return found, ties
