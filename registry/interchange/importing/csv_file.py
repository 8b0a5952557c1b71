"""CSV as spreadsheets write it: UTF-8 or Windows-1252; comma, semicolon or tab. What was taken for what is said."""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from registry.interchange.importing.findings import Findings, Unreadable
from registry.interchange.importing.sheets import Sheet, table_of

_DELIMITERS = {",": "", ";": "semicolon", "\t": "tab"}
#: What a spreadsheet could take for a formula; exports put an apostrophe before it.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def sheet_of(name: str, content: bytes, findings: Findings, most_rows: int) -> Sheet:
    """The table of a CSV file; raises ``Unreadable``."""
    table = table_of(name)
    # Counted before anything is read: a file of millions of rows is refused at once.
    lines = content.count(b"\n") + 1
    if lines > 2 * most_rows + 1:
        raise Unreadable(too_many(lines - 1, most_rows))
    text, remarks = decoded(content)
    delimiter = _delimiter(text)
    if delimiter == ";":
        remarks.append(_("Cells are separated by semicolons."))
    elif delimiter == "\t":
        remarks.append(_("Cells are separated by tabs."))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        head = next(reader, [])
    except csv.Error as error:
        raise Unreadable(_broken(error)) from None
    if not any(cell.strip() for cell in head):
        raise Unreadable(_("The file is empty. The first row holds the names of the columns."))
    return Sheet(name, table, head, _rows(reader, name, findings, most_rows), remarks)


def decoded(content: bytes) -> tuple[str, list[str]]:
    """The text, and what to say about its encoding."""
    remarks: list[str] = []
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Unreadable(_("The file is UTF-16 text. Save it as CSV UTF-8."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError:
            raise Unreadable(_("The file is no text in UTF-8. Save it as CSV UTF-8.")) from None
        remarks.append(
            _("The file is not UTF-8; it was read as Windows-1252. Look whether umlauts are right.")
        )
    if "\x00" in text:
        raise Unreadable(_("The file contains null characters, so it is no text. Save it as CSV UTF-8."))
    return text, remarks


def too_many(count: int, most: int) -> str:
    return _("The file has about %(count)d rows; at most %(most)d are imported at once. Split it.") % {
        "count": count,
        "most": most,
    }


def _delimiter(text: str) -> str:
    """The one that stands most often in the head, outside of quotes."""
    head = text[: text.find("\n")] if "\n" in text else text
    bare = "".join(head.split('"')[::2])
    return max(_DELIMITERS, key=bare.count)


def _broken(error: Exception) -> str:
    return _("The file is no readable CSV: %(why)s.") % {"why": error}


def _rows(reader: Any, name: str, findings: Findings, most_rows: int) -> Iterator[tuple[int, list[str]]]:
    count = 0
    try:
        for cells in reader:
            if not any(cells):
                continue
            count += 1
            if count > most_rows:
                raise Unreadable(too_many(count, most_rows))
            yield reader.line_num, [_plain(cell) for cell in cells]
    except csv.Error as error:
        findings.say(name, reader.line_num, "", _broken(error))


def _plain(cell: str) -> str:
    """A cell without the apostrophe that exports put before what could be a formula."""
    if cell[:1] == "'" and cell[1:2] in _FORMULA_STARTS:
        return cell[1:]
    return cell
