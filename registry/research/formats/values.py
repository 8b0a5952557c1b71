"""How one value is written, in text and in formats that have types: the same value in every file.

``sql.py`` beside this says the same to PostgreSQL, so that a file that the database writes itself has the same bytes.
"""

import datetime
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from registry.research.columns import ColumnType

#: Computed numbers are floating point; beyond this they differ between databases, and mean nothing clinically.
PLACES = 6
_SMALLEST = Decimal(1).scaleb(-PLACES)


def number_text(value: Any) -> str:
    """A number as both databases would have to write it: no exponent, no trailing zeros, at most six decimals."""
    if isinstance(value, float):
        value = Decimal(f"{value:.15g}")
    if isinstance(value, Decimal):
        if value.as_tuple().exponent < -PLACES:  # type: ignore[operator]
            value = value.quantize(_SMALLEST, ROUND_HALF_UP)
        text = format(value, "f")
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text == "-0" else text
    return str(value)


def boolean_text(value: Any) -> str:
    return "true" if value else "false"


def date_text(value: Any) -> str:
    return value.isoformat()


def moment_text(value: Any) -> str:
    """A moment to the second, in UTC."""
    return value.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


#: Every value as text, free text as it stands.
TEXTS: dict[ColumnType, Callable[[Any], str]] = {
    ColumnType.KEY: str,
    ColumnType.NUMBER: number_text,
    ColumnType.INTEGER: number_text,
    ColumnType.BOOLEAN: boolean_text,
    ColumnType.CODE: str,
    ColumnType.CODE_SET: str,
    ColumnType.TEXT: str,
    ColumnType.DATE: date_text,
    ColumnType.DATETIME: moment_text,
}


def number(value: Any) -> float:
    """A number for a format that has numbers: the one that its text reads back as."""
    return float(number_text(value))


def integer(value: Any) -> int:
    return int(number(value))


def moment(value: Any) -> datetime.datetime:
    """A moment to the second, in UTC."""
    return value.astimezone(datetime.UTC).replace(microsecond=0)


#: Every value as Python holds it, for formats that have types.
TYPED: dict[ColumnType, Callable[[Any], Any]] = {
    **TEXTS,
    ColumnType.NUMBER: number,
    ColumnType.INTEGER: integer,
    ColumnType.BOOLEAN: bool,
    ColumnType.DATE: lambda value: value,
    ColumnType.DATETIME: moment,
}


def is_given(value: Any) -> bool:
    """An empty text says as little as NULL does; zero and “no” say something."""
    return value is not None and value != ""
