"""What has to be asked of a record before it is written, looked up once per model."""

from collections import defaultdict
from functools import cache
from typing import Any

from django.db import models

from registry.core.family import Family
from registry.core.models import Record
from registry.core.rules import Rule


@cache
def keys_of(model: type[Record]) -> tuple[Any, ...]:
    return tuple(f for f in model._meta.concrete_fields if f.is_relation)


@cache
def unasked(model: type[Record]) -> frozenset[str]:
    """Fields whose checks would ask the database: keys."""
    return frozenset(f.name for f in keys_of(model))


@cache
def own_rules(model: type[Record]) -> tuple[Any, ...]:
    found = tuple(rule for rule in model._meta.constraints if not isinstance(rule, models.UniqueConstraint))
    unknown = [rule for rule in found if not isinstance(rule, Rule)]
    if unknown:
        raise TypeError(f"{model.__name__}: {unknown} cannot be asked in Python.")
    return found


def known_keys(family: Family, given: list[Record]) -> dict[Any, set[Any]]:
    """The keys that there are, of every model that the records name."""
    asked: dict[Any, set[Any]] = defaultdict(set)
    for record in given:
        for key_field in keys_of(type(record)):
            key = getattr(record, key_field.attname)
            if key is not None:
                asked[key_field.related_model].add(key)
    known: dict[Any, set[Any]] = defaultdict(set)
    for model, keys in asked.items():
        known[model] = {key for key in keys if model in family.after and key in family.after[model]}
        others = [key for key in keys - known[model] if not isinstance(key, int) or key > 0]
        if others:
            known[model] |= set(model._base_manager.filter(pk__in=others).values_list("pk", flat=True))
    return known
