"""The files of a release, made from history as of its change.

The tables of patients with the cases of its cohort, codebook, definition, a script that reads them into R, the main
results, the receipt, the manifest, and three forms of citation. The same release gives the same bytes, whoever makes
them and whenever, as long as the software and the history are the same.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from registry.access.scope import KeptScope
from registry.core import software
from registry.research import codebook, loader
from registry.research.cohort_statistics.data import read_in
from registry.research.cohorts.checking import restored
from registry.research.cohorts.choosing import Chosen
from registry.research.columns import ColumnType
from registry.research.delivery import TableStream
from registry.research.formats import FORMATS
from registry.research.models import Release
from registry.research.profiles import PSEUDONYMISED
from registry.research.releases import ascertained, citation
from registry.research.releases.as_of import AsOf
from registry.research.releases.consent import all_erased
from registry.research.releases.results import main_results
from registry.research.releases.shelf import Draft
from registry.research.selection import Selection, select
from registry.research.tables import Table, tables

MANIFEST = "MANIFEST"
RESULTS = "results.json"
#: The form of new releases: 2 adds what the centres did not register, and a page to begin with.
FORM = 2
README = "README.txt"
#: Tables that are read by every kind of software.
FORMAT = FORMATS["csv"]


@dataclass(frozen=True)
class Written:
    """A file of a release; ``key`` is the column that names a row of its table."""

    file: str
    bytes: int
    sha256: str
    table: str = ""
    key: str = ""
    rows: int | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def released_tables() -> list[Table]:
    """The tables that a cohort narrows; rows about publications are nobody's."""
    return [table for table in tables().values() if table.patient is not None]


def key_of(table: Table) -> str:
    """The column with the public id of the row itself."""
    return next(
        column.name for column in table.columns if column.type is ColumnType.KEY and column.lookup == "uuid"
    )


class Content:
    """What a release consists of. Raises ``ValidationError`` where its definition can no longer be read."""

    def __init__(self, release: Release) -> None:
        self.release = release
        reader = KeptScope.of(center["id"] for center in release.centers)
        version = release.cohort_version
        self.chosen = Chosen(version.cohort, version, restored(release.definition), reader)
        self.selections = [
            select(table, reader, {}, PSEUDONYMISED, self.chosen) for table in released_tables()
        ]
        self.written: list[Written] = []
        self.results: list[dict[str, Any]] = []
        self.ascertainment: dict[str, Any] | None = None

    def view(self) -> AsOf:
        """The registry as of the change, with the centres as they were called then."""
        release = self.release
        # Whoever has been erased since cannot be rebuilt: their rows of history are empty.
        return AsOf(release.sequence, release.centers, [*release.left_out, *all_erased()])

    def write(self, draft: Draft, view: AsOf) -> None:
        """Every file, into the folder."""
        for selection in self.selections:
            self._table(draft, view, selection)
        self.results = main_results(read_in(view, self.chosen))
        self.ascertainment = ascertained.of_release(self.release, view)
        for name, text in self._papers():
            self._file(draft, name, [text.encode()])
        self._file(draft, MANIFEST, [self._manifest().encode()])
        self.release.manifest_sha256 = self.written[-1].sha256
        for name, make in citation.FILES.items():
            self._file(draft, name, [make(self.release).encode()])

    def write_anew(self, draft: Draft) -> None:
        """Every file, in a view that is opened and closed for it."""
        with closing(self.view()) as view:
            self.write(draft, view)

    def _table(self, draft: Draft, view: AsOf, selection: Selection) -> None:
        stream = TableStream(view, selection, FORMAT, "")
        made = self._file(draft, f"{selection.table.name}.{FORMAT.name}", stream)
        self.written[-1] = Written(
            made.file, made.bytes, made.sha256, selection.table.name, key_of(selection.table), stream.seen
        )

    def _file(self, draft: Draft, name: str, chunks: Iterable[bytes]) -> Written:
        digest, size = hashlib.sha256(), 0
        with draft.file(name) as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
        self.written.append(Written(name, size, digest.hexdigest()))
        return self.written[-1]

    # -- what goes with the tables -----------------------------------------------------------------------------------

    @property
    def _tables(self) -> list[Written]:
        return [file for file in self.written if file.table]

    @property
    def rows(self) -> int:
        return sum(file.rows or 0 for file in self._tables)

    def _papers(self) -> Iterator[tuple[str, str]]:
        yield "codebook.csv", codebook.of_files(self.selections)
        yield "definition.json", _json(self.definition())
        files = {one.table.name: (f"{one.table.name}.{FORMAT.name}", one.columns) for one in self.selections}
        yield "load.R", loader.script(FORMAT.name, files)
        yield RESULTS, _json({"release": self.release.slug, "results": self.results})
        yield "receipt.json", _json(self.receipt())
        if self.ascertainment is not None:
            yield ascertained.FILE, _json({"release": self.release.slug, **self.ascertainment})
            yield README, self._readme(self.ascertainment)

    def _readme(self, said: dict[str, Any]) -> str:
        """What lies in the folder, in a page of plain text."""
        release = self.release
        tables = "".join(f"  {file.file}: {file.rows} rows\n" for file in self._tables)
        return (
            f"{release.title}\n{'; '.join(release.authors)}\n\n"
            f"{citation.registry_name()}, release {release.slug}, state after change {release.sequence}.\n"
            f"{release.sentence}\n\nTables (pseudonymised; codebook.csv explains the columns):\n{tables}\n"
            f"{ascertained.in_words(said)}\n"
            f"MANIFEST has the SHA-256 of every file: sha256sum -c MANIFEST\n"
        )

    def definition(self) -> dict[str, Any]:
        """What was asked, of whom, and when: all that is needed to ask it again."""
        release, version = self.release, self.release.cohort_version
        return {
            "release": release.slug,
            "title": release.title,
            "authors": release.authors,
            "notes": release.notes,
            "registry": citation.registry_name(),
            "software": f"{software.NAME} {release.software}",
            "change": release.sequence,
            "cohort": {
                "slug": version.cohort.slug,
                "version": version.number,
                "sha256": version.sha256,
                "sentence": release.sentence,
                "definition": release.definition,
            },
            "centers": sorted(center["code"] for center in release.centers),
            "profile": release.profile,
            "dates": PSEUDONYMISED.dates.value,
            "replaces": release.replaces.slug if release.replaces else None,
            "patients_left_out": len(release.left_out),
            "tables": [selection.table.name for selection in self.selections],
        }

    def withheld(self) -> list[dict[str, str]]:
        """Columns that the profile keeps back, each with the reason."""
        return [
            {**entry, "column": f"{selection.table.name}.{entry['column']}"}
            for selection in self.selections
            for entry in selection.withheld
        ]

    def receipt(self) -> dict[str, Any]:
        release = self.release
        return {
            "receipt": str(release.token),
            "user": release.owner_name,
            "at": release.created_at.isoformat(),
            "rows": self.rows,
            "files": [file.as_json() for file in self._tables],
            "withheld": self.withheld(),
        }

    def _manifest(self) -> str:
        """In the form that ``sha256sum -c MANIFEST`` checks."""
        return "".join(f"{file.sha256}  {file.file}\n" for file in self.written)


def _json(body: Any) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"
