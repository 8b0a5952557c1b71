"""What is derived from the procedures of a case: its strategy, and the times of aortic occlusion."""

import itertools
import math
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Case as Switch
from django.db.models import Exists, F, Max, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Concat, NullIf, Substr
from django.utils.translation import gettext_lazy as _

from procedures import codes
from registry.core.derived import Derived, Input

# -- occlusion: every inflate–deflate cycle is a row (zhao-2021) ------------------------------------------------------


def _minutes(procedure: Any) -> list[int]:
    return [
        row.deflated_min - row.inflated_min
        for row in procedure.balloon_inflations.all()
        if row.inflated_min is not None and row.deflated_min is not None
    ]


def _inflation_inputs(procedure: Any) -> list[Input]:
    """Both times of every inflation, with the minutes between them."""
    found = []
    for row in procedure.balloon_inflations.all():
        timed = row.inflated_min is not None and row.deflated_min is not None
        found.append(Input(row, "inflated_min", needed=False))
        found.append(
            Input(row, "deflated_min", f"{row.deflated_min - row.inflated_min} min" if timed else None)
        )
    return found


def _total_working(procedure: Any) -> str:
    minutes = _minutes(procedure)
    return f"{' + '.join(map(str, minutes))} = {sum(minutes)} min" if len(minutes) > 1 else ""


def _over_inflations(aggregate: type) -> Any:
    inflations = apps.get_model("procedures", "BalloonInflation")
    timed: Any = inflations.objects.filter(
        procedure=OuterRef("pk"), inflated_min__isnull=False, deflated_min__isnull=False
    ).order_by()
    rows = timed.values("procedure").annotate(answer=aggregate(F("deflated_min") - F("inflated_min")))
    return Subquery(rows.values("answer"), output_field=models.IntegerField())


_ZHAO = _("every inflate–deflate cycle is a row; times in minutes from incision (zhao-2021)")
OCCLUSION = (
    Derived(
        "occlusion_longest_min",
        _("longest occlusion"),
        _ZHAO,
        lambda procedure: max(_minutes(procedure), default=None),
        lambda: _over_inflations(Max),
        inputs=_inflation_inputs,
    ),
    Derived(
        "occlusion_total_min",
        _("total occlusion"),
        _ZHAO,
        lambda procedure: sum(_minutes(procedure)) if _minutes(procedure) else None,
        lambda: _over_inflations(Sum),
        inputs=_inflation_inputs,
        working=_total_working,
    ),
)


def reperfusions(inflations: Iterable[Any]) -> list[tuple[int, int]]:
    """Each deflation and the next inflation, in order of time; none where one of the two times is unknown.

    An inflation that follows at once has a reperfusion of 0 min before it.
    """
    # What lacks one time has its place by the other; what lacks both says nothing.
    known = sorted(
        (row for row in inflations if row.inflated_min is not None or row.deflated_min is not None),
        key=lambda row: (
            row.deflated_min if row.inflated_min is None else row.inflated_min,
            math.inf if row.deflated_min is None else row.deflated_min,
        ),
    )
    return [
        (earlier.deflated_min, later.inflated_min)
        for earlier, later in itertools.pairwise(known)
        if earlier.deflated_min is not None
        and later.inflated_min is not None
        and earlier.deflated_min <= later.inflated_min
    ]


def reperfusion_gaps_min(inflations: Iterable[Any]) -> list[int]:
    """Minutes of reperfusion between one deflation and the next inflation, in order of time."""
    return [end - start for start, end in reperfusions(inflations)]


# -- strategy: kinds in the order reboa, vertebroplasty, sacroplasty, rfa, then tai|tace|tae --------------------------


def strategy_of(case: Any) -> str | None:
    """``sacroplasty+rfa``, ``vertebroplasty+tace``: derived from the procedures, never typed."""
    procedures = list(case.procedures.all())
    kinds = {procedure.kind for procedure in procedures}
    sessions = {
        session.kind
        for procedure in procedures
        for session in procedure.transarterial_sessions.all()
        if session.kind
    }
    parts = [kind for kind in codes.Kind.values if kind in kinds]
    parts += [kind for kind in codes.TransarterialKind.values if kind in sessions]
    return "+".join(parts) or None


def _has_part(case_path: str) -> dict[str, Exists]:
    """Each part a strategy can have, in order, and whether a case has it."""
    procedures = apps.get_model("procedures", "Procedure").objects.filter(case=OuterRef(case_path))
    sessions = apps.get_model("procedures", "TransarterialSession").objects.filter(
        procedure__case=OuterRef(case_path)
    )
    return {
        kind: Exists(rows.filter(kind=kind))
        for rows, kinds in ((procedures, codes.Kind.values), (sessions, codes.TransarterialKind.values))
        for kind in kinds
    }


def has_strategy(strategies: Iterable[str], case_path: str = "pk") -> Q:
    """Whether the case's strategy is one of these.

    The same as comparing ``strategy_sql``, said so that a database can plan it as joins: three times as fast.
    """
    found = Q()
    for strategy in strategies:
        parts, exactly = strategy.split("+"), Q()
        for kind, there in _has_part(case_path).items():
            exactly &= Q(there) if kind in parts else ~Q(there)
        found |= exactly
    return found


def strategy_sql(case_path: str = "pk") -> Any:
    """The strategy as an expression; ``case_path`` leads from the queryset's rows to the case."""
    parts = [
        Switch(When(there, then=Value(f"+{kind}")), default=Value(""))
        for kind, there in _has_part(case_path).items()
    ]
    joined = Concat(*parts, output_field=models.CharField())
    return NullIf(Substr(joined, 2, output_field=models.CharField()), Value(""))


STRATEGY = Derived(
    "strategy",
    _("strategy"),
    _("kinds of the case's procedures in fixed order, then its transarterial therapies"),
    strategy_of,
    strategy_sql,
    kind="text",
)
