"""Which printed counts, means and standard deviations each printed P value can be held against."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from registry.literature.consistency.p_counts import Table, from_counts
from registry.literature.consistency.p_means import Pair, Sample, from_means, paired
from registry.literature.consistency.percents import possible_counts
from registry.literature.consistency.quantities import Bundle, Cell, Series, Size
from registry.literature.consistency.relations import SIZES
from registry.literature.consistency.result import Check, Family, Input, Outcome, Verdict, joined, make
from registry.literature.consistency.sums import listed
from registry.literature.models import Statistic, UnitOfAnalysis
from registry.literature.names import printed_words
from registry.literature.words import TESTS, time_point_words

#: Tests that compare ranks or need every value: nothing printed of a group gives their P value.
BY_VALUES = frozenset({"friedman", "wilcoxon", "mann-whitney", "kruskal-wallis", "log-rank"})
#: More tables than this are not tried when percentages leave several counts open.
MOST_TABLES = 64


def checks(series: Series) -> Iterator[Check]:
    seen: dict[tuple, Cell] = {}
    for cell in series.p_values:
        row = cell.rows[0]
        # The same P value printed again for the same comparison is one check with several places.
        key = (cell.about, row.comparison, row.test, cell.number, row.origin)
        seen[key] = replace(seen[key], rows=seen[key].rows + cell.rows) if key in seen else cell
    for cell in seen.values():
        yield _check(series, cell)


def _check(series: Series, cell: Cell) -> Check:
    row, about = cell.rows[0], cell.about
    compared = [arm for arm in series.arms if arm in row.comparison.replace(" vs ", "\0").split("\0")]
    test = TESTS.get(row.test, row.test)
    title = series.label(about, f"P, {printed_words(row.comparison)}", test)
    family, inputs, outcome = _judge(series, cell, compared)
    key = (about.variable, about.category, about.time_point, about.arm, row.comparison, cell.location)
    return make(family, title, key, about.variable, [*inputs, cell.input()], cell.number.shown, outcome)


def _judge(series: Series, cell: Cell, arms: Sequence[str]) -> tuple[Family, list[Input], Outcome]:
    row = cell.rows[0]
    if row.test in BY_VALUES:
        remark = _("A test of ranks needs the value of every patient.")
        return Family.P_MEANS, [], Outcome.untestable(remark)
    if len(arms) > 1:
        tables, elsewhere = _tables(series, cell, arms)
        if tables:
            inputs = [source for table in tables for source in table.inputs]
            return Family.P_COUNTS, _once(inputs), from_counts(cell.number, tables, elsewhere)
        if len(arms) == 2:
            pairs, inputs = _pairs(series, cell, arms)
            if inputs:
                return Family.P_MEANS, _once(inputs), from_means(cell.number, pairs)
        remark = _("Neither counts nor means of the groups are printed.")
        return (
            (Family.P_COUNTS if row.test in ("chi2", "fisher") else Family.P_MEANS),
            [],
            Outcome.untestable(remark),
        )
    if row.comparison.startswith("baseline vs "):
        found = _paired(series, cell, row.comparison.removeprefix("baseline vs "))
        if found is not None:
            return found
        later = _later_points(series, cell)
        if later and (found := _paired(series, cell, later[0])) is not None:
            family, inputs, outcome = found
            words = _("Of the time points compared, %(point)s is printed.") % {
                "point": time_point_words(later[0])
            }
            return (
                family,
                inputs,
                replace(outcome, verdict=Verdict.NOT_TESTABLE, remark=joined([words, outcome.remark])),
            )
        return Family.P_MEANS, [], Outcome.untestable(_("The values that were compared are not printed."))
    family = Family.P_COUNTS if row.test in ("chi2", "fisher") else Family.P_MEANS
    return family, [], Outcome.untestable(_("What each of the compared groups showed is not printed."))


def _once(inputs: Sequence[Input]) -> list[Input]:
    return list(dict.fromkeys(inputs))


# -- counts -----------------------------------------------------------------------------------------------------------


def _tables(series: Series, cell: Cell, arms: Sequence[str]) -> tuple[list[Table], list[Table]]:
    """The readings of the counts behind a P value that stand in the same place, else all of them; and what else those
    counts could be read as: at other places, or out of what else is counted in the groups."""
    found = [*_of_categories(series, cell, arms), *_of_shares(series, cell, arms)]
    near = [table for table in found if _stands_at(table, cell)]
    judged = _distinct(near or found)
    known = {table.rows for table in judged}
    others = _distinct([*found, *_of_other_sizes(series, cell, arms)])
    return judged, [table for table in others if table.rows not in known]


def _stands_at(table: Table, cell: Cell) -> bool:
    places = {row.location for row in cell.rows}
    return all(places & set(source.location.split("; ")) for source in table.inputs if source.values)


def _distinct(tables: Sequence[Table]) -> list[Table]:
    return list({table.rows: table for table in reversed(tables)}.values())[::-1]


def _of_categories(series: Series, cell: Cell, arms: Sequence[str]) -> Iterator[Table]:
    """Counts of all categories, as they are listed for every arm."""
    about = cell.about
    lists = [listed(series, about.variable, arm) for arm in arms]
    for combination in itertools.product(*lists):
        names = [category.about.category for category in combination[0]]
        if any([each.about.category for each in cells] != names for cells in combination):
            continue
        if about.category and about.category not in names:
            continue
        points = {each.about.time_point for cells in combination for each in cells}
        if about.time_point and points != {about.time_point}:
            continue
        if len({each.location for cells in combination for each in cells}) > 1:
            continue
        yield Table(
            tuple(tuple(each.count for each in cells) for cells in combination),
            _("the printed counts of every category"),
            tuple(each.input() for cells in combination for each in cells),
        )


def _of_shares(series: Series, cell: Cell, arms: Sequence[str]) -> Iterator[Table]:
    """Counts, or percentages, out of the size of each arm."""
    bundles = [_share_bundles(series, cell, arm) for arm in arms]
    for combination in itertools.product(*bundles):
        if len({bundle.locations for bundle in combination}) > 1:
            continue
        sizes = [series.sizes(bundle) for bundle in combination]
        if not all(sizes):
            continue
        totals = [size[0].n for size in sizes]
        options: list[list[int]] = []
        for bundle, total in zip(combination, totals, strict=True):
            count, percent = bundle.get(Statistic.N), bundle.get(Statistic.PERCENT)
            if count is not None:
                options.append([count.count])
            elif percent is not None:
                options.append(possible_counts(percent.number, total))
        words = _("counts out of %(sizes)s") % {"sizes": " / ".join(map(str, totals))}
        inputs = tuple(
            source
            for bundle, size in zip(combination, sizes, strict=True)
            for source in (
                *(
                    each.input()
                    for name, each in bundle.cells.items()
                    if name in (Statistic.N, Statistic.PERCENT)
                ),
                *(size[0].inputs if bundle.denominator is None else ()),
            )
        )
        for counts in itertools.islice(itertools.product(*options), MOST_TABLES):
            if any(count > total for count, total in zip(counts, totals, strict=True)):
                continue
            yield Table(
                tuple((count, total - count) for count, total in zip(counts, totals, strict=True)),
                words,
                inputs,
            )


def _of_other_sizes(series: Series, cell: Cell, arms: Sequence[str]) -> Iterator[Table]:
    """Counts out of the other numbers that are printed of each arm: of its patients instead of its lesions."""
    bundles = [_share_bundles(series, cell, arm) for arm in arms]
    for combination in itertools.product(*bundles):
        counts = [bundle.get(Statistic.N) for bundle in combination]
        for unit in dict.fromkeys(SIZES):
            sizes = [series.size(unit, arm) for arm in arms]
            pairs = [
                (count.count, size.n) for count, size in zip(counts, sizes, strict=True) if count and size
            ]
            if len(pairs) == len(arms) and all(count <= total for count, total in pairs):
                yield Table(
                    tuple((count, total - count) for count, total in pairs),
                    _("counts out of %(sizes)s")
                    % {
                        "sizes": f"{' / '.join(str(total) for _count, total in pairs)} "
                        f"({UnitOfAnalysis(unit).label})"
                    },
                )


def _share_bundles(series: Series, cell: Cell, arm: str) -> list[Bundle]:
    about = cell.about
    found = [
        bundle
        for bundle in series.find(about.variable, arm=arm, category=about.category)
        if {Statistic.N, Statistic.PERCENT} & set(bundle.cells)
    ]
    same = [bundle for bundle in found if bundle.about.time_point == about.time_point]
    return same or ([] if about.time_point else found)


# -- means ------------------------------------------------------------------------------------------------------------


def _pairs(series: Series, cell: Cell, arms: Sequence[str]) -> tuple[list[Pair], list[Input]]:
    about = cell.about
    bundles = []
    for arm in arms:
        found = [
            bundle
            for bundle in series.find(
                about.variable, arm=arm, category=about.category, time_point=about.time_point
            )
            if Statistic.MEAN in bundle.cells and Statistic.SD in bundle.cells
        ]
        if not found:
            return [], []
        bundles.append(found[0])
    means = [bundle.cells[Statistic.MEAN] for bundle in bundles]
    sds = [bundle.cells[Statistic.SD] for bundle in bundles]
    sizes = [series.sizes(bundle) for bundle in bundles]
    pairs = [
        Pair(
            Sample(one.n, means[0].number, sds[0].number),
            Sample(other.n, means[1].number, sds[1].number),
            str(UnitOfAnalysis(one.unit).label),
        )
        for one, other in _sizes_alike(*sizes)
    ]
    inputs = [each.input() for each in (*means, *sds)]
    inputs += [source for group in sizes for size in group for source in size.inputs]
    return pairs, inputs


def _sizes_alike(one: Sequence[Size], other: Sequence[Size]) -> Iterator[tuple[Size, Size]]:
    """Sizes of both groups that count the same, those of the stated unit of analysis first."""
    for size in one:
        same = next((each for each in other if each.unit == size.unit), None)
        if same is not None:
            yield size, same


# -- the same patients again ------------------------------------------------------------------------------------------


def _later_points(series: Series, cell: Cell) -> list[str]:
    """The time points after baseline at which a mean is printed of what a P value is about."""
    about = cell.about
    found = series.find(about.variable, arm=about.arm, category=about.category)
    points = (bundle.about.time_point for bundle in found if Statistic.MEAN in bundle.cells)
    return [point for point in dict.fromkeys(points) if point not in ("", "baseline")]


def _paired(series: Series, cell: Cell, time_point: str) -> tuple[Family, list[Input], Outcome] | None:
    about = cell.about
    found = []
    for at in ("baseline", time_point):
        bundle = next(
            (
                one
                for one in series.find(about.variable, arm=about.arm, category=about.category, time_point=at)
                if Statistic.MEAN in one.cells and Statistic.SD in one.cells
            ),
            None,
        )
        sizes = series.sizes(bundle) if bundle is not None else []
        if bundle is None or not sizes:
            return None
        found.append((bundle, sizes[0]))
        fewer = [size.n for size in sizes[1:] if size.unit == sizes[0].unit]
    samples = [
        Sample(size.n, bundle.cells[Statistic.MEAN].number, bundle.cells[Statistic.SD].number)
        for bundle, size in found
    ]
    inputs = [
        source
        for bundle, size in found
        for source in (bundle.cells[Statistic.MEAN].input(), bundle.cells[Statistic.SD].input(), *size.inputs)
    ]
    return Family.P_MEANS, _once(inputs), paired(cell.number, samples[0], samples[1], fewer)
