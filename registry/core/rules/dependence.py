"""Rules by which one value depends on another."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, Value
from django.db.models.functions import Mod
from django.db.models.lookups import Exact
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from registry.core.rules.base import Rule, answer_in_words, choice_list, label_of, name_of
from registry.core.units import shown_number


class Requires(Rule):
    """A value of ``field`` means nothing without ``other``: a grade without its scale."""

    code = "requires"

    def __init__(self, field: str, other: str) -> None:
        self.other = other
        super().__init__("requires", field, other)

    def build(self) -> Q:
        return Q(**{f"{self.field}__isnull": True}) | Q(**{f"{self.other}__isnull": False})

    def holds(self, values):
        return values[self.field] is None or values[self.other] is not None

    def message(self, model, values):
        return _("%(label)s needs %(other_label)s.") % {
            "label": label_of(model, self.field),
            "other_label": name_of(model, self.other),
        }


class RequiredWhen(Rule):
    """At least one of ``fields`` holds a value when ``when`` equals ``equals``."""

    code = "required"

    def __init__(self, *fields: str, when: str, equals: Any) -> None:
        self.needed, self.when = fields, when
        self.equals = getattr(equals, "value", equals)
        super().__init__("required", fields[0], *fields[1:], when)

    def build(self) -> Q:
        condition = Q(**{f"{self.when}__isnull": True}) | ~Q(**{self.when: self.equals})
        for name in self.needed:
            condition |= Q(**{f"{name}__isnull": False})
        return condition

    def holds(self, values):
        return values[self.when] != self.equals or any(values[name] is not None for name in self.needed)

    def message(self, model, values):
        names = gettext(" or ").join(name_of(model, name) for name in self.needed)
        return _("%(when)s “%(value)s” needs %(names)s.") % {
            "when": label_of(model, self.when),
            "value": answer_in_words(model, self.when, self.equals),
            "names": names,
        }


class OnlyWhen(Rule):
    """``field`` may hold a value only while ``when`` equals one of ``equals`` (or is not answered yet)."""

    code = "only_when"

    def __init__(self, field: str, *, when: str, equals: Iterable[Any]) -> None:
        self.when = when
        self.allowed = tuple(getattr(value, "value", value) for value in equals)
        super().__init__("only_when", field, when)

    def build(self) -> Q:
        return (
            Q(**{f"{self.field}__isnull": True})
            | Q(**{f"{self.when}__isnull": True})
            | Q(**{f"{self.when}__in": self.allowed})
        )

    def holds(self, values):
        return values[self.field] is None or values[self.when] is None or values[self.when] in self.allowed

    def message(self, model, values):
        return _("%(label)s goes with %(when)s %(allowed)s only.") % {
            "label": label_of(model, self.field),
            "when": name_of(model, self.when),
            "allowed": choice_list(answer_in_words(model, self.when, value) for value in self.allowed),
        }


class MultipleOf(Rule):
    """While ``when`` equals ``equals``, the field is a multiple of ``step`` (scales that advance in steps)."""

    code = "step"

    def __init__(self, field: str, step: int, *, when: str, equals: Any) -> None:
        self.step, self.when, self.equals = step, when, getattr(equals, "value", equals)
        super().__init__("step", field, when)

    def build(self) -> Q:
        return (
            Q(**{f"{self.when}__isnull": True})
            | ~Q(**{self.when: self.equals})
            | Q(Exact(Mod(self.field, Value(self.step)), Value(0)))
        )

    def holds(self, values):
        value = values[self.field]
        return value is None or values[self.when] != self.equals or value % self.step == 0

    def message(self, model, values):
        return _("%(label)s: %(value)s is not a multiple of %(step)s (%(when)s “%(equals)s”).") % {
            "label": label_of(model, self.field),
            "value": shown_number(values[self.field]),
            "step": self.step,
            "when": name_of(model, self.when),
            "equals": answer_in_words(model, self.when, self.equals),
        }


class Pair(Rule):
    """Two fields stand together or not at all: an interval's value and its unit."""

    code = "pair"

    def __init__(self, field: str, other: str) -> None:
        self.other = other
        super().__init__("pair", field, other)

    def build(self) -> Q:
        return Q(**{f"{self.field}__isnull": True, f"{self.other}__isnull": True}) | Q(
            **{f"{self.field}__isnull": False, f"{self.other}__isnull": False}
        )

    def holds(self, values):
        return (values[self.field] is None) == (values[self.other] is None)

    def message(self, model, values):
        return _("%(label)s and %(other_label)s stand together or not at all.") % {
            "label": label_of(model, self.field),
            "other_label": name_of(model, self.other),
        }


class Excludes(Rule):
    """``field = value`` contradicts ``other = other_value``."""

    code = "contradiction"

    def __init__(self, field: str, value: Any, other: str, other_value: Any) -> None:
        self.other = other
        self.value = getattr(value, "value", value)
        self.other_value = getattr(other_value, "value", other_value)
        super().__init__("excludes", field, other)

    def build(self) -> Q:
        absent = Q(**{f"{self.field}__isnull": True}) | Q(**{f"{self.other}__isnull": True})
        return absent | ~Q(**{self.field: self.value}) | ~Q(**{self.other: self.other_value})

    def holds(self, values):
        return values[self.field] != self.value or values[self.other] != self.other_value

    def message(self, model, values):
        return _("%(label)s “%(value)s” contradicts %(other_label)s “%(other)s”.") % {
            "label": label_of(model, self.field),
            "value": answer_in_words(model, self.field, self.value),
            "other_label": name_of(model, self.other),
            "other": answer_in_words(model, self.other, self.other_value),
        }


class WholeUnless(Rule):
    """A whole number from ``low`` to ``high``, unless ``unless`` equals ``equals`` (a scale used elsewhere)."""

    code = "scale"

    def __init__(self, field: str, low: int, high: int, *, unless: str, equals: Any) -> None:
        self.low, self.high, self.unless = low, high, unless
        self.equals = getattr(equals, "value", equals)
        super().__init__("scale", field, unless)

    def build(self) -> Q:
        return (
            Q(**{f"{self.field}__isnull": True})
            | Q(**{f"{self.unless}__isnull": False, self.unless: self.equals})
            | (
                Q(**{f"{self.field}__gte": self.low, f"{self.field}__lte": self.high})
                & Q(Exact(Mod(self.field, Value(1)), Value(0)))
            )
        )

    def holds(self, values):
        value = values[self.field]
        if value is None or values[self.unless] == self.equals:
            return True
        return self.low <= value <= self.high and value % 1 == 0

    def message(self, model, values):
        return _(
            "%(label)s: %(value)s is not on the registry's scale. Accepted: whole numbers %(low)s to %(high)s."
        ) % {
            "label": label_of(model, self.field),
            "value": shown_number(values[self.field]),
            "low": self.low,
            "high": self.high,
        }
