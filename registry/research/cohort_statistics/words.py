"""Numbers of the statistics as a reader sees them: in a cell, beneath it, and opened to how they were found."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from registry.research.cohort_statistics.blocks import YES
from registry.research.cohort_statistics.number_words import (
    decimal,
    effect_text,
    interval_text,
    mean_text,
    median_text,
    p_text,
    percent,
)
from registry.research.cohort_statistics.tables import Block, Cell, Line, StatisticsTable
from registry.research.statistics.compare import Comparison
from registry.research.statistics.describe import Share, Summary
from registry.research.statistics.result import Method, Result

#: What stands before an effect that is no difference; its name in full is told beside it.
SIGNS = {
    "odds_ratio": "OR",
    "hazard_ratio": "HR",
    "cramers_v": "V",
    "eta_squared": "η²",
    "eta_squared_of_ranks": "η²",
    "kendalls_w": "W",
}


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
    """Effect with interval, P value, and standardised difference; ``reason`` where there is no effect.

    ``sign`` stands before an effect that is no difference (``OR``), and ``name`` says what it is.
    """

    effect: str
    interval: str
    sign: str
    name: str
    p: str
    difference: str
    reason: str
    opened: Opened


@dataclass(frozen=True)
class ShownLine:
    """A line of a table on a page: a variable, one of its categories or time points, or what heads those."""

    label: str
    unit: str = ""
    cells: tuple[ShownCell, ...] = ()
    comparison: ShownComparison | None = None
    note: str = ""
    #: Whether it heads the lines below it, and whether it stands below such a head.
    head: bool = False
    below: bool = False


class Words:
    """Puts a table into words; every number that opens has an id of its own on the page."""

    def __init__(self, table: StatisticsTable, names: Mapping[str, str]) -> None:
        self.table, self.names = table, names
        self.numbers = itertools.count(1)

    def lines(self, variable: str = "") -> list[ShownLine]:
        """The lines of the table, or of one variable; what several lines are about stands once above them."""
        found: list[ShownLine] = []
        last = ""
        for block in self.table.blocks:
            about = block.about
            if variable and about.variable != variable:
                continue
            heading = capfirst(str(about.measure_label or about.label))
            of_itself = not (about.category_label or about.time_label)
            if of_itself or (block.is_single and about.category == YES and not about.time_label):
                found.append(self._line(block, block.lines[0], heading))
                last = ""
                continue
            several = len(block.lines) > 1
            if heading != last:
                comparison = self._comparison(block.lines[0], block.comparison) if several else None
                note = block.note if several else ""
                cells = tuple(self._missing(code, cell) for code, cell in block.lines[0].cells.items())
                cells = cells if several and any(cell.text for cell in cells) else ()
                found.append(ShownLine(heading, about.unit, cells, comparison, note, head=True))
                last = heading
            for line in block.lines:
                label = capfirst(str(line.about.category_label or line.about.time_label))
                if line.about.category_label and line.about.time_label:
                    label = capfirst(str(line.about.time_label))
                found.append(self._line(block, line, label, alone=not several, below=True))
        return found

    def _missing(self, code: str, cell: Cell) -> ShownCell:
        """How many are missing of a variable of several categories: said once, above them."""
        known = isinstance(cell.value, Share) and not cell.withheld and cell.value.missing
        missing = cell.value.missing if known and isinstance(cell.value, Share) else 0
        return ShownCell(self.names[code], _("%(n)d missing") % {"n": missing} if missing else "")

    def opened(self, lines: Iterable[ShownLine]) -> list[Opened]:
        """What the numbers of these lines open to."""
        found = []
        for line in lines:
            found += [cell.opened for cell in line.cells if cell.opened]
            if line.comparison:
                found.append(line.comparison.opened)
        return found

    def _line(
        self,
        block: Block,
        line: Line,
        label: str,
        *,
        alone: bool = True,
        below: bool = False,
    ) -> ShownLine:
        return ShownLine(
            label,
            "" if below else line.about.unit,
            tuple(self._cell(line, code, cell, alone=alone) for code, cell in line.cells.items()),
            self._comparison(line, block.comparison) if alone else None,
            block.note if alone else "",
            below=below,
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

    def _cell(self, line: Line, code: str, cell: Cell, *, alone: bool) -> ShownCell:
        name = self.names[code]
        if cell.withheld == "all" or cell.value is None:
            return ShownCell(name, "", missing=_("withheld"))
        if isinstance(cell.value, Summary):
            return self._summary(line, name, cell, cell.value)
        if isinstance(cell.value, Share):
            return self._share(line, name, cell, cell.value, alone=alone)
        return self._result(line, name, cell, cell.value)

    def _summary(self, line: Line, name: str, cell: Cell, summary: Summary) -> ShownCell:
        mean, open_n = cell.mean, not cell.withheld
        is_change = line.about.measure == "change"
        if not summary.n:
            return ShownCell(name, "", missing=_missing_text(summary.missing, summary.reason))
        over_time = line.about.time_point != ""
        under = [median_text(summary), _of(summary.missing) if open_n else _("n withheld")]
        if over_time:
            ends = interval_text(mean) if open_n and is_change and mean else ""
            under = [_joined([_("n %(n)d") % {"n": summary.n} if open_n else _("n withheld"), ends])]
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
        return ShownCell(name, mean_text(summary), tuple(under), opened=opened)

    def _share(self, line: Line, name: str, cell: Cell, share: Share, *, alone: bool) -> ShownCell:
        if cell.withheld:
            return ShownCell(name, str(share.count), (_("of how many is withheld"),))
        if share.share is None:
            return ShownCell(name, "", missing=_missing_text(share.missing, share.reason))
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
        under = _of(share.missing) if alone else ""
        return ShownCell(name, text, (under,), opened=opened)

    def _result(self, line: Line, name: str, cell: Cell, result: Result) -> ShownCell:
        at_risk = result.details.get("at_risk")
        if result.estimate is None:
            return ShownCell(name, "", missing=result.reason)
        under = [interval_text(result)]
        below = ""
        facts = [(_("n"), str(result.total)), (str(capfirst(str(result.label))), effect_text(result))]
        if at_risk is not None:
            under.append(_("at risk %(n)d") % {"n": at_risk})
            facts += [
                (_("still observed"), f"{at_risk:.0f}"),
                (_("events until then"), f"{result.details['events']:.0f}"),
            ]
        else:
            p = f"P {p_text(result.p)}" if result.p is not None else ""
            below = _joined([p, _("n %(n)d") % {"n": result.total}])
        text = " ".join(part for part in (SIGNS.get(result.measure, ""), effect_text(result)) if part)
        facts += [(_("95 % interval"), interval_text(result)), ("P", p_text(result.p))]
        opened = self._opened(line, name, iter(facts), [result.method], (result.note,))
        return ShownCell(name, text, (_joined(under), below), opened=opened)

    # -- comparisons ---------------------------------------------------------------------------------------------------

    def _comparison(self, line: Line, comparison: Comparison | None) -> ShownComparison | None:
        if comparison is None:
            return None
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
            sign=SIGNS.get(shown.measure, ""),
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


def _joined(parts: Iterable[str]) -> str:
    """In one line, or in several that do not break within a part."""
    gap = "\N{NO-BREAK SPACE}"
    return f"{gap}· ".join(part.replace(" ", gap) for part in parts if part)


def _of(missing: int) -> str:
    return _("%(n)d missing") % {"n": missing} if missing else ""


def _missing_text(missing: int, reason: str) -> str:
    return _("no value, %(missing)d missing") % {"missing": missing} if missing else reason


def _range(summary: Summary) -> str:
    if summary.low is None or summary.high is None:
        return ""
    places = 0 if max(abs(summary.low), abs(summary.high)) >= 200 else 1
    return f"{decimal(summary.low, places)}–{decimal(summary.high, places)}"
