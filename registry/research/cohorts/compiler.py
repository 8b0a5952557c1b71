"""From a definition to a queryset: one compiler for the builder, the API, exports, statistics and releases.

A condition is met or it is not: one on a value that nobody knows is not met, and ``none`` of conditions that are not
met holds. (“Age at least 60” and “none of: age at least 60” share no case, and the case of unknown age is in the
second.) In SQL an unknown value makes a condition NULL, which a WHERE passes over just so; only where something is
turned round must NULL become false first. The turning round is therefore pushed down to the single conditions.

Questions about rows are EXISTS, never a join, so that a case is in a cohort once. “Every row” wants at least one row.
"""

from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, CharField, Exists, OuterRef, Q, QuerySet, TextField, Value, When
from django.db.models import Case as Switch
from django.db.models.functions import Concat, NullIf, StrIndex
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
)

from cases.models import Case
from procedures.strategy import strategy_is
from registry.core.codes import MISSING_SUFFIX
from registry.core.expressions import as_float
from registry.research.cohorts.document import Arm, Condition, Definition, Group, Have, How, Part, Rows
from registry.research.cohorts.operators import Operator
from registry.research.cohorts.variables import STRATEGY, askable, is_below_case, table_of
from registry.research.columns import Column, ColumnType
from registry.research.profiles import PSEUDONYMISED
from registry.research.profiles import Rows as RowsOf
from registry.research.tables import Table, tables
from registry.research.variables import Variable


def cases_in_research(user: Any) -> QuerySet[Case]:
    """Every case that a cohort of this user can have: what they may read, less those without consent."""
    return tables()["cases"].in_research(user)


def cases_of(definition: Definition, user: Any) -> QuerySet[Case]:
    """The cases of a cohort, each once."""
    return cases_in_research(user).filter(condition_of(definition.where))


def arm_condition(arm: Arm) -> Q:
    """What makes a case of the cohort one of this arm."""
    return condition_of(arm.where)


def arms_of(definition: Definition, user: Any) -> dict[str, QuerySet[Case]]:
    """The cases of each arm by its code; the whole cohort under an empty code where there are no arms."""
    cases = cases_of(definition, user)
    if not definition.arms:
        return {"": cases}
    return {arm.code: cases.filter(arm_condition(arm)) for arm in definition.arms}


def condition_of(part: Part) -> Q:
    """The condition for cases of which this part of a definition holds."""
    return _of_case(part, turned=False)


# -- the tree --------------------------------------------------------------------------------------------------------


def _of_case(part: Part, *, turned: bool) -> Q:
    if isinstance(part, Group):
        return _grouped([_of_case(each, turned=_turns(part, turned)) for each in part.parts], part, turned)
    if isinstance(part, Rows):
        found = _rows_hold(part)
        return ~found if turned else found
    variable = askable()[part.variable]
    table = table_of(variable)
    if is_below_case(table):
        met = Q(Exists(_rows_of_case(table).filter(_met(variable, part))))
        return ~met if turned else met
    return _of_one(variable, part, turned=turned)


def _of_rows(part: Part, *, turned: bool) -> Q:
    """The same over the rows of a table, where every condition is on the row itself."""
    if isinstance(part, Group):
        return _grouped([_of_rows(each, turned=_turns(part, turned)) for each in part.parts], part, turned)
    if isinstance(part, Rows):
        raise TypeError("A block of rows cannot stand within another one.")
    return _definitely(_met(askable()[part.variable], part), turned=turned)


def _turns(group: Group, turned: bool) -> bool:
    return turned != (group.how is How.NONE)


def _grouped(conditions: list[Q], group: Group, turned: bool) -> Q:
    """By De Morgan: none of them is all of their opposites, and the opposite of all is any of their opposites.

    Only the outermost group of a tree may be empty (everything), and that one is never turned round.
    """
    any_of_them = (group.how is How.ANY) != turned
    found = Q()
    for condition in conditions:
        found = found | condition if any_of_them else found & condition
    return found


def _definitely(condition: Q, *, turned: bool) -> Q:
    """The condition, or its opposite, which holds where the condition is false or unknown."""
    if not turned:
        return condition
    return Q(Switch(When(condition, then=Value(False)), default=Value(True), output_field=BooleanField()))


# -- rows ------------------------------------------------------------------------------------------------------------


