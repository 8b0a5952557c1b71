"""Filters of lists: strict, so that a mistyped filter never returns everything."""

import uuid
from collections.abc import Callable, Iterable
from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.filters import BaseFilterBackend

from registry.core import reading
from registry.core.api import problems
from registry.core.api.paging import PARAMETERS

#: Makes the condition of a filter from its value.
Condition = Callable[[Any], Any]


class _Value(forms.Field):
    """One value of the query; read by the same functions as every typed value."""

    def __init__(self, *, read: Callable[[str], Any], **kwargs: Any) -> None:
        self.read = read
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        return None if value is None else self.read(value)


class RecordFilter(django_filters.Filter):
    """A filter with its own reading, condition and description."""

    field_class = _Value
    #: Whether ``?name=`` with nothing behind it means something (the whole series has no arm).
    takes_empty = False

    def __init__(self, *, read: Callable[[str], Any], condition: Condition, text: str, schema: dict) -> None:
        self.condition, self.text, self.schema = condition, text, schema
        super().__init__(required=False, read=read)

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return qs if value is None else qs.filter(self.condition(value))


def _refuse(message: str) -> Any:
    raise forms.ValidationError(message)


def by_id(path: str, text: str = "") -> RecordFilter:
    """Rows whose ``path`` leads to a record with this public id."""

    def read(value: str) -> uuid.UUID:
        try:
            return uuid.UUID(value)
        except ValueError:
            return _refuse(_("“%(value)s” is not an id.") % {"value": value[:60]})

    return RecordFilter(
        read=read,
        condition=lambda value: Q(**{path: value}),
        text=text or "Public id.",
        schema={"type": "string", "format": "uuid"},
    )


def by_code(
    path: str, codes: Iterable[str], *, condition: Condition | None = None, text: str = ""
) -> RecordFilter:
    """Rows with one of the codes of a list."""
    listed = [str(code) for code in codes]

    def read(value: str) -> str:
        if value not in listed:
            _refuse(
                _("“%(value)s” is not one of: %(codes)s.") % {"value": value[:60], "codes": ", ".join(listed)}
            )
        return value

    return RecordFilter(
        read=read,
        condition=condition or (lambda value: Q(**{path: value})),
        text=text or "One code of the list.",
        schema={"type": "string", "enum": listed},
    )


def by_boolean(path: str) -> RecordFilter:
    return RecordFilter(
        read=lambda value: reading.read_boolean(value),
        condition=lambda value: Q(**{path: value}),
        text="true or false.",
        schema={"type": "boolean"},
    )


def by_integer(lookup: str, text: str = "") -> RecordFilter:
    """Rows whose number stands in this relation to the given one (``age_years__gte``)."""

    def read(value: str) -> int:
        number = reading.read_integer(value)
        if number is None or abs(number) > 2**31 - 1:
            _refuse(_("“%(value)s” is not a whole number.") % {"value": value[:40]})
        return number  # type: ignore[return-value]

    return RecordFilter(
        read=read,
        condition=lambda value: Q(**{lookup: value}),
        text=text or "A whole number.",
        schema={"type": "integer"},
    )


def by_date(lookup: str, text: str) -> RecordFilter:
    return RecordFilter(
        read=reading.read_date,
        condition=lambda value: Q(**{lookup: value}),
        text=text,
        schema={"type": "string", "format": "date"},
    )


def by_text(
    path: str, text: str, *, takes_empty: bool = False, condition: Condition | None = None
) -> RecordFilter:
    """Rows that hold exactly this text."""
    made = RecordFilter(
        read=reading.refuse_nul,
        condition=condition or (lambda value: Q(**{path: value})),
        text=text,
        schema={"type": "string"},
    )
    made.takes_empty = takes_empty
    return made


def by_name(path: str, rows: Callable[[], QuerySet], key: str, called: str) -> RecordFilter:
    """Rows that belong to a named row (a publication by slug); an unknown name is refused."""

    def read(value: str) -> Any:
        found = rows().filter(**{key: reading.refuse_nul(value)}).first()
        return found or _refuse(_("No such %(name)s: “%(value)s”.") % {"name": called, "value": value[:60]})

    return RecordFilter(
        read=read,
        condition=lambda value: Q(**{path: value}),
        text=f"The {called}’s {key}.",
        schema={"type": "string"},
    )


def where_any(model: Any, path: str, **conditions: Any) -> Callable[[Q], Exists]:
    """``EXISTS`` over rows of ``model`` that hang on the listed row by ``path``."""

    def exists(condition: Q) -> Exists:
        return Exists(model.objects.filter(condition, **{path: OuterRef("pk")}, **conditions))

    return exists


class ParameterBackend(BaseFilterBackend):
    """Applies a view's filters, and refuses parameters that are unknown, empty or given twice."""

    def filter_queryset(self, request, queryset, view):
        filters = filters_of(view)
        problems_found: problems.Errors = {}
        known = sorted({*filters, *PARAMETERS})
        for name, values in request.query_params.lists():
            if name not in known:
                text = _("This parameter is not known. Known here: %(known)s.") % {"known": ", ".join(known)}
                problems_found[name] = [text]
            elif len(values) > 1:
                problems_found[name] = [_("This parameter stands twice.")]
            elif values[0] == "" and not getattr(filters.get(name), "takes_empty", False):
                problems_found[name] = [_("Give a value, or leave the parameter out.")]
        if problems_found:
            raise problems.invalid(problems_found)
        for name, made in filters.items():
            if name not in request.query_params:
                continue
            view.check_filter(name)
            try:
                value = made.field.clean(request.query_params[name])
            except forms.ValidationError as refused:
                problems_found[name] = list(refused.messages)
                continue
            queryset = made.filter(queryset, view.filter_value(name, value))
        if problems_found:
            raise problems.invalid(problems_found)
        return queryset

    def get_schema_operation_parameters(self, view):
        return [
            {"name": name, "in": "query", "required": False, "description": made.text, "schema": made.schema}
            for name, made in filters_of(view).items()
        ]


def filters_of(view: Any) -> dict[str, RecordFilter]:
    """The filters of a view's filter set, with those that higher floors have added."""
    filterset = view.filterset_class
    found = dict(filterset.base_filters) if filterset is not None else {}
    embedding = view.serializer_class.embedding
    if embedding is not None:
        from django.utils.module_loading import import_string

        found.update({name: import_string(path)() for name, path in embedding.filters.items()})
    return found
