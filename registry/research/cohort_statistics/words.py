"""Numbers of the statistics as a reader sees them: in a cell, beneath it, and opened to how they were found."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from registry.core.units import shown_text
from registry.research.cohort_statistics.tables import Block, Cell, Line, StatisticsTable
from registry.research.statistics.compare import Comparison
from registry.research.statistics.describe import Share, Summary
from registry.research.statistics.result import Interval, Method, Result

#: Effects that are shares of one: shown in per cent.
IN_PERCENT = frozenset({"share", "share_difference", "survival", "incidence", "incidence_difference"})
#: Effects that are ratios: 1 is no difference.
RATIOS = frozenset({"odds_ratio", "hazard_ratio"})


# -- numbers -----------------------------------------------------------------------------------------------------------


def decimal(value: float, places: int) -> str:
    """A number with so many decimals, in the reader's notation; never ``−0.0``."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:.{places}f}"
    if text.startswith("-"):
        text = text[1:] if float(text) == 0 else f"−{text[1:]}"
    return shown_text(text)


def places_for(*values: float | None) -> int:
    """Decimals that leave about three figures of the largest of them."""
    largest = max((abs(value) for value in values if value is not None and math.isfinite(value)), default=0.0)
    return 0 if largest >= 100 else 1 if largest >= 10 else 2


def percent(share: float) -> str:
    return f"{decimal(100 * share, 0 if 0.01 <= share <= 0.99 or share in (0, 1) else 1)} %"


def p_text(p: float | None) -> str:
    if p is None:
        return ""
    return _("<%(least)s") % {"least": shown_text("0.001")} if p < 0.001 else shown_text(f"{p:.3f}")


def effect_text(result: Result) -> str:
    """The estimate alone."""
    value = result.estimate
    if value is None:
        return ""
    if result.measure in IN_PERCENT:
        return f"{decimal(100 * value, 0 if abs(value) >= 0.1 or not value else 1)} %"
    return decimal(value, _places(result))


def interval_text(result: Result) -> str:
    """``1.2 to 3.4``, in the places of the estimate."""
    between = result.interval
    if between is None:
        return ""
    if result.measure in IN_PERCENT:
        ends = [
            decimal(100 * end, 0 if abs(end) >= 0.1 or not end else 1) for end in (between.low, between.high)
        ]
    else:
        ends = [decimal(end, _places(result)) for end in (between.low, between.high)]
    return _("%(low)s to %(high)s") % {"low": ends[0], "high": ends[1]}


def _places(result: Result) -> int:
    between = result.interval or Interval(0.0, 0.0)
    ends = () if result.measure in RATIOS else (between.low, between.high)
    return places_for(result.estimate, *ends)


def mean_text(summary: Summary) -> str:
    """``7.4 (1.6)``."""
    if summary.mean is None:
        return ""
    places = 0 if abs(summary.mean) >= 200 else 1
    mean = decimal(summary.mean, places)
    return mean if summary.sd is None else f"{mean} ({decimal(summary.sd, places)})"


def median_text(summary: Summary) -> str:
    """``7.1 [6.5–8.2]``."""
    if summary.median is None:
        return ""
    places = 0 if abs(summary.median) >= 200 else 1
    median = decimal(summary.median, places)
    if summary.q1 is None or summary.q3 is None:
        return median
    return f"{median} [{decimal(summary.q1, places)}–{decimal(summary.q3, places)}]"


