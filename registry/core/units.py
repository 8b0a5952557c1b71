"""Units are part of a field's name; this module reads them from it."""

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


def with_unit(number: object, unit: str) -> str:
    """``6.8 mL``, ``85 %``, ``12`` – a number as it is written in a message."""
    return f"{plain(number)} {unit}" if unit else plain(number)


def plain(number: object) -> str:
    """A number without exponent or trailing zeros: ``Decimal("6.80")`` → ``6.8``."""
    text = format(number, "f") if hasattr(number, "as_tuple") else str(number)
    return text.rstrip("0").rstrip(".") if "." in text else text
