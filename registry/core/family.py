"""Families: records with everything that hangs together with them, loaded in a fixed number of queries.

Rules across rows, completeness and checks of higher floors look from one record to others. For one record that is a
query each; for thousands the whole families are loaded once, what is to be written takes the place of what is stored,
and the relations between them are filled in, so that the same rules find everything without asking again.

A record belongs to the record that its first immutable foreign key names.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from django.db import models

from registry.core.models import Record
from registry.core.querysets import RecordQuerySet

#: Keys in one condition: SQLite takes no more than some 30,000.
KEYS_AT_ONCE = 10_000
_STAMPS = frozenset({"created_by", "modified_by"})


@cache
def owner_field(model: type[Record]) -> Any:
    """The foreign key to the record that this one belongs to; ``None`` for a record that stands by itself."""
    for name in model.immutable_fields:
        field: Any = model._meta.get_field(name)
        if field.is_relation and issubclass(field.related_model, Record):
            return field
    return None


@cache
def top_of(model: type[Record]) -> type[Record]:
    """The model at the top of the family."""
    field = owner_field(model)
    return model if field is None else top_of(field.related_model)


@cache
def root_of(model: type[Record]) -> type[Record]:
    """The model whose record is locked while one of this model is written."""
    if model.aggregate_root is Record.aggregate_root:
        return model
    field = owner_field(model)
    if field is None:
        raise TypeError(f"{model.__name__} has a root, but no immutable key that leads to it.")
    return root_of(field.related_model)


@cache
def members(top: type[Record]) -> tuple[type[Record], ...]:
    """The models of a family, owners before what belongs to them."""
    found = [top]
    for model in found:
        for relation in model._meta.related_objects:
            child: Any = relation.related_model
            if issubclass(child, Record) and relation.field is owner_field(child) and child not in found:
                found.append(child)
    return tuple(found)


@cache
def _to_records(model: type[Record]) -> tuple[Any, ...]:
    """Foreign keys to other records and to lists, without who wrote the row."""
    return tuple(f for f in model._meta.concrete_fields if f.is_relation and f.name not in _STAMPS)


@cache
def _reverse(model: type[Record]) -> tuple[Any, ...]:
    return tuple(r for r in model._meta.related_objects if issubclass(r.related_model, Record))


def in_parts(keys: Iterable[Any]) -> Iterator[list[Any]]:
    """Keys in groups that one condition can hold."""
    listed = sorted(keys)
    for at in range(0, len(listed), KEYS_AT_ONCE):
        yield listed[at : at + KEYS_AT_ONCE]


def fetch(model: type[Record], field: str, keys: Iterable[Any], *, lock: bool = False) -> list[Any]:
    """The rows whose ``field`` is among the keys, in the order of their ids; locked, if wished."""
    found: list[Any] = []
    for part in in_parts(keys):
        rows = model._base_manager.filter(**{f"{field}__in": part}).order_by("pk")
        found += rows.select_for_update() if lock else rows
    return found


Rows = dict[type[Record], dict[int, Any]]


class Family:
    """The families of some records: ``before`` as they are stored, ``after`` with these records in their place.

    With ``lock`` the roots are locked first, so that nobody changes what is judged until the transaction ends.
    """

    def __init__(self, records: Iterable[Record], *, lock: bool) -> None:
        self.records = list(records)
        self.before: Rows = defaultdict(dict)
        self.after: Rows = defaultdict(dict)
        self._load(lock)

    def stored(self, record: Record) -> Any:
        """The row as it is stored, or ``None``."""
        return self.before[type(record)].get(record.pk) if record.pk is not None else None

    # -- loading -------------------------------------------------------------------------------------------------

    def _load(self, lock: bool) -> None:
        named: dict[type[Record], set[int]] = defaultdict(set)
        for record in self.records:
            model, field = type(record), owner_field(type(record))
            named[top_of(model)]  # the family counts, even where nothing of it is stored yet
            if not record._state.adding:
                named[model].add(record.pk)
            if field is not None and (key := self._stored_key(record, field)) is not None:
                named[field.related_model].add(key)
        for top in [model for model in named if owner_field(model) is None]:
            family = members(top)
            self._climb(family, named)
            if lock:
                for root in {root_of(model) for model in family}:
                    if named[root]:
                        fetch(root, "pk", named[root], lock=True)
            for model in family:
                field = owner_field(model)
                keys = named[top] if field is None else set(self.before[field.related_model])
                name = "pk" if field is None else field.attname
                self.before[model] = {row.pk: row for row in fetch(model, name, keys)} if keys else {}

    @staticmethod
    def _stored_key(record: Record, field: Any) -> int | None:
        """The key of the owner, if that one is stored."""
        if field.is_cached(record):
            owner = field.get_cached_value(record)
            if owner is not None and owner._state.adding:
                return None
        return getattr(record, field.attname)

    @staticmethod
    def _climb(family: tuple[type[Record], ...], named: dict[type[Record], set[int]]) -> None:
        """From rows to their owners, up to the top; keys only."""
        for model in reversed(family):
            field = owner_field(model)
            for part in in_parts(named[model]) if field is not None else ():
                above = model._base_manager.filter(pk__in=part).values_list(field.attname, flat=True)
                named[field.related_model].update(above)

    # -- relations -----------------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Put the records in place and fill in the relations; every record has its key by now."""
        placed = {(type(record), record.pk) for record in self.records}
        for model, rows in self.before.items():
            self.after[model] = {key: row for key, row in rows.items() if (model, key) not in placed}
        for record in self.records:
            self.after[type(record)][record.pk] = record
        replaced: dict[Any, list[Any]] = defaultdict(list)
        for model, key in placed:
            if key in self.before[model]:
                replaced[model].append(self.before[model][key])
        if replaced:
            _connect(self.before, replaced)
        _connect(self.after, {model: list(rows.values()) for model, rows in self.after.items()})


