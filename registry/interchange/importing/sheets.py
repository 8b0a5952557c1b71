"""Tables as they come: a head and rows of cells, each row with the line it stands in."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from registry.interchange.importing.findings import Findings, Unreadable, shortened
from registry.interchange.importing.layout import LAYOUTS, Row, columns_of

#: A table of the registry has fewer columns than this, the wide form included.
MOST_COLUMNS = 1000
#: File names that begin with one of these hold one row per case.
WIDE = "wide"
#: Tables of an export that are computed; what they show is imported by the tables it comes from.
SUMMARIES = ("case_summary", "reported_values")


@dataclass
class Sheet:
    """One table of a file: its columns and its rows. Reading the rows may find more to say."""

    file: str
    table: str
    head: list[str]
    rows: Iterable[tuple[int, Sequence[Any]]]
    #: How the file was understood, for the reader.
    remarks: list[str] = field(default_factory=list)


def table_of(name: str) -> str:
    """The table that a file or sheet name begins with: ``cases-2024.csv`` holds cases."""
    plain = name.casefold().replace(" ", "_").replace("-", "_")
    for summary in SUMMARIES:
        if plain.startswith(summary):
            raise Unreadable(
                _("“%(table)s” is computed from other tables and is not imported. Import those tables.")
                % {"table": summary}
            )
    found = [table for table in (*LAYOUTS, WIDE) if plain.startswith(table)]
    if not found:
        raise Unreadable(
            _("The name does not say which table it holds. Let it begin with one of: %(tables)s.")
            % {"tables": ", ".join((*LAYOUTS, WIDE))}
        )
    return max(found, key=len)


def checked_head(sheet: Sheet, known: Iterable[str], findings: Findings) -> dict[int, str]:
    """The columns that are read, by position; unknown and repeated ones are errors."""
    names = known if isinstance(known, list) else list(known)  # a list may know more than it holds
    found: dict[int, str] = {}
    if len(sheet.head) > MOST_COLUMNS:
        raise Unreadable(
            _("There are %(count)d columns; no table has more than %(most)d.")
            % {"count": len(sheet.head), "most": MOST_COLUMNS}
        )
    for place, raw in enumerate(sheet.head):
        name = str(raw or "").strip()
        if not name:
            continue
        if name in found.values():
            findings.say(sheet.file, "", shortened(name), _("This column stands twice."))
        elif name not in names:
            findings.say(sheet.file, "", shortened(name), unknown_column(name, names))
        found[place] = name
    return found


def unknown_column(name: str, names: Sequence[str]) -> str:
    """An unknown name, with those that look like it."""
    near = difflib.get_close_matches(name.casefold(), names, n=3, cutoff=0.7)
    if near:
        return _("This column is not known. Did you mean %(names)s?") % {"names": ", ".join(near)}
    return _("This column is not known. The template of the table lists all that are.")


def rows_of(sheet: Sheet, findings: Findings) -> Iterator[Row]:
    """The rows of a table with one record in each."""
    columns = columns_of(sheet.table)
    head = checked_head(sheet, columns.known, findings)
    ignored = sorted(name for name in head.values() if name in columns.shown)
    if ignored:
        sheet.remarks.append(
            _("Computed and context columns are not read: %(names)s.") % {"names": ", ".join(ignored)}
        )
    for line, cells in _whole(sheet, head, findings):
        yield Row(sheet.table, sheet.file, str(line), cells)


def _whole(sheet: Sheet, head: dict[int, str], findings: Findings) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each row as column → cell, without the empty ones; ragged rows are errors."""
    width = len(sheet.head)
    for line, cells in sheet.rows:
        if len(cells) != width:
            findings.say(
                sheet.file,
                line,
                "",
                _("This row has %(count)d cells, the head has %(width)d.")
                % {"count": len(cells), "width": width},
            )
            continue
        given = {}
        for place, cell in enumerate(cells):
            if cell is None or cell == "":
                continue
            name = head.get(place)
            if name is None:
                findings.say(
                    sheet.file, line, "", _("Cell %(place)d has no column head.") % {"place": place + 1}
                )
                continue
            given[name] = cell
        yield line, given


def cells_of(sheet: Sheet, head: dict[int, str], findings: Findings) -> Iterator[tuple[int, dict[str, Any]]]:
    """For the wide form, which makes several records of one row."""
    return _whole(sheet, head, findings)
