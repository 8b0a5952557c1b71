"""Groups compared: which test leads, which stand beside it, and how far the groups lie apart whatever the test says.

Two groups of numbers: Welch's t test leads, as it holds with and without equal variances; Student's test and
Mann–Whitney stand beside it. Two by two counts: χ² without correction leads, Fisher's exact test where an expected
count is below 5. More than two groups: analysis of variance, Kruskal–Wallis, χ².
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from registry.research.statistics import balance
from registry.research.statistics.contingency import chi2, fisher
from registry.research.statistics.rank_tests import rank_sum
from registry.research.statistics.result import Result
from registry.research.statistics.sample import Sample
from registry.research.statistics.several_groups import anova, kruskal
from registry.research.statistics.t_tests import student, welch


@dataclass(frozen=True)
class Comparison:
    """The leading result with the reason why it leads, those beside it, and the standardised difference."""

    main: Result
    others: tuple[Result, ...]
    #: ``None`` where values of one patient belong together and the test allows for it.
    difference: Result | None
    why: str

    @property
    def results(self) -> tuple[Result, ...]:
        return (self.main, *self.others, *((self.difference,) if self.difference else ()))

    def as_rows(self) -> list[dict[str, Any]]:
        return [row for result in self.results for row in result.as_rows()]


def numbers(groups: Sequence[Sample | Iterable[Any]]) -> Comparison:
    """Two or more groups of numbers."""
    samples = [Sample.of(values) for values in groups]
    if len(samples) == 2:
        first, second = samples
        return Comparison(
            welch(first, second),
            (student(first, second), rank_sum(first, second)),
            balance.of_numbers(first, second),
            _("Welch's test leads, as it needs no equal variances."),
        )
    return Comparison(
        anova(samples),
        (kruskal(samples),),
        balance.largest(balance.of_numbers, samples),
        _(
            "More than two groups: is any mean different? The standardised difference is the largest of every two."
        ),
    )


def counts(table: Sequence[Sequence[int]]) -> Comparison:
    """Two or more groups, a row of counts by category each."""
    plain = chi2(table)
    if len(table) == 2 and len(table[0]) == 2:
        corrected, exact = chi2(table, yates=True), fisher(table)
        difference = balance.of_counts(table)
        if plain.details.get("small_expected") and exact.p is not None:
            why = _("The exact test leads, as an expected count is below 5.")
            return Comparison(exact, (plain, corrected), difference, why)
        why = _("χ² leads, as no expected count is below 5.")
        return Comparison(plain, (corrected, exact), difference, why)
    if len(table) == 2:
        why = _("More than two categories: are they spread differently?")
        return Comparison(plain, (), balance.of_counts(table), why)
    why = _(
        "More than two groups: are the categories spread differently? The standardised difference is the largest of "
        "every two."
    )
    return Comparison(plain, (), balance.largest(lambda a, b: balance.of_counts([a, b]), table), why)
