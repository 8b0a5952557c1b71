"""What the declarations say, for the tests that cover every rule: models, rules, and values that break each."""

import datetime
from decimal import Decimal
from functools import singledispatch
from typing import Any

from django.apps import apps
from django.db import models

from registry.core import rules
from registry.core.models import Record


def record_models() -> list[type[Record]]:
    """Every concrete record model."""
    return [model for model in apps.get_models() if issubclass(model, Record)]


def declared_rules() -> list[tuple[type[Record], rules.Rule]]:
    return [(model, rule) for model in record_models() for rule in rules.rules_of(model)]


def rule_id(value: Any) -> str:
    if isinstance(value, rules.Rule):
        return value.name
    return value.__name__ if isinstance(value, type) else str(value)


def just_beyond(model: type[Record], field: str, limit: Any, step: int) -> Any:
    """The nearest value past a limit that the column can hold."""
    column = model._meta.get_field(field)
    if isinstance(limit, datetime.date):
        return limit + datetime.timedelta(days=step)
    if isinstance(column, models.DecimalField):
        return Decimal(limit) + step * Decimal(1).scaleb(-column.decimal_places)
    return int(limit) + step


def some_value(model: type[Record], field: str) -> Any:
    """A value that the field's own rules accept."""
    for rule in rules.rules_of(model):
        if rule.field != field:
            continue
        if isinstance(rule, rules.OneOf | rules.SubsetOf):
            return rule.codes[0]
        if isinstance(rule, rules.Between):
            return just_beyond(model, field, rule.low, 1)
    column = model._meta.get_field(field)
    if isinstance(column, models.BooleanField):
        return True
    if isinstance(column, models.DateTimeField):
        return datetime.datetime(2024, 3, 11, 8, 30, tzinfo=datetime.UTC)
    if isinstance(column, models.ForeignKey):
        raise LookupError(f"{model.__name__}.{field} needs a row")
    raise LookupError(f"no value for {model.__name__}.{field}")


@singledispatch
def broken(rule: rules.Rule, model: type[Record]) -> list[dict[str, Any]]:
    """Values (field → value) that break the rule and, as far as possible, nothing else."""
    raise NotImplementedError(f"say how {type(rule).__name__} is broken")


@broken.register
def _(rule: rules.Between, model: type[Record]) -> list[dict[str, Any]]:
    low = rule.low if rule.above else just_beyond(model, rule.field, rule.low, -1)
    return [{rule.field: low}, {rule.field: just_beyond(model, rule.field, rule.high, 1)}]


@broken.register
def _(rule: rules.OneOf, model: type[Record]) -> list[dict[str, Any]]:
    wrong = 85 if all(isinstance(code, int) for code in rule.codes) else "no_such_code"
    return [{rule.field: wrong}]


@broken.register
def _(rule: rules.SubsetOf, model: type[Record]) -> list[dict[str, Any]]:
    found = [{rule.field: "no_such_code"}, {rule.field: f"{rule.codes[0]};no_such_code"}]
    if rule.alone:
        found.append({rule.field: f"{rule.alone};{next(code for code in rule.codes if code != rule.alone)}"})
    return found


@broken.register
def _(rule: rules.NotBefore, model: type[Record]) -> list[dict[str, Any]]:
    at = some_value(model, rule.other)
    return [{rule.other: just_beyond(model, rule.other, at, 1), rule.field: at}]


@broken.register
def _(rule: rules.AtMost, model: type[Record]) -> list[dict[str, Any]]:
    at = some_value(model, rule.other)
    return [{rule.other: at, rule.field: just_beyond(model, rule.field, at, 1)}]


@broken.register
def _(rule: rules.Requires, model: type[Record]) -> list[dict[str, Any]]:
    return [{rule.field: some_value(model, rule.field), rule.other: None}]


@broken.register
def _(rule: rules.RequiredWhen, model: type[Record]) -> list[dict[str, Any]]:
    return [{rule.when: rule.equals, **dict.fromkeys(rule.needed)}]


@broken.register
def _(rule: rules.OnlyWhen, model: type[Record]) -> list[dict[str, Any]]:
    other = next(value for value in _all_values(model, rule.when) if value not in rule.allowed)
    return [{rule.field: some_value(model, rule.field), rule.when: other}]


def _all_values(model: type[Record], field: str) -> list[Any]:
    if isinstance(model._meta.get_field(field), models.BooleanField):
        return [True, False]
    listed = (
        r for r in rules.rules_of(model) if isinstance(r, rules.OneOf | rules.SubsetOf) and r.field == field
    )
    return list(next(listed).codes)


@broken.register
def _(rule: rules.MultipleOf, model: type[Record]) -> list[dict[str, Any]]:
    decimal = isinstance(model._meta.get_field(rule.field), models.DecimalField)
    return [{rule.when: rule.equals, rule.field: Decimal("6.5") if decimal else 7}]


@broken.register
def _(rule: rules.Pair, model: type[Record]) -> list[dict[str, Any]]:
    return [{rule.field: some_value(model, rule.field), rule.other: None}]


@broken.register
def _(rule: rules.Span, model: type[Record]) -> list[dict[str, Any]]:
    return [{rule.other: 10, rule.field: 9}, {rule.other: 10, rule.field: 10 + rule.high + 1}]


@broken.register
def _(rule: rules.Excludes, model: type[Record]) -> list[dict[str, Any]]:
    return [{rule.field: rule.value, rule.other: rule.other_value}]


@broken.register
def _(rule: rules.WholeUnless, model: type[Record]) -> list[dict[str, Any]]:
    return [
        {rule.field: Decimal(rule.high + 1), rule.unless: None},
        {rule.field: Decimal(rule.low) + Decimal("0.5"), rule.unless: None},
    ]


@broken.register
def _(rule: rules.CodedMissing, model: type[Record]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"missing": {"no_such_field": "unknown"}}]
    for name in rule.missable:
        if not model._meta.get_field(name).null:
            continue
        found.append({"missing": {name: "no_such_code"}, name: None})
        try:
            found.append({"missing": {name: "unknown"}, name: some_value(model, name)})
        except LookupError:
            continue  # a foreign key: covered where rows exist
    return found


def breakages(rule: rules.Rule, record: Record) -> list[dict[str, Any]]:
    """``broken()`` with whatever else the other rules of the record then demand, so that only this one is broken."""
    return [_repaired(rule, record, values) for values in broken(rule, type(record))]


def _repaired(rule: rules.Rule, record: Record, values: dict[str, Any]) -> dict[str, Any]:
    model = type(record)
    found = dict(values)
    for _pass in range(3):
        for other in rules.rules_of(model):
            if other is rule or not set(other.fields) & set(found):
                continue
            now = {
                name: found.get(name, getattr(record, model._meta.get_field(name).attname))
                for name in other.fields
            }
            if other.holds(now):
                continue
            if isinstance(other, rules.Pair):
                empty = other.field if now[other.field] is None else other.other
                found.setdefault(empty, some_value(model, empty))
            elif isinstance(other, rules.Requires):
                found.setdefault(other.other, some_value(model, other.other))
            elif isinstance(other, rules.OnlyWhen):
                found.setdefault(other.when, other.allowed[0])
            elif isinstance(other, rules.WholeUnless):
                found.setdefault(other.unless, other.equals)
            elif isinstance(other, rules.Excludes) and other.other not in values:
                codes = _all_values(model, other.other)
                found[other.other] = next(code for code in codes if code != other.other_value)
    return found
