"""XLSX: the table on one sheet, its head frozen, and what the columns mean on a second.

Numbers, yes/no and dates are cells of their own kind. Free text that a spreadsheet could take for a formula begins with
an apostrophe, as in CSV: a workbook that is saved as CSV must not come to life.
"""

import contextlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

from registry.core.spreadsheets import defused_text
from registry.research.columns import Column, ColumnType
from registry.research.formats.base import CHUNK, Format, Rows, Sheet
from registry.research.formats.values import TYPED, is_given

#: What the file format itself allows.
MOST_ROWS = 1_048_575
LONGEST_TEXT = 32_767
_CUT = " […]"
#: XML cannot hold these.
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_WIDTHS = {ColumnType.KEY: 38.0, ColumnType.TEXT: 28.0, ColumnType.CODE: 18.0, ColumnType.CODE_SET: 18.0}


def cell_text(value: Any) -> str:
    """Text as a cell can hold it."""
    text = _ILLEGAL.sub("�", str(value))
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - len(_CUT)] + _CUT


def _writer(column: Column, page: Any) -> Callable[[Any], Any]:
    if column.type is ColumnType.TEXT or (column.type is ColumnType.CODE and not column.codes):
        return lambda value: _free_text(page, cell_text(defused_text(value)))
    if column.type is ColumnType.DATETIME:
        # A workbook knows no time zones.
        return lambda value: TYPED[column.type](value).replace(tzinfo=None)
    return TYPED[column.type]


def _free_text(page: Any, text: str) -> Any:
    """A cell of text: what somebody typed as “#N/A” is no error of the workbook."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ERROR_CODES

    if text not in ERROR_CODES:
        return text
    cell = WriteOnlyCell(page, text)
    cell.data_type = "s"
    return cell


def encode(sheet: Sheet, rows: Rows) -> Iterator[bytes]:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    book.properties.title, book.properties.description = sheet.name, sheet.note
    try:
        _table(book, sheet, rows)
        _codebook(book, sheet)
        with tempfile.TemporaryFile() as file:
            book.save(file)
            file.seek(0)
            while chunk := file.read(CHUNK):
                yield chunk
    finally:
        _clear_away(book)


def _table(book: Any, sheet: Sheet, rows: Rows) -> None:
    from openpyxl.utils import get_column_letter

    page = book.create_sheet(sheet.name[:31])
    page.freeze_panes = "A2"
    for position, column in enumerate(sheet.columns, start=1):
        width = max(_WIDTHS.get(column.type, 12.0), min(len(column.name) + 2.0, 40.0))
        page.column_dimensions[get_column_letter(position)].width = width
    page.append(_head(page, [column.name for column in sheet.columns]))
    writers = [_writer(column, page) for column in sheet.columns]
    for row in rows:
        page.append(
            [write(value) if is_given(value) else None for write, value in zip(writers, row, strict=True)]
        )


def _codebook(book: Any, sheet: Sheet) -> None:
    page = book.create_sheet("codebook")
    page.freeze_panes = "A2"
    for letter, width in zip("ABCDEFG", (36.0, 44.0, 12.0, 8.0, 60.0, 10.0, 60.0), strict=True):
        page.column_dimensions[letter].width = width
    page.append(_head(page, ["name", "label", "type", "unit", "codes", "derived", "source"]))
    for column in sheet.columns:
        codes = "; ".join(f"{code} = {label}" for code, label in column.codes)
        cells = [column.name, column.label, column.type.value, column.unit, codes, column.derived]
        page.append([cell_text(cell) if isinstance(cell, str) else cell for cell in (*cells, column.source)])


def _clear_away(book: Any) -> None:
    """Remove the pages' own temporary files: the library does so when it saves, and else at the end of the process."""
    for page in book.worksheets:
        writer = page._writer
        if writer is None or not os.path.exists(writer.out):
            continue
        with contextlib.suppress(OSError):  # a full disk stays full
            if not page.closed:
                page.close()
        writer.cleanup()


def _head(page: Any, names: list[str]) -> list[Any]:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    bold = Font(bold=True)
    cells = []
    for name in names:
        cell = WriteOnlyCell(page, name)
        cell.font = bold
        cells.append(cell)
    return cells


XLSX = Format(
    "xlsx",
    "Excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    encode,
    cost=20,
    most_rows=MOST_ROWS,
    compressed=True,
)
