"""Which variables a cohort may ask about, and what each may hold where only the database knows."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import Diagnosis
from procedures.strategy import strategy_sql
from registry.access import scope
from registry.literature.models import Publication
from registry.research.columns import ColumnType, Identity
from registry.research.tables import Table, tables
from registry.research.variables import Variable, catalogue

#: Why a variable that identifies is not asked about. An age is: it is compared as it is shown, capped.
WITHHELD = {
    Identity.DATE: gettext_lazy("it is an exact date; ask about the days from the index procedure instead"),
    Identity.NUMBER: gettext_lazy("it identifies the patient"),
    Identity.TEXT: gettext_lazy("it is free text"),
}

Choices = tuple[tuple[str, str], ...]


def table_of(variable: Variable) -> Table:
    return tables()[variable.table]


def is_below_case(table: Table) -> bool:
    """Whether a case may have several rows of this table."""
    return bool(table.case)


def row_tables() -> tuple[str, ...]:
    """The tables whose rows a cohort may ask about as “any”, “every” or “no” row."""
    return tuple(table.name for table in tables().values() if is_below_case(table))


def refusal(variable: Variable) -> str:
    """Why no condition may be put on this variable; empty where one may."""
    if table_of(variable).patient is None:
        return _("it belongs to no patient")
    identity = variable.column.identity
    return str(WITHHELD.get(identity, "")) if identity else ""


@cache
def askable() -> Mapping[str, Variable]:
    """Every variable that a condition may be put on, by its key, in the order of the catalogue."""
    return {key: variable for key, variable in catalogue().items() if not refusal(variable)}


def closest(word: str, known: Iterable[str]) -> str:
    """The known name that this one was probably meant to be; empty where none is near."""
    word, names = word[:80], list(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    table, point, stem = word.partition(".")
    if point and stem:
        # The beginning of a name says more than letters in common: “cases.age” is not cases.sex.
        begun = [name for name in names if name.partition(".")[2].startswith(stem)]
        begun = [
            name for name in begun if difflib.get_close_matches(table, [name.partition(".")[0]], cutoff=0.7)
        ]
        near = sorted(begun, key=len) + near
    return next(iter(near), "")


# -- codes that the database holds ---------------------------------------------------------------------------------


def _diagnoses(user: Any) -> Choices:
    return tuple(Diagnosis.objects.order_by("label").values_list("slug", "label"))


def _publications(user: Any) -> Choices:
    rows = Publication.objects.order_by("year", "slug").values_list("slug", "title")
    return tuple((slug, f"{slug}: {title}") for slug, title in rows)


def _centers(user: Any) -> Choices:
    return tuple(scope.visible_centers(user).order_by("code").values_list("code", "name"))


def _strategies(user: Any) -> Choices:
    """Those that occur among the cases that a cohort of the user can have."""
    rows = tables()["cases"].in_research(user).annotate(found=strategy_sql()).exclude(found=None)
    found = rows.order_by("found").values_list("found", flat=True).distinct()
    return tuple((strategy, strategy) for strategy in found)


STRATEGY = "cases.Case.strategy"
#: Where the declared variable gets its values from, if not from a list of codes.
_FROM_DATABASE: Mapping[str, Callable[[Any], Choices]] = {
    "cases.Case.diagnosis": _diagnoses,
    "literature.Publication.slug": _publications,
    "access.Center.code": _centers,
    STRATEGY: _strategies,
}


def choices_of(variable: Variable, user: Any) -> Choices:
    """The values a user may choose from, with labels; empty where anything may be typed."""
    if variable.column.codes:
        return variable.column.codes
    found = _FROM_DATABASE.get(variable.column.declaration)
    return found(user) if found else ()


def is_choosable(variable: Variable) -> bool:
    return bool(variable.column.codes) or variable.column.declaration in _FROM_DATABASE


def has_numbers(variable: Variable) -> bool:
    return variable.column.type in (ColumnType.NUMBER, ColumnType.INTEGER)
