"""Files become rows: each file by what its name says it is, all of them before anything is judged."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from registry.interchange.importing import bundle, csv_file, sheets, wide, xlsx_file
from registry.interchange.importing.findings import Findings, Unreadable
from registry.interchange.importing.layout import Row

SUFFIXES = (".csv", ".xlsx", ".json", ".yaml", ".yml")
#: Bundles are built as a whole in memory, and YAML slowly.
MOST_BUNDLE = 10 * 1024**2


@dataclass
class Source:
    """A file as it was given: its name, and where its bytes are."""

    name: str
    content: Callable[[], bytes]

    @classmethod
    def at(cls, path: Path, name: str = "") -> "Source":
        return cls(name or path.name, path.read_bytes)


@dataclass
class Read:
    """All rows, and how each file was understood."""

    rows: list[Row] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)
    tables: dict[str, int] = field(default_factory=dict)


def suffix_of(name: str) -> str:
    return Path(name).suffix.casefold()


def read(sources: Iterable[Source], findings: Findings) -> Read:
    """Read every file; what cannot be read is an error of its file."""
    found = Read()
    for source in sources:
        try:
            _read(source, findings, found)
        except Unreadable as error:
            findings.say(source.name, "", "", error)
        except MemoryError:
            findings.say(source.name, "", "", _("The file is too large. Split it."))
    return found


def _read(source: Source, findings: Findings, found: Read) -> None:
    suffix, content = suffix_of(source.name), source.content()
    most = settings.IMPORT_MAX_ROWS - len(found.rows)
    if suffix not in SUFFIXES:
        raise Unreadable(
            _("This kind of file is not read. Accepted: %(suffixes)s.") % {"suffixes": ", ".join(SUFFIXES)}
        )
    if not content.strip():
        raise Unreadable(_("The file is empty."))
    if suffix in (".json", ".yaml", ".yml"):
        if len(content) > MOST_BUNDLE:
            raise Unreadable(
                _("A bundle has at most %(most)d MB. Split it, or import tables.")
                % {"most": MOST_BUNDLE // 1024**2}
            )
        _keep(bundle.rows_of(source.name, content, findings, most), found)
        return
    if suffix == ".csv":
        listed: Iterable[sheets.Sheet] = [csv_file.sheet_of(source.name, content, findings, most)]
    else:
        listed = xlsx_file.sheets_of(source.name, content, findings, most)
    for sheet in listed:
        of_wide = sheet.table == sheets.WIDE
        _keep((wide.rows_of if of_wide else sheets.rows_of)(sheet, findings), found)
        found.remarks += [(sheet.file, remark) for remark in sheet.remarks]


def _keep(rows: Iterable[Row], found: Read) -> None:
    for row in rows:
        found.rows.append(row)
        found.tables[row.table] = found.tables.get(row.table, 0) + 1
        if len(found.rows) > settings.IMPORT_MAX_ROWS:
            raise Unreadable(
                _("There are more than %(most)d records; import them in several parts.")
                % {"most": settings.IMPORT_MAX_ROWS}
            )
