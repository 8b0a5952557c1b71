"""Bytes of an export under way: counted and hashed, with a receipt that is finished after the last of them."""

import hashlib
import logging
from collections.abc import Callable, Generator, Iterator
from typing import Any

from registry.research.copying import CopyStream
from registry.research.formats import Format, Sheet
from registry.research.models import ExportReceipt
from registry.research.selection import Selection
from registry.research.snapshot import Snapshot

log = logging.getLogger(__name__)


#: Rows between two looks at whether to go on, where a format takes many before it yields a byte.
_LOOK_EVERY = 1000


def _go_on() -> None:
    """Nobody watches."""


class TableStream:
    """The bytes of one table: by COPY where database and format can, else by a cursor. ``seen`` counts its rows.

    ``watch`` is called now and then; what it raises ends the stream.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        selection: Selection,
        file_format: Format,
        note: str,
        watch: Callable[[], None] = _go_on,
    ) -> None:
        self.snapshot, self.selection, self.format, self.watch = snapshot, selection, file_format, watch
        self.sheet = Sheet(selection.table.name, selection.columns, note)
        self._read = 0
        self._copied: CopyStream | None = None

    @property
    def seen(self) -> int:
        return self._read if self._copied is None else self._copied.rows

    def __iter__(self) -> Iterator[bytes]:
        copied = self.selection.copied(self.format, self.sheet) if self.snapshot.copies else None
        if copied is None or self.format.copy is None:
            yield from self.format.encode(self.sheet, self._counted())
            return
        self._copied = self.snapshot.copy(copied, self.format.copy.options)
        yield from self.format.copy.encode(self.sheet, self._copied)

    def _counted(self) -> Iterator[Any]:
        for row in self.snapshot.rows(self.selection.queryset):
            self._read += 1
            if self._read % _LOOK_EVERY == 0:
                self.watch()
            yield row


class Delivery:
    """Iterate it once for the bytes; ``close()`` it whether or not that went to the end.

    A class rather than a generator: a generator that was never started is not closed, and its connection would stay
    open when the client is gone before the first byte.
    """

    #: What the file ends with, and what it is.
    suffix: str
    content_type: str

    def __init__(self) -> None:
        self._reading: Generator[bytes, None, None] | None = None
        self.snapshot = Snapshot()
        self.receipt: ExportReceipt
        self.rows = 0
        #: Called now and then while the bytes are made; what it raises ends the export.
        self.watch: Callable[[], None] = _go_on
        try:
            self.receipt = self.prepare()
        except BaseException:
            self.close()
            raise

    def prepare(self) -> ExportReceipt:
        """Count in the snapshot, set ``rows`` and write the receipt."""
        raise NotImplementedError

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the file."""
        raise NotImplementedError

    @property
    def done(self) -> int:
        """Rows so far."""
        raise NotImplementedError

    def is_whole(self) -> bool:
        """Whether everything that was counted has been written."""
        raise NotImplementedError

    @property
    def file_name(self) -> str:
        """Names the table, the day and the receipt, so that a file on a disk leads back to it."""
        day, receipt = f"{self.receipt.at:%Y-%m-%d}", str(self.receipt.uuid)[:8]
        return f"{self.receipt.table}-{day}-{receipt}.{self.suffix}"

    def __iter__(self) -> Iterator[bytes]:
        self._reading = self._read()
        return self._reading

    def _read(self) -> Generator[bytes, None, None]:
        digest, size = hashlib.sha256(), 0
        try:
            for chunk in self.chunks():
                if not chunk:
                    continue  # an empty chunk ends an answer that is sent in chunks
                digest.update(chunk)
                size += len(chunk)
                self.watch()
                yield chunk
        finally:
            self.snapshot.close()
        if not self.is_whole():
            # Only a connection shared with a writer could do this; such a file must not look whole.
            log.error("Export %s has other rows than were counted.", self.receipt.uuid)
            return
        self.finish(digest.hexdigest(), size)

    def finish(self, sha256: str, size: int) -> None:
        """The last byte has been handed over."""
        self.receipt.finish(sha256, size)

    def close(self) -> None:
        """Let everything go at once: what waits for the garbage collector may meet it in another thread."""
        if self._reading is not None:
            self._reading.close()
        self.snapshot.close()
