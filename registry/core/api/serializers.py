"""``RecordSerializer``: a record as JSON, and JSON as a change that goes through the write door."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.fields import SkipField

from registry.core import limits, policies, records
from registry.core.api import problems
from registry.core.api.embedding import Embedding
from registry.core.api.fields import (
    FIXED,
    REQUIRED,
    UNKNOWN,
    ColumnField,
    DerivedField,
    MissingField,
    ReferenceField,
    ShownField,
    describe,
    missing_name,
    value_out,
)
from registry.core.models import Record

#: Columns that every record has and that have their own place in the JSON.
_OWN_PLACE = frozenset(
    {"id", "uuid", "version", "created_at", "created_by", "modified_at", "modified_by"}
) | {
    "missing",
    "confirmed",
}
#: Keys of a request that say how to write, not what.
CONTROL = ("version", "reason", "confirm")

ID = {"type": "string", "format": "uuid"}
TEXT = {"type": "string"}
TEXT_OR_NULL = {"type": ["string", "null"]}
WARNINGS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "field": TEXT,
            "limit": TEXT,
            "message": TEXT,
            "value": {"type": ["string", "number", "boolean", "null"]},
        },
        "required": ["field", "limit", "message", "value"],
    },
}
TEXTS = {"type": "array", "items": TEXT}


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


class RecordSerializer(serializers.ModelSerializer):
    """A record with everything it has, in one order: keys, columns with their missing codes, what is derived.

    Subclasses name their ``Meta.model``, the ``own_key`` under which other tables refer to the record, and declare
    the keys of what lies above.
    """

    #: ``lesion_id``: the record's id once more, under the name by which tables are joined.
    own_key: ClassVar[str] = ""
    #: Columns that have another name in the API.
    renamed: ClassVar[dict[str, str]] = {}
    #: Columns that the API does not show.
    left_out: ClassVar[frozenset[str]] = frozenset()
    #: Columns shown with the single record only, never in lists or inside other records.
    detail_only: ClassVar[frozenset[str]] = frozenset()
    #: Columns that are shown and not written.
    read_only_columns: ClassVar[frozenset[str]] = frozenset()
    embedding: ClassVar[Embedding | None] = None

    class Meta:
        model: Any = None

    # -- fields --------------------------------------------------------------------------------------------------

    @classmethod
    def model(cls) -> Any:
        return cls.Meta.model

    @classmethod
    def api_name(cls, column: models.Field) -> str:
        """The name of a column in the API: ``case`` is ``case_id``, as its value is the id."""
        return cls.renamed.get(column.name) or (f"{column.name}_id" if column.is_relation else column.name)

    @classmethod
    def columns(cls) -> list[models.Field]:
        return [
            column
            for column in cls.model()._meta.concrete_fields
            if column.name not in _OWN_PLACE and column.name not in cls.left_out and column.editable
        ]

    @classmethod
    def named(cls, field_name: str) -> str:
        """A model's field as the API names it."""
        if field_name == NON_FIELD_ERRORS:
            return problems.NO_FIELD
        column = next((each for each in cls.columns() if each.name == field_name), None)
        return cls.api_name(column) if column is not None else field_name

    def get_fields(self) -> dict[str, serializers.Field]:
        model = self.model()
        found: dict[str, Any] = {"id": ShownField(of=lambda record: str(record.uuid), schema=ID)}
        if self.own_key:
            found[self.own_key] = ShownField(of=lambda record: str(record.uuid), schema=ID)
        declared = copy.deepcopy(self._declared_fields)
        found.update(self.key_fields())
        found.update(declared)
        missable = model.missable_fields()
        for column in self.columns():
            name = self.api_name(column)
            if name not in found:
                found[name] = self.column_field(column)
            if column.name in missable:
                found[missing_name(name)] = MissingField(
                    explains=column.name, help_text=_("Why %(name)s is missing.") % {"name": name}
                )
        derived = [*model.derived, *(self.embedding.derived.values() if self.embedding else ())]
        found.update(
            {value.name: DerivedField(derived=value) for value in derived if value.name not in found}
        )
        found.update(self.shown_fields())
        if self.embedding:
            found.update({name: embedded.field() for name, embedded in self.embedding.embedded.items()})
        found["version"] = serializers.IntegerField(
            required=False, min_value=1, help_text=_("The version that was read; a change must name it.")
        )
        if self.scoped():
            found["warnings"] = ShownField(
                of=self.warnings_of,
                schema=WARNINGS,
                help_text=_("Unusual values that nobody has explained; shown with the single record."),
            )
            found["withheld"] = ShownField(
                of=lambda record: [],
                schema=TEXTS,
                help_text=_("Fields that you may not see and that are left out."),
            )
            found["reason"] = serializers.CharField(
                write_only=True, required=False, help_text=_("Why; needed once the case is complete.")
            )
            found["confirm"] = serializers.DictField(
                child=serializers.CharField(),
                write_only=True,
                required=False,
                help_text=_("Field → reason, for values outside the usual range."),
            )
        return found

    def key_fields(self) -> dict[str, Any]:
        """The ids and codes of what lies above, by the names under which tables are joined."""
        return {}

    def shown_fields(self) -> dict[str, Any]:
        """Whatever is shown beside columns and derived values."""
        return {}

    def column_field(self, column: models.Field) -> Any:
        read_only = {"read_only": True} if column.name in self.read_only_columns else {}
        help_text = describe(column)
        if column.is_relation:
            return ReferenceField(column=column, help_text=help_text, **read_only)
        if read_only:
            return ShownField(of=lambda record, name=column.name: getattr(record, name), help_text=help_text)
        return ColumnField(column=column, help_text=help_text)

    @classmethod
    def scoped(cls) -> bool:
        """Whether the records belong to centres (clinical data), so that users may write and identity is kept."""
        return cls.model().center_path is not None

    # -- out -----------------------------------------------------------------------------------------------------

    @property
    def is_detail(self) -> bool:
        """Whether this is the single record that was asked for, not one in a list or inside another."""
        return self.parent is None

    def to_representation(self, instance: Record) -> dict[str, Any]:
        hidden = self.hidden_from_user(instance)
        shown: dict[str, Any] = {}
        withheld = []
        for name, field_ in self.fields.items():
            if field_.write_only:
                continue
            if name in hidden:
                withheld.append(name)
                continue
            if not self.is_detail and (name == "warnings" or name in self.detail_only):
                continue
            try:
                value = field_.get_attribute(instance)
            except SkipField:  # the one row that would stand here does not exist
                value = None
            shown[name] = None if value is None else field_.to_representation(value)
        if "withheld" in shown:
            shown["withheld"] = withheld
        return shown

    def hidden_from_user(self, instance: Record) -> frozenset[str]:
        """The names withheld because the user may not see who the patients of this centre are."""
        if self.may_identify(instance):
            return frozenset()
        return self.identifying_names()

    @classmethod
    def identifying_names(cls) -> frozenset[str]:
        return frozenset(cls.named(name) for name in cls.model().identifying()) | cls.also_identifying()

    @classmethod
    def also_identifying(cls) -> frozenset[str]:
        """Names shown beside the columns that would tell who a patient is."""
        return frozenset()

    def may_identify(self, instance: Record) -> bool:
        if not self.scoped():
            return True
        known = self.context.setdefault("_may_identify", {})
        center_id = instance.center_id_of()
        if center_id not in known:
            known[center_id] = policies.may_identify(self.context["request"].user, center_id)
        return known[center_id]

    def warnings_of(self, record: Record) -> list[dict[str, Any]]:
        """Soft limits that are crossed and unexplained; for those who see the values and could explain them."""
        if not self.may_identify(record):
            return []
        return [
            {
                "field": self.named(crossing.field),
                "limit": crossing.limit,
                "message": str(crossing.message),
                "value": value_out(crossing.value),
            }
            for crossing in limits.unconfirmed(record)
        ]

    # -- in ------------------------------------------------------------------------------------------------------

    def write(self, change: Change) -> Record:
        """Take the request's data to the write door.

        Raises ``Problem`` (400 with errors at fields, 409 with both values) and ``PermissionDenied``; nothing has
        been written then.
        """
        incoming = self.read(self.initial_data, change)
        record = self.proposed(incoming)
        self.demand_right(record, incoming, change)
        if incoming.errors:
            self.add_what_else_is_wrong(record, incoming)
            raise problems.invalid(incoming.errors)
        try:
            return self.store(record, change)
        except ValidationError as refused:
            raise problems.invalid(self.errors_of(refused)) from None
        except records.Conflict as conflict:
            raise self.conflict_problem(conflict) from None

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
