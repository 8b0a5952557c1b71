"""Valid records for tests, written through the write door like everything else."""

import datetime
from typing import Any

import factory
from factory.django import DjangoModelFactory

from cases.models import Case, Diagnosis, Lesion, Patient, Treatment
from outcomes.models import Assessment, Complication, FollowUpStatus
from procedures.models import (
    Ablation,
    BalloonInflation,
    Procedure,
    ReboaDetails,
    RfaDetails,
    SacroplastyDetails,
    TransarterialDrug,
    TransarterialSession,
    TreatedLesion,
    VertebroplastyDetails,
)
from registry.access.models import Center, Membership, User
from registry.core import records
from registry.core.actors import System
from registry.curation.models import AscertainmentMonth
from registry.literature.models import CitedSeries, Publication, ReportedValue, SourceValue, StudyArm
from registry.research.cohorts import checking, keeping
from registry.research.models import Cohort

PASSWORD = "correct horse battery staple"
TESTS = System("tests")
_hash: list[str] = []


def password_hash() -> str:
    """One argon2 hash for all test users: hashing is slow on purpose."""
    if not _hash:
        from django.contrib.auth.hashers import make_password

        _hash.append(make_password(PASSWORD))
    return _hash[0]


class CenterFactory(DjangoModelFactory):
    class Meta:
        model = Center

    code = factory.Sequence(lambda n: f"C{n}")
    name = factory.LazyAttribute(lambda o: f"Hospital {o.code}")
    country = "DE"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"user{n}")
    password = factory.LazyFunction(password_hash)


def member(center: Center, role: str = "clinician", **user: Any) -> User:
    """A user with a role in a centre, long enough ago for tests that travel in time."""
    made = UserFactory(**user)
    Membership.objects.create(user=made, center=center, role=role, start=datetime.date(2010, 1, 1))
    return made


class RecordFactory(DjangoModelFactory):
    class Meta:
        abstract = True

    @classmethod
    def _create(
        cls, model_class: Any, *args: Any, by: Any = TESTS, reason: str = "test", **kwargs: Any
    ) -> Any:
        return records.save(model_class(*args, **kwargs), by=by, reason=reason)


class PublicationFactory(RecordFactory):
    class Meta:
        model = Publication

    slug = factory.Sequence(lambda n: f"paper-{n}")
    title = "A series"
    authors = ["A. Author"]
    year = 2020


class StudyArmFactory(RecordFactory):
    class Meta:
        model = StudyArm

    publication = factory.SubFactory(PublicationFactory)
    code = factory.Sequence(lambda n: f"A{n}")
    patients = 10
    lesions = 12


class ReportedValueFactory(RecordFactory):
    class Meta:
        model = ReportedValue

    publication = factory.SubFactory(PublicationFactory)
    order = factory.Sequence(lambda n: n)
    variable = "vas_pain"
    statistic = "mean"
    value = 7
    location = "Table 1"


class CitedSeriesFactory(RecordFactory):
    class Meta:
        model = CitedSeries

    publication = factory.SubFactory(PublicationFactory)
    order = factory.Sequence(lambda n: n)
    authors_as_printed = "Author et al."
    patients = 3


class DiagnosisFactory(RecordFactory):
    class Meta:
        model = Diagnosis

    slug = factory.Sequence(lambda n: f"diagnosis-{n}")
    label = factory.Sequence(lambda n: f"Diagnosis {n}")
    malignant = True


class PatientFactory(RecordFactory):
    class Meta:
        model = Patient

    center = factory.SubFactory(CenterFactory)
    sex = "female"


class CaseFactory(RecordFactory):
    class Meta:
        model = Case

    patient = factory.SubFactory(PatientFactory)
    diagnosis = factory.SubFactory(DiagnosisFactory)
    disease_status = "metastasis"
    age_years = 60


class LesionFactory(RecordFactory):
    class Meta:
        model = Lesion

    case = factory.SubFactory(CaseFactory)
    levels = "S1"


