"""Who is in a cohort, in one short table: age, sex, disease and strategy, for the whole and for each arm."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Count, Max, Min, Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.codes import DiseaseStatus, Sex
from cases.models import Case
from procedures.listing import strategy_words
from procedures.strategy import strategy_sql
from registry.core.expressions import as_float
from registry.core.units import shown_text
from registry.research.cohorts.compiler import arm_condition, cases_of
from registry.research.cohorts.document import Definition
from registry.research.profiles import PSEUDONYMISED
from registry.research.tables import tables

#: Strategies listed; rarer ones are counted together.
MOST_STRATEGIES = 6


@dataclass(frozen=True)
class Share:
    """``10/58 (17 %)``: of those of whom it is known."""

    n: int
    of: int


@dataclass(frozen=True)
class Row:
    """One line: what it is about, under which heading, and a cell for the whole and for each arm."""

    label: str
    cells: tuple[Any, ...]
    under: str = ""


@dataclass(frozen=True)
class Mix:
    """The columns (the whole first, then the arms) with their numbers of cases, and the lines."""

    columns: tuple[tuple[str, str, int], ...]
    rows: tuple[Row, ...]


def mix_of(definition: Definition, user: Any) -> Mix:
    """Three queries, however many arms there are."""
    cases = cases_of(definition, user).order_by()
    columns = [Q(pk__isnull=False), *(arm_condition(arm) for arm in definition.arms)]
    names = [(_("All"), ""), *((arm.code, arm.label) for arm in definition.arms)]
    sums = cases.aggregate(**_sums(columns))
    of_column = [{name: sums[f"{name}_{n}"] for name in _SUMS} for n in range(len(columns))]
    rows = [
        Row(_("Age, mean (range)"), tuple(_age(each) for each in of_column)),
        Row(_("Female"), tuple(Share(each["female"], each["sex"]) for each in of_column)),
        *_counted(cases, columns, "disease_status", _("Disease status"), _status),
        *_counted(cases.annotate(found=strategy_sql()), columns, "found", _("Strategy"), _strategy),
    ]
    headed = ((code, label, each["cases"]) for (code, label), each in zip(names, of_column, strict=True))
    return Mix(tuple(headed), tuple(rows))


def _status(code: str) -> str:
    return capfirst(str(DiseaseStatus(code).label))


def _strategy(code: str) -> str:
    return capfirst(strategy_words(code))


def _age_sql() -> Any:
    table = tables()["cases"]
    column = next(column for column in table.columns if column.name == "age_years")
    return as_float(PSEUDONYMISED.expression(column, table.published))


#: What is summed up for each column of the table.
_SUMS: dict[str, Callable[[Q], Any]] = {
    "cases": lambda column: Count("pk", filter=column),
    "age": lambda column: Avg(_age_sql(), filter=column),
    "youngest": lambda column: Min(_age_sql(), filter=column),
    "oldest": lambda column: Max(_age_sql(), filter=column),
    "sex": lambda column: Count(
        "pk", filter=column & Q(patient__sex__in=[Sex.MALE.value, Sex.FEMALE.value, Sex.OTHER.value])
    ),
    "female": lambda column: Count("pk", filter=column & Q(patient__sex=Sex.FEMALE.value)),
}


def _sums(columns: list[Q]) -> dict[str, Any]:
    return {
        f"{name}_{n}": summed(column) for n, column in enumerate(columns) for name, summed in _SUMS.items()
    }


def _age(sums: dict[str, Any]) -> str:
    if sums["age"] is None:
        return ""
    mean = shown_text(f"{sums['age']:.1f}")
    return f"{mean} ({sums['youngest']:.0f}–{sums['oldest']:.0f})"


def _counted(
    cases: QuerySet[Case], columns: list[Q], name: str, heading: str, label: Callable[[str], Any]
) -> list[Row]:
    """The values of a coded variable, the most frequent first; rare ones together, unknown ones not counted."""
    counts = {f"n_{n}": Count("pk", filter=column) for n, column in enumerate(columns)}
    found = list(cases.exclude(**{name: None}).values(name).annotate(**counts).order_by("-n_0", name))
    totals = [sum(row[n] for row in found) for n in counts]
    rows = [
        Row(
            label(row[name]),
            tuple(Share(row[n], total) for n, total in zip(counts, totals, strict=True)),
            heading,
        )
        for row in found[:MOST_STRATEGIES]
    ]
    rest = found[MOST_STRATEGIES:]
    if rest:
        shares = (Share(sum(row[n] for row in rest), total) for n, total in zip(counts, totals, strict=True))
        rows.append(Row(_("Other"), tuple(shares), heading))
    return rows
