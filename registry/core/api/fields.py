"""Serializer fields of records. They only carry a value in and out: reading and refusing is the model's."""

import datetime
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from registry.core import fields as core_fields
from registry.core.codes import MISSING_SUFFIX, MissingCode
from registry.core.derived import Derived
from registry.core.models import Record
from registry.core.rules import OneOf, SubsetOf, label_of, range_of, rules_of

REQUIRED = _("This field is required.")
UNKNOWN = _("This field is not known.")
FIXED = _("This field cannot be set here.")

# Shapes for the API's description.
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


def number_out(value: Any) -> Any:
    """A number as JSON number; what could not be read goes back as it came."""
    return float(value) if isinstance(value, Decimal) else value


def value_out(value: Any) -> Any:
    """Any stored value as JSON."""
    if isinstance(value, datetime.date | datetime.datetime):
        return value.isoformat()
    if isinstance(value, Record):
        return str(value.uuid)
    if isinstance(value, uuid.UUID):
        return str(value)
    return number_out(value)


class ColumnField(serializers.Field):
    """One column of a record.

    Input is read by the model's own field, as in every form; what it cannot read is left as it is, and the model
    refuses it together with everything else that is wrong.
    """

    def __init__(self, *, column: models.Field, **kwargs: Any) -> None:
        self.column = column
        super().__init__(required=False, allow_null=column.null, **kwargs)

    @property
    def must_have_value(self) -> bool:
        """Whether the column cannot be left empty: neither null, nor blank text, nor numbered by the registry."""
        return not self.column.null and not self.column.blank

    @property
    def rule(self) -> OneOf | SubsetOf | None:
        """The code list of the column, where it has one."""
        listed = rules_of(self.column.model)
        return next(
            (r for r in listed if isinstance(r, OneOf | SubsetOf) and r.field == self.column.name), None
        )

    def to_internal_value(self, data: Any) -> Any:
        if self._is_text() and isinstance(data, bool | dict | list):
            raise serializers.ValidationError(_("Enter text."))
        if isinstance(self.column, models.DateTimeField):
            return read_moment(data)
        try:
            return self.column.read(data)  # type: ignore[attr-defined]
        except ValidationError:
            return data

    def get_attribute(self, instance: Record) -> Any:
        return getattr(instance, self.column.name)

    def _is_text(self) -> bool:
        return isinstance(self.column, core_fields.TextField | core_fields.LineField)

    def to_representation(self, value: Any) -> Any:
        return value_out(value)


def read_moment(data: Any) -> datetime.datetime | None:
    """A date and time; without a time zone it is the registry's local time."""
    if data is None or data == "":
        return None
    try:
        moment = parse_datetime(str(data).strip())
        if moment is None:
            raise ValueError
        if timezone.is_naive(moment):
            moment = timezone.make_aware(moment)
        return moment.astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        raise serializers.ValidationError(
            _("“%(value)s” is not a date and time. Enter it as 2024-03-11T08:30.") % {"value": str(data)[:40]}
        ) from None


class MissingField(serializers.Field):
    """``x__missing``: why a value is missing."""

    def __init__(self, *, explains: str, **kwargs: Any) -> None:
        self.explains = explains
        super().__init__(required=False, allow_null=True, source="*", **kwargs)

    def get_attribute(self, instance: Record) -> Any:
        return instance.missing.get(self.explains)

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, value: Any) -> Any:
        return value

    @staticmethod
    def codes() -> list[str]:
        return list(MissingCode.values)


class DerivedField(serializers.Field):
    """A derived value, computed by its one declaration."""

    def __init__(self, *, derived: Derived, **kwargs: Any) -> None:
        self.derived = derived
        super().__init__(read_only=True, source="*", help_text=f"{derived.label}: {derived.source}", **kwargs)

    def get_attribute(self, instance: Record) -> Any:
        return self.derived.python(instance)

    def to_representation(self, value: Any) -> Any:
        return value_out(value)


class ShownField(serializers.Field):
    """A value shown beside the columns: ``of`` takes the record; ``schema`` says what it is."""

    def __init__(self, *, of: Callable[[Any], Any], schema: dict | None = None, **kwargs: Any) -> None:
        self.of = of
        self.schema = schema or {"type": ["string", "null"]}
        super().__init__(read_only=True, source="*", **kwargs)

    def get_attribute(self, instance: Record) -> Any:
        return self.of(instance)

    def to_representation(self, value: Any) -> Any:
        return value_out(value)


class ReferenceField(serializers.Field):
    """Another record, by its public id (or by ``key``, such as a slug).

    An unknown one and one that the user may not see are refused alike, so that nobody can ask what exists.
    """

    def __init__(
        self,
        *,
        column: models.Field,
        key: str = "uuid",
        rows: Callable[[Any], models.QuerySet] | None = None,
        **kwargs: Any,
    ) -> None:
        self.column, self.key, self._rows = column, key, rows
        super().__init__(required=False, allow_null=column.null, **kwargs)

    @property
    def must_have_value(self) -> bool:
        return not self.column.null

    def rows(self) -> models.QuerySet:
        user = self.context["request"].user
        model: Any = self.column.related_model
        return self._rows(user) if self._rows else model.objects.for_user(user)

    def to_internal_value(self, data: Any) -> Any:
        if data is None or data == "":
            return None
        found = None
        if isinstance(data, str):
            try:
                found = (
                    self.rows().filter(**{self.key: uuid.UUID(data) if self.key == "uuid" else data}).first()
                )
            except ValueError:
                found = None
        if found is None or "\x00" in data:
            name = str(self.column.related_model._meta.verbose_name)  # type: ignore[union-attr]
            raise serializers.ValidationError(_("No such %(name)s.") % {"name": name})
        return found

    def get_attribute(self, instance: Any) -> Any:
        try:
            return getattr(instance, self.column.name)
        except ObjectDoesNotExist:
            return None

    def to_representation(self, value: Any) -> Any:
        key = getattr(value, self.key)
        return str(key) if isinstance(key, uuid.UUID) else key


def describe(column: models.Field) -> str:
    """Label, unit and accepted range of a column, for the API's description."""
    model: Any = column.model
    parts = [label_of(model, column.name)]
    unit = getattr(column, "unit", "")
    limits = range_of(model, column.name)
    if limits is not None:
        parts.append(f"{limits.range_text()} {unit}".strip())
    elif unit:
        parts.append(unit)
    text = ", ".join(parts) + "."
    if column.help_text:
        text += f" {column.help_text}"
    if isinstance(column, core_fields.CodeSetField):
        text += " Several codes joined by ; (a list is accepted)."
    return text


def missing_name(name: str) -> str:
    return f"{name}{MISSING_SUFFIX}"
