"""What takes long to make is made once in each process; later tests find its rows put back as they were."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

from registry.core.models import ChainLink
from registry.interchange.load_publications import load, paths_of

Made = TypeVar("Made")
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class _Kept:
    """What was made, and every table that making it changed: its columns, its rows before, its rows after."""

    made: Any
    tables: dict[str, tuple[list[str], Rows, Rows]]


#: Tables that have one row from the beginning: the first link of the chain, which covers nothing.
OPENED = {ChainLink._meta.db_table}

_kept: dict[tuple[Any, ...], _Kept] = {}


def remembered(name: str, make: Callable[[], Made]) -> Made:
    """What ``make`` answers, with the rows that it writes. Where other rows are in their place, it is made anew."""
    # Rows that name a content type mean it only as long as that keeps its id.
    key = (name, *_read(ContentType._meta.db_table)[1])
    kept = _kept.get(key)
    if kept is None:
        before = {
            table: _read(table) for table in connection.introspection.django_table_names(only_existing=True)
        }
        made = make()
        changed = {
            table: (columns, rows, after)
            for table, (columns, rows) in before.items()
            if (after := _read(table)[1]) != rows
        }
        if not any(
            len(rows) > (table in OPENED) and len(rows) < len(after)
            for table, (_columns, rows, after) in changed.items()
        ):
            _kept[key] = _Kept(copy.deepcopy(made), changed)
        return made
    if any(_read(table)[1] != before for table, (_columns, before, _after) in kept.tables.items()):
        return make()
    with transaction.atomic(), connection.cursor() as cursor:
        for table, (columns, before, after) in kept.tables.items():
            _put_back(cursor, table, columns, before, after)
    return copy.deepcopy(kept.made)


def publications(*slugs: str) -> None:
    """The published series, or some of them, as ``load_publications`` writes them."""

    def make() -> None:
        for path in paths_of(list(slugs)):
            load(path)

    remembered(f"publications {slugs}", make)


def _read(table: str) -> tuple[list[str], Rows]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} ORDER BY 1")
        return [column[0] for column in cursor.description], cursor.fetchall()


def _put_back(cursor: Any, table: str, columns: list[str], before: Rows, after: Rows) -> None:
    name = connection.ops.quote_name(table)
    if (
        before == after[: len(before)]
    ):  # rows were added: the database would refuse to remove those of the chain
        after = after[len(before) :]
    elif before:
        cursor.execute(f"DELETE FROM {name}")
    names = ", ".join(map(connection.ops.quote_name, columns))
    places = ", ".join(["%s"] * len(columns))
    cursor.executemany(f"INSERT INTO {name} ({names}) VALUES ({places})", after)
