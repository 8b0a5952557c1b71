"""Reads files of every format back into the same plain values, as a researcher's own tools read them.

A cell is ``None``, a number, ``True`` or ``False``, or a text; dates and moments are text as in ISO 8601. Codes are
codes again, whatever a format made of them. Reasons for missing values that stand in the variable itself are answered
apart: ``(row, column) → code``.
"""

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from registry.core.codes import MISSING_SUFFIX, MissingCode
from registry.core.spreadsheets import FORMULA_STARTS
from registry.research.columns import Column, ColumnType
from registry.research.formats.dta import LETTERS, variable_name
from registry.research.formats.labelled import is_numeric, numbers_of
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
        unit = f" ({column.unit})" if column.unit else ""
        assert meta.column_names_to_labels[column.name] == f"{column.label}{unit}"
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


#: What reads a table back: the format, and how it is read.
READERS: dict[str, tuple[str, Callable[..., Read]]] = {
    "csv": ("csv", from_csv),
    "pandas": ("csv", from_pandas),
    "ndjson": ("ndjson", from_ndjson),
    "xlsx": ("xlsx", from_xlsx),
    "parquet": ("parquet", from_parquet),
    "sav": ("sav", from_sav),
    "dta": ("dta", from_dta),
}


def compared(
    reader: str, data: bytes, columns: tuple[Column, ...], wanted: Sequence[dict[str, Any]], folder: Path
) -> Counter[str]:
    """Holds every cell of a file against what it should be; answers how many cells, zeros and reasons were compared.

    ``wanted`` are rows in the spelling of ``plain``. A number that is missing has its reason in the cell itself, in the
    formats that can say so.
    """
    file_format, read = READERS[reader]
    labelled = file_format in ("sav", "dta")
    rows, reasons = read(data, columns, *((folder,) if labelled else ()))
    assert len(rows) == len(wanted)
    seen: Counter[str] = Counter()
    for at, (row, wants) in enumerate(zip(rows, wanted, strict=True)):
        for column in columns:
            value, want = row[column.name], wants[column.name]
            if reader == "pandas" and isinstance(value, int | float) and isinstance(want, str):
                continue  # text that happens to be digits: pandas guesses
            assert _same(value, want, file_format in ("csv", "xlsx")), (at, column.name, value, want)
            seen["cells"] += 1
            seen["zeros"] += want == 0 and want is not False
            if labelled:
                why = wants.get(f"{column.name}{MISSING_SUFFIX}") if is_numeric(column) else None
                assert reasons.get((at, column.name)) == (why if want is None else None), (at, column.name)
                seen["reasons"] += why is not None
    return seen


def _same(value: Any, wanted: Any, defused: bool) -> bool:
    if defused and isinstance(wanted, str) and wanted.startswith(FORMULA_STARTS):
        wanted = f"'{wanted}"
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)
