"""Units are part of a field's name; this module reads them from it, and writes numbers for people and for machines."""

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from django.utils.formats import get_format
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

#: Name suffix → the unit as shown. Longest suffixes first, so that ``_10e9_l`` is not read as litres.
SUFFIXES = {
    "_10e9_l": "10⁹/L",
    "_celsius": "°C",
    "_percent": "%",
    "_degrees": "°",
    "_gauge": "G",
    "_years": "y",
    "_days": "d",
    "_ml": "mL",
    "_mm": "mm",
    "_cm": "cm",
    "_min": "min",
    "_kg": "kg",
    "_mg": "mg",
    "_fr": "Fr",
    "_w": "W",
}


def unit_of(name: str) -> str:
    """The unit shown for a field of this name, or an empty string for a pure number or a code."""
    name = name.removesuffix("_reported")
    for suffix, unit in SUFFIXES.items():
        if name.endswith(suffix):
            return unit
    return ""


#: Symbols that are words of a language.
_WORDS = {"y": pgettext_lazy("unit: years", "y"), "d": pgettext_lazy("unit: days", "d")}


def shown_unit(unit: str) -> "StrOrPromise":
    """The unit for the reader, in the active language."""
    return _WORDS.get(unit, unit)


def with_unit(number: object, unit: str) -> str:
    """``6.8 mL``, ``85 %``, ``12`` – a number as it is written in a message, in the active language."""
    return f"{shown_number(number)} {shown_unit(unit)}" if unit else shown_number(number)


def plain(number: object) -> str:
    """A number without exponent or trailing zeros: ``Decimal("6.80")`` → ``6.8``.

    The same in every language: for storage, exports, the API, and what a confirmation was given for.
    """
    text = format(number, "f") if hasattr(number, "as_tuple") else str(number)
    return text.rstrip("0").rstrip(".") if "." in text else text


def rounded(number: Any, places: int = 0) -> Decimal:
    """A number to so many places, a half away from zero, as it is read and checked by hand: −62.5 → −63.

    Python rounds a half to the even neighbour. A float is taken as it is written, as the nearest binary number of 1.15
    lies below it. Trailing zeros stay: ``shown_number`` takes them away, ``shown_text`` keeps them.
    """
    exact = Decimal(f"{number:.15g}") if isinstance(number, float) else Decimal(number)
    found = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return abs(found) if found == 0 else found


def shown_number(number: object) -> str:
    """A number for the reader, with the decimal separator of the active language; with a point where none is active."""
    return shown_text(plain(number))


def shown_text(number: str) -> str:
    """A number that is text already, such as one kept as printed with all its decimals."""
    return number.replace(".", get_format("DECIMAL_SEPARATOR")) if "." in number else number
