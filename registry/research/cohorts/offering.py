"""Variables as the builder offers them: each once, under headings a reader knows, and found by typing."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.translation import gettext as _

from procedures.codes import Kind
from registry.core.units import shown_unit
from registry.research.codebook import search
from registry.research.cohorts.variables import askable, row_tables
from registry.research.cohorts.words import one_row, table_label
from registry.research.columns import ColumnType
from registry.research.variables import Variable

#: So many are listed for a search; more words find fewer.
MOST_FOUND = 60
#: What most questions begin with.
OFTEN = (
    "cases.strategy",
    "cases.age_years",
    "cases.sex",
    "cases.diagnosis",
    "cases.disease_status",
    "cases.publication",
    "lesions.denis_zone",
    "lesions.volume_ml",
    "case_summary.vas_pain__baseline",
    "case_summary.vas_pain__month_3",
    "complications.sir_grade",
)
_FOLLOW_UP = "outcomes.FollowUpStatus."


@dataclass(frozen=True)
class Offer:
    """The variables of one heading."""

    heading: str
    variables: tuple[Variable, ...]
    is_open: bool = False

    @property
    def rows(self) -> str:
        """The table below the case that all of these belong to; empty for what a case has once."""
        table = self.variables[0].table
        return table if table in row_tables() and not self.is_open else ""

    @property
    def row(self) -> str:
        return one_row(self.rows)

    @property
    def entries(self) -> list[dict[str, Any]]:
        """Each variable as its button shows it."""
        return [
            {
                "key": variable.key,
                "label": short_label(variable),
                "unit": shown_unit(variable.column.unit),
                "definition": variable.definition,
            }
            for variable in self.variables
        ]


@cache
def offered() -> frozenset[str]:
    """Each variable once: what a table repeats of the case is asked of the case, and ids are asked by nobody."""
    of_case = {_what(variable) for variable in askable().values() if variable.table == "cases"}
    return frozenset(
        key
        for key, variable in askable().items()
        if variable.column.type is not ColumnType.KEY
        and (variable.table == "cases" or _what(variable) not in of_case)
    )


def _what(variable: Variable) -> str:
    return variable.column.declaration or variable.name


def found(words: str, within: str = "") -> tuple[list[Offer], int]:
    """The variables that have every word somewhere, under their headings, and how many were too many to list.

    ``within`` narrows to the rows of a table. Those that are called so come first.
    """
    wanted = words.casefold().split()
    offer = offered()
    fitting = [variable for variable in search(words, within) if variable.key in offer]
    if wanted:
        fitting.sort(key=lambda variable: not all(word in _called(variable) for word in wanted))
    listed = fitting[:MOST_FOUND] if wanted else fitting
    offers = list(_offers(listed))
    if not wanted and not within:
        often = tuple(askable()[key] for key in OFTEN)
        offers.insert(0, Offer(_("Often asked"), often, is_open=True))
    return offers, len(fitting) - len(listed)


@cache
def _called(variable: Variable) -> str:
    return f"{variable.column.label} {variable.key}".casefold()


def _offers(variables: Iterable[Variable]) -> Iterable[Offer]:
    by_heading: dict[str, list[Variable]] = {}
    for variable in variables:
        by_heading.setdefault(heading_of(variable), []).append(variable)
    return (Offer(heading, tuple(each)) for heading, each in by_heading.items())


def heading_of(variable: Variable) -> str:
    """Where a reader looks for the variable."""
    if variable.table != "case_summary":
        return table_label(variable.table)
    if variable.column.time_point:
        return _("Scores at a time point")
    kind = variable.name.partition("__")[0]
    if kind in Kind.values:
        return _("First procedure of a kind: %(kind)s") % {"kind": Kind(kind).label}
    if variable.column.declaration.startswith(_FOLLOW_UP):
        return _("Follow-up status")
    return table_label(variable.table)


def short_label(variable: Variable) -> str:
    """The label less what the heading has said."""
    kind, separator, _name = variable.name.partition("__")
    if variable.table == "case_summary" and separator and kind in Kind.values:
        return variable.column.label.partition(": ")[2] or variable.column.label
    return variable.column.label
