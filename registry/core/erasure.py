"""Erasure: a record goes with everything beneath it, and so does what history holds of all of them.

What stays of a row of history is who, when, and which record of which change it was; its values, its reason and its
salt go, and the digest stands for them, so that the chain still verifies. What has been emptied is itself written into
the chain (``ErasedRecord``): a row that is empty without that is found by ``manage.py verify_history``.

This is the only code that passes the triggers. Locks and signatures do not hold it up: erasing is a legal duty.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models, transaction

from registry.core import sequence
from registry.core.chain import opening, triggers
from registry.core.chain.digests import Digested
from registry.core.chain.erased import ErasedRecord, Remains
from registry.core.history import HOUSEKEEPING, Change
from registry.core.models import Record
from registry.core.records import _pass, together

#: Columns of history that say who and when.
_KEPT = frozenset(
    field.name for base in (Change, Digested) for field in base._meta.get_fields() if field.concrete
) - {"salt"}


@dataclass
class Scope:
    """Everything that belongs to one record: ids by model, of what there is and of what history knows."""

    root: Record
    records: dict[type[Record], set[int]] = field(default_factory=dict)

    @property
    def history_rows(self) -> int:
        return sum(model.history.filter(id__in=ids).count() for model, ids in self.records.items())

    def counts(self) -> list[tuple[Any, int, int]]:
        """Model, records that there are, and rows of history, of each model that has any."""
        return [
            (
                model,
                model._base_manager.filter(pk__in=ids).count(),
                model.history.filter(id__in=ids).count(),
            )
            for model, ids in self.records.items()
            if ids
        ]


def scope_of(root: Record, also: Iterable[int] = ()) -> Scope:
    """The record and all that hangs on it over foreign keys, be it there or known to history alone.

    ``also`` are keys of records of the same kind that it has taken in.
    """
    found = Scope(root, {type(root): {root.pk, *also}})
    waiting = [type(root)]
    while waiting:
        parent = waiting.pop(0)
        for model, key in _children_of(parent):
            ids = _beneath(model, key, found.records[parent])
            known = found.records.setdefault(model, set())
            if ids - known:
                known |= ids
                waiting.append(model)
    return found


def _children_of(parent: type[Record]) -> list[tuple[type[Record], Any]]:
    return [
        (model, key)
        for model in apps.get_models()
        if issubclass(model, Record)
        for key in model._meta.concrete_fields
        if key.is_relation and key.related_model is parent and model is not parent
    ]


def _beneath(model: Any, key: Any, parents: set[int]) -> set[int]:
    """The records beneath these parents. One that has found other parents since belongs to those."""
    here = {f"{key.attname}__in": parents}
    ids = set(model._base_manager.filter(**here).values_list("pk", flat=True))
    past = set(model.history.filter(**here).values_list("id", flat=True)) - ids
    elsewhere = model._base_manager.filter(pk__in=past).exclude(**here).exclude(**{key.attname: None})
    return ids | (past - set(elsewhere.values_list("pk", flat=True)))


def erase(
    root: Record,
    *,
    by: Any,
    reason: str,
    leave: Callable[[Any], None],
    first: tuple[type[Record], ...],
    also: Iterable[int] = (),
    then: Callable[[Scope], None] = lambda scope: None,
) -> Scope:
    """Erase everything beneath ``root``, and of ``root`` what ``leave`` takes away from it; one change.

    ``first`` are the models whose rows are deleted, with what cascades from them. ``reason`` stands in history with
    what is left of ``root``. ``then`` empties what is kept beside records, in the same transaction.
    """
    # The counter stays locked until the history is empty too; nothing else is waited for after it.
    with transaction.atomic():
        with together():
            held, scope = _held(root, first, also)
            for model in first:
                rows = model._base_manager.select_for_update().filter(pk__in=scope.records.get(model, set()))
                with _pass(by, ""):
                    for row in rows:
                        row.delete()
            leave(held)
            held.version += 1
            with _pass(by, reason):
                held.save()
        left = type(root).history.filter(id=held.pk).order_by("-history_id").values_list("pk", flat=True)[0]
        with triggers.lifted():
            for model, ids in scope.records.items():
                rows = model.history.filter(id__in=ids).exclude(pk=left if model is type(root) else None)
                rows.update(**emptied(model, frozenset(scope.records)))
            then(scope)
        with together():
            for model, ids in scope.records.items():
                _note_erased(model.history.model, ids)
    return scope


def _held(root: Record, first: tuple[type[Record], ...], also: Iterable[int]) -> tuple[Any, Scope]:
    """The record and what belongs to it, once nobody can write beneath it any more: what somebody was about to write
    in that moment goes too. Cases are locked before their patient, as everywhere.
    """
    found = scope_of(root, also)
    for model in first:
        keys = sorted(found.records.get(model, ()))
        list(model._base_manager.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))
    held = type(root)._base_manager.select_for_update().get(pk=root.pk)
    return held, scope_of(held, also)


def _note_erased(history: Any, ids: set[int]) -> None:
    """Write into the chain what has been emptied, with a digest over what is left."""
    remains = Remains(history)
    for row in opening.rows_where(history, id__in=ids, salt=""):
        remains.add(row)
    for key in sorted(ids):
        left = remains.of(key)
        sequence.note(ErasedRecord(table=history._meta.db_table, record_id=key, remains=left))


def emptied(model: type[Record], family: frozenset[type[Record]]) -> dict[str, Any]:
    """What an erased row of history holds in each column that may tell something.

    Keys to other erased records stay, and with them the shape of what was there; so does the centre.
    """
    kept = _KEPT | HOUSEKEEPING - {"confirmed", "missing"} | {"history_id", "history_date", "history_type"}
    kept |= {"history_user_id", *getattr(model, "kept_when_erased", ())}
    if model.numbered_within is not None:
        kept |= {model.numbered_within[0]}
    values: dict[str, Any] = {"salt": "", "history_change_reason": ""}
    for column in model.history.model._meta.concrete_fields:
        if column.name in kept or column.name in values or _is_kept_key(column, model, family):
            continue
        values[column.attname] = _nothing(column)
    return values


def _is_kept_key(column: Any, model: type[Record], family: frozenset[type[Record]]) -> bool:
    return column.is_relation and (
        column.related_model in family or column.name == (model.center_path or "").split("__")[0]
    )


def _nothing(column: models.Field) -> Any:
    if column.null:
        return None
    if isinstance(column, models.JSONField):
        return {}
    if isinstance(column, models.BooleanField):
        return False
    if isinstance(column, models.CharField | models.TextField):
        return ""
    if isinstance(column, models.IntegerField | models.DecimalField):
        return 0
    raise TypeError(f"{column} cannot be emptied: say so in kept_when_erased")
