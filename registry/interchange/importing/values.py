"""Cells as fields read them: codes by code or label in either language, dates and numbers as workbooks keep them.

What a cell means is decided by the field's own reader, as at every door; here it is only brought into the shape that a
person would have typed.
"""

import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone, translation
from rest_framework import serializers

from registry.core import fields
from registry.core.api.fields import read_moment
from registry.core.codes import MissingCode
from registry.research.columns import codes_of

#: Yes and no as German spreadsheets write them; the reader of the field knows the English words.
_GERMAN = {"ja": "yes", "wahr": "yes", "nein": "no", "falsch": "no"}
_SIGNIFICANT = 12


def typed(field: models.Field, cell: Any) -> Any:
    """The cell as the field's reader takes it. Raises ``ValidationError`` for a moment that cannot be read."""
    if isinstance(field, models.DateTimeField):
        return _moment(cell)
    if isinstance(cell, float):
        cell = _number(cell)
    if isinstance(cell, str):
        cell = cell.strip()
    if isinstance(field, models.BooleanField):
        return _GERMAN.get(str(cell).casefold(), cell)
    if isinstance(field, fields.CodeSetField):
        parts = cell if isinstance(cell, list) else str(cell).split(";")
        return [code_of(field, str(part).strip()) for part in parts]
    if isinstance(field, fields.CodeField):
        return code_of(field, str(cell))
    if isinstance(cell, datetime.datetime | datetime.date) and not isinstance(field, models.DateField):
        return cell.isoformat()
    if isinstance(field, models.CharField | models.TextField):
        return str(cell)
    return cell


def _number(cell: float) -> Any:
    """A workbook keeps 6.8 as the nearest binary number."""
    return int(cell) if cell.is_integer() else Decimal(f"{cell:.{_SIGNIFICANT}g}")


def _moment(cell: Any) -> datetime.datetime | None:
    if isinstance(cell, datetime.datetime):
        return timezone.make_aware(cell) if timezone.is_naive(cell) else cell
    try:
        return read_moment(cell)
    except serializers.ValidationError as refused:
        raise ValidationError([str(part) for part in refused.detail], code="invalid") from None


def code_of(field: models.Field, text: str) -> str:
    """The code of a label; what is neither stays as it is, so that the rule names it."""
    return _codes(field.model, field.name).get(text.strip().casefold(), text)


@cache
def _codes(model: Any, name: str) -> dict[str, str]:
    field = model._meta.get_field(name)
    return _by_word([code for code, _label in codes_of(field)], lambda: codes_of(field))


def missing_code_of(text: str) -> str:
    """The missing code of a label."""
    return _missing_codes().get(str(text).strip().casefold(), str(text).strip())


@cache
def _missing_codes() -> dict[str, str]:
    return _by_word(list(MissingCode.values), lambda: MissingCode.choices)


def _by_word(codes: list[str], listed: Any) -> dict[str, str]:
    """Code and label in every language → code; a label that two codes share means neither."""
    found: dict[str, str] = {}
    shared: set[str] = set()
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for code, label in listed():
                word = str(label).casefold()
                if found.setdefault(word, str(code)) != str(code):
                    shared.add(word)
    return {word: code for word, code in found.items() if word not in shared} | {
        code.casefold(): code for code in codes
    }
