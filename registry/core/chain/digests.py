"""A row's digest: SHA-256 over a salt and the row's content in one canonical text.

The text is the same whether it is made of the values about to be written or of those that SQLite or PostgreSQL give
back: times are in UTC, numbers without trailing zeros, JSON with sorted keys. A field that says nothing (NULL, empty
text, empty object) leaves no trace in it, so a column that a later version adds does not touch the digests of old rows.

The salt keeps the digest from giving away a content that has been erased: nobody can try all years of birth.
"""

import datetime
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

SALT_CHARACTERS = 32


class Digested(models.Model):
    """A row of an insert-only table, with the digest of its content."""

    #: Triggers refuse to change or remove such rows.
    insert_only = True
    #: The erasure of a patient may empty them all the same.
    erasure_empties = False

    # Without a salt: the content has been erased, and the digest stands for it.
    salt = models.CharField(_("salt"), max_length=SALT_CHARACTERS, blank=True, default="", editable=False)
    digest = models.CharField(_("digest"), max_length=64, blank=True, default="", editable=False)

    class Meta:
        abstract = True


class Chained(Digested):
    """A row that belongs to a numbered change and stands in the chain under its number."""

    erasure_empties = True

    # 0 is a change from before they were counted.
    change_sequence = models.BigIntegerField(_("number of the change"), default=0, db_index=True)

    class Meta:
        abstract = True


#: What a digest does not cover: itself, and the row's key, which the link covers.
OUTSIDE = frozenset({"salt", "digest"})


@cache
def covered(model: Any) -> tuple[tuple[str, str], ...]:
    """Name and attribute of every field that the digest covers, in the order of the text."""
    return tuple(
        sorted(
            (str(field.column), field.attname)
            for field in model._meta.concrete_fields
            if not field.primary_key and field.name not in getattr(model, "outside_digest", OUTSIDE)
        )
    )


def new_salt() -> str:
    return secrets.token_hex(SALT_CHARACTERS // 2)


def seal(row: Any) -> None:
    """Give a row about to be written its salt and its digest."""
    row.salt = new_salt()
    row.digest = digest_of(row.salt, text_of(row))


def text_of(row: Any) -> str:
    """The canonical text of a row's content."""
    model: Any = type(row)
    return joined((name, getattr(row, attname)) for name, attname in covered(model))


def joined(pairs: Any) -> str:
    """Names and values as one text that can be read in one way only: the length goes ahead of each value."""
    parts = []
    for name, value in pairs:
        if value is None or value == "":
            continue
        kind = type(value)
        text = value if kind is str else _WRITERS.get(kind, _write_other)(value)
        if text:
            parts.append(f"{name}:{len(text)}:{text}")
    return ";".join(parts)


def digest_of(salt: str, text: str) -> str:
    return hashlib.sha256(f"{salt};{text}".encode()).hexdigest()


# -- values as text ------------------------------------------------------------------------------------------------


def _write_decimal(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"


def _write_datetime(value: datetime.datetime) -> str:
    return value.astimezone(datetime.UTC).isoformat(timespec="microseconds")


def _write_json(value: Any) -> str:
    if not value:
        return ""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    """Numbers as texts: one database keeps 1.0 and 1e5 as they were written, the other does not."""
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    return f"#{_write_decimal(Decimal(str(value)))}"


def _write_other(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        return _write_datetime(value)
    if isinstance(value, Decimal):
        return _write_decimal(value)
    return str(value)  # whole numbers, dates, UUIDs, codes of a list


_WRITERS: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "true" if value else "false",
    int: str,
    Decimal: _write_decimal,
    float: lambda value: _write_decimal(Decimal(repr(value))),
    datetime.datetime: _write_datetime,
    datetime.date: datetime.date.isoformat,
    dict: _write_json,
    list: _write_json,
}