def _connect(rows: Rows, owners: dict[Any, list[Any]]) -> None:
    """Fill in the relations: what each row names, and what names those among ``owners``."""
    lists: dict[Any, dict[Any, Any]] = {}
    for model in rows:
        for field in _to_records(model):
            target: Any = field.related_model
            known = rows[target] if target in rows else lists.setdefault(target, _listed(rows, target))
            for row in rows[model].values():
                key = getattr(row, field.attname)
                if key is not None and key in known:
                    field.set_cached_value(row, known[key])
    for model in rows:
        for relation in _reverse(model):
            if relation.related_model in rows:
                _fill(relation, rows, owners.get(model, []))


def _listed(rows: Rows, target: Any) -> dict[Any, Any]:
    """The rows of a list (diagnoses, centres) that any of the records names."""
    keys = {
        getattr(row, field.attname)
        for model, found in rows.items()
        for field in _to_records(model)
        if field.related_model is target
        for row in found.values()
    } - {None}
    found: dict[Any, Any] = {}
    for part in in_parts(keys):
        found |= target._base_manager.in_bulk(part)
    return found


def _fill(relation: Any, rows: Rows, owners: list[Any]) -> None:
    """Fill in what names these rows over one relation."""
    if not owners:
        return
    field, child = relation.field, relation.related_model
    by_owner: dict[Any, list[Any]] = defaultdict(list)
    for row in rows[child].values():
        by_owner[getattr(row, field.attname)].append(row)
    if relation.one_to_one:
        for owner in owners:
            relation.set_cached_value(owner, next(iter(by_owner.get(owner.pk, ())), None))
        return
    # Rows come by their ids, new ones behind them: the order where nothing else decides.
    order = [name for name in child._meta.ordering if name.removeprefix("-") not in (field.name, "id", "pk")]
    empty = found_already(child, [])
    for owner in owners:
        listed = by_owner.get(owner.pk)
        if listed and len(listed) > 1:
            for name in reversed(order):
                attname = child._meta.get_field(name.removeprefix("-")).attname
                listed.sort(key=lambda row: _sortable(getattr(row, attname)), reverse=name.startswith("-"))
        answer = found_already(child, listed) if listed else empty
        cached = owner.__dict__.setdefault("_prefetched_objects_cache", {})
        cached[field.remote_field.cache_name] = answer


def _sortable(value: Any) -> tuple[Any, ...]:
    """Also for values that have not been read yet, whatever they are."""
    if value is None:
        return (2,)
    return (0, value) if isinstance(value, int) else (1, str(value))


@cache
def _template(model: type[Record]) -> models.QuerySet:
    return RecordQuerySet(model)


def found_already(model: type[Record], rows: list[Any]) -> models.QuerySet:
    """A queryset that has its answer."""
    answer: Any = RecordQuerySet.__new__(RecordQuerySet)
    answer.__dict__.update(_template(model).__dict__)
    answer._result_cache, answer._prefetch_done = rows, True
    return answer
