"""Columns of what lies below a procedure: treated lesions, ablation cycles, inflations, sessions and their drugs."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Max, OuterRef, Sum

from procedures import filters as of_procedures
from procedures.models import (
    Ablation,
    BalloonInflation,
    Procedure,
    TransarterialDrug,
    TransarterialSession,
    TreatedLesion,
)
from registry.research.columns import Column, ColumnType, Origin, joined, key
from registry.research.tables import Table, aggregate_of, count_of, of_case

#: What is summed up of the ablation cycles of a treated lesion.
_CYCLES = (
    ("ablation_time_min", Sum),
    ("minutes_at_target_min", Max),
    ("temperature_mean_celsius", Max),
    ("temperature_max_celsius", Max),
    ("power_w", Max),
    ("active_tip_cm", Max),
    ("rolloff_count", Sum),
)


def treated_lesions() -> Iterator[Column]:
    yield from of_case("procedure__case")
    yield key("procedure_id", "procedure", "procedure")
    yield key("lesion_id", "lesion", "lesion")
    yield key("treated_lesion_id", "", "treated lesion")
    yield from Origin(Procedure, "procedure").columns(only=["kind"], rename={"kind": "procedure_kind"})
    yield from Origin(TreatedLesion, case="procedure__case").columns()
    cycles = Ablation.objects.filter(treated_lesion=OuterRef("pk"))
    yield Column(
        "ablation__count",
        "number of ablation cycles",
        ColumnType.INTEGER,
        count_of(cycles, "treated_lesion"),
        "procedures.Ablation",
        derived=True,
    )
    for name, aggregate in _CYCLES:
        column = next(Origin(Ablation).columns(only=[name]))
        word = aggregate.__name__.lower()
        yield Column(
            f"{name}__{word}",
            f"{column.label}, {'sum' if word == 'sum' else 'largest'} over the cycles",
            column.type,
            aggregate_of(cycles, "treated_lesion", aggregate(name), Ablation._meta.get_field(name)),
            column.source,
            unit=column.unit,
            derived=True,
        )


def balloon_inflations() -> Iterator[Column]:
    yield from of_case("procedure__case")
    yield key("procedure_id", "procedure", "procedure")
    yield key("balloon_inflation_id", "", "balloon inflation")
    yield from Origin(BalloonInflation, case="procedure__case").columns()


def _ablations() -> Iterator[Column]:
    yield from of_case("treated_lesion__procedure__case")
    yield key("procedure_id", "treated_lesion__procedure", "procedure")
    yield key("lesion_id", "treated_lesion__lesion", "lesion")
    yield key("treated_lesion_id", "treated_lesion", "treated lesion")
    yield key("ablation_id", "", "ablation cycle")
    yield from Origin(Ablation, case="treated_lesion__procedure__case").columns()


def _transarterial_sessions() -> Iterator[Column]:
    yield from of_case("procedure__case")
    yield key("procedure_id", "procedure", "procedure")
    yield key("session_id", "", "transarterial session")
    yield from Origin(TransarterialSession, case="procedure__case", procedure="procedure").columns()


def _transarterial_drugs() -> Iterator[Column]:
    yield from of_case("session__procedure__case")
    yield key("procedure_id", "session__procedure", "procedure")
    yield key("session_id", "session", "transarterial session")
    yield key("transarterial_drug_id", "", "transarterial drug")
    yield from Origin(TransarterialSession, "session").columns(only=["kind"], rename={"kind": "session_kind"})
    yield from Origin(TransarterialDrug, case="session__procedure__case").columns()


def _below(path: str) -> dict[str, Any]:
    """The paths to patient and case of rows that reach their procedure over ``path``."""
    return {"patient": joined(path, "case__patient"), "case": joined(path, "case")}


def more_tables() -> Iterator[Table]:
    """The tables of rows that the others only sum up."""
    yield Table(
        "ablations",
        Ablation,
        "one ablation cycle in one lesion",
        _ablations,
        of_procedures.AblationFilterSet,
        **_below("treated_lesion__procedure"),
    )
    yield Table(
        "transarterial_sessions",
        TransarterialSession,
        "one transarterial infusion or embolization",
        _transarterial_sessions,
        of_procedures.TransarterialSessionFilterSet,
        **_below("procedure"),
    )
    yield Table(
        "transarterial_drugs",
        TransarterialDrug,
        "one drug in one transarterial session",
        _transarterial_drugs,
        of_procedures.TransarterialDrugFilterSet,
        **_below("session__procedure"),
    )