def _rows_of_case(table: Table) -> QuerySet:
    """The rows of a table that belong to the case outside; one row for tables of cases and patients."""
    rows = table.model._base_manager.alias(**table.relations()).order_by()
    if table.case is None:
        return rows.filter(pk=OuterRef("patient"))
    return rows.filter(**{table.case or "pk": OuterRef("pk")})


def _rows_hold(part: Rows) -> Q:
    rows = _rows_of_case(tables()[part.rows])
    if part.where is None:
        some = Q(Exists(rows))
        return ~some if part.have is Have.NONE else some
    some = Q(Exists(rows.filter(_of_rows(part.where, turned=False))))
    if part.have is Have.NONE:
        return ~some
    if part.have is Have.EVERY:
        return Q(Exists(rows)) & ~Q(Exists(rows.filter(_of_rows(part.where, turned=True))))
    return some


# -- conditions --------------------------------------------------------------------------------------------------------


def _of_one(variable: Variable, part: Condition, *, turned: bool) -> Q:
    """A condition on a table that has one row for each case: on the case itself where its columns allow that."""
    table = table_of(variable)
    own = tables()["cases"]
    if table.case == "":
        column = next((column for column in own.columns if column.name == variable.name), None)
        if column is not None:
            return _definitely(_compared(own, column, part), turned=turned)
    found = Q(Exists(_rows_of_case(table).filter(_met(variable, part))))
    return ~found if turned else found


def _met(variable: Variable, part: Condition) -> Q:
    return _compared(table_of(variable), variable.column, part)


def _compared(table: Table, column: Column, part: Condition) -> Q:
    """The condition over the rows of the column's own table; NULL where the value is unknown."""
    # As a pseudonymised export shows it, so that no question reaches behind what is shown.
    shown = PSEUDONYMISED.shown(column, RowsOf(table.published))
    if shown is None:
        raise ValueError(f"{table.name}.{column.name} is withheld, so no cohort can ask about it.")
    expression = shown.expression
    value = part.value
    if column.declaration == STRATEGY and part.operator in (Operator.EQUAL, Operator.IN):
        return reduce(or_, map(strategy_is, value if isinstance(value, list) else [value]))
    if column.type is ColumnType.TEXT:
        expression = NullIf(expression, Value(""), output_field=TextField())
    elif column.type in (ColumnType.NUMBER, ColumnType.INTEGER):
        expression = as_float(expression)
    elif column.type is ColumnType.KEY and value is not None:
        value = [UUID(each) for each in value] if isinstance(value, list) else UUID(value)
    match part.operator:
        case Operator.RECORDED:
            return Q(IsNull(expression, False))
        case Operator.MISSING:
            return Q(IsNull(expression, True)) & _for_reasons(table, column, value)
        case Operator.EQUAL:
            return Q(Exact(expression, value))
        case Operator.UNEQUAL:
            return ~Q(Exact(expression, value))
        case Operator.IN:
            return Q(In(expression, value))
        case Operator.NOT_IN:
            return ~Q(In(expression, value))
        case Operator.BETWEEN:
            low, high = value
            return Q(GreaterThanOrEqual(expression, low)) & Q(LessThanOrEqual(expression, high))
        case Operator.HAS_ANY | Operator.HAS_ALL:
            return _holds_codes(expression, value, every=part.operator is Operator.HAS_ALL)
    return Q(_ORDERINGS[part.operator](expression, value))


_ORDERINGS: dict[Operator, Any] = {
    Operator.BELOW: LessThan,
    Operator.AT_MOST: LessThanOrEqual,
    Operator.ABOVE: GreaterThan,
    Operator.AT_LEAST: GreaterThanOrEqual,
}


def _for_reasons(table: Table, column: Column, reasons: list[str] | None) -> Q:
    if not reasons:
        return Q()
    name = f"{column.name}{MISSING_SUFFIX}"
    companion = next(each for each in table.columns if each.name == name)
    return Q(In(companion.expression, reasons))


def _holds_codes(expression: Any, codes: list[str], *, every: bool) -> Q:
    wrapped = Concat(Value(";"), expression, Value(";"), output_field=CharField())
    found = Q()
    for code in codes:
        one = Q(GreaterThan(StrIndex(wrapped, Value(f";{code};")), 0))
        found = (found & one) if every else (found | one)
    return found
