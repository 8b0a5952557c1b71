"""The export tables: each declared once, as models and the paths over which they are reached."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import (
    Count,
    F,
    FilteredRelation,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce
from django.utils import translation

from cases import filters as of_cases
from cases.codes import ConsentStatus
from cases.models import Case, Diagnosis, Lesion, Patient, Treatment
from outcomes import filters as of_outcomes
from outcomes.models import Assessment, Complication
from procedures import filters as of_procedures
from procedures.kinds import KINDS, KindOfProcedure
from procedures.models import BalloonInflation, Procedure, TransarterialSession, TreatedLesion
from procedures.strategy import STRATEGY, strategy_sql
from registry.access.models import Center
from registry.core.models import Record
from registry.literature import filters as of_literature
from registry.literature.models import ReportedValue
from registry.research.code_sets import union_of_codes
from registry.research.columns import (
    Column,
    ColumnType,
    Origin,
    coalesced,
    joined,
    key,
    missing_code,
    missing_column,
)

#: Patients who refused or withdrew their consent are left out of research.
NO_CONSENT = (ConsentStatus.REFUSED.value, ConsentStatus.WITHDRAWN.value)


@dataclass(frozen=True)
class Table:
    """One export table.

    ``patient`` and ``case`` are the paths from its rows to the patient and the case (``None`` where there is none, an
    empty path for the table of that very model). ``declare`` yields the columns; ``relations`` are joins it needs.
    """

    name: str
    model: type[Record]
    #: What one row is, in words.
    row: str
    declare: Callable[[], Iterable[Column]]
    #: The filters of the API's list of the same rows.
    filterset: Any
    patient: str | None = None
    case: str | None = None
    relations: Callable[[], Mapping[str, FilteredRelation]] = dict

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        # Labels go into files: they are English, whoever asks first.
        with translation.override("en"):
            columns = tuple(self.declare())
        names = [column.name for column in columns]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"{self.name}: column declared twice: {', '.join(sorted(twice))}")
        return columns

    def in_research(self, user: Any) -> QuerySet:
        """The rows the user may read, less those of patients without consent: what every statistic is made of."""
        rows = self.visible(user)
        return rows if self.without_consent is None else rows.filter(~self.without_consent)

    def visible(self, user: Any) -> QuerySet:
        """The rows the user may read, consent not yet looked at."""
        return self.model.objects.for_user(user)

    @property
    def published(self) -> Q:
        """The condition for rows of published series, which identify nobody."""
        if self.model.center_path is None:
            return Q(pk__isnull=False)
        return Q(**{f"{self.model.center_path}__kind": Center.Kind.PUBLISHED.value})

    @property
    def without_consent(self) -> Q | None:
        """The condition for rows that research may not use; ``None`` where rows belong to nobody."""
        if self.patient is None:
            return None
        return Q(**{joined(self.patient, "consent_status__in"): NO_CONSENT}) & ~self.published


# -- columns shared by many tables -------------------------------------------------------------------------------------


def _of_patient(path: str) -> Iterator[Column]:
    """Keys and origin of a patient."""
    yield key("patient_id", path, "patient")
    yield Column("center", "centre", ColumnType.CODE, F(joined(path, "center__code")), "access.Center.code")
    yield Column(
        "publication",
        "publication",
        ColumnType.CODE,
        F(joined(path, "publication__slug")),
        "literature.Publication.slug",
    )
    yield from Origin(Patient, path).columns(only=["source_label"])


def of_case(path: str) -> Iterator[Column]:
    """Keys and origin of a row that belongs to a case."""
    patient, *origin = _of_patient(joined(path, "patient"))
    yield patient
    yield key("case_id", path, "case")
    yield from origin
    yield from Origin(Case, path).columns(only=["status"], rename={"status": "case_status"})


def _diagnosis(path: str) -> Iterator[Column]:
    """The diagnosis of a case and its codes."""
    slug = F(joined(path, "diagnosis__slug"))
    diagnosis = Column("diagnosis", "diagnosis", ColumnType.CODE, slug, "cases.Case.diagnosis")
    yield diagnosis
    yield missing_column(diagnosis, missing_code("diagnosis", path))
    for name, field_name, label in (
        ("diagnosis_label", "label", "diagnosis, label"),
        ("icd10", "icd10", "ICD-10-CM of the primary tumour"),
        ("icdo3", "icdo3", "ICD-O-3 morphology"),
    ):
        path_to = joined(path, "diagnosis", field_name)
        yield Column(name, label, ColumnType.TEXT, F(path_to), f"cases.Diagnosis.{field_name}")
    yield from Origin(Diagnosis, joined(path, "diagnosis")).columns(only=["malignant"])


def _strategy(path: str) -> Column:
    """The case's strategy; derived, so it brings its own SQL for whatever row it is seen from."""
    expression = strategy_sql(path or "pk")
    label, source = str(STRATEGY.label), str(STRATEGY.source)
    return Column(
        STRATEGY.name,
        label,
        ColumnType.TEXT,
        expression,
        source,
        derived=True,
        computed="cases.Case.strategy",
    )


