"""COPY as a file to read from: PostgreSQL writes into a pipe in a thread of its own, and the reader takes its time."""

import contextlib
import fcntl
import os
import select
import threading
import time
from typing import Any

from registry.research.formats.base import CHUNK

#: Room in the pipe, where the system allows to set it: fewer changes between the two threads.
_PIPE = 1024 * 1024
#: Seconds between two requests to stop.
_ASK_AGAIN = 0.5
_SET_PIPE_SIZE = getattr(fcntl, "F_SETPIPE_SZ", None)


class CopyStream:
    """A readable stream of what ``COPY … TO STDOUT`` sends. ``close()`` it, whether or not it was read to the end.

    A failure of the database is raised by ``read()``, so that what was cut off cannot look whole. ``rows`` is the
    number of rows that the database says it sent, once all are read; till then the lines so far, which come close.
    Without a connection it is empty.
    """

    def __init__(self, connection: Any, statement: str) -> None:
        self.rows = self._sent = 0
        self._connection, self._statement = connection, statement
        self._failure: BaseException | None = None
        self._reader: Any = None
        self._thread: threading.Thread | None = None
        if connection is None:
            return
        read_end, write_end = os.pipe()
        self._reader = os.fdopen(read_end, "rb", buffering=0)
        if _SET_PIPE_SIZE is not None:
            with contextlib.suppress(OSError):  # a smaller pipe does as well
                fcntl.fcntl(read_end, _SET_PIPE_SIZE, _PIPE)
        self._thread = threading.Thread(target=self._write, args=(write_end,), name="copy", daemon=True)
        self._thread.start()

    def _write(self, write_end: int) -> None:
        try:
            with os.fdopen(write_end, "wb", buffering=CHUNK) as pipe, self._connection.cursor() as cursor:
                cursor.copy_expert(self._statement, pipe)
                self._sent = cursor.rowcount
        except BaseException as failure:
            self._failure = failure

    def read(self, size: int = CHUNK) -> bytes:
        """The next bytes; none at the end."""
        if self._reader is None or self._thread is None:
            return b""
        data = self._reader.read(size)
        if not data:
            self._thread.join()
            if self._failure is not None:
                raise self._failure
            self.rows = self._sent
        self.rows += data.count(b"\n")
        return data

    def close(self) -> None:
        """Stop the database, wherever it is, and let the thread end."""
        if self._reader is None or self._thread is None:
            return
        # What is on its way is read and thrown away: a thread that waits for room in the pipe hears of nothing. The
        # request to stop is repeated, as one that comes before the statement has begun is lost.
        asked = 0.0
        while self._thread.is_alive():
            if time.monotonic() - asked > _ASK_AGAIN:
                self._connection.cancel()
                asked = time.monotonic()
            if select.select([self._reader], [], [], _ASK_AGAIN / 10)[0]:
                self._reader.read(CHUNK)
        self._reader.close()
        self._reader = None
