"""Reads files of every format back into the same plain values, as a researcher's own tools read them.

A cell is ``None``, a number, ``True`` or ``False``, or a text; dates and moments are text as in ISO 8601. Codes are
codes again, whatever a format made of them. Reasons for missing values that stand in the variable itself are answered
apart: ``(row, column) → code``.
"""

import csv
import io
import json
import math
from collections.abc import Callable
from typing import Any

from registry.core.codes import MissingCode
from registry.research.columns import Column, ColumnType
from registry.research.formats.dta import LETTERS, variable_name
from registry.research.formats.labelled import numbers_of
from registry.research.formats.sav import first_missing

Read = tuple[list[dict[str, Any]], dict[tuple[int, str], str]]


def plain(value: Any) -> Any:
    """One spelling for the value of a cell."""
    import datetime

    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    if str(value) in ("NaT", "<NA>"):
        return None
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value


def from_csv(data: bytes, columns: tuple[Column, ...]) -> Read:
    def value(column: Column, text: str) -> Any:
        if text == "":
            return None
        if column.type in (ColumnType.NUMBER, ColumnType.INTEGER):
            return float(text)
        if column.type is ColumnType.BOOLEAN:
            return {"true": True, "false": False}[text]
        return text

    by_name = {column.name: column for column in columns}
    rows = csv.DictReader(io.StringIO(data.decode(), newline=""))
    assert rows.fieldnames == list(by_name)
    return [{name: value(by_name[name], text) for name, text in row.items()} for row in rows], {}


def from_pandas(data: bytes, columns: tuple[Column, ...]) -> Read:
    import pandas

    frame = pandas.read_csv(io.BytesIO(data), keep_default_na=False, na_values=[""], low_memory=False)
    return [{name: plain(value) for name, value in row.items()} for row in frame.to_dict("records")], {}


def from_ndjson(data: bytes, columns: tuple[Column, ...]) -> Read:
    rows = [json.loads(line) for line in data.decode().split("\n") if line]
    assert all(list(row) == [column.name for column in columns] for row in rows)
    return rows, {}


def from_xlsx(data: bytes, columns: tuple[Column, ...]) -> Read:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data))
    page, codebook = book.worksheets
    assert page.freeze_panes == "A2" and codebook.title == "codebook"
    assert [cell.value for cell in codebook["A"]][1:] == [column.name for column in columns]
    assert not [cell for row in page.iter_rows() for cell in row if cell.data_type == "f"]
    head, *rows = page.iter_rows(values_only=True)
    assert list(head) == [column.name for column in columns]
    read = []
    for row in rows:
        cells = {}
        for column, value in zip(columns, row, strict=True):
            value = plain(value)
            if value is not None and column.type is ColumnType.DATE:
                value = value[:10]
            cells[column.name] = value
        read.append(cells)
    return read, {}


def from_parquet(data: bytes, columns: tuple[Column, ...]) -> Read:
    from pyarrow import parquet

    table = parquet.read_table(io.BytesIO(data))
    assert table.column_names == [column.name for column in columns]
    for column in columns:
        said = table.schema.field(column.name).metadata or {}
        assert said.get(b"label", b"").decode() == column.label
        assert said.get(b"unit", b"").decode() == column.unit
        assert json.loads(said.get(b"codes", b"{}")) == dict(column.codes)
    return [{name: plain(value) for name, value in row.items()} for row in table.to_pylist()], {}


def from_sav(data: bytes, columns: tuple[Column, ...], folder: Any) -> Read:
    import pyreadstat

    path = folder / "table.sav"
    path.write_bytes(data)
    frame, meta = pyreadstat.read_sav(str(path), user_missing=True)
    values, _meta = pyreadstat.read_sav(str(path))
    assert list(frame) == [column.name for column in columns]
    reasons = {}
    for column in columns:
        for ranges in meta.missing_ranges.get(column.name, []):
            first = first_missing(column)
            assert (ranges["lo"], ranges["hi"]) == (first - 9, first - 1)
        for row, value in enumerate(frame[column.name]):
            place = first_missing(column) - value if isinstance(value, float) else 0
            if 1 <= place <= 9:
                reasons[row, column.name] = MissingCode.values[int(place) - 1]
                assert meta.variable_value_labels[column.name][value] == MissingCode.labels[int(place) - 1]
    return _uncoded(values, columns, lambda name: name, meta), reasons


def from_dta(data: bytes, columns: tuple[Column, ...], folder: Any) -> Read:
    import pyreadstat

    path = folder / "table.dta"
    path.write_bytes(data)
    frame, meta = pyreadstat.read_dta(str(path), user_missing=True)
    values, _meta = pyreadstat.read_dta(str(path))
    assert list(frame) == [variable_name(column.name) for column in columns]
    reasons = {}
    for column in columns:
        name = variable_name(column.name)
        label = meta.column_names_to_labels[name]
        assert label.startswith(column.name if name != column.name else column.label[:70])
        letters = meta.missing_user_values.get(name, [])
        for row, value in enumerate(frame[name]):
            if value in letters and isinstance(value, str):
                reasons[row, column.name] = MissingCode.values[LETTERS.index(value)]
                assert meta.variable_value_labels[name][value] == MissingCode.labels[LETTERS.index(value)]
    return _uncoded(values, columns, variable_name, meta), reasons


def _uncoded(frame: Any, columns: tuple[Column, ...], named: Callable[[str], str], meta: Any) -> Any:
    """Rows with codes in the place of the numbers that stand for them, by the labels in the file."""
    rows: list[dict[str, Any]] = [{} for _ in range(len(frame))]
    for column in columns:
        name = named(column.name)
        numbers = {number: code for code, number in numbers_of(column).items()}
        labels = meta.variable_value_labels.get(name, {})
        for row, value in enumerate(frame[name]):
            value = plain(value)
            if value is not None and numbers:
                label = (
                    {True: "yes", False: "no"}.get(numbers[value])
                    if column.type is ColumnType.BOOLEAN
                    else None
                )
                assert labels[value] == (label or dict(column.codes)[numbers[value]])
                value = numbers[value]
            rows[row][column.name] = value
    return rows
