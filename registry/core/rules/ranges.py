"""Rules that limit a value or put two values in order."""

import datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Q, Value
from django.utils.translation import gettext_lazy as _

from registry.core.dates import shown_date
from registry.core.rules.base import Number, Rule, label_of, name_of
from registry.core.units import shown_number, shown_unit, unit_of, with_unit


class Between(Rule):
    """``low ≤ field ≤ high`` (``low < field`` with ``above=True``): the hard limits of a number or a date."""

    code = "out_of_range"

    def __init__(self, field: str, low: Any, high: Any, *, above: bool = False) -> None:
        self.low, self.high, self.above = low, high, above
        super().__init__("range", field)

    def build(self) -> Q:
        lower = Q(**{f"{self.field}__gt" if self.above else f"{self.field}__gte": self.low})
        return lower & Q(**{f"{self.field}__lte": self.high})

    def holds(self, values):
        value = values[self.field]
        if value is None:
            return True
        return (value > self.low if self.above else value >= self.low) and value <= self.high

    def range_text(self) -> str:
        """``0.1–30``, ``above 0 to 6000`` – the hint under the control; the unit stands beside the control."""
        if isinstance(self.low, datetime.date):
            return _("%(low)s to %(high)s") % {"low": shown_date(self.low), "high": shown_date(self.high)}
        ends = {"low": shown_number(self.low), "high": shown_number(self.high)}
        return _("above %(low)s to %(high)s") % ends if self.above else _("%(low)s to %(high)s") % ends

    def message(self, model, values):
        value, unit = values[self.field], unit_of(self.field)
        label = label_of(model, self.field)
        if isinstance(self.low, datetime.date):
            return _("%(label)s: %(value)s is not between %(low)s and %(high)s.") % {
                "label": label,
                "value": shown_date(value),
                "low": shown_date(self.low),
                "high": shown_date(self.high),
            }
        too_high = value > self.high
        if too_high:
            text = _("%(label)s: %(value)s is above %(limit)s. Accepted: %(range)s.")
        elif self.above:
            text = _("%(label)s: %(value)s is not above %(limit)s. Accepted: %(range)s.")
        else:
            text = _("%(label)s: %(value)s is below %(limit)s. Accepted: %(range)s.")
        stated = text % {
            "label": label,
            "value": with_unit(value, unit),
            "limit": with_unit(self.high if too_high else self.low, unit),
            "range": f"{self.range_text()} {shown_unit(unit)}".rstrip(),
        }
        meant = self.meant(model, value) if too_high else None
        if meant is None:
            return stated
        return f"{stated} " + _("Did you mean %(value)s?") % {"value": with_unit(meant, unit)}

    def meant(self, model: type[models.Model], value: Any) -> Decimal | None:
        """What was probably meant where a decimal separator was left out: 6.8 for 68, while 6.8 is accepted."""
        column = model._meta.get_field(self.field)
        if not isinstance(column, models.DecimalField) or value != int(value):
            return None
        shifted = Decimal(int(value)) / 10
        return shifted if self.holds({self.field: shifted}) else None


class _Ordered(Rule):
    """Common ground of the rules that put two columns in order."""

    code = "order"
    lookup: str

    def __init__(self, field: str, other: str) -> None:
        self.other = other
        super().__init__(self.kind, field, other)

    kind: str

    def build(self) -> Q:
        return Q(**{f"{self.field}__{self.lookup}": F(self.other)})

    def shown(self, name: str, value: Any) -> str:
        return shown_date(value) if isinstance(value, datetime.date) else with_unit(value, unit_of(name))


class NotBefore(_Ordered):
    """``field ≥ other``: a date or a time that cannot lie before another."""

    lookup, kind = "gte", "not_before"

    def holds(self, values):
        value, other = values[self.field], values[self.other]
        return value is None or other is None or value >= other

    def message(self, model, values):
        return _("%(label)s: %(value)s is before %(other_label)s (%(other)s).") % {
            "label": label_of(model, self.field),
            "value": self.shown(self.field, values[self.field]),
            "other_label": name_of(model, self.other),
            "other": self.shown(self.other, values[self.other]),
        }


class AtMost(_Ordered):
    """``field ≤ other``: a minimum below its mean, a mean below its maximum."""

    lookup, kind = "lte", "at_most"

    def holds(self, values):
        value, other = values[self.field], values[self.other]
        return value is None or other is None or value <= other

    def message(self, model, values):
        return _("%(label)s: %(value)s is above %(other_label)s (%(other)s).") % {
            "label": label_of(model, self.field),
            "value": self.shown(self.field, values[self.field]),
            "other_label": name_of(model, self.other),
            "other": self.shown(self.other, values[self.other]),
        }


class Span(Rule):
    """``0 ≤ field − other ≤ high``: an end that lies at most so far after its beginning."""

    code = "span"

    def __init__(self, field: str, other: str, high: Number) -> None:
        self.other, self.high = other, high
        super().__init__("span", field, other)

    def build(self) -> Q:
        latest = F(self.other) + Value(self.high)
        return Q(**{f"{self.field}__gte": F(self.other)}) & Q(**{f"{self.field}__lte": latest})

    def holds(self, values):
        end, start = values[self.field], values[self.other]
        return end is None or start is None or start <= end <= start + self.high

    def message(self, model, values):
        end, start = values[self.field], values[self.other]
        unit = unit_of(self.field)
        if end < start:
            return _("%(label)s: %(value)s is before %(other_label)s (%(other)s).") % {
                "label": label_of(model, self.field),
                "value": with_unit(end, unit),
                "other_label": name_of(model, self.other),
                "other": with_unit(start, unit),
            }
        return _(
            "%(label)s: %(span)s after %(other_label)s is above %(limit)s. Accepted: 0 to %(limit)s."
        ) % {
            "label": label_of(model, self.field),
            "span": with_unit(end - start, unit),
            "other_label": name_of(model, self.other),
            "limit": with_unit(self.high, unit),
        }
