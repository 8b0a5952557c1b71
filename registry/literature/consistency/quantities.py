"""The printed numbers of one publication, gathered by what they are about: the material of every check."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from registry.literature.consistency.numbers import Number, printed, probability
from registry.literature.consistency.relations import PARTS, SIZES, is_whole
from registry.literature.consistency.result import Input
from registry.literature.models import CitedSeries, Publication, ReportedValue, Statistic, StudyArm
from registry.literature.words import category_words, time_point_words, variable_label

#: Days of a unit of time, as time points and intervals are named.
DAYS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}


@dataclass(frozen=True)
class About:
    """What a number is about. An empty arm is the whole series."""

    variable: str
    category: str
    time_point: str
    arm: str


@dataclass(frozen=True)
class Cell:
    """One printed number and every place where the same number is printed for the same quantity."""

    about: About
    statistic: str
    number: Number
    rows: tuple[ReportedValue, ...]
    label: str

    @property
    def location(self) -> str:
        return "; ".join(dict.fromkeys(row.location for row in self.rows))

    @property
    def denominator(self) -> int | None:
        return self.rows[0].denominator

    @property
    def unit(self) -> str:
        return self.rows[0].unit_of_analysis

    @property
    def value(self) -> float:
        return float(self.number.value)

    @property
    def count(self) -> int:
        return int(self.number.value)

    def input(self) -> Input:
        return Input(
            self.label,
            self.number.shown,
            self.location,
            tuple(row.pk for row in self.rows),
            tuple(row.order for row in self.rows),
            self.denominator,
        )


@dataclass
class Bundle:
    """The statistics of one quantity that one place prints together."""

    about: About
    unit: str
    cells: dict[str, Cell] = field(default_factory=dict)

    def get(self, statistic: str) -> Cell | None:
        return self.cells.get(statistic)

    @property
    def denominator(self) -> int | None:
        return next((cell.denominator for cell in self.cells.values() if cell.denominator is not None), None)

    @property
    def locations(self) -> str:
        """Where all of it stands."""
        first = next(iter(self.cells.values()))
        return first.location

    def includes(self, other: "Bundle") -> bool:
        """Whether everything that the other prints is printed here with the same numbers."""
        return all(
            (own := self.cells.get(name)) is not None
            and own.number == cell.number
            and own.denominator == cell.denominator
            for name, cell in other.cells.items()
        )

    def take(self, other: "Bundle") -> None:
        for name, cell in other.cells.items():
            own = self.cells[name]
            self.cells[name] = Cell(own.about, own.statistic, own.number, own.rows + cell.rows, own.label)


@dataclass(frozen=True)
class Size:
    """A number of patients, lesions or approaches that may lie behind a statistic, and where it comes from."""

    n: int
    words: str
    #: What is counted, a code of ``UnitOfAnalysis``.
    unit: str
    inputs: tuple[Input, ...] = ()


def statistic_words(statistic: str) -> str:
    return str(Statistic(statistic).label)


def denominator(n: int, unit: str) -> Size:
    """The size that is printed beside a value itself."""
    return Size(n, _("%(n)s, its denominator") % {"n": n}, unit)


class Series:
    """All that a publication prints about its groups."""

    def __init__(
        self,
        publication: Publication,
        arms: Iterable[StudyArm],
        values: Iterable[ReportedValue],
        cited: Iterable[CitedSeries],
    ) -> None:
        self.publication = publication
        self.cited = list(cited)
        self.values = sorted(values, key=lambda value: value.order)
        self._labels = {arm.code: arm.label or arm.code for arm in arms}
        used = {value.arm.code for value in self.values if value.arm is not None}
        #: Codes of the arms that are reported apart.
        self.arms = [code for code in self._labels if code in used]
        self.bundles = _merged(self._bundles())
        self.p_values = [self.cell(value) for value in self.values if value.statistic == Statistic.P_VALUE]

    # -- reading ----------------------------------------------------------------------------------------------------

    @staticmethod
    def _about(value: ReportedValue) -> About:
        arm = value.arm.code if value.arm is not None else ""
        return About(value.variable, value.category, value.time_point, arm)

    def cell(self, first: ReportedValue) -> Cell:
        """A stored value as a cell of its own."""
        about = self._about(first)
        text = first.value_text or format(first.value.normalize(), "f")
        if first.statistic == Statistic.P_VALUE:
            number = probability(text, first.qualifier)
        else:
            whole = first.statistic == Statistic.N or (
                first.statistic in (Statistic.MIN, Statistic.MAX) and is_whole(about.variable)
            )
            number = printed(text, first.qualifier, whole=whole)
        return Cell(
            about, first.statistic, number, (first,), self.label(about, statistic_words(first.statistic))
        )

    def _bundles(self) -> Iterator[Bundle]:
        found: dict[tuple[Any, ...], Bundle] = {}
        for value in self.values:
            if value.statistic == Statistic.P_VALUE or value.comparison:
                continue
            about = self._about(value)
            key: tuple[Any, ...] = (about, value.unit_of_analysis, value.location, value.origin)
            while key in found and value.statistic in found[key].cells:
                key = (*key, "again")
            bundle = found.setdefault(key, Bundle(about, value.unit_of_analysis))
            bundle.cells[value.statistic] = self.cell(value)
        yield from found.values()

    # -- words ------------------------------------------------------------------------------------------------------

    def arm_words(self, arm: str) -> str:
        if not arm:
            return _("whole series") if self.arms else ""
        return f"{self._labels[arm]} ({arm})"

    def label(self, about: About, *more: str) -> str:
        """``Cement leakage, PSP (B), month 1: mean``."""
        parts = [
            variable_label(about.variable),
            category_words(about.variable, about.category),
            time_point_words(about.time_point),
            self.arm_words(about.arm),
        ]
        text = ", ".join(part for part in parts if part)
        after = ", ".join(str(part) for part in more if part)
        return f"{text}: {after}" if after else text

    # -- looking up -------------------------------------------------------------------------------------------------

    def find(
        self,
        variable: str,
        *,
        arm: str | None = None,
        category: str | None = None,
        time_point: str | None = None,
    ) -> list[Bundle]:
        """Bundles of a variable in printed order; what is ``None`` may be anything."""
        return [
            bundle
            for bundle in self.bundles
            if bundle.about.variable == variable
            and (arm is None or bundle.about.arm == arm)
            and (category is None or bundle.about.category == category)
            and (time_point is None or bundle.about.time_point == time_point)
        ]

    def count(self, variable: str, arm: str, category: str = "", time_point: str | None = "") -> Cell | None:
        """The printed count of a variable in a group, the first that is printed."""
        for bundle in self.find(variable, arm=arm, category=category, time_point=time_point):
            cell = bundle.get(Statistic.N)
            if cell is not None:
                return cell
        return None

    def size(self, unit: str, arm: str) -> Size | None:
        """How many patients, lesions or approaches a group has, as printed or as its printed parts add up."""
        name = SIZES.get(unit)
        if name is None:
            return None
        cell = self.count(name, arm)
        if cell is not None:
            return Size(cell.count, f"{cell.count} ({cell.label})", unit, (cell.input(),))
        parts = [
            bundle.cells[Statistic.N]
            for variable, wholes in PARTS.items()
            if name in wholes and name == wholes[0]
            for bundle in self.find(variable, arm=arm)
            if bundle.about.category and bundle.unit == unit and Statistic.N in bundle.cells
        ]
        if len(parts) < 2 or any(part.location != parts[0].location for part in parts):
            return None
        total = sum(part.count for part in parts)
        words = f"{total} ({' + '.join(str(part.count) for part in parts)})"
        return Size(total, words, unit, tuple(part.input() for part in parts))

    def sizes(self, bundle: Bundle) -> list[Size]:
        """The sizes that may lie behind a statistic: its own denominator, else that of its unit of analysis, else the
        other units in which the same thing can be counted."""
        if bundle.denominator is not None:
            return [denominator(bundle.denominator, bundle.unit)]
        if SIZES.get(bundle.unit) is None:
            return []
        units = [bundle.unit] if bundle.unit == "patient" else [bundle.unit, "lesion", "patient", "approach"]
        found = [self.size(unit, bundle.about.arm) for unit in dict.fromkeys(units)]
        return [size for size in found if size is not None] + self._survivors(bundle)

    def _survivors(self, bundle: Bundle) -> list[Size]:
        """Where deaths are printed, fewer patients may lie behind what was measured after the first of them."""
        about = bundle.about
        dead = self.count("vital_status", about.arm, "dead", None)
        all_of_them = self.size("patient", about.arm)
        if dead is None or all_of_them is None or not self._after_first_death(about):
            return []
        return [
            Size(
                all_of_them.n - died,
                _("%(n)s, as %(died)s of %(all)s died")
                % {"n": all_of_them.n - died, "died": died, "all": all_of_them.n},
                bundle.unit,
                (*all_of_them.inputs, dead.input()),
            )
            for died in range(1, dead.count + 1)
        ]

    def _after_first_death(self, about: About) -> bool:
        """Whether a time point lies after the earliest printed interval to a death."""
        unit, _sign, number = about.time_point.partition("_")
        if unit not in DAYS or not number.isdigit():
            return False
        for bundle in self.find("death_interval_value", arm=about.arm):
            first = bundle.get(Statistic.MIN)
            if first is not None:
                return int(number) * DAYS[unit] > first.value * DAYS[first.rows[0].unit.removesuffix("s")]
        return False


def _merged(bundles: Iterable[Bundle]) -> list[Bundle]:
    """The same numbers printed at several places are one bundle with several locations."""
    found: list[Bundle] = []
    for bundle in sorted(bundles, key=lambda one: -len(one.cells)):
        host = next(
            (
                other
                for other in found
                if other.about == bundle.about and other.unit == bundle.unit and other.includes(bundle)
            ),
            None,
        )
        if host is not None:
            host.take(bundle)
        else:
            found.append(bundle)
    return sorted(found, key=lambda one: min(row.order for cell in one.cells.values() for row in cell.rows))