def case_columns() -> Iterator[Column]:
    """All that is said of a case: patient, diagnosis, the case itself, treatments beside it, and its strategy."""
    patient, case, *origin = of_case("")
    yield from (patient, case, *(column for column in origin if column.name != "case_status"))
    yield from Origin(Patient, "patient").columns(only=["sex"])
    yield from _diagnosis("")
    yield _strategy("")
    yield from Origin(Case, "", case="").columns(rename={"status": "case_status", "number": "case_number"})
    for timing in ("before", "after"):
        rows = Treatment.objects.filter(case=OuterRef("pk"), timing=timing)
        codes = Treatment._meta.get_field("kind").choices or ()
        yield Column(
            f"treatments_{timing}",
            f"treatments {timing} the index procedure",
            ColumnType.CODE_SET,
            union_of_codes(rows, "case", "kind", [str(code) for code, _label in codes]),
            "cases.Treatment.kind",
            codes=tuple((str(code), str(label)) for code, label in codes),
            derived=True,
        )


def count_of(rows: QuerySet, parent: str) -> Any:
    """How many of ``rows`` (correlated to the outer row over ``parent``) there are; 0 where there is none."""
    counted = rows.order_by().values(parent).annotate(answer=Count("pk")).values("answer")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def aggregate_of(rows: QuerySet, parent: str, aggregate: Any, output_field: Any) -> Any:
    """An aggregate over ``rows``, NULL where there is none."""
    found = rows.order_by().values(parent).annotate(answer=aggregate).values("answer")
    return Subquery(found, output_field=output_field)


# -- the tables ------------------------------------------------------------------------------------------------------


def _patients() -> Iterator[Column]:
    yield from _of_patient("")
    yield from (c for c in Origin(Patient).columns() if c.name != "source_label")
    yield Column(
        "case_count",
        "number of cases",
        ColumnType.INTEGER,
        count_of(Case.objects.filter(patient=OuterRef("pk")), "patient"),
        "cases.Case",
        derived=True,
    )


def _lesions() -> Iterator[Column]:
    yield from of_case("case")
    yield key("lesion_id", "", "lesion")
    yield from Origin(Lesion, case="case").columns()


def _procedures() -> Iterator[Column]:
    yield from of_case("case")
    yield key("procedure_id", "", "procedure")
    yield from Origin(Procedure, case="case").columns()
    yield from details_of(KINDS.values(), "", "case")
    sessions = TransarterialSession.objects.filter(procedure=OuterRef("pk"))
    for field_name in ("kind", "agents"):
        column = next(Origin(TransarterialSession).columns(only=[field_name]))
        yield Column(
            f"transarterial_{column.name}",
            f"transarterial {column.label}",
            ColumnType.CODE_SET,
            union_of_codes(sessions, "procedure", field_name, [code for code, _label in column.codes]),
            column.source,
            codes=column.codes,
            derived=True,
        )


