"""How complete the key variables of own cases are: a value, a reason for its absence, or nothing said yet.

Counted per case and in one query. A case counts for a variable only where the variable applies to it: a time point
once its window has closed, cement once a lesion has been treated with it, complications once there is a procedure.
"""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from cases.codes import Sex
from cases.models import Lesion
from outcomes import plan
from outcomes.codes import TimePoint
from outcomes.models import Assessment
from outcomes.plan import State
from outcomes.scores import SECTION_NAMES
from procedures.codes import Kind
from procedures.models import Procedure, TreatedLesion
from registry.core.expressions import AnyGiven

#: Procedures that leave cement behind.
CEMENTED = (Kind.SACROPLASTY.value, Kind.VERTEBROPLASTY.value)
EVERYWHERE = Q()


@dataclass(frozen=True)
class Variable:
    """A variable as conditions on cases: where it applies, where it has a value, where it has a reason instead."""

    name: str
    label: Any
    value: Q
    reason: Q
    applies: Q = EVERYWHERE


@dataclass(frozen=True)
class Share:
    """The answer for one variable, in cases."""

    label: Any
    total: int
    value: int
    reason: int

    @property
    def nothing(self) -> int:
        return self.total - self.value - self.reason

    def percent(self, count: int) -> float:
        return round(100 * count / self.total, 1) if self.total else 0.0

    @property
    def value_width(self) -> float:
        return self.percent(self.value)

    @property
    def reason_width(self) -> float:
        return self.percent(self.reason)

    @property
    def reason_from(self) -> float:
        return self.percent(self.value)


def _of_case(name: str, label: Any, field: str = "") -> Variable:
    field = field or name
    return Variable(name, label, Q(**{f"{field}__isnull": False}), Q(missing__has_key=name))


def _of_rows(name: str, label: Any, rows: Any, field: str, applies: Q = EVERYWHERE) -> Variable:
    """A variable of the rows beneath a case: a value where every row has one, a reason where the others say why."""
    given, why = Q(**{f"{field}__isnull": False}), Q(missing__has_key=field)
    some = Q(Exists(rows))
    complete = some & ~Q(Exists(rows.exclude(given)))
    answered = some & ~Q(Exists(rows.exclude(given | why)))
    return Variable(name, label, complete, answered & ~complete, applies)


def _scores(point: TimePoint) -> Any:
    return Assessment.objects.filter(case=OuterRef("pk"), time_point=point.value).order_by()


def _pain(point: TimePoint, label: Any, today: datetime.date) -> Variable:
    """The VAS at a time point of the plan, asked of the cases whose window has closed."""
    rows = _scores(point)
    given = Q(Exists(rows.filter(vas_pain__isnull=False)))
    why = Q(Exists(rows.filter(missing__has_key="vas_pain"))) | plan.ended_sql()
    closed = plan.known_to_the_day() & plan.in_state(point, State.OVERDUE, today)
    return Variable(f"vas_pain__{point.value}", label, given, why & ~given, closed)


def variables(today: datetime.date) -> list[Variable]:
    """The key variables, in the order of a case."""
    lesions = Lesion.objects.filter(case=OuterRef("pk")).order_by()
    procedures = Procedure.objects.filter(case=OuterRef("pk")).order_by()
    cemented = TreatedLesion.objects.filter(
        procedure__case=OuterRef("pk"), procedure__kind__in=CEMENTED
    ).order_by()
    baseline = _scores(TimePoint.BASELINE)
    function = Q(Exists(baseline.filter(AnyGiven("odi", "kps", *SECTION_NAMES))))
    sexless = Q(patient__sex=Sex.UNKNOWN.value) | Q(patient__missing__has_key="sex")
    return [
        Variable(
            "sex",
            _("Sex"),
            Q(patient__sex__isnull=False) & ~Q(patient__sex=Sex.UNKNOWN.value),
            sexless,
        ),
        _of_case("age_years", _("Age")),
        _of_case("diagnosis", _("Diagnosis")),
        _of_case("disease_status", _("Disease status")),
        _of_rows("levels", _("Levels of the lesions"), lesions, "levels"),
        _of_rows("volume_ml", _("Lesion volume"), lesions, "volume_ml"),
        Variable(
            "vas_pain__baseline",
            _("Baseline VAS"),
            Q(Exists(baseline.filter(vas_pain__isnull=False))),
            Q(Exists(baseline.filter(missing__has_key="vas_pain"))),
        ),
        Variable(
            "function__baseline",
            _("Baseline ODI or KPS"),
            function,
            Q(Exists(baseline.filter(missing__has_any_keys=["odi", "kps"]))) & ~function,
        ),
        _pain(TimePoint.MONTH_1, _("VAS at 1 month"), today),
        _pain(TimePoint.MONTH_3, _("VAS at 3 months"), today),
        _of_rows(
            "cement_volume_ml",
            _("Cement volume"),
            cemented,
            "cement_volume_ml",
            Q(Exists(procedures.filter(kind__in=CEMENTED))),
        ),
        _of_rows(
            "complications_answered",
            _("Complications answered"),
            procedures,
            "complications_answered",
            Q(Exists(procedures)),
        ),
    ]


def shares(cases: Any, today: datetime.date) -> tuple[int, list[Share]]:
    """How many cases were looked at, and how each variable stands in them."""
    wanted = variables(today)
    counts: dict[str, Any] = {"cases": Count("pk")}
    for number, variable in enumerate(wanted):
        counts[f"total_{number}"] = Count("pk", filter=variable.applies) if variable.applies else Count("pk")
        counts[f"value_{number}"] = Count("pk", filter=variable.applies & variable.value)
        counts[f"reason_{number}"] = Count("pk", filter=variable.applies & variable.reason)
    found = cases.order_by().aggregate(**counts)
    return found["cases"], [
        Share(variable.label, *(found[f"{what}_{number}"] for what in ("total", "value", "reason")))
        for number, variable in enumerate(wanted)
    ]
