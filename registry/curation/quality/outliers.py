"""Numbers that lie far from those of comparable cases.

Modified z-score of Iglewicz and Hoaglin (How to Detect and Handle Outliers, ASQC 1993): 0.6745 · (x − median) / MAD, an
outlier above 3.5. Comparable are the cases of one strategy, over all clinical centres. Volumes, times and losses are
skewed to the right: they are compared by their logarithms, so that a slipped decimal point shows and a long tail does
not. Fewer than twenty values are no group (a judgement of this registry).
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import Case, Lesion
from procedures.models import Procedure, ReboaDetails, TreatedLesion
from procedures.strategy import strategy_sql
from registry.access.models import Center
from registry.core.policies import Gap
from registry.core.rules import label_of
from registry.core.units import shown_number, unit_of, with_unit
from registry.curation.models import DataQuery
from registry.curation.quality.base import CrossRule, due_sql

THRESHOLD = 3.5
LEAST = 20
_CONSISTENT = 0.6745


@dataclass(frozen=True)
class Variable:
    """A number that is compared; ``case`` is the lookup that leads from its record to the case."""

    model: Any
    field: str
    case: str


VARIABLES = (
    Variable(Lesion, "volume_ml", "case"),
    Variable(Procedure, "duration_min", "case"),
    Variable(ReboaDetails, "blood_loss_ml", "procedure__case"),
    Variable(TreatedLesion, "cement_volume_ml", "procedure__case"),
)


def modified_z(values: list[float]) -> list[float]:
    """The modified z-score of each value; zeros where there are too few or they do not spread."""
    if len(values) < LEAST:
        return [0.0] * len(values)
    middle = median(values)
    spread = median(abs(value - middle) for value in values)
    if not spread:
        return [0.0] * len(values)
    return [_CONSISTENT * (value - middle) / spread for value in values]


def outlying(variable: Variable, strategies: dict[int, str | None]) -> dict[int, float]:
    """Record → its score, of the records that lie apart."""
    groups: dict[str | None, list[tuple[int, float]]] = defaultdict(list)
    rows = variable.model.objects.filter(**{f"{variable.field}__gt": 0}).order_by("pk")
    for pk, case, value in rows.values_list("pk", variable.case, variable.field).iterator(chunk_size=2000):
        if case in strategies:
            groups[strategies[case]].append((pk, math.log(value)))
    return {
        pk: score
        for members in groups.values()
        for (pk, _value), score in zip(members, modified_z([v for _pk, v in members]), strict=True)
        if abs(score) > THRESHOLD
    }


def strategies_of_cases() -> dict[int, str | None]:
    """The strategy of every clinical case that may be asked about."""
    cases = Case.objects.filter(due_sql(), center__kind=Center.Kind.CLINICAL).order_by()
    return dict(cases.annotate(by=strategy_sql()).values_list("pk", "by").iterator(chunk_size=2000))


def _of_center(center: Any) -> Iterator[Gap]:
    strategies = strategies_of_cases()
    asked = set(
        DataQuery.objects.waiting()
        .filter(center=center, rule="unusual_value")
        .values_list("record_uuid", "field")
    )
    for variable in VARIABLES:
        scores = outlying(variable, strategies)
        rows = variable.model.objects.filter(
            pk__in=scores, **{variable.model.center_path: center}
        ).select_related(variable.case)
        for record in rows.order_by("pk"):
            # Explained, or asked about already.
            if variable.field in record.confirmed or (record.uuid, variable.field) in asked:
                continue
            yield Gap(record, variable.field, _sentence(record, variable.field, scores[record.pk]))


def _sentence(record: Any, field: str, score: float) -> str:
    text = _(
        "%(record)s – %(label)s: %(value)s lies far from comparable cases of the registry (robust z %(score)s)."
    )
    return text % {
        "record": capfirst(str(record)),
        "label": label_of(type(record), field),
        "value": with_unit(getattr(record, field), unit_of(field)),
        "score": shown_number(round(score, 1)),
    }


OUTLIER = CrossRule(
    "outlier",
    gettext_lazy("Outlier"),
    gettext_lazy("A number lies far from those of comparable cases of the registry."),
    _of_center,
)
