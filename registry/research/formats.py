"""File formats of an export. A format turns typed rows into bytes; the registry at the end lets others follow."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from registry.research.columns import Column, ColumnType

#: Computed numbers are floating point; beyond this they differ between databases, and mean nothing clinically.
DECIMALS = Decimal("0.000001")
#: Bytes collected before they are handed to the response: one chunk per row would be slow.
CHUNK = 64 * 1024
#: A cell that begins with one of these is a formula to a spreadsheet.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def number_text(value: Any) -> str:
    """A number as both databases would have to write it: no exponent, no trailing zeros, at most six decimals."""
    if isinstance(value, float):
        value = Decimal(f"{value:.15g}")
    if isinstance(value, Decimal):
        if value.as_tuple().exponent < DECIMALS.as_tuple().exponent:  # type: ignore[operator]
            value = value.quantize(DECIMALS, ROUND_HALF_UP)
        text = format(value, "f")
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text == "-0" else text
    return str(value)


def boolean_text(value: Any) -> str:
    return "true" if value else "false"


def defused_text(value: Any) -> str:
    """Text that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def date_text(value: Any) -> str:
    return value.isoformat()


_WRITERS: dict[ColumnType, Callable[[Any], str]] = {
    ColumnType.KEY: str,
    ColumnType.NUMBER: number_text,
    ColumnType.INTEGER: number_text,
    ColumnType.BOOLEAN: boolean_text,
    ColumnType.CODE: str,
    ColumnType.CODE_SET: str,
    ColumnType.TEXT: defused_text,
    ColumnType.DATE: date_text,
}


@dataclass(frozen=True)
class Format:
    """How a table becomes a file. ``encode`` yields bytes and keeps no more than a chunk of them."""

    name: str
    content_type: str
    encode: Callable[[Sequence[Column], Iterable[Sequence[Any]]], Iterator[bytes]]


def encode_csv(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """RFC 4180 in UTF-8 without a byte order mark, a header row first; an empty field is NULL."""
    writers = [_WRITERS[column.type] for column in columns]
    buffer = io.StringIO(newline="")
    out = csv.writer(buffer)
    out.writerow([column.name for column in columns])
    for row in rows:
        out.writerow(
            ["" if value is None else write(value) for write, value in zip(writers, row, strict=True)]
        )
        if buffer.tell() >= CHUNK:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


FORMATS = {made.name: made for made in (Format("csv", "text/csv; charset=utf-8", encode_csv),)}
