"""Prints numbers as a paper does, for tests of the arithmetic on them."""

import itertools
from collections.abc import Sequence
from typing import Any

from registry.literature.consistency.numbers import Number, printed, probability
from registry.literature.consistency.quantities import Series, Size
from registry.literature.models import Publication, ReportedValue, StudyArm


def number(value: float, decimals: int, *, whole: bool = False) -> Number:
    return printed(f"{value:.{decimals}f}", whole=whole)


def p_value(value: float, decimals: int) -> Number:
    return probability(f"{value:.{decimals}f}")


def size(n: int, unit: str = "patient") -> Size:
    return Size(n, str(n), unit)


class Paper:
    """A publication that exists in memory alone: what it prints is added statistic by statistic."""

    def __init__(self, *arms: str) -> None:
        self.publication = Publication(slug="paper", title="A series", year=2020)
        self.arms = {code: StudyArm(publication=self.publication, code=code, label=code) for code in arms}
        self.values: list[ReportedValue] = []
        self._order = itertools.count(1)

    def says(self, variable: str, statistic: str, text: str, **more: Any) -> ReportedValue:
        arm = more.pop("arm", "")
        value = ReportedValue(
            publication=self.publication,
            arm=self.arms[arm] if arm else None,
            order=next(self._order),
            variable=variable,
            statistic=statistic,
            value=text,
            value_text=text,
            location=more.pop("location", "Table"),
            **more,
        )
        value.pk = value.order
        self.values.append(value)
        return value

    def series(self) -> Series:
        return Series(self.publication, list(self.arms.values()), self.values, [])


def verdicts(checks: Sequence[Any]) -> set[str]:
    return {check.verdict.value for check in checks}
