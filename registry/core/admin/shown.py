"""How a value is shown: code as its label, number with its unit, and what is missing with its reason."""

import datetime
from collections.abc import Callable, Iterable
from typing import Any

from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext as _

from registry.core.codes import MissingCode
from registry.core.dates import shown_date, shown_datetime
from registry.core.derived import Derived
from registry.core.rules import label_of
from registry.core.units import rounded, shown_unit, unit_of, with_unit
from registry.core.views.display import DERIVED_LABELS

DASH = "–"

#: The label of a column, in the language of whoever reads it.
_label: Any = lazy(label_of, str)


def as_text(field: Any, value: Any, *, unit: bool = True) -> str:
    """The value of a model field as a reader wants it; a dash where there is none."""
    if value is None or value == "":
        return DASH
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    codes = getattr(field, "codes", None)
    if codes:
        labels = {str(code): str(label) for code, label in codes}
        return "; ".join(labels.get(code, code) for code in str(value).split(";"))
    if getattr(field, "flatchoices", None):
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, datetime.datetime):
        return shown_datetime(value)
    if isinstance(value, datetime.date):
        return shown_date(value)
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or DASH
    if isinstance(field, models.DecimalField | models.IntegerField):
        name = field.name if unit else ""
        return with_unit(value, unit_of(name))
    return str(value)


def as_derived(derived: Derived, value: Any, *, unit: bool = True) -> str:
    """A derived value, rounded as it is read: one decimal is all that any of the scales carries."""
    if value is None:
        return DASH
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return with_unit(rounded(value, 1), derived.unit if unit else "")
    if derived.kind == "code":
        return str(DERIVED_LABELS.get(derived.name, {}).get(value, str(value).replace("_", " ")))
    return with_unit(value, derived.unit if unit else "")


def missing_text(record: Any, name: str) -> str:
    """Why this value is missing, in words; empty when nothing was said."""
    code = (getattr(record, "missing", None) or {}).get(name)
    if not code:
        return ""
    return str(MissingCode(code).label) if code in MissingCode.values else str(code)


def link(record: Any, text: Any = None) -> str | SafeString:
    """A link to the record's admin page."""
    if record is None:
        return DASH
    options = record._meta
    try:
        url = reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[record.pk])
    except NoReverseMatch:
        return str(text or record)
    return format_html('<a href="{}">{}</a>', url, text or record)


def chip(code: str | None, label: Any) -> str | SafeString:
    """A status as a word with a shape."""
    return format_html('<span class="chip chip-{}">{}</span>', code, label) if code else DASH


class _Cell:
    """A callable that Django's admin takes as a column or a read-only field."""

    do_not_call_in_templates = True

    def __init__(self, name: str, label: Any, order: str | None = None) -> None:
        self.__name__ = name
        self.short_description = label
        if order:
            self.admin_order_field = order

    def __str__(self) -> str:
        return self.__name__

    def __call__(self, record: Any) -> Any:
        raise NotImplementedError


class Column(_Cell):
    """A column made by a function of the record."""

    def __init__(self, name: str, label: Any, show: Callable[[Any], Any], order: str | None = None) -> None:
        self.show = show
        super().__init__(name, label, order)

    def __call__(self, record: Any) -> Any:
        shown = self.show(record)
        return DASH if shown is None or shown == "" else shown


class Shown(_Cell):
    """A field of the record (or of a record it refers to, over ``__``) to be read, not edited."""

    def __init__(self, model: type[models.Model], path: str, label: Any = None, *, unit: bool = True) -> None:
        *self.steps, self.name = path.split("__")
        at: Any = model
        for step in self.steps:
            at = at._meta.get_field(step).related_model
        self.field: Any = at._meta.get_field(self.name)
        self.with_unit, self.in_list = unit, not unit
        text = label or _label(at, self.name)
        if not unit and unit_of(self.name):
            text = format_lazy("{} ({})", text, shown_unit(unit_of(self.name)))
        super().__init__(path, text, path)

    def __call__(self, record: Any) -> Any:
        for step in self.steps:
            record = getattr(record, step)
            if record is None:
                return DASH
        value = getattr(record, self.name)
        if isinstance(value, models.Model):
            return link(value)
        if value is None or value == "":
            reason = missing_text(record, self.name)
            if not reason:
                return DASH
            if self.in_list:
                return format_html(
                    '<span title="{}">{}<span class="visually-hidden"> {}</span></span>', reason, DASH, reason
                )
            return format_html('{} <span class="why-missing">{}</span>', DASH, reason)
        text = as_text(self.field, value, unit=self.with_unit)
        if self.field.name == "status":
            return chip(value, text)
        return text


class ShownDerived(_Cell):
    """A derived value of the record."""

    def __init__(self, derived: Derived, *, unit: bool = True) -> None:
        self.derived, self.with_unit = derived, unit
        label = capfirst(derived.label)
        headed = (
            label if unit or not derived.unit else format_lazy("{} ({})", label, shown_unit(derived.unit))
        )
        super().__init__(derived.name, headed)

    def __call__(self, record: Any) -> str:
        return as_derived(self.derived, self.derived.python(record), unit=self.with_unit)


def columns(model: type[models.Model], *paths: str | tuple[str, Any]) -> list[Any]:
    """Columns of a change list: units stand in the head, once."""
    return [
        Shown(model, path, unit=False)
        if isinstance(path, str)
        else Shown(model, path[0], path[1], unit=False)
        for path in paths
    ]


def labels(model: type[models.Model], names: Iterable[str]) -> str:
    return ", ".join(label_of(model, name) for name in names)
