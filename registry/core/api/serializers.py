"""``RecordSerializer``: how a request's JSON becomes a change of a record, and a refusal a problem at fields."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from registry.core import policies, records
from registry.core.api import problems
from registry.core.api.fields import FIXED, REQUIRED, UNKNOWN, ColumnField, MissingField, ReferenceField
from registry.core.api.shown import ShownRecordSerializer
from registry.core.models import Record

#: Keys of a request that say how to write, not what.
CONTROL = ("version", "reason", "confirm")


@dataclass
class Change:
    """How a write is meant: by whom, why, on which version, and which unusual values are confirmed."""

    by: Any
    version: int | None = None
    reason: str = ""
    confirm: dict[str, str] = field(default_factory=dict)


@dataclass
class Incoming:
    """What a request wants changed, and what is wrong with it before the model has looked."""

    values: dict[str, Any] = field(default_factory=dict)
    missing: dict[str, Any] = field(default_factory=dict)
    errors: problems.Errors = field(default_factory=dict)


class RecordSerializer(ShownRecordSerializer):
    """A record with everything it has, and the way in: what a request wants goes to the write door."""

    instance: Any

    def write(self, change: Change) -> Record:
        """Take the request's data to the write door.

        Raises ``Problem`` (400 with errors at fields, 409 with both values) and ``PermissionDenied``; nothing has
        been written then.
        """
        incoming = self.read(self.initial_data, change)
        record = self.proposed(incoming)
        self.demand_right(record, incoming, change)
        lock = policies.lock_of(record if self.instance is None else self.instance)
        if lock is not None:
            raise problems.locked(lock.message)
        if incoming.errors:
            self.add_what_else_is_wrong(record, incoming)
            raise problems.invalid(incoming.errors)
        try:
            return self.store(record, change)
        except ValidationError as refused:
            raise self.refusal(refused) from None
        except records.Conflict as conflict:
            raise self.conflict_problem(conflict) from None

    def refusal(self, refused: ValidationError) -> problems.Problem:
        """400 with errors at fields, 409 where another user's write is to blame, 423 where the record is locked."""
        locked = policies.lock_refusal(refused)
        if locked:
            return problems.locked(locked)
        if getattr(refused, "code", None) in ("race", "deleted"):
            return problems.Problem(409, " ".join(refused.messages))
        return problems.invalid(self.errors_of(refused))

    def store(self, record: Record, change: Change) -> Record:
        return records.save(
            record,
            by=change.by,
            reason=change.reason,
            expected_version=change.version,
            confirm=change.confirm,
        )

    def read(self, data: Mapping[str, Any], change: Change) -> Incoming:
        """Sort the request's data into values and missing codes; unknown and computed names are errors."""
        incoming = Incoming()
        for name, raw in data.items():
            if name in CONTROL:
                continue
            field_ = self.fields.get(name)
            if field_ is None:
                incoming.errors[name] = [str(UNKNOWN)]
            elif isinstance(field_, MissingField):
                incoming.missing[field_.explains] = raw
            elif isinstance(field_, ColumnField | ReferenceField) and not field_.read_only:
                self._read_one(field_, name, raw, incoming)
            elif not self.takes(name, raw, incoming):
                incoming.errors.setdefault(name, [str(FIXED)])
        if self.instance is None:
            for name, field_ in self.fields.items():
                if (
                    getattr(field_, "must_have_value", False)
                    and name not in data
                    and not self.has_default(field_)
                ):
                    incoming.errors[name] = [str(REQUIRED)]
        for name in change.confirm:
            if name not in {self.named(limit.field) for limit in self.model().soft_limits}:
                incoming.errors[f"confirm.{name}"] = [str(UNKNOWN)]
        change.confirm = {self.model_name(name): why for name, why in change.confirm.items()}
        return incoming

    def _read_one(self, field_: Any, name: str, raw: Any, incoming: Incoming) -> None:
        try:
            value = field_.to_internal_value(raw)
        except serializers.ValidationError as refused:
            incoming.errors[name] = problems.flattened(refused.detail)[problems.NO_FIELD]
            return
        column = field_.column
        if value in (None, "") and (field_.must_have_value or self._would_lose_its_number(column)):
            incoming.errors[name] = [str(REQUIRED)]
            return
        incoming.values[column.name] = value

    def _would_lose_its_number(self, column: models.Field) -> bool:
        """The registry numbers new rows; a stored row keeps a number."""
        numbered = self.model().numbered_within
        return self.instance is not None and numbered is not None and column.name == numbered[0]

    def takes(self, name: str, raw: Any, incoming: Incoming) -> bool:
        """Whether a key that is not a column is understood after all; subclasses with nested rows say so."""
        return self.instance is not None and name in self.fields and self._is_unchanged(name, raw)

    def _is_unchanged(self, name: str, raw: Any) -> bool:
        """A record that was read may be sent back whole: what cannot be set is accepted as long as it is the same."""
        if self.fields[name].write_only:
            return False
        if not hasattr(self, "_shown_before"):
            self._shown_before = self.to_representation(self.instance)
        return name in self._shown_before and _same(self._shown_before[name], raw)

    @staticmethod
    def has_default(field_: Any) -> bool:
        return field_.column.has_default()

    @classmethod
    def model_name(cls, name: str) -> str:
        """An API name as the model names the field."""
        return next((column.name for column in cls.columns() if cls.api_name(column) == name), name)

    def proposed(self, incoming: Incoming) -> Record:
        """The record as it would be: a copy of the stored one with the incoming values, or a new one."""
        record: Any = self.model()() if self.instance is None else copy.copy(self.instance)
        for name, value in incoming.values.items():
            setattr(record, name, value)
        missing = dict(record.missing)
        for name, value in incoming.values.items():
            if value not in (None, ""):
                missing.pop(name, None)
        for name, code in incoming.missing.items():
            if code in (None, ""):
                missing.pop(name, None)
            else:
                missing[name] = code
        record.missing = missing
        record.confirmed = dict(record.confirmed)
        return record

    def demand_right(self, record: Record, incoming: Incoming, change: Change) -> None:
        """Refuse who may not write before saying what is wrong with the data."""
        try:
            allowed = policies.may_write(change.by, record)
        except (AttributeError, models.ObjectDoesNotExist):
            return  # the parent could not be found, which has its own message
        if record.center_path is not None and record.center_id_of() is None:
            return
        if not allowed:
            raise PermissionDenied(_("You may not change records of this centre."))

    def add_what_else_is_wrong(self, record: Record, incoming: Incoming) -> None:
        """With errors found already, let the model name its own too: all of them at once spares a round trip."""
        try:
            record.full_clean()
        except ValidationError as refused:
            for name, said in self.errors_of(refused).items():
                if name in self.fields and not self.fields[name].read_only:
                    incoming.errors.setdefault(name, said)
        except models.ObjectDoesNotExist:
            pass

    @classmethod
    def errors_of(cls, refused: ValidationError) -> problems.Errors:
        """A model's refusal by the API's names."""
        if not hasattr(refused, "error_dict"):
            refused = ValidationError({NON_FIELD_ERRORS: refused.error_list})
        found: problems.Errors = {}
        for name, listed in refused.error_dict.items():
            for each in listed:
                # The door asks for a reason without naming a field; in the API that field exists.
                at = "reason" if name == NON_FIELD_ERRORS and each.code == "reason" else cls.named(name)
                found.setdefault(at, []).extend(str(message) for message in each.messages)
        return found

    def conflict_problem(self, conflict: records.Conflict) -> problems.Problem:
        """409 with what both sides want and the record as it stands."""
        stored = type(self)(conflict.stored, context=self.context)
        theirs = stored.data
        yours = type(self)(conflict.proposed, context=self.context).columns_shown()
        differences = [
            {"field": name, "label": stored.label_of(name), "yours": value, "theirs": theirs.get(name)}
            for name, value in yours.items()
            if value != theirs.get(name)
        ]
        detail = _("This record was changed by somebody else: version %(found)s, not %(expected)s.") % {
            "found": conflict.stored.version,
            "expected": conflict.expected_version,
        }
        return problems.Problem(409, str(detail), differences=differences, current=theirs)

    def columns_shown(self) -> dict[str, Any]:
        """The columns of the record as JSON, also where a value could not be read."""
        shown = {}
        for name, field_ in self.fields.items():
            if isinstance(field_, ColumnField | MissingField | ReferenceField) and not field_.write_only:
                value = field_.get_attribute(self.instance)
                shown[name] = None if value is None else field_.to_representation(value)
        return shown

    def label_of(self, name: str) -> str:
        field_ = self.fields[name]
        column = getattr(field_, "column", None)
        if column is None and isinstance(field_, MissingField):
            column = self.model()._meta.get_field(field_.explains)
            return _("%(label)s: why missing") % {"label": column.verbose_name}
        return str(column.verbose_name) if column is not None else name


def _same(shown: Any, raw: Any) -> bool:
    """Whether JSON that came back is what had been shown; ``6`` and ``6.0`` are the same number."""
    try:
        return bool(shown == raw) or float(shown) == float(raw)
    except (TypeError, ValueError):
        return False
