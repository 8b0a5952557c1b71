"""History of clinical records: who, when, why, from what, to what.

Rows carry the actor's id and name as text: a user that is renamed or removed changes nothing in the past, and no
foreign key keeps a user from being removed.
"""

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from registry.core import sequence
from registry.core.actors import identity_of
from registry.core.chain.digests import Chained
from registry.core.rules import label_of

#: Columns that say nothing about what changed.
HOUSEKEEPING = frozenset(
    {
        "id",
        "uuid",
        "version",
        "created_at",
        "created_by",
        "modified_at",
        "modified_by",
        "confirmed",
        "missing",
    }
)


@dataclass(frozen=True)
class Pass:
    """The permission to write, held only inside the write door: who writes and why."""

    actor: Any
    reason: str


current_pass: ContextVar[Pass | None] = ContextVar("current_pass", default=None)


class Change(Chained):
    """What every history row adds to the columns of its record."""

    history_user_name = models.CharField(_("by"), max_length=150, blank=True, default="")

    class Meta:
        abstract = True


def _actor_text(row: Any) -> str:
    return row.history_user_name


def _note_actor(row: Any, actor: Any) -> None:
    if actor is not None:
        row.history_user_id, row.history_user_name = identity_of(actor)


class Changes(HistoricalRecords):
    """simple-history bound to the write door: user and reason come from the pass, never from a request or a signal."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            bases=(Change,),
            inherit=True,
            history_user_id_field=models.CharField(max_length=64, blank=True, default=""),
            history_user_getter=_actor_text,
            history_user_setter=_note_actor,
            history_change_reason_field=models.TextField(blank=True, default=""),
            **kwargs,
        )

    def fields_included(self, model):
        kept_out = getattr(model, "not_in_history", ())
        return [field for field in super().fields_included(model) if field.name not in kept_out]

    # A field belongs to one model: one that all histories shared would be taken for that of another table in an UPDATE.

    def _get_history_change_reason_field(self):
        return super()._get_history_change_reason_field().clone()

    def _get_history_user_fields(self):
        found = super()._get_history_user_fields()
        return {**found, "history_user_id": found["history_user_id"].clone()}

    def create_historical_record(self, instance, history_type, using=None):
        """Note what has happened; the row is written with the number of the change that it belongs to."""
        history_model, columns = self._of(type(instance))
        values = {name: getattr(instance, name) for name in columns}
        row = history_model(
            history_date=timezone.now(),
            history_type=history_type,
            history_user=self.get_history_user(instance),
            history_change_reason=self.get_change_reason_for_object(instance, history_type, using),
            **values,
        )
        sequence.note(row)

    def _of(self, model):
        """The model of the history and the columns it keeps; simple-history makes a class to answer the first."""
        known = self.__dict__.setdefault("_known", {})
        if model not in known:
            columns = tuple(field.attname for field in self.fields_included(model))
            known[model] = (getattr(model, self.manager_name).model, columns)
        return known[model]

    def get_history_user(self, instance):
        held = current_pass.get()
        return held.actor if held else None

    def get_change_reason_for_object(self, instance, history_type, using):
        held = current_pass.get()
        return held.reason if held else ""


@dataclass(frozen=True)
class FieldChange:
    """One field of one change, with both values as they are shown."""

    field: str
    label: str
    before: Any
    after: Any
    #: History says that it changed, not from what to what.
    secret: bool = False


#: What the records are called that history rows refer to: (model, key) → name.
Names = Mapping[tuple[Any, Any], str]


def field_changes(
    row: Any, previous: Any | None, leave_out: frozenset[str] = frozenset(), names: Names | None = None
) -> list[FieldChange]:
    """What a history row changed against the one before it (against nothing, for the first).

    ``names`` of the records it refers to save a query for each; see ``names_in``.
    """
    model = row.instance_type
    kept_out = getattr(model, "not_in_history", ())
    secret = getattr(model, "secret_in_history", {})
    found = []
    for field in model._meta.concrete_fields:
        if field.name in HOUSEKEEPING or field.name in kept_out or field.name in leave_out:
            continue
        before = getattr(previous, field.attname) if previous is not None else None
        after = getattr(row, field.attname)
        if row.history_type == "-":
            before, after = after, None
        if before == after or (before in (None, "") and after in (None, "")):
            continue
        if field.name in secret:
            hidden = gettext("(not kept)")
            found.append(FieldChange(field.name, str(secret[field.name]), hidden, hidden, secret=True))
            continue
        label = str(field.verbose_name)
        found.append(
            FieldChange(field.name, label, _shown(field, before, names), _shown(field, after, names))
        )
    found += _missing_changes(model, row, previous)
    return found


def confirmation_changes(row: Any, previous: Any | None) -> list[FieldChange]:
    """Reasons that were given for unusual values, and those that lapsed."""
    before = dict(previous.confirmed) if previous is not None else {}
    after = {} if row.history_type == "-" else dict(row.confirmed)
    said = [
        (name, (before.get(name) or {}).get("reason"), (after.get(name) or {}).get("reason"))
        for name in sorted({*before, *after})
    ]
    return [
        FieldChange(
            f"{name}__unusual",
            gettext("%(label)s: reason for the unusual value") % {"label": label_of(row.instance_type, name)},
            was,
            now,
        )
        for name, was, now in said
        if was != now
    ]


def _missing_changes(model: Any, row: Any, previous: Any | None) -> list[FieldChange]:
    before = dict(previous.missing) if previous is not None else {}
    after = {} if row.history_type == "-" else dict(row.missing)
    if row.history_type == "-":
        before = dict(row.missing)
    return [
        FieldChange(
            f"{name}__missing",
            gettext("%(label)s (why missing)") % {"label": model._meta.get_field(name).verbose_name},
            before.get(name),
            after.get(name),
        )
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def _shown(field: Any, value: Any, names: Names | None) -> Any:
    if value is None or value == "":
        return None
    if not field.is_relation:
        return value
    model = field.related_model
    if names is None:
        names = _names_of(model, {value})
    return names.get((model, value)) or f"#{value}"


def names_in(rows: Iterable[Any]) -> dict[tuple[Any, Any], str]:
    """Names of what these history rows refer to, less the parents that never change; one query for each model."""
    wanted: dict[Any, set[Any]] = {}
    for row in rows:
        for field in row.instance_type._meta.concrete_fields:
            fixed = field.name in row.instance_type.immutable_fields
            if (
                field.is_relation
                and field.name not in HOUSEKEEPING
                and (not fixed or field.name in row.instance_type.movable_fields)
            ):
                wanted.setdefault(field.related_model, set()).add(getattr(row, field.attname))
    return {
        known: name
        for model, keys in wanted.items()
        for known, name in _names_of(model, keys - {None}).items()
    }


def _names_of(model: Any, keys: set[Any]) -> dict[tuple[Any, Any], str]:
    """What these records are called; one that is gone, what it was called last."""
    found = {(model, row.pk): str(row) for row in model._base_manager.filter(pk__in=keys)}
    gone = [key for key in keys if (model, key) not in found]
    if gone and hasattr(model, "history"):
        for row in model.history.filter(id__in=gone).order_by("history_id"):
            if name := getattr(row, "registry_id", ""):
                found[model, row.id] = name
    return found
