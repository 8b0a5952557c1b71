"""Days from the index procedure in SQL: the counterpart of ``outcomes.intervals.days_after_index``."""

from typing import Any

from django.db.models import Case as Switch
from django.db.models import F, FloatField, Q, Value, When

from cases.codes import DatePrecision
from outcomes.intervals import DAYS_PER_UNIT
from registry.core.expressions import DaysBetween, as_float


def day_sql(
    date: str,
    case: str,
    interval_value: str | None = None,
    interval_unit: str | None = None,
    procedure: str | None = None,
) -> Any:
    """Days after the index procedure: from the dates where both are known to the day, else from the interval.

    The arguments are lookups over the queryset; ``case`` leads to the case (empty on the case itself), ``procedure``
    to the one that the interval counts from, where that is not the index procedure.
    """
    whens = [_dated(date, case)]
    if interval_value and interval_unit:
        start = Value(0.0) if procedure is None else _day_of_procedure(procedure, case)
        whens += [
            When(**{interval_unit: unit}, then=start + as_float(F(interval_value)) * Value(days))
            for unit, days in DAYS_PER_UNIT.items()
        ]
    return Switch(*whens, default=Value(None), output_field=FloatField())


def _dated(date: str, case: str) -> When:
    index = f"{case}__index_date" if case else "index_date"
    imprecise = Q(**{f"{index}_precision__in": [DatePrecision.MONTH.value, DatePrecision.YEAR.value]})
    return When(
        Q(**{f"{date}__isnull": False, f"{index}__isnull": False}) & ~imprecise,
        then=as_float(DaysBetween(F(date), F(index))),
    )


def _day_of_procedure(procedure: str, case: str) -> Any:
    """Day 0 where its date does not say: the index procedure is the first one."""
    first = When(**{f"{procedure}__sequence": 1}, then=Value(0.0))
    return Switch(_dated(f"{procedure}__date", case), first, default=Value(None), output_field=FloatField())
