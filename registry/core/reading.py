"""How a typed value becomes a number, a date or a yes/no: one reading for form, admin, API and import.

Every function takes what a door received (text or a JSON value), returns the Python value or ``None`` for an
empty one, and raises ``ValidationError`` with the message every door shows.
"""

import datetime
import re
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(?:[.,][0-9]{1,20})?")
_TRUE = {"true", "yes", "1", "on"}
_FALSE = {"false", "no", "0", "off"}


def refuse_nul(text: str) -> str:
    """Databases can hold neither NUL nor half of a character; they would fail after everything else had passed."""
    if "\x00" in text:
        raise ValidationError(_("Null characters are not allowed."), code="null_characters_not_allowed")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValidationError(_("The text has characters that cannot be stored."), code="invalid") from None
    return text


#: Longer reasons are no reasons; the inputs that take one hold no more.
LONGEST_REASON = 400


def read_reason(value: object) -> str:
    """A reason for a change or for an unusual value, as it is kept. Raises ``ValidationError``."""
    return refuse_nul("" if value is None else str(value)).strip()[:LONGEST_REASON]


def read_decimal(value: object, decimal_places: int) -> Decimal | None:
    """A decimal number; comma and point are both decimal separators, no thousands separator is guessed."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        raise ValidationError(_("Enter a number."), code="invalid")
    text = refuse_nul(format(value, "f") if isinstance(value, Decimal) else str(value)).strip()
    if not text:
        return None
    if text.count(",") + text.count(".") > 1:
        raise ValidationError(
            _("“%(value)s” has more than one decimal separator. Enter a number such as 6.8 or 6,8."),
            code="invalid",
            params={"value": text[:40]},
        )
    if not _NUMBER.fullmatch(text):
        raise ValidationError(_("“%(value)s” is not a number."), code="invalid", params={"value": text[:40]})
    number = Decimal(text.replace(",", "."))
    digits = -int(number.normalize().as_tuple().exponent) if number else 0
    if digits > decimal_places:
        raise ValidationError(
            _("“%(value)s” has more than %(places)d decimal places."),
            code="max_decimal_places",
            params={"value": text[:40], "places": decimal_places},
        )
    return number


def read_integer(value: object) -> int | None:
    """A whole number."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    try:
        number = read_decimal(value, 0)
    except ValidationError as error:
        if error.code == "max_decimal_places":
            raise ValidationError(
                _("“%(value)s” is not a whole number."), code="invalid", params={"value": str(value)[:40]}
            ) from None
        raise
    return None if number is None else int(number)


def read_boolean(value: object) -> bool | None:
    """Yes or no; empty means that nothing has been said yet."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValidationError(_("Enter yes or no."), code="invalid")


def read_date(value: object) -> datetime.date | None:
    """A calendar date, as ``2024-03-11`` or ``11.03.2024``."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    text = str(value).strip()
    for pattern in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.datetime.strptime(text, pattern).date()
        except ValueError:
            continue
    raise ValidationError(
        _("“%(value)s” is not a date. Enter it as 2024-03-11."), code="invalid", params={"value": text[:40]}
    )


def read_codes(value: object) -> str | None:
    """Several codes of one list, kept as ``L3;L4``; a JSON list or a semicolon-separated text is read."""
    if value is None or value == "":
        return None
    parts = value if isinstance(value, list | tuple | set) else str(value).split(";")
    codes = [refuse_nul(str(part)).strip() for part in parts]
    return ";".join(code for code in codes if code) or None