class TreatmentFactory(RecordFactory):
    class Meta:
        model = Treatment

    case = factory.SubFactory(CaseFactory)
    timing = "before"
    kind = "radiotherapy"


class ProcedureFactory(RecordFactory):
    class Meta:
        model = Procedure

    case = factory.SubFactory(CaseFactory)
    kind = "sacroplasty"


class ReboaDetailsFactory(RecordFactory):
    class Meta:
        model = ReboaDetails

    procedure = factory.SubFactory(ProcedureFactory, kind="reboa")


class SacroplastyDetailsFactory(RecordFactory):
    class Meta:
        model = SacroplastyDetails

    procedure = factory.SubFactory(ProcedureFactory, kind="sacroplasty")


class VertebroplastyDetailsFactory(RecordFactory):
    class Meta:
        model = VertebroplastyDetails

    procedure = factory.SubFactory(ProcedureFactory, kind="vertebroplasty")


class RfaDetailsFactory(RecordFactory):
    class Meta:
        model = RfaDetails

    procedure = factory.SubFactory(ProcedureFactory, kind="rfa")


class BalloonInflationFactory(RecordFactory):
    class Meta:
        model = BalloonInflation

    procedure = factory.SubFactory(ProcedureFactory, kind="reboa")


class TransarterialSessionFactory(RecordFactory):
    class Meta:
        model = TransarterialSession

    procedure = factory.SubFactory(ProcedureFactory, kind="vertebroplasty")
    kind = "tace"


class TransarterialDrugFactory(RecordFactory):
    class Meta:
        model = TransarterialDrug

    session = factory.SubFactory(TransarterialSessionFactory)
    name = factory.Sequence(lambda n: f"drug {n}")


class TreatedLesionFactory(RecordFactory):
    class Meta:
        model = TreatedLesion

    procedure = factory.SubFactory(ProcedureFactory)
    lesion = factory.LazyAttribute(lambda o: LesionFactory(case=o.procedure.case))


class AblationFactory(RecordFactory):
    class Meta:
        model = Ablation

    treated_lesion = factory.LazyFunction(
        lambda: TreatedLesionFactory(procedure=ProcedureFactory(kind="rfa"))
    )


class AssessmentFactory(RecordFactory):
    class Meta:
        model = Assessment

    case = factory.SubFactory(CaseFactory)
    time_point = "baseline"


class ComplicationFactory(RecordFactory):
    class Meta:
        model = Complication

    procedure = factory.SubFactory(ProcedureFactory)
    kind = "cement_leak"


class FollowUpStatusFactory(RecordFactory):
    class Meta:
        model = FollowUpStatus

    case = factory.SubFactory(CaseFactory)


class SourceValueFactory(RecordFactory):
    class Meta:
        model = SourceValue

    publication = factory.SubFactory(PublicationFactory)
    record = factory.SubFactory(LesionFactory)
    field = factory.Sequence(lambda n: f"field_{n}")
    location = "Table 1"


class AscertainmentMonthFactory(RecordFactory):
    class Meta:
        model = AscertainmentMonth

    center = factory.SubFactory(CenterFactory)
    month = factory.Sequence(lambda n: f"{2000 + n % 20}-01-01")


class CohortFactory(DjangoModelFactory):
    """A cohort of a user; ``where`` is its outermost group."""

    class Meta:
        model = Cohort

    title = "A cohort"
    where = factory.LazyFunction(lambda: {"all": []})

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        owner, shared = kwargs.pop("owner"), kwargs.pop("shared", False)
        return keeping.create(checking.read(kwargs, owner), owner, shared=shared)


#: A factory for every record of literature and of cases, for the tests that walk all of them.
FACTORIES = {
    made._meta.model: made
    for made in list(globals().values())
    if isinstance(made, type)
    and issubclass(made, RecordFactory)
    and made not in (RecordFactory, AscertainmentMonthFactory)
}
#: Of every record model: what a centre keeps beside its cases has neither an API nor a form among theirs.
FACTORY_OF = FACTORIES | {AscertainmentMonth: AscertainmentMonthFactory}
