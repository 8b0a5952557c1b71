"""The limits and the usual ranges of fields, read off the rules and soft limits of their models."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from registry.core import rules
from registry.core.limits import UsualRange
from registry.core.models import Record
from registry.core.units import plain


class Range(NamedTuple):
    """Both ends of a range of numbers; an open end is ``None``."""

    low: Decimal | None
    high: Decimal | None


def _own(model: type[Record], field: str) -> Iterator[rules.Rule]:
    """The rules about this field alone."""
    return (rule for rule in rules.rules_of(model) if rule.fields == (field,))


def limits_of(model: type[Record], field: str) -> Range | None:
    """The numbers between which a value must lie; ``None`` where nothing limits it, and for dates."""
    for rule in _own(model, field):
        if isinstance(rule, rules.Between) and isinstance(rule.low, int | float | Decimal):
            return Range(Decimal(str(rule.low)), Decimal(str(rule.high)))
        if isinstance(rule, rules.OneOf) and all(isinstance(code, int) for code in rule.codes):
            return Range(Decimal(min(rule.codes)), Decimal(max(rule.codes)))
    return None


def limits_in_words(model: type[Record], field: str) -> str:
    """``above 0 to 6000``, ``0, 10, 20``, or which code stands alone; empty where nothing limits the value."""
    found = []
    for rule in _own(model, field):
        if isinstance(rule, rules.Between):
            found.append(str(rule.range_text()))
        elif isinstance(rule, rules.OneOf) and not isinstance(rule.codes[0], str):
            found.append(", ".join(str(code) for code in rule.codes))
        elif isinstance(rule, rules.SubsetOf) and rule.alone:
            found.append(f"“{rule.alone}” stands alone")
    return "; ".join(found)


def usual_ranges(model: type[Record], field: str, record: Any = None) -> list[UsualRange]:
    """The usual ranges of a field; with a record those that hold for it, else all that are declared."""
    found = [limit.range for limit in model.soft_limits if limit.field == field and limit.range is not None]
    return [one for one in found if record is None or one.when is None or one.when(record)]


def usual_of(ranges: list[UsualRange]) -> Range | None:
    """The ends of the one usual range there is; ``None`` where there is none, or several for different records."""
    if len(ranges) != 1:
        return None
    ends = (None if end is None else Decimal(str(end)) for end in (ranges[0].low, ranges[0].high))
    return Range(*ends)


def usual_in_words(ranges: list[UsualRange]) -> str:
    """``15 to 120 (for a percutaneous procedure); up to 60``."""
    found = []
    for one in ranges:
        if one.low is not None and one.high is not None:
            span = f"{plain(one.low)} to {plain(one.high)}"
        else:
            span = f"from {plain(one.low)}" if one.low is not None else f"up to {plain(one.high)}"
        why = str(one.why).rstrip(".").lower()
        found.append(f"{span} ({why})" if why else span)
    return "; ".join(found)
