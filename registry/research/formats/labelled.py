"""What SPSS and Stata files share: coded variables as labelled numbers, and user-missing values beside the numbers.

Where a value is missing and its companion ``x__missing`` says why, the cell of a numeric variable holds the reason, in
the file format's own way, and the companion stays beside it.
"""

import datetime
import os
import tempfile
from array import array
from collections.abc import Iterator
from typing import Any

from registry.core.codes import MISSING_SUFFIX, MissingCode
from registry.research.columns import Column, ColumnType
from registry.research.formats.base import CHUNK, Rows, Sheet
from registry.research.formats.values import TYPED, is_given

#: The whole table is in memory while such a file is written.
MOST_CELLS = 20_000_000
MODULES = ("pandas", "pyreadstat")
EXTRA = "spss"

_NO_YES = ((False, "no"), (True, "yes"))
_REASONS = {str(code): position for position, code in enumerate(MissingCode.values, start=1)}


def is_numeric(column: Column) -> bool:
    """Whether the variable holds numbers: measured ones, or those that stand for codes."""
    return column.type in (ColumnType.NUMBER, ColumnType.INTEGER, ColumnType.BOOLEAN) or is_coded(column)


def is_coded(column: Column) -> bool:
    return column.type is ColumnType.CODE and bool(column.codes)


def numbers_of(column: Column) -> dict[Any, int]:
    """Code → the number that stands for it: its place in the code list; no is 0 and yes is 1."""
    if column.type is ColumnType.BOOLEAN:
        return {value: int(value) for value, _label in _NO_YES}
    if not is_coded(column):
        return {}
    return {code: position for position, (code, _label) in enumerate(column.codes, start=1)}


def labels_of(column: Column) -> dict[int, str]:
    """Number → label, for every code of the variable."""
    labels = dict(_NO_YES) if column.type is ColumnType.BOOLEAN else dict(column.codes)
    return {number: str(labels[code]) for code, number in numbers_of(column).items()}


def reason_labels() -> dict[int, str]:
    """Place of a missing code → its label, in the order in which the codes are declared."""
    labels = {str(code): str(label) for code, label in MissingCode.choices}
    return {position: labels[code] for code, position in _REASONS.items()}


def label_of(column: Column) -> str:
    return f"{column.label} ({column.unit})" if column.unit else column.label


class Variable:
    """One variable while the rows pass: plain numbers and one byte per row for the reason, or a list of texts."""

    def __init__(self, column: Column, companion: int | None) -> None:
        self.column, self.companion = column, companion
        self.codes = numbers_of(column)
        self.numeric = is_numeric(column)
        self.values: Any = array("d") if self.numeric else []
        self.reasons = bytearray() if self.numeric and companion is not None else None

    def add(self, row: Any, value: Any) -> None:
        given = is_given(value)
        if not self.numeric:
            self.values.append(self._other(value) if given else self._nothing)
            return
        self.values.append(self._number(value) if given else float("nan"))
        if self.reasons is not None:
            reason = None if given else row[self.companion]
            self.reasons.append(_REASONS[reason] if reason else 0)

    def _number(self, value: Any) -> float:
        if self.codes:
            return float(self.codes[value if self.column.type is ColumnType.CODE else bool(value)])
        return float(TYPED[self.column.type](value))

    @property
    def is_date(self) -> bool:
        return self.column.type in (ColumnType.DATE, ColumnType.DATETIME)

    @property
    def _nothing(self) -> Any:
        return None if self.is_date else ""

    def _other(self, value: Any) -> Any:
        typed = TYPED[self.column.type](value)
        # Neither format knows time zones; moments are in UTC.
        return typed.replace(tzinfo=None) if isinstance(typed, datetime.datetime) else typed


def collected(sheet: Sheet, rows: Rows) -> list[Variable]:
    """The variables of the table, filled from its rows."""
    places = {column.name: position for position, column in enumerate(sheet.columns)}
    variables = [Variable(column, places.get(f"{column.name}{MISSING_SUFFIX}")) for column in sheet.columns]
    for row in rows:
        for variable, value in zip(variables, row, strict=True):
            variable.add(row, value)
    return variables


def frame(variables: dict[str, Any]) -> Any:
    """A data frame of name → values; texts stay texts even where all are empty."""
    import pandas

    return pandas.DataFrame(
        {
            name: values if hasattr(values, "dtype") else pandas.Series(values, dtype=object)
            for name, values in variables.items()
        }
    )


def cut(text: str, size: int) -> str:
    """The text in at most so many bytes of UTF-8."""
    return text.encode()[:size].decode(errors="ignore")


class Spool:
    """A file that a library insists on writing by its path; read it back in chunks, and it is gone."""

    def __init__(self, suffix: str) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="export-")
        self.path = os.path.join(self.folder.name, f"table{suffix}")

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_exception: Any) -> None:
        self.folder.cleanup()

    def chunks(self) -> Iterator[bytes]:
        with open(self.path, "rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
