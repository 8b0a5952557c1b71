"""The wide table: one row per case, with its lesions summed up, the first procedure of each kind, and the scores.

Each time point and each kind is one join over a filtered relation, which is three times as fast as a subquery per
column (see the measurements in the design).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.db.models import Case as Switch
from django.db.models import (
    CharField,
    Exists,
    FilteredRelation,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)

from cases.models import Lesion
from outcomes.codes import TimePoint
from outcomes.models import Assessment, Complication, FollowUpStatus
from procedures.codes import Kind
from procedures.kinds import KINDS
from procedures.models import Procedure
from procedures.strategy import OCCLUSION
from registry.research.code_sets import union_of_codes
from registry.research.columns import (
    Column,
    ColumnType,
    Origin,
    missing_code,
    missing_column,
    only_where_empty,
)
from registry.research.tables import aggregate_of, case_columns, count_of, details_of

#: The scores that have a column per time point.
SCORES = ("vas_pain", "odi", "kps", "analgesic_scale", "barthel")
#: Unscheduled visits may repeat, so they have no column of their own.
TIME_POINTS = tuple(point for point in TimePoint if point is not TimePoint.UNSCHEDULED)


def _first(kind: Kind) -> str:
    return f"first_{kind.value}"


def _at(point: TimePoint) -> str:
    return f"at_{point.value}"


def relations() -> Mapping[str, FilteredRelation]:
    """A join per kind (its first procedure) and one per time point."""
    found: dict[str, Any] = {}
    for kind in Kind:
        first = (
            Procedure.objects.filter(case=OuterRef("pk"), kind=kind.value)
            .order_by("sequence")
            .values("pk")[:1]
        )
        found[_first(kind)] = FilteredRelation(
            "procedures", condition=Q(procedures__kind=kind.value) & Q(procedures__pk=Subquery(first))
        )
    for point in TIME_POINTS:
        found[_at(point)] = FilteredRelation("assessments", condition=Q(assessments__time_point=point.value))
    return found


def columns() -> Iterator[Column]:
    yield from case_columns()
    yield from _lesions()
    for kind in Kind:
        yield from _procedure(kind)
    yield from _scores()
    yield from _complications()
    yield from Origin(FollowUpStatus, "followup_status", case="").columns()


def _lesions() -> Iterator[Column]:
    rows = Lesion.objects.filter(case=OuterRef("pk"))
    levels, volume = (next(Origin(Lesion).columns(only=[name])) for name in ("levels", "volume_ml"))
    yield Column(
        "lesion_count",
        "number of lesions",
        ColumnType.INTEGER,
        count_of(rows, "case"),
        "cases.Lesion",
        derived=True,
    )
    union = Column(
        "levels",
        "levels of all lesions",
        ColumnType.CODE_SET,
        union_of_codes(rows, "case", "levels", [code for code, _label in levels.codes]),
        levels.source,
        codes=levels.codes,
        derived=True,
    )
    yield union
    yield missing_column(union, _why_in_all(rows, "levels", union))
    for aggregate, words in ((Sum, "sum over the lesions"), (Max, "largest of the lesions")):
        column = Column(
            f"volume_ml__{aggregate.__name__.lower()}",
            f"{volume.label}, {words}",
            volume.type,
            aggregate_of(rows, "case", aggregate("volume_ml"), Lesion._meta.get_field("volume_ml")),
            volume.source,
            unit=volume.unit,
            derived=True,
        )
        yield column
        yield missing_column(column, _why_in_all(rows, "volume_ml", column))


def _why_in_all(rows: QuerySet, field: str, column: Column) -> Any:
    """A reason why no lesion has a value, where none has."""
    code = aggregate_of(rows, "case", Max(missing_code(field, "")), CharField())
    return only_where_empty(column.expression, code)


def _procedure(kind: Kind) -> Iterator[Column]:
    """How many procedures of the kind, and everything about the first of them."""
    rows = Procedure.objects.filter(case=OuterRef("pk"), kind=kind.value)
    prefix, heading, path = f"{kind.value}__", f"{kind.label}: ", _first(kind)
    yield Column(
        f"{prefix}count",
        f"{heading}number of procedures",
        ColumnType.INTEGER,
        count_of(rows, "case"),
        "procedures.Procedure",
        derived=True,
    )
    first = Origin(Procedure, path, case="", prefix=prefix, heading=heading)
    left_out = {f"{prefix}kind"}
    if kind != Kind.REBOA:
        left_out |= {f"{prefix}{value.name}" for value in OCCLUSION}
    yield from (column for column in first.columns() if column.name not in left_out)
    yield from details_of([KINDS[kind]], path, "", prefix=prefix, heading=heading)


def _scores() -> Iterator[Column]:
    for score in SCORES:
        for point in TIME_POINTS:
            at = Origin(Assessment, _at(point), suffix=f"__{point.value}", ending=f", {point.label}")
            yield from (replace(column, time_point=point.value) for column in at.columns(only=[score]))


def _complications() -> Iterator[Column]:
    """How many complications; empty while no procedure, or not every procedure, has answered whether there were any."""
    procedures = Procedure.objects.filter(case=OuterRef("pk"))
    rows = Complication.objects.filter(procedure__case=OuterRef("pk"))
    major = rows.with_derived("major").filter(Q(major=True))
    answered = Exists(procedures) & ~Exists(procedures.filter(complications_answered__isnull=True))
    for name, label, counted in (
        ("complication_count", "number of complications", rows),
        ("major_complication_count", "number of major complications (SIR C to F)", major),
    ):
        yield Column(
            name,
            label,
            ColumnType.INTEGER,
            Switch(
                When(Exists(rows) | answered, then=count_of(counted, "procedure__case")),
                default=Value(None),
                output_field=IntegerField(),
            ),
            "outcomes.Complication",
            derived=True,
        )
