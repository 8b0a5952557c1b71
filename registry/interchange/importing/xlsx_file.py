"""XLSX: one sheet per table. Looked at as an archive first, so that nothing unpacks into more than it should."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from registry.interchange.importing.csv_file import _plain, too_many
from registry.interchange.importing.findings import Findings, Unreadable
from registry.interchange.importing.sheets import MOST_COLUMNS, Sheet, table_of

#: Sheets that explain, in our templates and exports.
EXPLANATIONS = frozenset({"explanations", "erklärungen", "codebook", "codes"})
MOST_PARTS = 500
#: Real workbooks shrink to a tenth or so.
MOST_RATIO = 200
#: Parts below this may shrink as they like.
SMALL_PART = 1024 * 1024
#: A sheet may claim a million rows; behind so many empty ones nothing is looked for.
EMPTY_ROWS = 1000


def sheets_of(name: str, content: bytes, findings: Findings, most_rows: int) -> Iterator[Sheet]:
    """The tables of a workbook; raises ``Unreadable``."""
    _look_inside(content)
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    except Exception:  # whatever a broken workbook makes the reader stumble over
        raise Unreadable(_("The file is no readable XLSX workbook.")) from None
    tables = [page for page in book.worksheets if page.title.casefold() not in EXPLANATIONS]
    if not tables:
        raise Unreadable(_("The workbook has no sheet with a table."))
    for page in tables:
        # A workbook with one sheet may carry the table's name itself.
        try:
            table = table_of(page.title)
        except Unreadable:
            if len(tables) > 1:
                findings.say(f"{name}, {page.title}", "", "", _wrong_sheet(page.title))
                continue
            table = table_of(name)
        file = name if len(tables) == 1 else f"{name}, {page.title}"
        rows = _rows(page, file, findings, most_rows)
        _line, head = next(rows, (1, []))
        if not any(head):
            raise Unreadable(_("The file is empty. The first row holds the names of the columns."))
        while head and head[-1] is None:
            head.pop()
        yield Sheet(file, table, ["" if cell is None else str(cell) for cell in head], _cut(rows, len(head)))


def _wrong_sheet(title: str) -> str:
    try:
        table_of(title)
    except Unreadable as error:
        return str(error)
    return ""


def _most_unpacked() -> int:
    """What a workbook may unpack into."""
    return 4 * settings.IMPORT_MAX_BYTES


def _look_inside(content: bytes) -> None:
    """Refuse archives that are none of a workbook's: too many parts, too large, or with entities."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            size = sum(part.file_size for part in parts)
            dense = any(
                part.file_size > SMALL_PART and part.file_size > MOST_RATIO * max(part.compress_size, 1)
                for part in parts
            )
            if len(parts) > MOST_PARTS or size > _most_unpacked() or dense:
                raise Unreadable(
                    _(
                        "The workbook unpacks into more than is accepted (%(most)d MB). Split it, or save it as CSV."
                    )
                    % {"most": _most_unpacked() // 1024**2}
                )
            for part in parts:
                if part.filename.endswith((".xml", ".rels", ".vml")) and _has_entities(archive, part):
                    raise Unreadable(_("The workbook contains declarations that no workbook needs."))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError):
        raise Unreadable(_("The file is no readable XLSX workbook.")) from None
    except zipfile.zlib.error:  # type: ignore[attr-defined]
        raise Unreadable(_("The file is no readable XLSX workbook.")) from None


def _has_entities(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Whether a part declares a document type, in whatever encoding."""
    with archive.open(part) as opened:
        kept = b""
        while chunk := opened.read(1 << 16):
            plain = (kept + chunk).replace(b"\x00", b"").upper()
            if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
                return True
            kept = chunk[-32:]
    return False


def _rows(page: Any, file: str, findings: Findings, most_rows: int) -> Iterator[tuple[int, list[Any]]]:
    """The rows that hold anything, with their numbers; formulas are errors."""
    count = empty = 0
    try:
        for line, cells in enumerate(page.iter_rows(), start=1):
            values = [_value(cell, file, line, findings) for cell in cells]
            if len(values) > MOST_COLUMNS:
                raise Unreadable(
                    _("There are %(count)d columns; no table has more than %(most)d.")
                    % {"count": len(values), "most": MOST_COLUMNS}
                )
            if all(value is None for value in values):
                empty += 1
                if empty > EMPTY_ROWS:
                    return
                continue
            empty = 0
            count += 1
            if count > most_rows + 1:
                raise Unreadable(too_many(page.max_row or count, most_rows))
            yield line, values
    except Unreadable:
        raise
    except Exception:
        raise Unreadable(_("The file is no readable XLSX workbook.")) from None


def _value(cell: Any, file: str, line: int, findings: Findings) -> Any:
    value = cell.value
    if value is None:
        return None
    if cell.data_type == "f":
        findings.say(file, line, cell.column_letter, _("This cell holds a formula. Replace it by its value."))
        return None
    if cell.data_type == "e":
        findings.say(file, line, cell.column_letter, _("This cell holds an error of the spreadsheet."))
        return None
    if isinstance(value, str):
        return _plain(value.strip()) or None
    return value


def _cut(rows: Iterator[tuple[int, list[Any]]], width: int) -> Iterator[tuple[int, list[Any]]]:
    """Rows as wide as the head: a workbook keeps no cells where nothing stands."""
    for line, cells in rows:
        while len(cells) > width and cells[-1] is None:
            cells.pop()
        yield line, cells + [None] * (width - len(cells))
