"""What differs between two releases: rows added and removed, cells changed, and how the main results moved."""

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

#: Rows and cells that are listed of each table where nobody asks for more; they are always counted in full.
LISTED = 1000
#: The column that says whose row it is.
PATIENT = "patient_id"


@dataclass(frozen=True)
class Cell:
    """One value that changed: in which row (by its public id) and column, from what to what."""

    key: str
    column: str
    before: str
    after: str


@dataclass
class TableDifference:
    """What became of one table. Lists are cut at a limit, counts are not."""

    table: str
    key: str
    rows_before: int = 0
    rows_after: int = 0
    added: int = 0
    removed: int = 0
    changed_rows: int = 0
    changed_cells: int = 0
    columns_added: list[str] = field(default_factory=list)
    columns_removed: list[str] = field(default_factory=list)
    rows_added: list[str] = field(default_factory=list)
    rows_removed: list[str] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    #: Rows of patients who withdrew their consent: neither compared nor named.
    withheld: int = 0
    limit: int = LISTED

    @property
    def same(self) -> bool:
        return not (
            self.added
            or self.removed
            or self.changed_cells
            or self.columns_added
            or self.columns_removed
            or self.withheld
        )

    @property
    def listed_all(self) -> bool:
        listed = (len(self.rows_added), len(self.rows_removed), len(self.cells))
        return listed == (self.added, self.removed, self.changed_cells)

    def row_added(self, key: str) -> None:
        self.added += 1
        _within(self.rows_added, key, self.limit)

    def row_removed(self, key: str) -> None:
        self.removed += 1
        _within(self.rows_removed, key, self.limit)

    def row_changed(self, cells: Sequence[Cell]) -> None:
        self.changed_rows += 1
        self.changed_cells += len(cells)
        for cell in cells:
            _within(self.cells, cell, self.limit)

    def as_json(self) -> dict[str, Any]:
        names = (
            "table",
            "key",
            "rows_before",
            "rows_after",
            "added",
            "removed",
            "changed_rows",
            "changed_cells",
            "columns_added",
            "columns_removed",
            "rows_added",
            "rows_removed",
        )
        return {
            **{name: getattr(self, name) for name in names},
            "cells": [vars(cell) for cell in self.cells],
            "withheld": self.withheld,
            "listed_all": self.listed_all,
        }


def _within(listed: list[Any], one: Any, limit: int) -> None:
    if len(listed) < limit:
        listed.append(one)


# -- tables --------------------------------------------------------------------------------------------------------


class _Records:
    """The rows of a CSV file one after another, each with its bytes and where they stand."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.start = file, file.tell()
        self._lines: list[bytes] = []
        self._reader = csv.reader(self._read())

    def _read(self) -> Iterator[str]:
        for line in iter(self.file.readline, b""):
            self._lines.append(line)
            yield line.decode()

    def __iter__(self) -> Iterator[tuple[int, bytes, list[str]]]:
        for row in self._reader:
            raw = b"".join(self._lines)
            start, self.start = self.start, self.start + len(raw)
            self._lines.clear()
            yield start, raw, row


class _Sheet:
    """One side of a comparison: its columns, and its rows as they come."""

    def __init__(self, file: BinaryIO, key: str, hidden: Collection[str]) -> None:
        self._records, self._hidden = iter(_Records(file)), hidden
        self.columns = next(self._records, (0, b"", []))[2]
        self._key = self.columns.index(key) if key in self.columns else None
        self._patient = self.columns.index(PATIENT) if PATIENT in self.columns else None
        self.rows = self.withheld = 0

    def __iter__(self) -> Iterator[tuple[str, int, bytes, list[str]]]:
        for start, raw, row in self._records:
            if self._patient is not None and row[self._patient] in self._hidden:
                self.withheld += 1
                continue
            self.rows += 1
            yield row[self._key] if self._key is not None else str(self.rows), start, raw, row


def compare_tables(
    table: str,
    key: str,
    before: Path | None,
    after: Path | None,
    hidden: Collection[str] = (),
    limit: int = LISTED,
) -> TableDifference:
    """Compare two files of a table by the public ids of its rows; ``None`` for a table that one side does not have.

    ``hidden`` are patients whose rows are neither compared nor named. Of the first file only ids and positions are
    kept in memory.
    """
    found = TableDifference(table, key, limit=limit)
    with _opened(before) as one, _opened(after) as other:
        old, new = _Sheet(one, key, hidden), _Sheet(other, key, hidden)
        if before is not None and after is not None:
            found.columns_added = [name for name in new.columns if name not in old.columns]
            found.columns_removed = [name for name in old.columns if name not in new.columns]
        at = {name: (start, len(raw)) for name, start, raw, _row in old}
        same_columns = old.columns == new.columns
        for name, _start, raw, row in new:
            if name not in at:
                found.row_added(name)
                continue
            start, length = at.pop(name)
            one.seek(start)
            then = one.read(length)
            if not same_columns or then != raw:
                cells = list(_cells(name, old.columns, _parsed(then), new.columns, row))
                if cells:
                    found.row_changed(cells)
        for name in at:
            found.row_removed(name)
        found.rows_before, found.rows_after = old.rows, new.rows
        found.withheld = max(old.withheld, new.withheld)
    return found


def _opened(path: Path | None) -> BinaryIO:
    return io.BytesIO() if path is None else open(path, "rb")


def _parsed(raw: bytes) -> list[str]:
    return next(csv.reader(io.StringIO(raw.decode(), newline="")))


def _cells(
    key: str, columns: Sequence[str], before: Sequence[str], now: Sequence[str], after: Sequence[str]
) -> Iterator[Cell]:
    """The values that differ, of the columns that both sides have."""
    earlier = dict(zip(columns, before, strict=True))
    for column, value in zip(now, after, strict=True):
        if column in earlier and earlier[column] != value:
            yield Cell(key, column, earlier[column], value)


# -- main results ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Moved:
    """One main result on both sides; ``None`` where a side does not have it."""

    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def about(self) -> Mapping[str, Any]:
        return self.after or self.before or {}

    @property
    def moved(self) -> dict[str, tuple[Any, Any]]:
        """The numbers that differ: name → before, after."""
        before, after = self.before or {}, self.after or {}
        names = [name for name in (*before, *after) if name not in ABOUT]
        return {
            name: (before.get(name), after.get(name))
            for name in dict.fromkeys(names)
            if before.get(name) != after.get(name)
        }

    def as_json(self) -> dict[str, Any]:
        moved = {name: {"before": before, "after": after} for name, (before, after) in self.moved.items()}
        return {**{name: self.about.get(name, "") for name in ABOUT}, "moved": moved}


#: What says which result it is, rather than what it comes to.
ABOUT = ("result", "label", "unit", "time_point", "group")
_IDENTITY = ("result", "time_point", "group")


def compare_results(before: Iterable[Mapping[str, Any]], after: Iterable[Mapping[str, Any]]) -> list[Moved]:
    """Every main result of either side, those that moved and those that stayed."""
    one = {tuple(each[name] for name in _IDENTITY): each for each in before}
    other = {tuple(each[name] for name in _IDENTITY): each for each in after}
    return [Moved(one.get(what), other.get(what)) for what in dict.fromkeys((*other, *one))]
