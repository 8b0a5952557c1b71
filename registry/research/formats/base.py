"""What a file format is."""

import importlib.util
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from registry.research.columns import Column

#: Bytes collected before they are handed on: one chunk per row would be slow.
CHUNK = 64 * 1024

Rows = Iterable[Sequence[Any]]


@dataclass(frozen=True)
class Sheet:
    """One table as a format sees it: its name, what its file should say about itself, and its columns."""

    name: str
    columns: tuple[Column, ...]
    note: str = ""


class ByCopy(Protocol):
    """How a format is made by the COPY of PostgreSQL: the SQL of each value, and what is left to do with the bytes."""

    #: Goes behind ``COPY (…) TO STDOUT WITH``.
    options: str

    def written(self, sheet: Sheet, position: int, expression: Any, field: Any) -> Any:
        """The expression that writes a column; ``field`` is what the database holds there."""
        ...

    def encode(self, sheet: Sheet, source: Any) -> Iterator[bytes]:
        """The file, from the database's bytes: ``source`` is a readable file of them."""
        ...


@dataclass(frozen=True)
class Format:
    """How a table becomes a file: ``encode`` yields its bytes, ``copy`` is how PostgreSQL makes them itself."""

    name: str
    label: str
    content_type: str
    encode: Callable[[Sheet, Rows], Iterator[bytes]]
    copy: ByCopy | None = None
    #: Modules it cannot do without, and the extra of this distribution that brings them.
    modules: tuple[str, ...] = ()
    extra: str = ""
    #: How dear a cell is, beside one of CSV.
    cost: int = 1
    most_rows: int | None = None
    most_cells: int | None = None
    #: Further bytes would compress no more.
    compressed: bool = False

    @property
    def lacking(self) -> list[str]:
        """The modules that are not installed."""
        return [name for name in self.modules if importlib.util.find_spec(name) is None]

    def refusal(self, rows: int, columns: int) -> str:
        """Why so many rows cannot be had in this format; empty where they can. In English: it is for the API too."""
        if self.most_rows is not None and rows > self.most_rows:
            return f"{self.label} holds at most {self.most_rows:,} rows, and these are {rows:,}."
        if self.most_cells is not None and rows * columns > self.most_cells:
            return (
                f"{self.label} is put together in memory, so it takes at most {self.most_cells:,} cells, and these "
                f"are {rows * columns:,}."
            )
        return ""


class Sink(io.RawIOBase):
    """A file that hands on what is written to it; it cannot go back."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        self._size += len(self._parts[-1])
        return len(self._parts[-1])

    def tell(self) -> int:
        return self._size

    def taken(self) -> bytes:
        """What has been written since the last time."""
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken
