"""Blocks from plain values: numbers, categories and sets of codes of all units, for every group of a cohort."""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from registry.core.units import shown_unit
from registry.research.cohort_statistics.data import CohortData
from registry.research.cohort_statistics.naming import codes_in_words, label_of
from registry.research.cohort_statistics.tables import CASE, MISSING, About, Block, Cell, Line
from registry.research.statistics import compare
from registry.research.statistics.clusters import clustered_difference, clustered_mean, clustered_share
from registry.research.statistics.compare import Comparison
from registry.research.statistics.describe import describe, mean, share
from registry.research.statistics.result import Result
from registry.research.statistics.sample import Sample, number_of
from registry.research.variables import catalogue


def about(key: str, **more: Any) -> About:
    """What the catalogue says of a variable, in the reader's language where it has words for it."""
    variable = catalogue()[key]
    return About(
        variable=key,
        label=label_of(key),
        unit=str(shown_unit(variable.column.unit)),
        definition=variable.definition,
        **more,
    )


class Units:
    """What is counted – cases, or lesions of cases – with the positions that belong to each group.

    ``cases`` are the cases of the units, where these are lesions; ``patients`` then says whose each unit is, as several
    of one patient must not count as several patients.
    """

    def __init__(
        self,
        data: CohortData,
        unit: str = CASE,
        cases: Sequence[int] | None = None,
    ) -> None:
        self.data, self.unit = data, unit
        self.count = len(data.cases) if cases is None else len(cases)
        self.patients = None if cases is None else [data.patients[case] for case in cases]
        if cases is None:
            self.of_group = {group.code: group.members for group in data.groups}
        else:
            self.of_group = {}
            for group in data.groups:
                inside = set(group.members)
                self.of_group[group.code] = tuple(n for n, case in enumerate(cases) if case in inside)

    @property
    def sizes(self) -> dict[str, int]:
        return {code: len(members) for code, members in self.of_group.items()}

    def compared(self) -> list[str]:
        return [group.code for group in self.data.compared]


def numbers_block(what: About, values: Sequence[Any], units: Units) -> Block:
    """Numbers of all units; ``None`` where there is none."""
    numbers = [number_of(value) for value in values]
    samples = {
        code: Sample.of(numbers[position] for position in members) for code, members in units.of_group.items()
    }
    return Block(
        lines=(
            Line(
                what,
                {
                    code: Cell(describe(sample), _mean_of(sample, numbers, units, code))
                    for code, sample in samples.items()
                },
            ),
        ),
        partition={
            "given": [n for n, number in enumerate(numbers) if number is not None],
            MISSING: [n for n, number in enumerate(numbers) if number is None],
        },
        comparison=_compared_numbers(samples, numbers, units),
        numbers={n: number for n, number in enumerate(numbers) if number is not None},
        unit=units.unit,
    )


def _mean_of(sample: Sample, numbers: Sequence[float | None], units: Units, code: str) -> Result:
    if units.patients is None:
        return mean(sample)
    members = units.of_group[code]
    return clustered_mean([numbers[n] for n in members], [units.patients[n] for n in members])


def _compared_numbers(
    samples: Mapping[str, Sample], numbers: Sequence[float | None], units: Units
) -> Comparison | None:
    codes = units.compared()
    if not codes:
        return None
    if units.patients is None:
        return compare.numbers([samples[code] for code in codes])
    return _clustered(numbers, units, codes)


def _clustered(
    values: Sequence[float | None], units: Units, codes: Sequence[str], *, shares: bool = False
) -> Comparison:
    """Each arm against the first, allowing for several values of one patient."""
    patients = units.patients or ()

    def side(code: str) -> tuple[list[float | None], list[Hashable]]:
        members = units.of_group[code]
        return [values[n] for n in members], [patients[n] for n in members]

    first, *others = codes
    if shares:
        return _with_words(_clustered(values, units, codes), "share_difference", _("difference of shares"))
    if len(codes) == 2:
        found = [clustered_difference(*side(first), *side(others[0]))]
    else:
        found = [clustered_difference(*side(code), *side(first)) for code in others]
    why = _("Several values of one patient: the variance is taken over patients.")
    if len(found) > 1:
        why += " " + _("Each group is compared with the first one, %(group)s.") % {"group": first}
    return Comparison(found[0], tuple(found[1:]), None, why)


