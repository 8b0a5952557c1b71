"""What a statistic of a cohort is made of: tables of blocks, blocks of lines, a cell for every group.

A block is one variable (at one time point) with everybody who has it: its ``partition`` says who is behind every
category, and who is missing, so that aggregate output can tell which numbers would show too few.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from registry.research.statistics.compare import Comparison
from registry.research.statistics.describe import Share, Summary
from registry.research.statistics.result import Interval, Result

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

#: The category of whom nothing is known.
MISSING = ""
#: What is counted.
CASE, LESION, TREATED_LESION = "case", "lesion", "treated lesion"


@dataclass(frozen=True)
class Cell:
    """One number of one group: a summary of numbers, a share, or a result of its own.

    ``withheld`` names what aggregate output leaves out of it: ``all``, or ``n`` with all that would tell it.
    """

    value: Summary | Share | Result | None
    #: The interval of a summary's mean, or of a share of several values per patient.
    mean: Result | None = None
    #: Other tests of the same values.
    beside: tuple[Result, ...] = ()
    withheld: str = ""

    @property
    def test(self) -> Result | None:
        """The result that holds the cell's interval, and its P value where it is a test."""
        return self.value if isinstance(self.value, Result) else self.mean

    def as_dict(self) -> dict[str, Any]:
        """Names and numbers; what does not apply is left out."""
        if self.withheld == "all" or self.value is None:
            return {"withheld": True} if self.withheld else {}
        (row, *_effects) = self.value.as_rows()
        if isinstance(self.value, Result):
            # Of a curve at a time: how many are still observed, and how many had the event by then.
            row = named(row) | {
                name: int(self.value.details[name]) for name in AT_TIME if name in self.value.details
            }
        if self.mean is not None:
            row |= _ends(self.mean.interval)
            row |= {"p": self.mean.p, "statistic": self.mean.statistic} if self.mean.p is not None else {}
            row["method"] = f"{row['method']} | {self.mean.method.text}"
            row["note"] = self.mean.note or self.mean.reason
        if self.withheld:
            # A count may be shown where its base may not.
            tells = TELLS_N - {"count"} if isinstance(self.value, Share) else TELLS_N
            row = {name: value for name, value in row.items() if name not in tells} | {"withheld": True}
        return row

    def beside_rows(self) -> list[dict[str, Any]]:
        return [] if self.withheld else [named(row) for result in self.beside for row in result.as_rows()]


#: What a curve has at a time besides its height.
AT_TIME = ("at_risk", "events")
#: What tells how many values there are.
TELLS_N = frozenset({"n", "missing", "count", "share", "ci_low", "ci_high", "p", "statistic", "note"})


def _ends(between: Interval | None) -> dict[str, Any]:
    return {"ci_low": between.low if between else None, "ci_high": between.high if between else None}


@dataclass(frozen=True)
class About:
    """What a line is about, for readers: the variable's catalogue key, its label, unit and definition."""

    variable: str
    label: "StrOrPromise"
    unit: str = ""
    definition: str = ""
    category: str = ""
    category_label: "StrOrPromise" = ""
    time_point: str = ""
    time_label: "StrOrPromise" = ""
    #: The category of the partition that is counted, where ``category`` says what the question was: “yes”.
    answer: str = ""
    #: ``value``, ``change``, ``responder`` …
    measure: str = "value"
    measure_label: "StrOrPromise" = ""

    def as_dict(self) -> dict[str, str]:
        return {
            "variable": self.variable,
            "label": str(self.label),
            "unit": self.unit,
            "measure": self.measure,
            "category": self.category,
            "category_label": str(self.category_label),
            "time_point": self.time_point,
            "definition": self.definition,
        }


@dataclass(frozen=True)
class Line:
    """One line of a table: a cell per group, by the group's code."""

    about: About
    cells: Mapping[str, Cell]


