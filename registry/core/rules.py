"""Rules of one record, each stated once and held at every door.

A rule is a ``CheckConstraint`` that can also answer in Python: it stands in ``Meta.constraints``, so the database
enforces it, and ``full_clean()`` – which form, admin, API and import all call – asks ``holds()`` without a query.
Stock Django skips a constraint that touches a field the form does not show, and REST framework does not look at
check constraints at all; both are why these classes exist. As in SQL, a rule lets NULL pass.
"""

import copy
import datetime
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Length, Mod
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from registry.core.codes import MissingCode
from registry.core.expressions import WithoutKeys, code_set_length, wrapped_code_set
from registry.core.units import plain, unit_of, with_unit

Number = int | Decimal | float


class Rule(models.CheckConstraint):
    """A constraint that builds its SQL, answers in Python, and names the field its message belongs to.

    Subclasses define ``condition()``, ``holds()`` and ``message()``.
    """

    code = "rule"

    def __init__(self, kind: str, field: str, *others: str) -> None:
        self.field = field
        self.fields = (field, *others)
        # PostgreSQL keeps 63 characters of a name: each field gets its share of what is left beside the model's.
        share = 36 // len(self.fields) if len(self.fields) > 1 else 40
        parts = "_".join(name[:share] for name in self.fields)
        super().__init__(condition=self.build(), name=f"%(class)s_{parts}_{kind}")

    def build(self) -> Q:
        """The rule as a condition of the database."""
        raise NotImplementedError

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether the values (field → Python value) satisfy the rule; a missing value does."""
        raise NotImplementedError

    def message(self, model: type[models.Model], values: Mapping[str, Any]) -> str:
        """What every door says when the rule is broken, with the field's name and the accepted range."""
        raise NotImplementedError

    # -- Django's side -------------------------------------------------------------------------------------------

    def validate(self, model, instance, exclude=None, using=None) -> None:
        """Refuse the instance; ``exclude`` is ignored on purpose: a rule holds whatever a form happens to show."""
        values = {name: getattr(instance, model._meta.get_field(name).attname) for name in self.fields}
        try:
            held = self.holds(values)
        except (TypeError, ValueError, AttributeError):
            return  # a value that could not be read has been refused by its field already
        if not held:
            error = ValidationError(self.message(model, values), code=self.code)
            raise ValidationError({self.field: error})

    def clone(self) -> "Rule":
        """A copy of the rule itself: Django clones constraints while naming them and must not strip ``holds()``."""
        return copy.copy(self)

    def deconstruct(self):
        """Migrations hold the plain constraint: they must run when the rule class has long changed."""
        return (
            "django.db.models.CheckConstraint",
            (),
            {"condition": self.condition, "name": self.name},
        )

    def __eq__(self, other: object) -> bool:
        if isinstance(other, models.CheckConstraint):
            return self.name == other.name and self.condition == other.condition
        return NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), self.name))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {', '.join(self.fields)}>"


