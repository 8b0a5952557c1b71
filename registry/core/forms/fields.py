"""Form fields of clinical records: text inputs that read numbers with comma or point, and lists with an empty entry."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from registry.core import reading
from registry.core.units import shown_number


class _Measured:
    """A field that shows its unit beside the control."""

    unit = ""

    def __init__(self, *args: Any, unit: str = "", **kwargs: Any) -> None:
        self.unit = unit
        super().__init__(*args, **kwargs)


class DecimalFormField(_Measured, forms.CharField):
    """A decimal number, shown in the reader's language and typed with comma or point."""

    def __init__(self, *args: Any, decimal_places: int = 1, **kwargs: Any) -> None:
        self.decimal_places = decimal_places
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        kwargs["empty_value"] = None
        super().__init__(*args, **kwargs)

    def prepare_value(self, value):
        return shown_number(value) if isinstance(value, Decimal) else value

    def to_python(self, value):
        return reading.read_decimal(super().to_python(value), self.decimal_places)

    def has_changed(self, initial, data):
        try:
            return reading.read_decimal(data, self.decimal_places) != initial
        except forms.ValidationError:
            return True


class IntegerFormField(_Measured, forms.CharField):
    """A whole number."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}))
        kwargs["empty_value"] = None
        super().__init__(*args, **kwargs)

    def to_python(self, value):
        return reading.read_integer(super().to_python(value))

    def has_changed(self, initial, data):
        try:
            return reading.read_integer(data) != initial
        except forms.ValidationError:
            return True


class DateFormField(forms.CharField):
    """A date, from the browser's date control or typed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        kwargs["empty_value"] = None
        super().__init__(*args, **kwargs)

    def to_python(self, value):
        return reading.read_date(super().to_python(value))


class YesNoFormField(forms.TypedChoiceField):
    """Yes, no, or nothing said yet."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["choices"] = [("", "–"), ("true", _("yes")), ("false", _("no"))]
        kwargs.update(coerce=reading.read_boolean, empty_value=None)
        super().__init__(*args, **kwargs)

    def prepare_value(self, value):
        return {True: "true", False: "false"}.get(value, value)

    def valid_value(self, value):
        return True  # wording a refusal is left to the model

    def clean(self, value):
        return reading.read_boolean(super(forms.TypedChoiceField, self).clean(value))

    def has_changed(self, initial, data):
        try:
            return reading.read_boolean(data) != initial
        except forms.ValidationError:
            return True


class CodeFormField(forms.TypedChoiceField):
    """One code of a list; whether it is on the list is the model's rule, with the model's message."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["empty_value"] = None
        super().__init__(*args, **kwargs)

    def valid_value(self, value):
        return True

    def to_python(self, value):
        return reading.refuse_nul(super().to_python(value) or "")


class CodeSetFormField(forms.MultipleChoiceField):
    """Several codes of a list as checkboxes; the value is ``a;b``, in the order in which ``read`` puts them.

    The page may draw them in another order, so that two answers are compared as they are stored.
    """

    widget = forms.CheckboxSelectMultiple

    def __init__(
        self, *args: Any, read: Callable[[object], str | None] = reading.read_codes, **kwargs: Any
    ) -> None:
        self.read = read
        for foreign in ("max_length", "empty_value"):
            kwargs.pop(foreign, None)
        super().__init__(*args, **kwargs)

    def prepare_value(self, value):
        return value.split(";") if isinstance(value, str) else value

    def clean(self, value):
        if isinstance(value, str):
            value = value.split(";")
        super().clean(value)
        return self.read(value)

    def validate(self, value):
        if self.required and not value:
            raise forms.ValidationError(self.error_messages["required"], code="required")

    def has_changed(self, initial, data):
        return set(self.prepare_value(initial) or []) != set(data or [])
