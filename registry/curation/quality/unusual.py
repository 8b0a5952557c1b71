"""Rules about unusual values that nobody has explained: soft limits, and the windows of the time points."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Value
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from cases import editor
from cases.models import Case, Patient
from outcomes import plan
from outcomes.codes import WINDOWS
from outcomes.intervals import DAYS_PER_UNIT
from outcomes.models import Assessment
from registry.core import limits
from registry.core.expressions import DaysBetween, as_float
from registry.core.policies import Gap
from registry.curation.quality.base import Rule

#: The soft limit that is a rule of its own.
WINDOW = "window"


def records_of(case: Any) -> Iterator[Any]:
    """Every record of a loaded case, its patient among them."""
    for section in editor.sections():
        yield from section.records(case)


def _named(record: Any, message: str) -> str:
    """The sentence with the record it is about; case and patient need no name."""
    return message if isinstance(record, Case | Patient) else f"{capfirst(str(record))} – {message}"


def _values(record: Any) -> Iterator[Gap]:
    for crossing in limits.unconfirmed(record) if record.soft_limits else ():
        if crossing.limit != WINDOW:
            yield Gap(record, crossing.field, _named(record, crossing.message))


UNUSUAL = Rule(
    "unusual_value",
    gettext_lazy("Unusual value"),
    gettext_lazy("A value lies outside its usual range and nobody has said why it is right."),
    lambda case: (gap for record in records_of(case) for gap in _values(record)),
    # Soft limits are stated in Python alone: every case is looked at.
    Q,
    exact=False,
    of_record=_values,
    drafts=True,
)


def _window(row: Any) -> Iterator[Gap]:
    if not isinstance(row, Assessment):
        return
    for crossing in limits.unconfirmed(row):
        if crossing.limit == WINDOW:
            yield Gap(row, "date", _named(row, crossing.message))


def _window_sql() -> Q:
    known = Q(case__in=Case.objects.filter(plan.known_to_the_day()).values("pk"))
    dated = Q(date__isnull=False) & known
    outside = Q()
    day: Any = DaysBetween(F("date"), F("case__index_date"))
    rows = Assessment.objects.annotate(on_day=day, interval=as_float(F("interval_value")))
    for point, window in WINDOWS.items():
        at = Q(time_point=point.value)
        outside |= at & dated & (Q(on_day__lt=window.first) | Q(on_day__gt=window.last))
        for unit, days in DAYS_PER_UNIT.items():
            printed = at & ~dated & Q(interval_unit=unit)
            beyond = Q(interval__lt=Value(window.first / days)) | Q(interval__gt=Value(window.last / days))
            outside |= printed & beyond
    found = rows.filter(outside, case=OuterRef("pk")).exclude(confirmed__has_key="date").order_by()
    return Q(Exists(found))


OUTSIDE_WINDOW = Rule(
    "outside_window",
    gettext_lazy("Outside its window"),
    gettext_lazy("An assessment was taken on a day that does not fit its time point."),
    lambda case: (gap for row in case.assessments.all() for gap in _window(row)),
    _window_sql,
    of_record=_window,
    drafts=True,
)