def label_of(model: type[models.Model], name: str) -> str:
    """The field's label with a capital first letter."""
    text = str(model._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return text[:1].upper() + text[1:]


def choice_list(codes: Iterable[object]) -> str:
    return ", ".join(str(code) for code in codes)


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
            return _("%(low)s to %(high)s") % {"low": self.low, "high": self.high}
        if self.above:
            return _("above %(low)s to %(high)s") % {"low": plain(self.low), "high": plain(self.high)}
        return _("%(low)s to %(high)s") % {"low": plain(self.low), "high": plain(self.high)}

    def message(self, model, values):
        value, unit = values[self.field], unit_of(self.field)
        label = label_of(model, self.field)
        if isinstance(self.low, datetime.date):
            return _("%(label)s: %(value)s is not between %(low)s and %(high)s.") % {
                "label": label,
                "value": value,
                "low": self.low,
                "high": self.high,
            }
        too_high = value > self.high
        if too_high:
            verdict = _("%(value)s is above %(limit)s.")
        else:
            verdict = _("%(value)s is not above %(limit)s.") if self.above else _("%(value)s is below %(limit)s.")
        limit = self.high if too_high else self.low
        accepted = _("Accepted: %(range)s") % {"range": self.range_text()}
        stated = verdict % {"value": with_unit(value, unit), "limit": with_unit(limit, unit)}
        return f"{label}: {stated} {accepted}{' ' + unit if unit else ''}."


class OneOf(Rule):
    """The field holds one of the listed codes or numbers."""

    code = "not_a_code"

    def __init__(self, field: str, codes: Iterable[Any]) -> None:
        self.codes = tuple(code.value if hasattr(code, "value") else code for code in codes)
        super().__init__("code", field)

    def build(self) -> Q:
        return Q(**{f"{self.field}__in": self.codes})

    def holds(self, values):
        return values[self.field] is None or values[self.field] in self.codes

    def message(self, model, values):
        value = values[self.field]
        return _("%(label)s: “%(value)s” is not one of: %(codes)s.") % {
            "label": label_of(model, self.field),
            "value": str(value)[:60],
            "codes": choice_list(self.codes),
        }


class SubsetOf(Rule):
    """A code set ``a;b`` whose codes are all on the list, none of them twice, and never an empty text.

    ``alone`` names a code that excludes all others (``none``).
    """

    code = "not_a_code"

    def __init__(self, field: str, codes: Iterable[Any], *, alone: str = "") -> None:
        self.codes = tuple(str(getattr(code, "value", code)) for code in codes)
        self.alone = alone
        super().__init__("codes", field)

    def build(self) -> Q:
        accounted = code_set_length(self.field, self.codes)
        known = Q(Exact(Length(wrapped_code_set(self.field)), accounted)) & ~Q(**{self.field: ""})
        if self.alone:
            known &= Q(**{self.field: self.alone}) | ~Q(**{f"{self.field}__contains": self.alone})
        return Q(**{f"{self.field}__isnull": True}) | known

    def _unknown(self, value: str) -> list[str]:
        return [code for code in value.split(";") if code not in self.codes]

    def holds(self, values):
        value = values[self.field]
        if value is None:
            return True
        parts = value.split(";")
        if self.alone and self.alone in value and value != self.alone:
            return False
        return not self._unknown(value) and len(set(parts)) == len(parts)

    def message(self, model, values):
        value, label = values[self.field], label_of(model, self.field)
        unknown = self._unknown(value)
        if unknown:
            return _("%(label)s: “%(value)s” is not one of: %(codes)s.") % {
                "label": label,
                "value": unknown[0][:60],
                "codes": choice_list(self.codes),
            }
        if self.alone and self.alone in value:
            return _("%(label)s: “%(alone)s” cannot stand beside other values.") % {
                "label": label,
                "alone": self.alone,
            }
        return _("%(label)s: a value stands twice.") % {"label": label}


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
        return str(value) if isinstance(value, datetime.date) else with_unit(value, unit_of(name))


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
            "other_label": label_of(model, self.other).lower(),
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
            "other_label": label_of(model, self.other).lower(),
            "other": self.shown(self.other, values[self.other]),
        }


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
            "other_label": label_of(model, self.other).lower(),
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
        names = _(" or ").join(label_of(model, name).lower() for name in self.needed)
        return _("%(when)s “%(value)s” needs %(names)s.") % {
            "when": label_of(model, self.when),
            "value": self.equals,
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
            "when": label_of(model, self.when).lower(),
            "allowed": choice_list(_("yes") if value is True else value for value in self.allowed),
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
            "value": values[self.field],
            "step": self.step,
            "when": label_of(model, self.when).lower(),
            "equals": self.equals,
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
            "other_label": label_of(model, self.other).lower(),
        }


class Span(Rule):
    """``0 ≤ field − other ≤ high``: an end that lies at most so far after its beginning."""

    code = "span"

    def __init__(self, field: str, other: str, high: Number) -> None:
        self.other, self.high = other, high
        super().__init__("span", field, other)

    def build(self) -> Q:
        return Q(**{f"{self.field}__gte": F(self.other)}) & Q(**{f"{self.field}__lte": F(self.other) + Value(self.high)})

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
                "other_label": label_of(model, self.other).lower(),
                "other": with_unit(start, unit),
            }
        return _("%(label)s: %(span)s after %(other_label)s is above %(limit)s. Accepted: 0 to %(limit)s.") % {
            "label": label_of(model, self.field),
            "span": with_unit(end - start, unit),
            "other_label": label_of(model, self.other).lower(),
            "limit": with_unit(self.high, unit),
        }