# -- cells -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Opened:
    """What a number opens to: what it says about whom, the numbers beside it, and how they were found."""

    id: str
    title: str
    definition: str
    facts: tuple[tuple[str, str], ...]
    methods: tuple[Method, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShownCell:
    """A number in a table; ``missing`` says why there is none."""

    group: str
    text: str
    under: tuple[str, ...] = ()
    missing: str = ""
    opened: Opened | None = None


@dataclass(frozen=True)
class ShownComparison:
    """Effect with interval, P value, and standardised difference; ``reason`` where there is no effect."""

    effect: str
    interval: str
    name: str
    p: str
    difference: str
    reason: str
    opened: Opened


@dataclass(frozen=True)
class ShownLine:
    """A line of a table on a page. ``heading`` stands on the first line of its variable only."""

    heading: str
    unit: str
    label: str
    cells: tuple[ShownCell, ...]
    comparison: ShownComparison | None
    note: str = ""
    #: How many lines a comparison of several categories spans.
    first: bool = True


class Words:
    """Puts a table into words; every number that opens has an id of its own on the page."""

    def __init__(self, table: StatisticsTable, names: dict[str, str]) -> None:
        self.table, self.names = table, names
        self.numbers = itertools.count(1)

    def lines(self, *measures: str) -> list[ShownLine]:
        """The lines of the table, or of the blocks with one of these measures."""
        found, last = [], ""
        for block in self.table.blocks:
            if measures and block.about.measure not in measures:
                continue
            heading = f"{block.about.label}{block.about.measure_label}"
            for place, line in enumerate(block.lines):
                found.append(self._line(block, line, is_first=place == 0, is_new=heading != last))
                last = heading
        return found

    def _line(self, block: Block, line: Line, *, is_first: bool, is_new: bool) -> ShownLine:
        about = line.about
        heading = str(about.label)
        if about.measure_label:
            heading = f"{heading}, {about.measure_label}"
        comparison = block.comparison if is_first else None
        return ShownLine(
            heading=heading if is_new else "",
            unit=about.unit,
            label=capfirst(str(about.category_label or about.time_label)),
            cells=tuple(self._cell(line, code, cell) for code, cell in line.cells.items()),
            comparison=self._comparison(line, comparison) if comparison else None,
            note=block.note if is_first else "",
            first=is_first,
        )

    def _title(self, line: Line, more: str = "") -> str:
        about = line.about
        parts = [
            str(about.label),
            str(about.measure_label),
            str(about.category_label),
            str(about.time_label),
            more,
        ]
        return ", ".join(part for part in parts if part)

    def _opened(
        self,
        line: Line,
        more: str,
        facts: Iterator[tuple[str, str]],
        methods: list[Method],
        notes: tuple[str, ...] = (),
    ) -> Opened:
        return Opened(
            id=f"{self.table.name}-{next(self.numbers)}",
            title=self._title(line, more),
            definition=line.about.definition,
            facts=tuple((str(name), value) for name, value in facts if value),
            methods=tuple(dict.fromkeys(methods)),
            notes=tuple(dict.fromkeys(note for note in notes if note)),
        )

    def _cell(self, line: Line, code: str, cell: Cell) -> ShownCell:
        name = self.names[code]
        if cell.withheld == "all" or cell.value is None:
            return ShownCell(name, "", missing=_("withheld"))
        if isinstance(cell.value, Summary):
            return self._summary(line, name, cell, cell.value)
        if isinstance(cell.value, Share):
            return self._share(line, name, cell, cell.value)
        return self._result(line, name, cell, cell.value)

    def _summary(self, line: Line, name: str, cell: Cell, summary: Summary) -> ShownCell:
        mean, open_n = cell.mean, not cell.withheld
        is_change = line.about.measure == "change"
        if not summary.n:
            return ShownCell(name, "", missing=_missing_text(summary.n, summary.missing, summary.reason))
        under = [] if is_change else [median_text(summary)]
        if open_n and is_change:
            under = [interval_text(mean)] if mean and mean.interval else []
        if open_n:
            under.append(_of(summary.n, summary.missing, always=line.about.time_point != ""))
        facts = [
            (_("n"), str(summary.n) if open_n else ""),
            (_("missing"), str(summary.missing) if open_n else ""),
            (_("mean (SD)"), mean_text(summary)),
            (_("95 % interval of the mean"), interval_text(mean) if mean and open_n else ""),
            (_("median [quartiles]"), median_text(summary)),
            (_("least to greatest"), _range(summary)),
        ]
        tests = [result for result in (mean, *cell.beside) if result is not None and open_n]
        for result in tests:
            if result.p is not None:
                facts.append((str(result.method.name), _effect_and_p(result)))
        notes = tuple(note for result in tests for note in (result.note, result.reason))
        opened = self._opened(
            line, name, iter(facts), [summary.method, *(result.method for result in tests)], notes
        )
        return ShownCell(name, mean_text(summary), tuple(text for text in under if text), opened=opened)

    def _share(self, line: Line, name: str, cell: Cell, share: Share) -> ShownCell:
        if cell.withheld:
            return ShownCell(name, str(share.count), (_("of how many is withheld"),))
        if share.share is None:
            return ShownCell(name, "", missing=_missing_text(share.n, share.missing, share.reason))
        by_patient = cell.mean
        between = (by_patient or share).interval
        ends = (
            _("%(low)s to %(high)s") % {"low": percent(between.low), "high": percent(between.high)}
            if between
            else ""
        )
        facts = [
            (_("n of N"), f"{share.count}/{share.n}"),
            (_("missing"), str(share.missing)),
            (_("share"), percent(share.share)),
            (_("95 % interval"), ends),
        ]
        method = by_patient.method if by_patient else share.method
        notes = (by_patient.note,) if by_patient else ()
        opened = self._opened(line, name, iter(facts), [method], notes)
        text = f"{share.count}/{share.n} ({percent(share.share)})"
        under = _of(share.n, share.missing) if share.missing else ""
        return ShownCell(name, text, (under,) if under else (), opened=opened)

    def _result(self, line: Line, name: str, cell: Cell, result: Result) -> ShownCell:
        at_risk = result.details.get("at_risk")
        if result.estimate is None:
            return ShownCell(name, "", missing=result.reason)
        under = [interval_text(result)]
        facts = [(_("n"), str(result.total)), (str(capfirst(str(result.label))), effect_text(result))]
        if at_risk is not None:
            under.append(_("at risk %(n)d") % {"n": at_risk})
            facts += [
                (_("still observed"), f"{at_risk:.0f}"),
                (_("events until then"), f"{result.details['events']:.0f}"),
            ]
        facts += [(_("95 % interval"), interval_text(result)), ("P", p_text(result.p))]
        text = effect_text(result)
        if result.p is not None:
            under.append(f"P {p_text(result.p)}")
            under.append(_("n %(n)d") % {"n": result.total})
        opened = self._opened(line, name, iter(facts), [result.method], (result.note,))
        return ShownCell(name, text, tuple(part for part in under if part), opened=opened)

    # -- comparisons ---------------------------------------------------------------------------------------------------

    def _comparison(self, line: Line, comparison: Comparison) -> ShownComparison:
        main, difference = comparison.main, comparison.difference
        shown = main
        if main.estimate is None and main.effects:
            shown = main.effects[0]
        facts = [
            (f"{result.method.name}", _effect_and_p(result))
            for result in (main, *main.effects, *comparison.others)
        ]
        if difference is not None:
            facts.append((str(difference.label), _effect_and_p(difference)))
        notes = (comparison.why, *(note for result in comparison.results for note in (result.note,)))
        names = [name for code, name in self.names.items() if code]
        versus = _("%(first)s against %(second)s") % {"first": names[0], "second": ", ".join(names[1:])}
        opened = self._opened(
            line, versus, iter(facts), [result.method for result in comparison.results], notes
        )
        has_effect = difference is not None and difference.estimate is not None
        return ShownComparison(
            effect=effect_text(shown),
            interval=interval_text(shown),
            name=str(shown.label),
            p=p_text(main.p),
            difference=decimal(difference.estimate or 0.0, 2) if has_effect and difference else "",
            reason=main.reason,
            opened=opened,
        )


def _effect_and_p(result: Result) -> str:
    """One result in a line: effect, interval, P; or the reason why there is none."""
    if result.estimate is None:
        return (p_text(result.p) and f"P {p_text(result.p)}") or result.reason
    text = f"{result.label} {effect_text(result)}"
    if result.interval:
        text += f" ({interval_text(result)})"
    return f"{text}, P {p_text(result.p)}" if result.p is not None else text


def _of(n: int, missing: int, *, always: bool = False) -> str:
    if missing and not always:
        return _("%(n)d missing") % {"n": missing}
    return _("n %(n)d") % {"n": n} if always else ""


def _missing_text(n: int, missing: int, reason: str) -> str:
    return _("no value, %(missing)d missing") % {"missing": missing} if missing else reason


def _range(summary: Summary) -> str:
    if summary.low is None or summary.high is None:
        return ""
    places = 0 if max(abs(summary.low), abs(summary.high)) >= 200 else 1
    return f"{decimal(summary.low, places)}–{decimal(summary.high, places)}"
