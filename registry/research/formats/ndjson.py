"""NDJSON: one JSON object per line with every column in its place, ``null`` where nothing is said."""

import json
from collections.abc import Iterator
from typing import Any

from registry.research.columns import ColumnType
from registry.research.formats import sql
from registry.research.formats.base import CHUNK, Format, Rows, Sheet
from registry.research.formats.values import TEXTS, is_given

#: Types that JSON has of its own; all else is text in quotes.
_BARE = (ColumnType.NUMBER, ColumnType.INTEGER, ColumnType.BOOLEAN)


def _json_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _member(sheet: Sheet, position: int) -> str:
    """What stands before a value."""
    return f'{"," if position else "{"}"{sheet.columns[position].name}":'


def encode(sheet: Sheet, rows: Rows) -> Iterator[bytes]:
    members = [
        (_member(sheet, position), TEXTS[column.type], column.type in _BARE)
        for position, column in enumerate(sheet.columns)
    ]
    lines: list[str] = []
    size = 0
    for row in rows:
        line = "".join(
            f"{before}{'null' if not is_given(value) else write(value) if bare else _json_text(write(value))}"
            for (before, write, bare), value in zip(members, row, strict=True)
        )
        lines.append(f"{line}}}\n")
        size += len(line)
        if size >= CHUNK:
            yield "".join(lines).encode()
            lines, size = [], 0
    yield "".join(lines).encode()


class Copied:
    """Every column of the database's rows is one member of the object. JSON holds no control character, so the
    delimiter can be told from everything else, and nothing is ever put in quotes of CSV.
    """

    _DELIMITER, _QUOTE = "\\x02", "\\x01"
    options = f"(FORMAT csv, DELIMITER E'{_DELIMITER}', QUOTE E'{_QUOTE}')"

    def written(self, sheet: Sheet, position: int, expression: Any, field: Any) -> Any:
        after = "}" if position == len(sheet.columns) - 1 else ""
        return sql.json_member(sheet.columns[position], expression, field, _member(sheet, position), after)

    def encode(self, sheet: Sheet, source: Any) -> Iterator[bytes]:
        while chunk := source.read(CHUNK):
            yield chunk.replace(b"\x02", b"")


NDJSON = Format("ndjson", "NDJSON", "application/x-ndjson", encode, copy=Copied())
