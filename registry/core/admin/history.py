"""The history page: every change of a record and of what belongs to it, field by field."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from registry.core.admin.shown import DASH, as_text
from registry.core.codes import MISSING_SUFFIX, MissingCode
from registry.core.history import FieldChange, confirmation_changes, field_changes
from registry.core.models import Record
from registry.core.rules import label_of, why_missing_label

#: What tells the rows of one kind apart, in this order.
NAMING = ("registry_id", "number", "sequence", "cycle", "time_point", "kind", "name")
KINDS = {"+": "added", "~": "changed", "-": "deleted"}


@dataclass(frozen=True)
class Entry:
    """One line of the history page."""

    when: Any
    who: str
    why: str
    kind: str
    label: str
    changes: list[FieldChange]


@dataclass(frozen=True)
class Change:
    """A history row with the one before it."""

    row: Any
    previous: Any


def changes_of(record: Record) -> list[Change]:
    """All changes of the record and of what belongs to it, also of rows that are gone, newest first."""
    found: list[Change] = []
    rows = list(type(record).history.filter(id__in=record.history_keys()).order_by("history_id"))
    found += _paired(rows)
    for model, field in _belonging(type(record)):
        found += _beneath(model, field, set(record.history_keys()))
    return sorted(found, key=lambda change: (change.row.history_date, change.row.history_id), reverse=True)


def _belonging(model: type[models.Model]) -> list[tuple[Any, Any]]:
    """The kinds of record that go when this one goes."""
    return [
        (relation.related_model, relation.field)
        for relation in model._meta.related_objects
        if relation.on_delete is models.CASCADE and issubclass(relation.related_model, Record)
    ]


def _beneath(model: Any, field: Any, parents: set[Any]) -> list[Change]:
    rows = list(model.history.filter(**{f"{field.attname}__in": parents}).order_by("history_id"))
    found = _paired(rows)
    keys = {row.id for row in rows}
    if keys:
        for child, key in _belonging(model):
            found += _beneath(child, key, keys)
    return found


def _paired(rows: list[Any]) -> list[Change]:
    last: dict[Any, Any] = {}
    found = []
    for row in rows:
        found.append(Change(row, last.get(row.id)))
        last[row.id] = row
    return found


def described(changes: list[Change]) -> list[Entry]:
    """The changes in words."""
    return [
        Entry(
            when=change.row.history_date,
            who=change.row.history_user_name or _("unknown"),
            why=change.row.history_change_reason or "",
            kind=KINDS.get(change.row.history_type, change.row.history_type),
            label=_name_of(change.row),
            changes=[*(_in_words(change.row, found) for found in _fields(change)), *_explained(change)],
        )
        for change in changes
    ]


def _fields(change: Change) -> list[FieldChange]:
    parent = {
        field.name
        for field in change.row.instance_type._meta.concrete_fields
        if field.is_relation and field.name in change.row.instance_type.immutable_fields
    }
    return [found for found in field_changes(change.row, change.previous) if found.field not in parent]


def _in_words(row: Any, change: FieldChange) -> FieldChange:
    model = row.instance_type
    if change.field.endswith(MISSING_SUFFIX):
        name = change.field.removesuffix(MISSING_SUFFIX)
        label = str(why_missing_label(model, name))
        return FieldChange(change.field, label, _reason(change.before), _reason(change.after))
    field = model._meta.get_field(change.field)
    if change.secret:
        return FieldChange(change.field, capfirst(change.label), change.before, change.after, secret=True)
    label = label_of(model, change.field)
    if field.is_relation:
        return FieldChange(change.field, label, change.before or DASH, change.after or DASH)
    return FieldChange(change.field, label, as_text(field, change.before), as_text(field, change.after))


def _reason(code: Any) -> str:
    return str(MissingCode(code).label) if code in MissingCode.values else str(code or DASH)


def _explained(change: Change) -> list[FieldChange]:
    """Reasons given for unusual values, and those that lapsed."""
    return [
        FieldChange(found.field, found.label, found.before or DASH, found.after or DASH)
        for found in confirmation_changes(change.row, change.previous)
    ]


def _name_of(row: Any) -> str:
    """Which record a history row speaks of, without asking for rows that may be gone."""
    model = row.instance_type
    parts = [str(model._meta.verbose_name)]
    for name in NAMING:
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        value = getattr(row, field.attname)
        if value not in (None, ""):
            parts.append(as_text(field, value))
    return " ".join(parts)
