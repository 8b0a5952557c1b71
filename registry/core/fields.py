"""Model fields of clinical records: they read what is typed the same way at every door.

The stock fields let form, API and model each word their own refusal; these leave wording to
``registry.core.reading`` and what is admissible to the model's rules.
"""

import datetime
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from registry.core import reading
from registry.core.units import shown_unit, unit_of


class _Read:
    """Cleaning goes through one reading function; limits and code lists are the model's rules, not the field's."""

    null: bool
    blank: bool
    name: str

    def read(self, value: object) -> object:
        raise NotImplementedError

    def clean(self, value: object, model_instance: object) -> object:
        value = self.read(value)
        if value is None and not self.null:
            raise ValidationError(self.error_messages["null"], code="null")  # type: ignore[attr-defined]
        return value

    @cached_property
    def unit(self) -> str:
        return unit_of(self.name)


class DecimalField(_Read, models.DecimalField):
    """A measured number with a fixed count of decimals, read with comma or point."""

    def __init__(self, *args, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_digits": 14, "decimal_places": 1, **kwargs})

    def read(self, value):
        return reading.read_decimal(value, self.decimal_places)

    def formfield(self, **kwargs):
        from registry.core.forms.fields import DecimalFormField

        return models.Field.formfield(
            self,
            **{
                "form_class": DecimalFormField,
                "decimal_places": self.decimal_places,
                "unit": shown_unit(self.unit),
                **kwargs,
            },
        )


class IntegerField(_Read, models.IntegerField):
    """A whole number; its limits are a rule of the model."""

    @cached_property
    def validators(self):
        return list(self._validators)  # type: ignore[attr-defined]

    def read(self, value):
        return reading.read_integer(value)

    def formfield(self, **kwargs):
        from registry.core.forms.fields import IntegerFormField

        return models.Field.formfield(
            self, **{"form_class": IntegerFormField, "unit": shown_unit(self.unit), **kwargs}
        )


class BooleanField(_Read, models.BooleanField):
    """Yes, no or nothing said yet."""

    def __init__(self, *args, **kwargs: Any) -> None:
        super().__init__(*args, **{"null": True, "blank": True, **kwargs})

    def read(self, value):
        return reading.read_boolean(value)

    def formfield(self, **kwargs):
        from registry.core.forms.fields import YesNoFormField

        return models.Field.formfield(self, **{"form_class": YesNoFormField, **kwargs})


class DateField(_Read, models.DateField):
    """A calendar date."""

    def read(self, value):
        return reading.read_date(value)

    def formfield(self, **kwargs):
        from registry.core.forms.fields import DateFormField

        return models.Field.formfield(self, **{"form_class": DateFormField, **kwargs})


class CodeField(_Read, models.CharField):
    """One code of a list. The stored value is a word; whether it is on the list is the rule ``OneOf``."""

    def __init__(self, *args, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 40, **kwargs})

    def read(self, value):
        if value is None or value == "":
            return None
        return reading.refuse_nul(str(value)).strip() or None

    def formfield(self, **kwargs):
        from registry.core.forms.fields import CodeFormField

        kwargs.pop("choices_form_class", None)
        return models.Field.formfield(self, **{"choices_form_class": CodeFormField, **kwargs})


class CodeSetField(_Read, models.CharField):
    """Several codes of one list, stored as ``a;b`` in the list's order."""

    def __init__(self, *args, codes: Sequence[tuple[str, Any]] = (), **kwargs: Any) -> None:
        self.codes = list(codes)
        super().__init__(*args, **{"max_length": 400, **kwargs})

    def read(self, value):
        joined = reading.read_codes(value)
        if joined is None:
            return None
        order = {str(code): position for position, (code, _label) in enumerate(self.codes)}
        # Unknown codes stay, at the end, so that the rule can name them.
        return ";".join(
            sorted(dict.fromkeys(joined.split(";")), key=lambda code: order.get(code, len(order)))
        )

    def formfield(self, **kwargs):
        from registry.core.forms.fields import CodeSetFormField

        return models.Field.formfield(
            self, **{"form_class": CodeSetFormField, "choices": self.codes, "read": self.read, **kwargs}
        )


class TextField(_Read, models.TextField):
    """Free text: an identifying field, shown and exported only to those who may see identity."""

    identifying = True

    def __init__(self, *args, **kwargs: Any) -> None:
        super().__init__(*args, **{"blank": True, "default": "", **kwargs})

    def read(self, value):
        return reading.refuse_nul("" if value is None else str(value)).strip()


class LineField(_Read, models.CharField):
    """A short text on one line; free text, so identifying unless it can only name a product."""

    def __init__(self, *args, identifying: bool = True, **kwargs: Any) -> None:
        self.identifying = identifying
        super().__init__(*args, **{"max_length": 200, "blank": True, "default": "", **kwargs})

    def read(self, value):
        text = reading.refuse_nul("" if value is None else str(value)).strip()
        if self.max_length is not None and len(text) > self.max_length:
            raise ValidationError(
                _("Ensure this value has at most %(limit)d characters (it has %(length)d)."),
                code="max_length",
                params={"limit": self.max_length, "length": len(text)},
            )
        if not text and not self.blank:
            raise ValidationError(self.error_messages["blank"], code="blank")
        return text


#: Dates of a record lie within these years; what is in the future is a rule across rows, as it depends on today.
DATE_RANGE = (datetime.date(1900, 1, 1), datetime.date(2100, 12, 31))
