"""Rules of one record, each stated once and held at every door.

A rule is a ``CheckConstraint`` that can also answer in Python: it stands in ``Meta.constraints``, so the database
enforces it, and ``full_clean()`` – which form, admin, API and import all call – asks ``holds()`` without a query.
Stock Django skips a constraint that touches a field the form does not show, and REST framework does not look at
check constraints at all; both are why these classes exist. As in SQL, a rule lets NULL pass.
"""

from django.db import models

from registry.core.rules.base import Rule, inside_sentence, label_of, name_of, why_missing_label
from registry.core.rules.code_lists import CodedMissing, OneOf, SubsetOf
from registry.core.rules.dependence import (
    Excludes,
    MultipleOf,
    OnlyWhen,
    Pair,
    RequiredWhen,
    Requires,
    WholeUnless,
)
from registry.core.rules.ranges import AtMost, Between, NotBefore, Span
from registry.core.rules.uniqueness import OnlyOne

__all__ = [
    "AtMost",
    "Between",
    "CodedMissing",
    "Excludes",
    "MultipleOf",
    "NotBefore",
    "OneOf",
    "OnlyOne",
    "OnlyWhen",
    "Pair",
    "RequiredWhen",
    "Requires",
    "Rule",
    "Span",
    "SubsetOf",
    "WholeUnless",
    "inside_sentence",
    "label_of",
    "name_of",
    "range_of",
    "rules_of",
    "why_missing_label",
]


def rules_of(model: type[models.Model]) -> list[Rule]:
    """The model's rules, as its declarations name them."""
    return [constraint for constraint in model._meta.constraints if isinstance(constraint, Rule)]


def range_of(model: type[models.Model], field: str) -> Between | None:
    """The hard limits of a field, for hints and for the API's description."""
    return next((r for r in rules_of(model) if isinstance(r, Between) and r.field == field), None)
