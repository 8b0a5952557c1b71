"""CSV: RFC 4180 in UTF-8 without a byte order mark, a header row first; an empty field is NULL."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from registry.core.spreadsheets import defused_text
from registry.research.columns import ColumnType
from registry.research.formats import sql
from registry.research.formats.base import CHUNK, Format, Rows, Sheet
from registry.research.formats.values import TEXTS

_WRITERS = {**TEXTS, ColumnType.TEXT: defused_text}


def header(sheet: Sheet) -> bytes:
    return ",".join(column.name for column in sheet.columns).encode() + b"\r\n"


def encode(sheet: Sheet, rows: Rows) -> Iterator[bytes]:
    writers = [_WRITERS[column.type] for column in sheet.columns]
    buffer = io.StringIO(newline="")
    out = csv.writer(buffer)
    yield header(sheet)
    for row in rows:
        out.writerow(
            ["" if value is None else write(value) for write, value in zip(writers, row, strict=True)]
        )
        if buffer.tell() >= CHUNK:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


class Copied:
    """The database's CSV is this one but for the ends of lines, which are its own within quotes alone."""

    options = "(FORMAT csv)"

    def written(self, sheet: Sheet, position: int, expression: Any, field: Any) -> Any:
        return sql.defused(sheet.columns[position], expression, field)

    def encode(self, sheet: Sheet, source: Any) -> Iterator[bytes]:
        yield header(sheet)
        quoted = False
        while chunk := source.read(CHUNK):
            if not quoted and b'"' not in chunk:
                yield chunk.replace(b"\n", b"\r\n")
                continue
            # A quote within quotes is doubled, so every quote opens or closes; text between them stays as it is.
            parts = chunk.split(b'"')
            for at in range(1 if quoted else 0, len(parts), 2):
                parts[at] = parts[at].replace(b"\n", b"\r\n")
            quoted ^= len(parts) % 2 == 0
            yield b'"'.join(parts)


CSV = Format("csv", "CSV", "text/csv; charset=utf-8", encode, copy=Copied())
