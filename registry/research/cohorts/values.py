"""How the value of a condition is read: by the type of its variable and by what its operator expects."""

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cases.identity import HIGHEST_SHOWN_AGE_YEARS
from procedures.filters import cases_by_strategy
from registry.core import reading
from registry.core.codes import MissingCode
from registry.research.cohorts.operators import Expects, Operator, expected
from registry.research.cohorts.variables import STRATEGY, choices_of, closest, has_numbers, is_choosable
from registry.research.columns import ColumnType, Identity
from registry.research.variables import Variable

#: Beyond these a number is no measurement, and two databases would round it differently.
DECIMAL_PLACES, LARGEST_NUMBER = 6, 10**12
MOST_VALUES = 500
LONGEST_TEXT = 200
#: More codes than these are not listed in a message.
MOST_LISTED = 40
#: Every age from the cap on is shown as the cap, so that no question reaches above it: “above 95” is “above 89”, and
#: “below 95” is “below 91”.
_PAST_CAP = {Operator.ABOVE: -1, Operator.BELOW: 1}


def read_value(variable: Variable, operator: Operator, value: Any, user: Any) -> Any:
    """The value as it is kept in a definition. Raises ``ValidationError`` with what was expected."""
    read = _reader(variable, operator, user)
    match expected(operator):
        case Expects.NOTHING:
            if value is not None:
                raise ValidationError(_("“%(operator)s” takes no value.") % {"operator": operator})
            return None
        case Expects.REASONS:
            return _reasons(variable, value)
        case Expects.SEVERAL:
            return _several(read, value)
        case Expects.TWO:
            return _two(read, value)
    return _one(read, value)


# -- one value by its type -------------------------------------------------------------------------------------------


def _reader(variable: Variable, operator: Operator, user: Any) -> Callable[[Any], Any]:
    column = variable.column
    if column.type is ColumnType.BOOLEAN:
        return _boolean
    if column.identity is Identity.AGE:
        return lambda value: min(_number(value), HIGHEST_SHOWN_AGE_YEARS + _PAST_CAP.get(operator, 0))
    if has_numbers(variable):
        return _number
    if column.type is ColumnType.KEY:
        return _key
    if column.declaration == STRATEGY:
        return lambda value: cases_by_strategy().field.clean(_text(value))
    if column.codes or (is_choosable(variable) and user is not None):
        codes = [code for code, _label in choices_of(variable, user)]
        return lambda value: _code(value, codes)
    return _text


def _number(value: Any) -> int | float:
    if not isinstance(value, int | float | Decimal | str):
        raise ValidationError(_("Enter a number."))
    number = reading.read_decimal(value, DECIMAL_PLACES)
    if number is None:
        raise ValidationError(_("Enter a number."))
    if abs(number) >= LARGEST_NUMBER:
        raise ValidationError(_("“%(value)s” is too large.") % {"value": str(value)[:40]})
    return int(number) if number == number.to_integral_value() else float(number)


def _boolean(value: Any) -> bool:
    answer = reading.read_boolean(value) if isinstance(value, bool | str) else None
    if answer is None:
        raise ValidationError(_("Enter true or false."))
    return answer


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValidationError(_("Enter text."))
    text = reading.refuse_nul(value).strip()
    if not text:
        raise ValidationError(_("Enter text."))
    if len(text) > LONGEST_TEXT:
        raise ValidationError(_("Enter at most %(most)d characters.") % {"most": LONGEST_TEXT})
    return text


def _key(value: Any) -> str:
    text = _text(value)
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise ValidationError(_("“%(value)s” is not an id.") % {"value": text[:60]}) from None


def _code(value: Any, codes: list[str]) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and text in codes:
        return text
    shown = str(value)[:60]
    if len(codes) <= MOST_LISTED:
        message = _("“%(value)s” is not one of: %(codes)s.")
        raise ValidationError(message % {"value": shown, "codes": ", ".join(codes)})
    nearest = closest(shown, codes)
    message = _("“%(value)s” is not known.") % {"value": shown}
    raise ValidationError(f"{message} {meant(nearest)}".strip())


def meant(nearest: str) -> str:
    """“Did you mean …?”, or nothing where no name is near."""
    return _("Did you mean %(name)s?") % {"name": nearest} if nearest else ""


# -- what stands beside an operator ------------------------------------------------------------------------------------


def _one(read: Callable[[Any], Any], value: Any) -> Any:
    if value is None:
        raise ValidationError(_("Give a value."))
    if isinstance(value, list | tuple | dict):
        raise ValidationError(_("Enter one value, not a list."))
    return read(value)


def _several(read: Callable[[Any], Any], value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise ValidationError(_("Give a list of values."))
    if not value:
        raise ValidationError(_("Choose at least one value."))
    if len(value) > MOST_VALUES:
        raise ValidationError(_("Give at most %(most)d values.") % {"most": MOST_VALUES})
    return list(dict.fromkeys(_one(read, each) for each in value))


def _two(read: Callable[[Any], Any], value: Any) -> list[Any]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValidationError(_("Give two numbers: from and to."))
    low, high = (_one(read, each) for each in value)
    if low > high:
        raise ValidationError(_("The first number is above the second."))
    return [low, high]


def _reasons(variable: Variable, value: Any) -> list[str] | None:
    """Missing codes; none of them means “for whatever reason”."""
    if value is None or value == []:
        return None
    if not variable.missable:
        raise ValidationError(
            _("No reason is kept why %(variable)s is missing. Leave the value out.")
            % {"variable": variable.key}
        )
    return _several(lambda each: _code(each, MissingCode.values), value)
