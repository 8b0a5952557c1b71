"""Rows that are new: keys for them ahead of writing, and the quickest way to write many."""

import io
import json
from collections.abc import Callable
from typing import Any

from django.db import connections, router
from django.db.models import JSONField

#: Rows per statement, where there is no COPY.
BATCH = 1000
#: Fewer are written by INSERT: two statements of COPY take longer than one.
MANY = 50


def new_keys(model: Any, count: int) -> list[int]:
    """Keys for so many rows. On SQLite they hold while the transaction has the database, which is one writer's."""
    connection = connections[router.db_for_write(model)]
    quote: Any = connection.ops.quote_name
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [table, column, count],
            )
            return [key for (key,) in cursor.fetchall()]
        cursor.execute(
            f"SELECT max(coalesce((SELECT max({quote(column)}) FROM {quote(table)}), 0), "  # noqa: S608 - our names
            "coalesce((SELECT seq FROM sqlite_sequence WHERE name = %s), 0))",
            [table],
        )
        last = cursor.fetchone()[0]
    return list(range(last + 1, last + 1 + count))


def add(model: Any, rows: list[Any]) -> None:
    """Write new rows, few or many; they have their keys afterwards."""
    if len(rows) < MANY or connections[router.db_for_write(model)].vendor != "postgresql":
        model._base_manager.bulk_create(rows)
        return
    for row, key in zip(rows, new_keys(model, len(rows)), strict=True):
        row.pk = key
    insert(model, rows)


def insert(model: Any, rows: list[Any]) -> None:
    """Write new rows that have their keys."""
    if connections[router.db_for_write(model)].vendor == "postgresql":
        _copy(model, rows)
    else:
        model._base_manager.bulk_create(rows, batch_size=BATCH)


def _copy(model: Any, rows: list[Any]) -> None:
    """Write the rows by COPY, several times as fast as INSERT."""
    connection = connections[router.db_for_write(model)]
    quote: Any = connection.ops.quote_name
    meta = model._meta
    with connection.cursor() as cursor:
        writers = [(field, _writer(field)) for field in meta.concrete_fields]
        lines = (
            "\t".join(write(field.pre_save(record, True)) for field, write in writers) for record in rows
        )
        columns = ", ".join(quote(field.column) for field in meta.concrete_fields)
        text = io.StringIO("\n".join(lines) + "\n")
        with connection.wrap_database_errors:
            cursor.copy_expert(f"COPY {quote(meta.db_table)} ({columns}) FROM STDIN", text)
    for record in rows:
        record._state.adding, record._state.db = False, connection.alias


def _writer(field: Any) -> Callable[[Any], str]:
    """How COPY reads a value of the field."""
    if isinstance(field, JSONField):
        return lambda value: _escaped(json.dumps(value, cls=field.encoder))
    if hasattr(field, "from_db_value"):  # what is encrypted on the way in
        return lambda value: _copied(field.get_prep_value(value))
    return _copied


def _copied(value: Any) -> str:
    if value is None:
        return "\\N"
    return _escaped(value) if isinstance(value, str) else str(value)


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