def _with_words(comparison: Comparison, measure: str, label: str) -> Comparison:
    results = [replace(result, measure=measure, label=label) for result in comparison.results]
    return replace(comparison, main=results[0], others=tuple(results[1:]))


def categories_block(
    what: About,
    values: Sequence[Any],
    units: Units,
    labels: Callable[[str], str],
    order: Sequence[str] = (),
    shown: Sequence[str] | None = None,
) -> Block:
    """Counts by category; ``order`` lists known categories first, what else there is follows by frequency.

    ``shown`` names the categories that have a line, whether anybody is in them or not, such as “yes” of yes and no.
    """
    partition: dict[str, list[int]] = {}
    for position, value in enumerate(values):
        partition.setdefault(MISSING if value in (None, "") else str(value), []).append(position)
    known = [code for code in order if code in partition or (shown and code in shown)]
    rest = sorted(
        (code for code in partition if code != MISSING and code not in known),
        key=lambda code: (-len(partition[code]), code),
    )
    categories = known + rest
    given = {
        code: Counter(values[n] for n in members if values[n] not in (None, ""))
        for code, members in units.of_group.items()
    }
    lines = [
        Line(
            replace(what, category=category, category_label=labels(category)),
            {code: _share_cell(category, counts, values, units, code) for code, counts in given.items()},
        )
        for category in (categories if shown is None else shown)
    ]
    if not lines:
        lines = [Line(what, {code: Cell(share(0, 0, size)) for code, size in units.sizes.items()})]
    return Block(
        lines=tuple(lines),
        partition={code: partition.get(code, []) for code in (*categories, MISSING)},
        comparison=_compared_counts(given, categories, values, units),
        unit=units.unit,
    )


def _share_cell(category: str, counts: Counter[str], values: Sequence[Any], units: Units, code: str) -> Cell:
    members, known = units.of_group[code], counts.total()
    found = share(counts[category], known, len(members) - known)
    if units.patients is None:
        return Cell(found)
    answers = [None if values[n] in (None, "") else values[n] == category for n in members]
    return Cell(found, clustered_share(answers, [units.patients[n] for n in members]))


def _compared_counts(
    given: Mapping[str, Counter[str]], categories: Sequence[str], values: Sequence[Any], units: Units
) -> Comparison | None:
    codes = units.compared()
    if not codes or not categories:
        return None
    if units.patients is not None:
        if not set(categories) <= {YES, NO}:
            return None
        yes = [None if value is None else float(value == YES) for value in values]
        return _clustered(yes, units, codes, shares=True)
    # Where everybody known is in one category, an empty one beside it lets the test say so.
    columns = categories if len(categories) > 1 else [*categories, "none of it"]
    return compare.counts([[given[code][category] for category in columns] for code in codes])


YES, NO = "yes", "no"


def yes_no(value: Any) -> str | None:
    return None if value is None else YES if value else NO


def answers_block(what: About, answers: Sequence[Any], units: Units) -> Block:
    """Yes or no: the line is that of yes, under the category that the question is about where there is one."""
    words = {YES: str(what.category_label or _("yes")), NO: _("no")}
    values = [yes_no(answer) for answer in answers]
    block = categories_block(what, values, units, lambda code: words[code], (YES, NO), shown=(YES,))
    if not what.category:
        return block
    (line,) = block.lines
    return replace(block, lines=(replace(line, about=replace(what, answer=YES)),))


def labels_of(key: str) -> Callable[[str], str]:
    """What the codes of a variable mean, in the reader's language."""
    words = codes_in_words(key)
    return lambda code: words.get(code, code)


def order_of(key: str) -> list[str]:
    return [code for code, _label in catalogue()[key].column.codes]
