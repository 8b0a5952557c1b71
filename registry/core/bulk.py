"""The wide door beside the write door: many new records that a part of the registry has made itself.

For parts that draw or rebuild whole cases, never for what somebody typed: values are read as at every door, and the
database holds every rule of one record, but rules across rows, rights and completeness are not asked. Every record
leaves history, as always.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import IntegrityError, connections, router, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.core import policies
from registry.core.actors import System, identity_of
from registry.core.chain import digests, links
from registry.core.models import Record
from registry.core.new_rows import BATCH, insert, new_keys
from registry.core.records import Attempt, _pass
from registry.core.sequence import ChangeCounter


def load(records: Iterable[Record], *, by: System, reason: str) -> int:
    """Write new records; those they refer to may be among them. Answers how many there were.

    Raises ``ValidationError`` for a value that cannot be read or that a rule forbids; then nothing has been written.
    """
    by_model: dict[type[Record], list[Record]] = {}
    for record in records:
        by_model.setdefault(type(record), []).append(record)
    try:
        with transaction.atomic(), _pass(by, reason):
            _refuse_locked((record for rows in by_model.values() for record in rows), by, reason)
            ordered = list(_parents_first(by_model))
            for model in ordered:
                _load(model, by_model[model])
            # Nothing else is locked after the counter.
            number = ChangeCounter.take()
            tables = []
            for model in ordered:
                rows = by_model[model]
                tables.append(links.RowsOfTable(model.history.model._meta.db_table))
                for at in range(0, len(rows), BATCH):
                    _remember(model, rows[at : at + BATCH], by, reason, number, tables[-1])
            links.add(links.ChainLink, number, tables)
    except IntegrityError as error:
        raise ValidationError(
            _("The database refused these records: %(why)s") % {"why": str(error).splitlines()[0]},
            code="database",
        ) from None
    return sum(len(rows) for rows in by_model.values())


def _refuse_locked(rows: Iterable[Record], by: System, reason: str) -> None:
    """Ask the checks of the write door, once for each root that is there already and each kind of new one."""
    asked: set[Any] = set()
    for record in rows:
        try:
            root = record.aggregate_root()
            there = root if root.pk is not None else None
            center = record.center_id_of() if record.center_path is not None else None
        except (AttributeError, ObjectDoesNotExist):
            continue  # the row without a parent is refused when its values are read
        if there is None and root is not record:
            continue  # beneath a new root, which is asked itself
        key = (type(root), there and there.pk, center, getattr(record, "status", None))
        if key not in asked:
            asked.add(key)
            if there is not None:
                there = type(there)._base_manager.select_for_update().get(pk=there.pk)
            policies.check_write(Attempt(by, record, None, there, False, reason))


def rewrite(records: Iterable[Record], columns: Iterable[str], *, by: System, reason: str) -> None:
    """Write columns anew that say the same in another form, such as what is encrypted under another key.

    The caller holds the rows locked, inside ``together``. Each record leaves a row of history; version and dates stay,
    as nobody's page has become stale.
    """
    with _pass(by, reason):
        for record in records:
            record.save(update_fields=list(columns))


def _parents_first(models: Iterable[type[Record]]) -> Iterator[type[Record]]:
    waiting = list(models)
    while waiting:
        ready = [
            model
            for model in waiting
            if not any(
                field.related_model in waiting for field in _keys(model) if field.related_model is not model
            )
        ]
        yield from ready
        waiting = [model for model in waiting if model not in ready]


def _keys(model: type[Record]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if field.is_relation]


def _load(model: type[Record], rows: list[Record]) -> None:
    keys = _keys(model)
    unasked = {field.name for field in keys}  # a query for each: the database holds foreign keys
    numbers: dict[Any, int] = {}
    for record in rows:
        for field in keys:
            if getattr(record, field.attname) is None and field.is_cached(record):
                setattr(record, field.name, getattr(record, field.name))  # its key is known by now
        _number(record, numbers)
        record.clean_fields(exclude=unasked)
        record.version = 1
    model.prepare_new(rows)
    for record, key in zip(rows, new_keys(model, len(rows)), strict=True):
        record.pk = key
    insert(model, rows)


def _number(record: Record, numbers: dict[Any, int]) -> None:
    """Number the rows of a new parent from 1, as one after the other would have been."""
    if record.numbered_within is None:
        return
    number, parent = record.numbered_within
    if getattr(record, number) in (None, ""):
        parent_id = getattr(record, f"{parent}_id")
        numbers[parent_id] = numbers.get(parent_id, 0) + 1
        setattr(record, number, numbers[parent_id])


# -- history -----------------------------------------------------------------------------------------------------------


def _remember(
    model: type[Record], rows: list[Record], by: System, reason: str, number: int, table: links.RowsOfTable
) -> None:
    """History of new rows under the number of their change, copied by the database itself.

    Only salt and digest come from here: they are made of the values in hand, which are those of the rows.
    """
    history: Any = model.history.model
    connection = connections[router.db_for_write(model)]
    quote: Any = connection.ops.quote_name
    kept = {field.column for field in history._meta.concrete_fields}
    columns = [quote(field.column) for field in model._meta.concrete_fields if field.column in kept]
    user_id, user_name = identity_of(by)
    said: dict[str, Any] = {
        "history_date": timezone.now(),
        "history_type": "+",
        "history_change_reason": reason,
        "history_user_id": user_id,
        "history_user_name": user_name,
        "change_sequence": number,
    }
    sealed = _sealed(history, rows, said)
    said["history_date"] = connection.ops.adapt_datetimefield_value(said["history_date"])
    into = ", ".join([*columns, *(quote(name) for name in said), "salt", "digest"])
    values = ", ".join([*columns, *(["%s"] * len(said)), "sealed_salt", "sealed_digest"])
    key = quote(model._meta.pk.column)
    if connection.vendor == "postgresql":
        given = (
            "unnest(%s::bigint[], %s::text[], %s::text[]) AS sealed (sealed_key, sealed_salt, sealed_digest)"
        )
        parameters: list[Any] = [list(column) for column in zip(*sealed, strict=True)]
    else:
        given = (
            "(SELECT value ->> 0 AS sealed_key, value ->> 1 AS sealed_salt, value ->> 2 AS sealed_digest "
            "FROM json_each(%s)) AS sealed"
        )
        parameters = [json.dumps(sealed)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(history._meta.db_table)} ({into}) SELECT {values} "  # noqa: S608 - names of columns
            f"FROM {given} JOIN {quote(model._meta.db_table)} ON {key} = sealed_key ORDER BY {key} "
            f"RETURNING {quote(history._meta.pk.column)}, digest",
            [*said.values(), *parameters],
        )
        for history_id, digest in sorted(cursor.fetchall()):
            table.add(history_id, digest)


def _sealed(history: Any, rows: list[Record], said: dict[str, Any]) -> list[tuple[Any, str, str]]:
    """Key, salt and digest of each row, as its row of history will have them."""
    names = digests.covered(history)
    found = []
    for row in rows:
        salt = digests.new_salt()
        text = digests.joined(
            (name, said[name] if name in said else getattr(row, attname)) for name, attname in names
        )
        found.append((row.pk, salt, digests.digest_of(salt, text)))
    return found
