"""The statistics of a cohort as aggregate output: without numbers from 1 to the limit, and without what would tell one.

The rules are those of ``registry.research.disclosure``. Every count is admitted at the finest grain that the groups
have (an arm, those in several arms, those in none), so that no sum or difference of columns tells more than they do.
Beyond counts: no least or greatest value; a median needs more than the limit on either side of it, quartiles twice
that; a mean is not given where all but a few values are the same; numbers are rounded so that no count can be worked
out from them, and test statistics, which hold more than their P value, are left out. A curve is given at single times,
where more than the limit are still observed and more than the limit are not.

Where n is withheld a mean could still tell it: the mean of a whole is that of its parts, weighed by their n, and a sum
over cases is the same sum over lesions. So no mean of a whole stands beside those of its parts then, and none of
lesions at all.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.utils.translation import gettext as _

from registry.research.cohort_statistics.data import WHOLE, CohortData
from registry.research.cohort_statistics.tables import (
    CASE,
    LESION,
    MISSING,
    TREATED_LESION,
    Block,
    Cell,
    StatisticsTable,
)
from registry.research.cohort_statistics.whole import CohortStatistics, warnings
from registry.research.disclosure import Ledger, shown_categories
from registry.research.statistics.compare import Comparison
from registry.research.statistics.describe import Share, Summary
from registry.research.statistics.result import Interval, Result

NAME = "aggregate"
HIDDEN = Cell(None, withheld="all")
#: Frame of the rows behind each unit that is not the case itself.
FRAMES = {LESION: "lesions", TREATED_LESION: "treated_lesions"}
#: What is summed up both over cases and over their lesions.
SUMMED = {"lesions.volume_ml": "case_summary.volume_ml__sum"}


@dataclass
class _Units:
    """One kind of unit: its ledger, the regions of the groups, and who is in which group."""

    ledger: Ledger
    regions: list[int]
    groups: dict[str, int]
    #: Whether anything may be shown of them.
    open: bool = True


def aggregated(statistics: CohortStatistics, limit: int | None = None) -> CohortStatistics:
    """The same statistics with everything withheld that aggregate output may not show."""
    return _Aggregate(statistics.data, limit or settings.EXPORT_SMALL_CELL).of(statistics)


class _Aggregate:
    def __init__(self, data: CohortData, limit: int) -> None:
        self.data, self.limit = data, limit
        self.groups: tuple[str, ...] = tuple(group.code for group in data.groups)
        self.cases = self._units(range(len(data.cases)))
        self.units = {CASE: self.cases}
        if not self._admit_groups(self.cases):
            # Without arms there is one region, the whole.
            self.groups = (WHOLE,)
            self.cases = self.units[CASE] = self._units(range(len(data.cases)))
            self.cases.open = self._admit_groups(self.cases)
        for unit, frame in FRAMES.items():
            rows = data.frames[frame].case
            found = self._units(rows)
            found.open = self.cases.open and self._may_count(rows) and self._admit_groups(found)
            self.units[unit] = found
        lesions, treated = (self._per_region(data.frames[frame].case) for frame in FRAMES.values())
        if any(0 < abs(one - other) <= self.limit for one, other in zip(lesions, treated, strict=True)):
            # How few are not treated, or treated twice.
            self.units[LESION].open = False
        #: The variables whose n is shown.
        self.counted: set[str] = set()
        arms = tuple(code for code in self.groups if code != WHOLE)
        #: The groups whose means tell nothing of their n.
        self.unweighed = (WHOLE,) if data.overlaps or not arms else arms

    def of(self, statistics: CohortStatistics) -> CohortStatistics:
        tables = tuple(self._table(table) for table in statistics.tables)
        return replace(
            statistics,
            tables=tables,
            groups=self.groups if self.cases.open else (),
            warnings=tuple(self._warnings()),
            profile=NAME,
        )

    def _warnings(self) -> list[str]:
        if not self.data.whole.n:
            return warnings(self.data)
        found = [
            _(
                "Numbers of unpublished patients from 1 to %(limit)d are withheld, and those that would tell one."
            )
            % {"limit": self.limit}
        ]
        if not self.cases.open:
            return [*found, _("The cohort has too few unpublished patients: nothing of it is shown.")]
        if len(self.groups) < len(self.data.groups):
            found.append(
                _("The arms are not shown apart: too few patients are in one of them, or in none or several.")
            )
        elif self.data.overlaps:
            found.append(_("Cases are in two arms, so no arm is compared with another."))
        return found

    # -- groups ------------------------------------------------------------------------------------------------------

    def _units(self, cases: Sequence[int]) -> _Units:
        """Units by the case each belongs to."""
        data = self.data
        ledger = Ledger(
            [data.patients[case] for case in cases], [data.published[case] for case in cases], self.limit
        )
        members = {group.code: set(group.members) for group in data.groups if group.code in self.groups}
        in_groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for position, case in enumerate(cases):
            in_groups[tuple(code for code in self.groups if case in members[code])].append(position)
        regions = {codes: ledger.members(positions) for codes, positions in in_groups.items()}
        groups = {
            code: _union(region for codes, region in regions.items() if code in codes) for code in self.groups
        }
        return _Units(ledger, [region for region in regions.values() if region], groups)

    def _admit_groups(self, units: _Units) -> bool:
        return units.ledger.admit([*units.regions, *units.groups.values()])

    def _per_region(self, rows: Iterable[int]) -> list[int]:
        """How many unpublished rows belong to each region of the cases."""
        rows = list(rows)
        return [sum(region >> case & 1 for case in rows) for region in self.cases.regions]

    def _tells_several(self, rows: Sequence[int]) -> bool:
        """Whether numbers of rows beside numbers of cases tell how few cases have several."""
        further = (
            one - other
            for one, other in zip(self._per_region(rows), self._per_region(set(rows)), strict=True)
        )
        return any(0 < more <= self.limit for more in further)

    def _may_count(self, rows: Sequence[int]) -> bool:
        """Whether numbers of lesions beside numbers of cases tell how few cases have several lesions, or none."""
        ledger = self.cases.ledger
        with_units = ledger.members(rows)
        if self._tells_several(rows):
            return False
        for region, lesions in zip(self.cases.regions, self._per_region(rows), strict=True):
            if 0 < abs(lesions - region.bit_count()) <= self.limit:
                return False
            if ledger.is_small(region & ~with_units):
                return False
        return True

    # -- tables ------------------------------------------------------------------------------------------------------

    def _table(self, table: StatisticsTable) -> StatisticsTable:
        units = self.units[table.unit]
        if not units.open:
            return replace(table, blocks=(), counted_notes=(), sizes={})
        return replace(
            table,
            blocks=tuple(self._blocks(table)),
            counted_notes=(),
            sizes={code: size for code, size in table.sizes.items() if code in self.groups},
        )

    def _blocks(self, table: StatisticsTable) -> Iterable[Block]:
        """Categories that are withheld are not named: that one has a line says that somebody is in it."""
        for block in table.blocks:
            if not self.units[block.unit].open:
                continue
            found = self._block(block)
            lines = tuple(line for line in found.lines if any(cell != HIDDEN for cell in line.cells.values()))
            if lines:
                note = _("Rare categories are withheld.") if len(lines) < len(found.lines) else found.note
                yield replace(found, lines=lines, note=note)
            elif block.fixed:
                about = found.about
                if not about.answer:
                    about = replace(about, category="", category_label="")
                yield replace(found, lines=(replace(found.lines[0], about=about),), comparison=None)

    def _block(self, block: Block) -> Block:
        units = self.units[block.unit]
        if block.numbers is not None:
            return self._numbers(block, units)
        partition = {name: units.ledger.members(positions) for name, positions in block.partition.items()}
        shown = shown_categories(units.ledger, partition, units.regions)
        whole = shown is not None and len(shown) == len(partition)
        lines = []
        for line in block.lines:
            cells = {}
            for code in self.groups:
                cell = line.cells[code]
                if isinstance(cell.value, Share):
                    cells[code] = self._share(cell, line.about.answer or line.about.category, shown)
                else:
                    cells[code] = self._result(cell, units, code, block) if whole else HIDDEN
            lines.append(replace(line, cells=cells))
        return replace(block, lines=tuple(lines), comparison=self._comparison(block) if whole else None)

    @staticmethod
    def _share(cell: Cell, category: str, shown: frozenset[str] | None) -> Cell:
        """A count may stand alone where how many are missing is withheld."""
        if shown is None or category not in shown:
            return HIDDEN
        return cell if MISSING in shown else replace(cell, withheld="n")

    def _result(self, cell: Cell, units: _Units, code: str, block: Block) -> Cell:
        """A point of a curve, a median, a test within a group. Times are those of patients: rounded to months."""
        result = cell.value
        if not isinstance(result, Result):
            return HIDDEN
        places = 3
        if result.measure == "median_survival":
            places = 0
            event = units.ledger.members(block.partition.get("event", ())) & units.groups[code]
            if event and units.ledger.patients(event) <= self.limit:
                return HIDDEN
        return replace(cell, value=rounded(result, places, keep=("at_risk", "events")))

    def _comparison(self, block: Block) -> Comparison | None:
        found = block.comparison
        if found is None or len(self.groups) == 1:
            return None
        return replace(
            found,
            main=rounded(found.main),
            others=tuple(rounded(other) for other in found.others),
            difference=found.difference and rounded(found.difference),
        )

    # -- numbers -----------------------------------------------------------------------------------------------------

    def _numbers(self, block: Block, units: _Units) -> Block:
        numbers = block.numbers or {}
        ledger = units.ledger
        given = ledger.members(block.partition["given"])
        few = any(
            ledger.is_small(given & region) or ledger.is_small(self._unlike(numbers, given & region))
            for region in (*units.regions, *units.groups.values())
        )
        if block.unit != CASE:
            rows = self.data.frames[FRAMES[block.unit]].case
            few |= self._tells_several([rows[position] for position in block.partition["given"]])
        variable = block.about.variable
        few |= variable in SUMMED and SUMMED[variable] not in self.counted
        partition = {"given": given, MISSING: ledger.members(block.partition[MISSING])}
        shown = None if few else shown_categories(ledger, partition, units.regions)
        means = self.groups if shown is not None else self.unweighed if block.unit == CASE else ()
        if shown is not None:
            self.counted.add(variable)
        (line,) = block.lines
        cells = {
            code: HIDDEN
            if few or code not in means
            else self._summary(line.cells[code], units.groups[code] & given, numbers, shown is not None)
            for code in self.groups
        }
        return replace(
            block,
            lines=(replace(line, cells=cells),),
            comparison=self._comparison(block) if shown is not None else None,
            numbers=None,
        )

    @staticmethod
    def _unlike(numbers: Mapping[int, float], members: int) -> int:
        """Those whose number is not the commonest one: few of them would be seen in the mean."""
        positions = list(_positions(members))
        if not positions:
            return 0
        ((commonest, _times),) = Counter(numbers[position] for position in positions).most_common(1)
        return _union(1 << position for position in positions if numbers[position] != commonest)

    def _summary(self, cell: Cell, members: int, numbers: Mapping[int, float], is_open: bool) -> Cell:
        summary, many = cell.value, members.bit_count()
        if not isinstance(summary, Summary):
            return HIDDEN
        if summary.n and members:
            places = max(1, _places(numbers.values()))
            if not is_open and math.gcd(*map(round, numbers.values())) > 1:
                # Of scores in steps of ten a decimal of the mean would rule out most n.
                places = 0
            half = not many or many > 2 * self.limit + 1
            quarter = not many or many > 4 * self.limit + 3
            summary = replace(
                summary,
                mean=_round(summary.mean, places),
                sd=_round(summary.sd, places),
                median=_round(summary.median, places) if half else None,
                q1=_round(summary.q1, places) if quarter else None,
                q3=_round(summary.q3, places) if quarter else None,
                low=None,
                high=None,
            )
        mean = rounded(cell.mean) if cell.mean is not None else None
        beside = tuple(rounded(result) for result in cell.beside)
        return Cell(summary, mean, beside, "" if is_open else "n")


def rounded(result: Result, places: int = 2, keep: Iterable[str] = ()) -> Result:
    """Effect and interval to few places, P to three, without the statistic, which holds more than they do."""
    between = result.interval
    return replace(
        result,
        estimate=_round(result.estimate, places),
        interval=between
        and Interval(_round(between.low, places) or 0.0, _round(between.high, places) or 0.0, between.level),
        p=_round(result.p, 3),
        statistic=None,
        df=None,
        details={name: value for name, value in result.details.items() if name in set(keep)},
        effects=tuple(rounded(effect, places) for effect in result.effects),
    )


def _round(value: float | None, places: int) -> float | None:
    return value if value is None or not math.isfinite(value) else round(value, places)


def _places(values: Iterable[float]) -> int:
    """Decimals that the values have, two at most."""
    return next((places for places in (0, 1) if all(round(v, places) == v for v in values)), 2)


def _union(sets: Iterable[int]) -> int:
    found = 0
    for members in sets:
        found |= members
    return found


def _positions(members: int) -> Iterable[int]:
    while members:
        lowest = members & -members
        yield lowest.bit_length() - 1
        members ^= lowest