class CodedMissing(Rule):
    """Which fields may say why they are empty, with which codes; a field with a value has no missing code."""

    code = "missing"

    def __init__(self, *missable: str) -> None:
        self.missable = missable
        self.codes = tuple(MissingCode.values)
        super().__init__("codes", "missing")
        self.fields = ("missing", *missable)

    def build(self) -> Q:
        condition = Q(Exact(WithoutKeys(F("missing"), *self.missable), Value({}, models.JSONField())))
        for name in self.missable:
            absent = Q(**{f"missing__{name}__isnull": True})
            coded = Q(**{f"missing__{name}__in": self.codes, f"{name}__isnull": True})
            condition &= absent | coded
        return condition

    def faults(self, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Each offending entry of ``missing`` with what is wrong about it: ``field``, ``code`` or ``value``."""
        found = []
        for name, code in values["missing"].items():
            if name not in self.missable:
                found.append((name, "field"))
            elif code not in self.codes:
                found.append((name, "code"))
            elif values[name] is not None:
                found.append((name, "value"))
        return found

    def holds(self, values):
        return not self.faults(values)

    def validate(self, model, instance, exclude=None, using=None) -> None:
        values = {name: getattr(instance, model._meta.get_field(name).attname) for name in self.fields}
        if not isinstance(values["missing"], dict):
            raise ValidationError({"missing": _("Missing codes are an object of field and code.")})
        errors: dict[str, list[ValidationError]] = {}
        for name, fault in self.faults(values):
            field = name if fault != "field" else "missing"
            text = self.fault_text(model, name, fault, values)
            errors.setdefault(field, []).append(ValidationError(text, code=self.code))
        if errors:
            raise ValidationError(errors)

    def fault_text(self, model, name: str, fault: str, values: Mapping[str, Any]) -> str:
        if fault == "field":
            return _("“%(name)s” takes no missing code.") % {"name": name[:60]}
        if fault == "code":
            return _("%(label)s: “%(code)s” is not one of the missing codes: %(codes)s.") % {
                "label": label_of(model, name),
                "code": str(values["missing"][name])[:60],
                "codes": choice_list(self.codes),
            }
        return _("%(label)s has a value and a missing code (%(code)s); only one of them can be true.") % {
            "label": label_of(model, name),
            "code": values["missing"][name],
        }

    def message(self, model, values):
        return " ".join(self.fault_text(model, name, fault, values) for name, fault in self.faults(values))


class OnlyOne(models.UniqueConstraint):
    """At most one row with these values; the refusal stands at ``fields[-1]`` in words."""

    def __init__(self, *fields: str, message: Any, where: Q | None = None) -> None:
        self.text = message
        super().__init__(fields=fields, condition=where, name=f"%(class)s_{'_'.join(fields)[:40]}_once")

    def validate(self, model, instance, exclude=None, using="default") -> None:
        # Excluded fields count too: the form may not show the parent, yet the parent decides.
        try:
            super().validate(model, instance, exclude=None, using=using)
        except ValidationError:
            raise ValidationError({self.fields[-1]: ValidationError(self.text, code="unique")}) from None

    def clone(self) -> "OnlyOne":
        return copy.copy(self)

    def deconstruct(self):
        kwargs: dict[str, Any] = {"fields": self.fields, "name": self.name}
        if self.condition:
            kwargs["condition"] = self.condition
        return "django.db.models.UniqueConstraint", (), kwargs

    def __eq__(self, other: object) -> bool:
        if isinstance(other, models.UniqueConstraint):
            return (self.name, self.fields, self.condition) == (other.name, other.fields, other.condition)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.name)


def rules_of(model: type[models.Model]) -> list[Rule]:
    """The model's rules, as its declarations name them."""
    return [constraint for constraint in model._meta.constraints if isinstance(constraint, Rule)]


def range_of(model: type[models.Model], field: str) -> Between | None:
    """The hard limits of a field, for hints and for the API's description."""
    return next((r for r in rules_of(model) if isinstance(r, Between) and r.field == field), None)
