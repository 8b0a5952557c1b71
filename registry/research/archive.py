"""Several tables as one archive, all of one snapshot: the files, a codebook, the definition, a loader, the receipt."""

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from registry.core.actors import identity_of
from registry.research import codebook, loader
from registry.research.delivery import Delivery, TableStream
from registry.research.export import NO_CONSENT
from registry.research.formats import Format
from registry.research.formats.base import Sink
from registry.research.models import ExportReceipt
from registry.research.selection import Selection

#: What the archive is called among the tables.
ARCHIVE = "archive"
RECEIPT_FILE = "receipt.json"
#: Text compresses well at any level; the low ones keep pace with the database.
_LEVEL = 3


class Archive(Delivery):
    """An archive under way. The receipt inside it is its last member: without it the archive is not whole."""

    suffix, content_type = "zip", "application/zip"

    def __init__(
        self, selections: Sequence[Selection], file_format: Format, user: Any, definition: Mapping[str, Any]
    ) -> None:
        self.selections, self.format, self.user = selections, file_format, user
        self.definition = {**definition, "table_format": file_format.name}
        self.counts: dict[str, int] = {}
        self.excluded: dict[str, int] = {}
        self.files: list[dict[str, Any]] = []
        self.stream: TableStream | None = None
        super().__init__()

    def prepare(self) -> ExportReceipt:
        for selection in self.selections:
            name = selection.table.name
            self.counts[name] = self.snapshot.count(selection.rows)
            if left_out := self.snapshot.count(selection.rows_without_consent):
                self.excluded[name] = left_out
        self.rows = sum(self.counts.values())
        user_id, user_name = identity_of(self.user)
        return ExportReceipt.objects.create(
            user_id_text=user_id,
            user_name=user_name,
            table=ARCHIVE,
            format=self.suffix,
            definition=self.definition,
            rows=self.rows,
            excluded={f"{name}: {NO_CONSENT}": rows for name, rows in self.excluded.items()},
            withheld=[
                {**entry, "column": f"{selection.table.name}.{entry['column']}"}
                for selection in self.selections
                for entry in selection.withheld
            ],
        )

    @property
    def done(self) -> int:
        written = [file for file in self.files if file["table"]]
        under_way = self.stream is not None and self.stream.selection.table.name not in {
            file["table"] for file in written
        }
        return sum(file["rows"] for file in written) + (self.stream.seen if under_way and self.stream else 0)

    def is_whole(self) -> bool:
        return {file["table"]: file["rows"] for file in self.files if file["table"]} == self.counts

    def chunks(self) -> Iterator[bytes]:
        sink = Sink()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
            for name, text in self._papers():
                yield from self._member(archive, sink, name, iter([text.encode()]))
            for selection in self.selections:
                stream = TableStream(self.snapshot, selection, self.format, self._note, self.watch)
                self.stream = stream
                name = self._file_of(selection)
                yield from self._member(archive, sink, name, iter(stream), selection, stream)
            archive.writestr(self._info(RECEIPT_FILE), self._receipt_text())
            yield sink.taken()
        yield sink.taken()

    @property
    def _note(self) -> str:
        return f"receipt {self.receipt.uuid}"

    def _file_of(self, selection: Selection) -> str:
        return f"{selection.table.name}.{self.format.name}"

    def _info(self, name: str, stored: bool = False) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, self.receipt.at.timetuple()[:6])
        info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        return info

    def _member(
        self,
        archive: zipfile.ZipFile,
        sink: Sink,
        name: str,
        chunks: Iterator[bytes],
        selection: Selection | None = None,
        stream: TableStream | None = None,
    ) -> Iterator[bytes]:
        """Write one file of the archive and note its hash."""
        digest, size = hashlib.sha256(), 0
        stored = selection is not None and self.format.compressed
        # A table may pass the four gigabytes of the plain format, and nobody knows before it is written.
        with archive.open(self._info(name, stored), "w", force_zip64=selection is not None) as member:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                member.write(chunk)
                yield sink.taken()
        self.files.append(
            {
                "file": name,
                "table": selection.table.name if selection else "",
                "rows": stream.seen if stream else None,
                "bytes": size,
                "sha256": digest.hexdigest(),
            }
        )
        yield sink.taken()

    def _papers(self) -> Iterator[tuple[str, str]]:
        """What goes with the tables, by file name."""
        yield "definition.json", json.dumps(self.definition, indent=2, ensure_ascii=False) + "\n"
        yield "codebook.csv", codebook.of_files(self.selections)
        tables = {
            selection.table.name: (self._file_of(selection), selection.columns)
            for selection in self.selections
        }
        yield "load.R", loader.script(self.format.name, tables)

    def _receipt_text(self) -> str:
        """The trailer: written last, so that it vouches for all that stands before it."""
        body = {
            "receipt": str(self.receipt.uuid),
            "user": self.receipt.user_name,
            "at": self.receipt.at.isoformat(),
            "definition": self.definition,
            "files": self.files,
            "rows": self.rows,
            "excluded": self.receipt.excluded,
            "withheld": self.receipt.withheld,
        }
        return json.dumps(body, indent=2, ensure_ascii=False) + "\n"

    def finish(self, sha256: str, size: int) -> None:
        self.receipt.finish(sha256, size, self.files)
