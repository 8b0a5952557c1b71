"""What an export may be narrowed by: the filters of the API, and every coded column of the table besides.

An unknown name, an unknown code or a parameter given twice is refused: a slip must never export everything.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet, Value
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _

from cases.filters import CaseFilterSet
from cases.identity import HIGHEST_SHOWN_AGE_YEARS
from cases.models import Diagnosis
from procedures.filters import cases_by_kind, cases_by_strategy
from procedures.strategy import STRATEGY, strategy_sql
from registry.core.api.filters import RecordFilter, by_boolean, by_code, by_name, by_text
from registry.core.api.problems import Errors
from registry.research.cohorts import choosing
from registry.research.cohorts.choosing import Chosen
from registry.research.columns import Column, ColumnType, holds_code, joined
from registry.research.tables import Table

#: Filters of the API that ask about what an export withholds, by the beginning of their names.
ABOUT_IDENTITY = ("registry_id", "index_date")
#: What a case is that rows below it can be narrowed by too: name → lookup from the case.
OF_CASE = {
    "case_status": "status",
    "status": "status",
    "disease_status": "disease_status",
    "sex": "patient__sex",
}


def filterable(table: Table) -> dict[str, RecordFilter]:
    """The table's filters by name."""
    found = {column.name: made for column in table.columns if (made := _of_column(column)) is not None}
    if table.case is not None:
        found |= _of_case(table.case)
    found |= {
        name: made
        for name, made in table.filterset.base_filters.items()
        if not name.startswith(ABOUT_IDENTITY)
    }
    if table.case == "":
        found["kind"] = cases_by_kind()
    return dict(sorted(found.items()))


def apply(
    table: Table, queryset: QuerySet, asked: Mapping[str, Sequence[str]], cohort: Chosen | None = None
) -> QuerySet:
    """The rows that agree with every parameter, consent not yet looked at.

    ``cohort`` is the one that the parameters have named.

    Raises ``ValidationError`` with an entry per parameter that is unknown, given twice, or holds what cannot be.
    """
    known, errors = filterable(table), Errors()
    if cohort is not None:
        queryset = queryset.filter(cohort.matching(table))
    elif not asked.keys().isdisjoint(choosing.PARAMETERS):
        raise TypeError("A cohort is named and not given: everything would be exported.")
    for name, values in asked.items():
        if name in choosing.PARAMETERS:
            continue
        made = known.get(name)
        if made is None:
            errors[name] = [
                _("This parameter is not known. Known here: %(known)s.") % {"known": ", ".join(_names(table))}
            ]
        elif len(values) > 1:
            errors[name] = [_("This parameter stands twice.")]
        elif values[0] == "" and not made.takes_empty:
            errors[name] = [_("Give a value, or leave the parameter out.")]
        else:
            try:
                value = made.field.clean(values[0])
            except ValidationError as refused:
                errors[name] = list(refused.messages)
            else:
                queryset = made.filter(queryset, _capped(name, value))
    if errors:
        raise ValidationError(errors)
    return queryset


def _names(table: Table) -> list[str]:
    """Every parameter there is for this table."""
    of_cohort = choosing.PARAMETERS if table.patient is not None else ()
    return sorted([*filterable(table), *of_cohort])


def _capped(name: str, value: Any) -> Any:
    """Ages are capped, so a question about them cannot reach above the cap either."""
    if name == "age_years_min":
        return min(value, HIGHEST_SHOWN_AGE_YEARS)
    if name == "age_years_max" and value >= HIGHEST_SHOWN_AGE_YEARS:
        return 10 * HIGHEST_SHOWN_AGE_YEARS
    return value


def _of_case(case: str) -> dict[str, RecordFilter]:
    """Filters by the case, for a table whose rows lead to it over ``case``."""
    on_case = CaseFilterSet.base_filters
    found: dict[str, RecordFilter] = {}
    for name, path in OF_CASE.items():
        found[name] = _moved(on_case[name], _equal_to(joined(case, path)))
    found["diagnosis"] = by_name(joined(case, "diagnosis"), Diagnosis.objects.all, "slug", "diagnosis")
    strategy = strategy_sql(case or "pk")
    found[STRATEGY.name] = _moved(cases_by_strategy(), lambda value: Exact(strategy, Value(value)))  # type: ignore
    return found


def _equal_to(path: str) -> Callable[[Any], Q]:
    return lambda value: Q(**{path: value})


def _moved(made: RecordFilter, condition: Callable[[Any], Q]) -> RecordFilter:
    """The same filter, read the same way, over another path."""
    return RecordFilter(read=made.field.read, condition=condition, text=made.text, schema=made.schema)


def _of_column(column: Column) -> RecordFilter | None:
    """An exact filter for a column of few, known values; of a code set, the rows that hold every given code."""
    path = column.lookup
    if path is None or column.identity is not None:
        return None
    if column.type is ColumnType.BOOLEAN:
        return by_boolean(path)
    codes = [code for code, _label in column.codes]
    if column.type is ColumnType.CODE:
        return by_code(path, codes) if codes else by_text(path, column.label)
    if column.type is ColumnType.CODE_SET:
        return _by_code_set(path, codes)
    return None


def _by_code_set(path: str, codes: list[str]) -> RecordFilter:
    def read(value: str) -> list[str]:
        wanted = value.split(";")
        for code in wanted:
            if code not in codes:
                raise forms.ValidationError(
                    _("“%(value)s” is not one of: %(codes)s.")
                    % {"value": code[:60], "codes": ", ".join(codes)}
                )
        return wanted

    def condition(wanted: list[str]) -> Q:
        every = Q()
        for code in wanted:
            every &= holds_code(path, code)
        return every

    return RecordFilter(
        read=read,
        condition=condition,
        text="Codes joined by ; that must all be there.",
        schema={"type": "string"},
    )
