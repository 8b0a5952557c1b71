"""What an export may be narrowed by. An unknown name or code is refused: a slip must never export everything."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from cases.models import Case, Diagnosis, Patient
from procedures.strategy import STRATEGY, strategy_sql
from registry.access.scope import visible_centers
from registry.core.reading import read_boolean
from registry.literature.models import Publication
from registry.research.columns import Column, ColumnType, Origin, holds_code, joined
from registry.research.tables import Table, diagnosis_column

#: Column types whose values are few and known, so that an exact filter makes sense.
FILTERABLE = (ColumnType.CODE, ColumnType.CODE_SET, ColumnType.BOOLEAN)


def filterable(table: Table) -> dict[str, Column]:
    """The table's filters by name: its own coded columns, and of its case what every case can be narrowed by."""
    found: dict[str, Column] = {}
    if table.case is not None:
        for column in (
            *Origin(Patient, joined(table.case, "patient")).columns(only=["sex"]),
            *Origin(Case, table.case).columns(only=["status", "disease_status"], rename={"status": "case_status"}),
            diagnosis_column(table.case),
        ):
            found[column.name] = column
    found |= {column.name: column for column in table.columns if column.type in FILTERABLE}
    found = {name: column for name, column in found.items() if column.lookup is not None}
    for alias, name in table.aliases.items():
        found.setdefault(alias, found[name])
    return found


def names_of(table: Table) -> list[str]:
    """Every parameter the table understands."""
    strategy = [STRATEGY.name] if table.case is not None else []
    return sorted([*filterable(table), *strategy])


def apply(table: Table, queryset: QuerySet, asked: Mapping[str, Sequence[str]], user: Any) -> QuerySet:
    """The rows that agree with every parameter; values of a repeated parameter are alternatives.

    Raises ``ValidationError`` with an entry per parameter that is unknown or holds what cannot be.
    """
    known, errors = filterable(table), {}
    for name, values in asked.items():
        try:
            if name == STRATEGY.name and table.case is not None:
                # A plus sign in an address reads as a space unless it was escaped.
                wanted = [value.strip().replace(" ", "+") for value in values]
                queryset = queryset.alias(of_strategy=strategy_sql(table.case or "pk")).filter(of_strategy__in=wanted)
            elif name in known:
                queryset = queryset.filter(_condition(known[name], values, user))
            else:
                accepted = ", ".join(names_of(table))
                errors[name] = ValidationError(
                    f"“{name[:60]}” is no filter of {table.name}. Accepted: {accepted}.", code="unknown_parameter"
                )
        except ValidationError as error:
            errors[name] = error
    if errors:
        raise ValidationError(errors)
    return queryset


def _condition(column: Column, values: Sequence[str], user: Any) -> Q:
    path = column.lookup or ""
    condition = Q()
    for value in values:
        if column.type is ColumnType.BOOLEAN:
            condition |= Q(**{path: read_boolean(value)})
        elif column.type is ColumnType.CODE_SET:
            every = Q()
            for code in value.split(";"):
                every &= holds_code(path, _known(column, code, user))
            condition |= every
        else:
            condition |= Q(**{path: _known(column, value, user)})
    return condition


def _known(column: Column, value: str, user: Any) -> str:
    """The value, if it is on the column's list; codes that live in the database are looked up there."""
    codes = [code for code, _label in column.codes] or _stored_codes(column.name, user)
    if codes is not None and value not in codes:
        raise ValidationError(
            f"{column.name}: “{value[:60]}” is not one of: {', '.join(codes[:60])}.", code="not_a_code"
        )
    return value


def _stored_codes(name: str, user: Any) -> list[str] | None:
    """Codes that are rows themselves; ``None`` where any text may stand."""
    if name == "center":
        return list(visible_centers(user).order_by("code").values_list("code", flat=True))
    if name == "publication":
        return list(Publication.objects.for_user(user).order_by("slug").values_list("slug", flat=True))
    if name == "diagnosis":
        return list(Diagnosis.objects.for_user(user).order_by("slug").values_list("slug", flat=True))
    return None


