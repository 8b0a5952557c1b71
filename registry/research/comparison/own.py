"""The numbers of any cases, summed up by the database: a fixed number of queries, however many cases there are."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from cases.models import Case, Lesion
from outcomes.codes import WINDOWS
from outcomes.models import Assessment, Complication
from outcomes.models.complication import MAJOR_GRADES
from procedures.models import Procedure, ReboaDetails, TreatedLesion
from registry.research.moments import Moments, moments, summed
from registry.research.profiles import PSEUDONYMISED
from registry.research.statistics.describe import Share, quantile, share
from registry.research.tables import tables

#: Medians are taken from the values themselves, up to so many; beyond it the page goes without.
MOST_FOR_MEDIAN = 50_000
#: Diagnoses listed one by one.
MOST_DIAGNOSES = 6


@dataclass
class Own:
    """What the cases hold of each measure and score."""

    cases: int = 0
    patients: int = 0
    lesions: int = 0
    numbers: dict[str, Moments] = field(default_factory=dict)
    shares: dict[str, Share] = field(default_factory=dict)
    #: Score → time point → values.
    scores: dict[str, dict[str, Moments]] = field(default_factory=dict)
    #: Heading of the case mix → (label, share).
    listed: dict[str, list[tuple[str, Share]]] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return not self.cases


def own_of(cases: QuerySet[Case], scores: Iterable[str]) -> Own:
    """Everything that the comparison shows of some cases."""
    chosen = cases.order_by().values("pk")
    own = Own()
    _cases(own, cases)
    if own.empty:
        return own
    _lesions(own, Lesion.objects.filter(case__in=chosen))
    _treated(own, TreatedLesion.objects.filter(procedure__case__in=chosen))
    _procedures(own, Procedure.objects.filter(case__in=chosen))
    _complications(own, cases)
    own.scores = _scores(Assessment.objects.filter(case__in=chosen), tuple(scores))
    return own


def _cases(own: Own, cases: QuerySet[Case]) -> None:
    table = tables()["cases"]
    column = next(column for column in table.columns if column.name == "age_years")
    age = PSEUDONYMISED.expression(column, table.published)
    rows = cases.order_by()
    sums = rows.annotate(shown_age=age).aggregate(
        cases=Count("pk"),
        people=Count("patient", distinct=True),
        male=Count("pk", filter=Q(patient__sex="male")),
        sex=Count("pk", filter=Q(patient__sex__in=["male", "female", "other"])),
        **summed("age", F("shown_age")),
    )
    own.cases, own.patients = sums["cases"], sums["people"]
    own.numbers["age_years"] = moments("age", sums)
    own.shares["male"] = share(sums["male"], sums["sex"], own.cases - sums["sex"])
    found = list(
        rows.filter(diagnosis__isnull=False)
        .values("diagnosis__label")
        .annotate(n=Count("pk"))
        .order_by("-n", "diagnosis__label")
    )
    total = sum(row["n"] for row in found)
    own.listed["diagnosis"] = [
        (str(row["diagnosis__label"]), share(row["n"], total)) for row in found[:MOST_DIAGNOSES]
    ]
    rest = sum(row["n"] for row in found[MOST_DIAGNOSES:])
    if rest:
        own.listed["diagnosis"].append(("", share(rest, total)))


def _lesions(own: Own, lesions: QuerySet[Lesion]) -> None:
    zone = next(value for value in Lesion.derived if value.name == "denis_zone")
    rows = lesions.order_by().annotate(summary_zone=zone.sql())
    sums = rows.aggregate(
        lesions=Count("pk"),
        zoned=Count("summary_zone"),
        **{f"zone_{code}": Count("pk", filter=Q(summary_zone=code)) for code in zone.codes},
        **summed("volume", F("volume_ml")),
    )
    own.lesions = sums["lesions"]
    own.numbers["volume_ml"] = moments("volume", sums)
    if sums["zoned"]:
        own.listed["denis_zone"] = [(code, share(sums[f"zone_{code}"], sums["zoned"])) for code in zone.codes]


def _treated(own: Own, treated: QuerySet[TreatedLesion]) -> None:
    derived = {value.name: value for value in TreatedLesion.derived}
    rows = treated.order_by().annotate(
        any_leak=derived["leak"].sql(), filling=derived["cement_filling_percent"].sql()
    )
    sums = rows.aggregate(
        leaks=Count("pk", filter=Q(any_leak=True)),
        answered=Count("any_leak"),
        **summed("cement", F("cement_volume_ml")),
        **summed("filling", F("filling")),
    )
    own.numbers["cement_volume_ml"] = moments("cement", sums)
    own.numbers["cement_filling_percent"] = moments("filling", sums)
    own.shares["leak"] = share(sums["leaks"], sums["answered"])


def _procedures(own: Own, procedures: QuerySet[Procedure]) -> None:
    rows = procedures.order_by()
    sums = rows.aggregate(
        done=Count("pk", filter=Q(technical_success=True)),
        judged=Count("technical_success"),
        **summed("duration", F("duration_min")),
        **summed("stay", F("hospital_stay_days")),
    )
    own.numbers["duration_min"] = moments("duration", sums)
    own.numbers["hospital_stay_days"] = moments("stay", sums)
    own.shares["technical_success"] = share(sums["done"], sums["judged"])
    reboa = ReboaDetails.objects.filter(procedure__in=rows.values("pk"))
    own.numbers["blood_loss_ml"] = moments(
        "blood", reboa.order_by().aggregate(**summed("blood", F("blood_loss_ml")))
    )
    for name, values in (
        ("duration_min", rows.exclude(duration_min=None).values_list("duration_min", flat=True)),
        ("blood_loss_ml", reboa.exclude(blood_loss_ml=None).values_list("blood_loss_ml", flat=True)),
    ):
        if 0 < own.numbers[name].n <= MOST_FOR_MEDIAN:
            ordered = sorted(float(value) for value in values if value is not None)
            own.numbers[name] = own.numbers[name].with_median(quantile(ordered, 0.5))


def _complications(own: Own, cases: QuerySet[Case]) -> None:
    """Of the cases whose complications were answered: those with a major one, and those with symptoms of a leak."""
    procedures = Procedure.objects.filter(case=OuterRef("pk"))
    major = Complication.objects.filter(procedure__case=OuterRef("pk"), sir_grade__in=MAJOR_GRADES)
    treated = TreatedLesion.objects.filter(procedure__case=OuterRef("pk"))
    rows = cases.order_by().annotate(
        answered=Exists(procedures.filter(complications_answered__isnull=False)),
        major=Exists(major),
        leak_said=Exists(treated.filter(leak_sites__isnull=False)),
        leak_felt=Exists(treated.filter(leak_symptomatic=True)),
    )
    sums = rows.aggregate(
        major_n=Count("pk", filter=Q(answered=True, major=True)),
        answered_n=Count("pk", filter=Q(answered=True)),
        felt_n=Count("pk", filter=Q(leak_said=True, leak_felt=True)),
        said_n=Count("pk", filter=Q(leak_said=True)),
    )
    own.shares["major"] = share(sums["major_n"], sums["answered_n"])
    own.shares["leak_symptomatic"] = share(sums["felt_n"], sums["said_n"])


def _scores(assessments: QuerySet[Assessment], scores: tuple[str, ...]) -> dict[str, dict[str, Moments]]:
    points = [point.value for point in WINDOWS]
    sums = {name: value for score in scores for name, value in summed(score, F(score)).items()}
    rows = assessments.filter(time_point__in=points).order_by().values("time_point").annotate(**sums)
    found: dict[str, dict[str, Moments]] = {score: {} for score in scores}
    for row in map(dict, rows):
        for score in scores:
            if row[f"{score}__n"]:
                found[score][str(row["time_point"])] = moments(score, row)
    return found
