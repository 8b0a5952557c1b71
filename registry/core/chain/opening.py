"""The beginning of the chain: what an installation holds when it first meets it is sealed as it stands.

Runs after every migration and does something once. Whoever removes every link to have the chain begun anew is found
out by a head that was kept outside.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from registry.core.chain import links, triggers
from registry.core.chain.digests import Chained, covered, digest_of, joined, new_salt
from registry.core.chain.links import ChainLink, Link, RowsOfTable

#: Rows that are held at once.
BATCH = 1000


def chained_models() -> list[Any]:
    """Every model whose rows stand in the chain of changes, by the names of their tables."""
    found = [model for model in apps.get_models(include_auto_created=True) if issubclass(model, Chained)]
    return sorted(found, key=lambda model: model._meta.db_table)


def after_migrations(**kwargs: Any) -> None:
    """Begin the chain if there is none, and close the tables."""
    tables = set(connection.introspection.table_names())
    wanted = [*triggers.insert_only_models(), triggers.Lifted]
    if any(model._meta.db_table not in tables for model in wanted):
        return  # some floor has not been migrated yet
    begin(ChainLink, chained_models(), _latest_change)
    triggers.install()


def _latest_change() -> int:
    from registry.core.sequence import ChangeCounter

    return ChangeCounter.latest()


def begin(chain: type[Link], models: list[Any], number: Any, **more: Any) -> None:
    """Seal the rows of the models under the first link of the chain, unless it has one."""
    if chain._base_manager.exists():
        return
    with transaction.atomic():
        if any(model._base_manager.exists() for model in models):
            triggers.remove()
        tables = [_sealed(model) for model in models]
        links.add(chain, number(), tables, begins=True, **more)


def _sealed(model: Any) -> RowsOfTable:
    found = RowsOfTable(model._meta.db_table)
    quote = connection.ops.quote_name
    update = (
        f"UPDATE {quote(model._meta.db_table)} SET salt = %s, digest = %s "  # noqa: S608 - names of our own
        f"WHERE {quote(model._meta.pk.column)} = %s"
    )
    for batch in batches(model):
        written = []
        for key, _salt, _digest, *values in batch:
            salt = new_salt()
            digest = digest_of(salt, text_of_values(model, values))
            written.append((salt, digest, key))
            found.add(key, digest)
        with connection.cursor() as cursor:
            cursor.executemany(update, written)
    return found


def text_of_values(model: Any, values: list[Any]) -> str:
    return joined(zip((name for name, _attname in covered(model)), values, strict=True))


def batches(model: Any, until: int | None = None) -> Iterator[list[tuple[Any, ...]]]:
    """The rows in the order of their keys: key, salt, digest, and the values that the digest covers."""
    rows = _rows(model)
    if until is not None:
        rows = rows.filter(pk__lte=until)
    batch = list(rows[:BATCH])
    while batch:
        yield batch
        batch = list(rows.filter(pk__gt=batch[-1][0])[:BATCH])


def rows_of(model: Any, keys: list[int]) -> list[tuple[Any, ...]]:
    """Some of the rows."""
    return list(_rows(model).filter(pk__in=keys))


def rows_where(model: Any, **condition: Any) -> list[tuple[Any, ...]]:
    """The rows of which this holds, in the order of their keys."""
    return list(_rows(model).filter(**condition))


def _rows(model: Any) -> Any:
    columns = ("pk", "salt", "digest", *(attname for _name, attname in covered(model)))
    return model._base_manager.order_by("pk").values_list(*columns)
