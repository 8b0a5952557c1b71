"""Writes ``docs/data-model.md`` from the declarations of the models, so that it cannot go stale."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator
from functools import singledispatch
from typing import Any

from django.apps import apps
from django.db import models
from django.utils import translation

from registry.core import fields, rules
from registry.core.codes import MissingCode
from registry.core.models import Record
from registry.core.units import unit_of, with_unit
from registry.research.columns import MISSING_SUFFIX, codes_of
from registry.research.profiles import PSEUDONYMISED, Rows
from registry.research.ranges import limits_in_words, usual_in_words, usual_ranges
from registry.research.tables import Table, tables

#: The apps in the order of the floors they stand on.
APPS = ("literature", "cases", "procedures", "outcomes")
OF_EVERY_RECORD = frozenset(field.name for field in Record._meta.local_fields)

INTRODUCTION = """\
# Data model

Written by `manage.py data_model` from the models themselves; `manage.py data_model --check` fails when this page
and the models differ. Change the models, then run `make docs`.

Every record below has besides the fields listed: a public id (`uuid`), a `version` that guards concurrent changes,
who created and last changed it and when, `missing` (field → code: why a value is absent), `confirmed` (field →
reason for an unusual value), and a history of every change with who, when and why.

**Columns of the field tables.** *Type*: decimal (with its decimals), whole number, yes/no, date, code, codes
(several, stored as `a;b` in the order of the list), line, text. *Limits*: refused outside, at every door. *Usual*:
outside, a confirmation with a reason is asked; nothing is blocked. *Missing*: the field takes a missing code; in
exports it stands in `<field>__missing`. *Identity*: shown only to those who may see who a patient is.
"""


def data_model() -> str:
    """The whole document. The same models give the same text, whatever the language of the installation."""
    with translation.override("en"):
        parts = [INTRODUCTION, *_missing_codes()]
        for label in APPS:
            config = apps.get_app_config(label)
            parts.append(f"## {config.verbose_name}\n")
            if inspect.getdoc(config.models_module):
                parts.append(f"{inspect.getdoc(config.models_module)}\n")
            records = [model for model in config.get_models() if issubclass(model, Record)]
            for model in _parents_first(records):
                parts += _model(model)
        parts.append("## Export tables\n")
        parts.append(
            "`GET /api/v1/export/<table>.<format>`; one row each as stated. A "
            f"column `x` that may say why it is empty is followed by `x{MISSING_SUFFIX}`, left out of these lists.\n"
        )
        for table in tables().values():
            parts += _table(table)
    return "\n".join(parts).rstrip() + "\n"


def _parents_first(records: list[type[Record]]) -> Iterator[type[Record]]:
    """Each model after those it points to: patient, case, lesion."""
    waiting = sorted(records, key=lambda model: model.__name__)
    while waiting:
        model = next(
            candidate
            for candidate in waiting
            if not any(
                field.related_model in waiting and field.related_model is not candidate
                for field in candidate._meta.concrete_fields
                if field.is_relation
            )
        )
        waiting.remove(model)
        yield model


def _missing_codes() -> Iterator[str]:
    yield "## Why a value is absent\n"
    yield _grid(("code", "meaning"), [(f"`{code}`", str(label)) for code, label in MissingCode.choices])


# -- models ------------------------------------------------------------------------------------------------------------


def _model(model: type[Record]) -> Iterator[str]:
    yield f"### {model.__name__}\n"
    yield f"{inspect.getdoc(model)}\n"
    identifying = model.identifying() if model.center_path is not None else frozenset()
    rows = [
        _field(model, field, field.name in identifying)
        for field in model._meta.concrete_fields
        if field.name not in OF_EVERY_RECORD and not field.primary_key
    ]
    yield _grid(("field", "label", "type", "unit", "limits", "usual", "missing", "identity"), rows)
    lists = list(_code_lists(model))
    if lists:
        yield "Codes:\n"
        yield "\n".join(lists) + "\n"
    if model.derived:
        yield "Derived, never stored:\n"
        yield _grid(
            ("value", "label", "type", "unit", "source"),
            [(f"`{d.name}`", str(d.label), _derived_type(d), d.unit, str(d.source)) for d in model.derived],
        )
    stated = [*_rules_of_several_fields(model), *_soft_limits_in_words(model), *_rules_across_rows(model)]
    if stated:
        yield "Rules:\n"
        yield "\n".join(f"- {line}" for line in stated) + "\n"


def _field(model: type[Record], field: Any, identifies: bool) -> tuple[str, ...]:
    return (
        f"`{field.name}`",
        str(field.verbose_name),
        _type(field),
        unit_of(field.name),
        limits_in_words(model, field.name),
        usual_in_words(usual_ranges(model, field.name)),
        "yes" if field.name in model.missable_fields() else "",
        "yes" if identifies else "",
    )


def _type(field: Any) -> str:
    if field.is_relation:
        return f"→ {field.related_model.__name__}"
    if isinstance(field, fields.CodeSetField):
        return "codes"
    if isinstance(field, models.DecimalField):
        return f"decimal ({field.decimal_places})"
    for known, name in (
        (fields.CodeField, "code"),
        (models.SlugField, "slug"),
        (models.BooleanField, "yes/no"),
        (models.DateTimeField, "date and time"),
        (models.DateField, "date"),
        (models.IntegerField, "whole number"),
        (models.CharField, "line"),
        (models.TextField, "text"),
        (models.JSONField, "list"),
    ):
        if isinstance(field, known):
            return name
    return type(field).__name__


def _derived_type(value: Any) -> str:
    return f"{value.kind}: {', '.join(f'`{code}`' for code in value.codes)}" if value.codes else value.kind


def _code_lists(model: type[Record]) -> Iterator[str]:
    """One line per coded field; fields that share a list share the line."""
    groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for field in model._meta.concrete_fields:
        listed = codes_of(field)
        if listed:
            groups.setdefault(listed, []).append(field.name)
    for listed, names in groups.items():
        codes = ", ".join(f"`{code}`" if code == label else f"`{code}` {label}" for code, label in listed)
        yield f"- {', '.join(f'`{name}`' for name in names)}: {codes}"


# -- rules in words ----------------------------------------------------------------------------------------------------


def _names(names: Iterable[str], word: str) -> str:
    return f" {word} ".join(f"`{name}`" for name in names)


@singledispatch
def in_words(rule: Any) -> str:
    """A rule of several fields as a sentence."""
    raise NotImplementedError(f"Say what {type(rule).__name__} means.")


@in_words.register
def _(rule: rules.NotBefore) -> str:
    return f"`{rule.field}` is not before `{rule.other}`."


@in_words.register
def _(rule: rules.AtMost) -> str:
    return f"`{rule.field}` is at most `{rule.other}`."


@in_words.register
def _(rule: rules.Span) -> str:
    limit = with_unit(rule.high, unit_of(rule.field))
    return f"`{rule.field}` is not before `{rule.other}` and at most {limit} after it."


@in_words.register
def _(rule: rules.Requires) -> str:
    return f"`{rule.field}` needs `{rule.other}`."


@in_words.register
def _(rule: rules.RequiredWhen) -> str:
    return f"{_names(rule.needed, 'or')} is needed when `{rule.when}` is `{rule.equals}`."


@in_words.register
def _(rule: rules.OnlyWhen) -> str:
    allowed = " or ".join("yes" if value is True else f"`{value}`" for value in rule.allowed)
    return f"`{rule.field}` goes with `{rule.when}` {allowed} only."


@in_words.register
def _(rule: rules.MultipleOf) -> str:
    return f"`{rule.field}` is a multiple of {rule.step} when `{rule.when}` is `{rule.equals}`."


@in_words.register
def _(rule: rules.Excludes) -> str:
    value = "yes" if rule.value is True else f"`{rule.value}`"
    return f"`{rule.field}` {value} contradicts `{rule.other}` `{rule.other_value}`."


@in_words.register
def _(rule: rules.WholeUnless) -> str:
    return f"`{rule.field}` is a whole number from {rule.low} to {rule.high} unless `{rule.unless}` is `{rule.equals}`."


@in_words.register
def _(rule: rules.Pair) -> str:
    return f"`{rule.field}` and `{rule.other}` stand together or not at all."


@in_words.register
def _(rule: rules.OnlyOne) -> str:
    return f"At most one row for each {_names(rule.fields, 'and')}" + (
        f" where {_condition(rule.condition)}." if rule.condition else "."
    )


def _condition(condition: models.Q) -> str:
    """The condition of a partial uniqueness, as far as they go: one field, negated or not."""
    only: Any = condition.children[0]
    if isinstance(only, models.Q):
        return _condition(only)
    name, value = only
    return f"`{name}` is {'not ' if condition.negated else ''}`{value}`"


def _rules_of_several_fields(model: type[Record]) -> Iterator[str]:
    for constraint in model._meta.constraints:
        if isinstance(constraint, rules.CodedMissing):
            continue
        if isinstance(constraint, rules.OnlyOne) or (
            isinstance(constraint, rules.Rule) and len(constraint.fields) > 1
        ):
            yield in_words(constraint)
    if model.immutable_fields:
        verb = "changes" if len(model.immutable_fields) == 1 else "change"
        yield f"{_names(model.immutable_fields, 'and')} never {verb}."


def _soft_limits_in_words(model: type[Record]) -> Iterator[str]:
    """What is asked about beyond a usual range: the sentence that is shown, with … for the values."""
    for limit in model.soft_limits:
        if limit.range is None:
            for sentence in _sentences(limit.crossed):
                yield f"`{limit.field}`, asked about: {sentence}"


def _rules_across_rows(model: type[Record]) -> Iterator[str]:
    """What ``check_across_rows`` refuses, in its own words: the docstring, and every message it may raise."""
    declared = next((base for base in model.__mro__ if "check_across_rows" in base.__dict__), Record)
    if declared is Record:
        return
    check = declared.__dict__["check_across_rows"]
    if check.__doc__:
        yield " ".join(inspect.cleandoc(check.__doc__).split())
    for sentence in _sentences(check):
        yield f"Refused: {sentence}"
    for called in _own_methods_called(check, model):
        for sentence in _sentences(called):
            yield f"Refused: {sentence}"


def _own_methods_called(function: Any, model: type[Record]) -> Iterator[Any]:
    for node in ast.walk(_parsed(function)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            method = getattr(model, node.attr, None)
            if inspect.isfunction(method) and node.attr.startswith("_"):
                yield method


def _parsed(function: Any) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(function)))


_PLACE = re.compile(r"%\(\w+\)(?:\.\d)?[sdf]")


def _sentences(function: Any) -> Iterator[str]:
    """Every message of a function (the arguments of ``_()``), with … in place of the values."""
    for node in ast.walk(_parsed(function)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_"):
            continue
        text = ast.literal_eval(node.args[0])
        yield _PLACE.sub("…", text).replace("%%", "%")


# -- export tables -----------------------------------------------------------------------------------------------------


def _table(table: Table) -> Iterator[str]:
    yield f"### {table.name}\n"
    yield f"One row is {table.row}.\n"
    names = [
        f"`{column.name}`"
        for column in table.columns
        if not column.name.endswith(MISSING_SUFFIX)
        and PSEUDONYMISED.shown(column, Rows(table.published)) is not None
    ]
    yield f"Columns: {', '.join(names)}.\n"
    reasons: dict[str, list[str]] = {}
    for column in table.columns:
        reason = PSEUDONYMISED.withheld(column)
        if reason:
            reasons.setdefault(reason, []).append(f"`{column.name}`")
    if reasons:
        yield f"De-identified ({PSEUDONYMISED.name}):\n"
        yield "\n".join(f"- {reason}: {', '.join(named)}" for reason, named in reasons.items()) + "\n"


def _grid(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table without the columns that are empty throughout."""
    rows = list(rows)
    kept = [at for at, _name in enumerate(header) if any(row[at] for row in rows)] or [0]
    lines = [[header[at] for at in kept], ["---"] * len(kept)]
    lines += [[str(row[at]).replace("|", "\\|") for at in kept] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