def details_of(
    kinds: Iterable[KindOfProcedure], path: str, case: str, *, prefix: str = "", heading: str = ""
) -> list[Column]:
    """The columns that only some kinds of procedure have; what several kinds share is one column."""
    found: list[Column] = []
    for kind in kinds:
        at = joined(path, kind.accessor)
        found += Origin(kind.details_model, at, case=case, prefix=prefix, heading=heading).columns()
    return coalesced(found)


def _treatments() -> Iterator[Column]:
    yield from of_case("case")
    yield key("treatment_id", "", "treatment")
    yield from Origin(Treatment, case="case").columns()


def _assessments() -> Iterator[Column]:
    yield from of_case("case")
    yield key("assessment_id", "", "assessment")
    yield from Origin(Assessment, case="case").columns()


def _complications() -> Iterator[Column]:
    yield from of_case("procedure__case")
    yield key("procedure_id", "procedure", "procedure")
    yield key("lesion_id", "lesion", "lesion")
    yield key("complication_id", "", "complication")
    yield from Origin(Procedure, "procedure").columns(only=["kind"], rename={"kind": "procedure_kind"})
    yield from Origin(Complication, case="procedure__case").columns()


def _reported_values() -> Iterator[Column]:
    yield Column(
        "publication", "publication", ColumnType.CODE, F("publication__slug"), "literature.Publication.slug"
    )
    yield Column("arm", "arm", ColumnType.CODE, F("arm__code"), "literature.StudyArm.code")
    yield from Origin(ReportedValue).columns()
    yield key("reported_value_id", "", "reported value")


def _tables() -> Iterator[Table]:
    from registry.research import case_summary, procedure_rows

    case_rows: Any = {"patient": "patient", "case": ""}
    below_case: Any = {"patient": "case__patient", "case": "case"}
    below_procedure: Any = {"patient": "procedure__case__patient", "case": "procedure__case"}
    yield Table("patients", Patient, "one patient", _patients, of_cases.PatientFilterSet, patient="")
    yield Table("cases", Case, "one case", case_columns, of_cases.CaseFilterSet, **case_rows)
    yield Table("lesions", Lesion, "one lesion", _lesions, of_cases.LesionFilterSet, **below_case)
    yield Table(
        "procedures", Procedure, "one procedure", _procedures, of_procedures.ProcedureFilterSet, **below_case
    )
    yield Table(
        "treated_lesions",
        TreatedLesion,
        "one lesion in one procedure",
        procedure_rows.treated_lesions,
        of_procedures.TreatedLesionFilterSet,
        **below_procedure,
    )
    yield Table(
        "balloon_inflations",
        BalloonInflation,
        "one inflation",
        procedure_rows.balloon_inflations,
        of_procedures.BalloonInflationFilterSet,
        **below_procedure,
    )
    yield Table(
        "assessments",
        Assessment,
        "one case at one time point",
        _assessments,
        of_outcomes.AssessmentFilterSet,
        **below_case,
    )
    yield Table(
        "complications",
        Complication,
        "one complication",
        _complications,
        of_outcomes.ComplicationFilterSet,
        **below_procedure,
    )
    yield Table(
        "reported_values",
        ReportedValue,
        "one number a paper prints about a group",
        _reported_values,
        of_literature.ReportedValueFilterSet,
    )
    yield Table(
        "case_summary",
        Case,
        "one case with all that belongs to it",
        case_summary.columns,
        of_cases.CaseFilterSet,
        relations=case_summary.relations,
        **case_rows,
    )
    yield Table(
        "treatments",
        Treatment,
        "one treatment before or after the procedures",
        _treatments,
        of_cases.TreatmentFilterSet,
        **below_case,
    )
    yield from procedure_rows.more_tables()


TABLES: dict[str, Table] = {}


def tables() -> dict[str, Table]:
    """Every export table by name. Built on first use, as the tables refer to each other's modules."""
    if not TABLES:
        TABLES.update((table.name, table) for table in _tables())
    return TABLES