@dataclass(frozen=True)
class Block:
    """The lines of one variable, who is behind them, and how the arms compare.

    ``partition`` maps every category, and MISSING, to the positions of units (cases or lesions, as ``unit`` says);
    together they are all units. ``numbers`` are the values of a block of numbers, by position.
    """

    lines: tuple[Line, ...]
    partition: Mapping[str, Sequence[int]]
    comparison: Comparison | None = None
    numbers: Mapping[int, float] | None = None
    unit: str = CASE
    #: Whether it stands in its table whatever the data: of others even that they are there tells something.
    fixed: bool = False
    #: Said beneath the block: what it leaves out, which cases it is about.
    note: str = ""

    @property
    def about(self) -> About:
        return self.lines[0].about

    @property
    def is_single(self) -> bool:
        """Whether it has one line only."""
        return len(self.lines) == 1


@dataclass(frozen=True)
class StatisticsTable:
    """A table with its name in files and addresses."""

    name: str
    title: str
    blocks: tuple[Block, ...]
    #: What a reader must know about the whole table.
    notes: tuple[str, ...] = ()
    #: The same, where it holds numbers of cases.
    counted_notes: tuple[str, ...] = ()
    unit: str = CASE
    #: How many units each group has, by its code.
    sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    def every_note(self) -> tuple[str, ...]:
        return (*self.counted_notes, *self.notes)


# -- for files and programs --------------------------------------------------------------------------------------------

#: The columns of a table as a file; every table has the same ones.
HEADER = (
    "table",
    "variable",
    "label",
    "unit",
    "measure",
    "category",
    "category_label",
    "time_point",
    "group",
    "result",
    "n",
    "missing",
    "count",
    "share",
    "at_risk",
    "events",
    "mean",
    "sd",
    "median",
    "q1",
    "q3",
    "min",
    "max",
    "estimate",
    "ci_low",
    "ci_high",
    "statistic",
    "df",
    "p",
    "withheld",
    "method",
    "reason",
    "note",
    "definition",
)


def file_rows(table: StatisticsTable) -> list[dict[str, Any]]:
    """A row per line and group, then a row per comparison; ``group`` of a comparison is “A vs B”."""
    found = []
    for block in table.blocks:
        for line in block.lines:
            about = {"table": table.name, **line.about.as_dict()}
            for code, cell in line.cells.items():
                group = about | {"group": code or "all"}
                found += [group | cell.as_dict(), *(group | row for row in cell.beside_rows())]
        if block.comparison is not None:
            about = {"table": table.name, **block.about.as_dict()}
            groups = " vs ".join(code for code in block.lines[0].cells if code)
            about |= {"category": "", "category_label": "", "group": groups}
            comparison = block.comparison
            for result in comparison.results:
                found += [about | row for row in comparison_rows(result)]
    return found


def comparison_rows(result: Result) -> list[dict[str, Any]]:
    return [named(row) for row in result.as_rows()]


def named(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a result, what it is in a column of its own, as ``measure`` says what the block is."""
    rest = {name: value for name, value in row.items() if name not in ("measure", "ci_level")}
    return {"result": row["measure"], **rest}


def as_json(table: StatisticsTable) -> dict[str, Any]:
    """The same for programs, nested as it is shown."""
    return {
        "table": table.name,
        "title": str(table.title),
        "unit": table.unit,
        "sizes": {code or "all": size for code, size in table.sizes.items()},
        "notes": list(table.every_note),
        "blocks": [_block_json(block) for block in table.blocks],
    }


def _block_json(block: Block) -> dict[str, Any]:
    about = block.about.as_dict()
    found: dict[str, Any] = {
        name: about[name] for name in ("variable", "label", "unit", "measure", "time_point", "definition")
    }
    found["lines"] = [
        {
            "category": line.about.category,
            "category_label": str(line.about.category_label),
            "groups": {code or "all": _cell_json(cell) for code, cell in line.cells.items()},
        }
        for line in block.lines
    ]
    comparison = block.comparison
    if comparison is not None:
        found["comparison"] = {
            "why": comparison.why,
            "results": [finite(row) for result in comparison.results for row in comparison_rows(result)],
        }
    if block.note:
        found["note"] = block.note
    return found


def _cell_json(cell: Cell) -> dict[str, Any]:
    beside = [finite(row) for row in cell.beside_rows()]
    return finite(cell.as_dict()) | ({"beside": beside} if beside else {})


def finite(row: Mapping[str, Any]) -> dict[str, Any]:
    """JSON has no infinity: an end without a limit is null there, as the note beside it says."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in row.items()
    }
