"""What contradicts within a case: the questions of the review, asked of cases that have been declared complete.

They are stated where they are asked while a case is entered (``outcomes.contradictions``, ``procedures.index_date``);
here stands in SQL which cases are worth a look: all that contradict, and a few more.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, F, FloatField, OuterRef, Q, TextField, Value
from django.db.models.functions import Abs, Cast
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext_lazy

from cases import editor
from cases.codes import DiseaseStatus
from outcomes import codes
from outcomes.models import Assessment, Complication, FollowUpStatus
from outcomes.models.complication import MAJOR_GRADES
from outcomes.plan import known_to_the_day
from procedures.codes import LeakSite
from procedures.models import Procedure, TreatedLesion
from registry.core.policies import Gap
from registry.curation.quality.base import Rule


def _of_case(case: Any) -> Iterator[Gap]:
    yield from editor.contradictions(case)


def _diagnosis() -> Q:
    """A status that this diagnosis rarely has; which of them contradict is said by the rule itself."""
    of = "diagnosis__slug"
    carcinoma = (
        Q(**{f"{of}__endswith": "carcinoma"})
        | Q(**{f"{of}__endswith": "melanoma"})
        | Q(**{f"{of}__endswith": "unknown-primary"})
    )
    systemic = Q(diagnosis__slug__in=("multiple-myeloma", "lymphoma"))
    return (
        (Q(disease_status=DiseaseStatus.PRIMARY.value) & carcinoma)
        | (Q(disease_status__isnull=False) & ~Q(disease_status=DiseaseStatus.SYSTEMIC.value) & systemic)
        | Q(disease_status=DiseaseStatus.BENIGN.value, diagnosis__malignant=True)
        | Q(disease_status=DiseaseStatus.METASTASIS.value, diagnosis__malignant=False)
    )


def _index_date() -> Q:
    dated = Procedure.objects.filter(case=OuterRef("pk"), date__isnull=False).order_by()
    earlier = dated.filter(date__lt=OuterRef("index_date"))
    same = dated.filter(date=OuterRef("index_date"))
    return known_to_the_day() & Q(Exists(dated)) & (Q(Exists(earlier)) | ~Q(Exists(same)))


def _procedures() -> Q:
    treated = TreatedLesion.objects.filter(procedure__case=OuterRef("pk")).order_by()
    overfilled = treated.filter(cement_diameter_mm__gt=F("lesion__diameter_longest_mm"))
    listed = Complication.objects.filter(
        Q(lesion__isnull=True) | Q(lesion=OuterRef("lesion")),
        procedure=OuterRef("procedure"),
        kind=codes.ComplicationKind.CEMENT_LEAK.value,
    ).order_by()
    leaking = treated.exclude(leak_sites=LeakSite.NONE.value).filter(leak_sites__isnull=False)
    rows = Complication.objects.filter(procedure__case=OuterRef("pk")).order_by()
    ungraded = rows.filter(sir_grade__isnull=True).exclude(missing__has_key="sir_grade")
    answered_twice = rows.filter(
        kind=codes.ComplicationKind.CEMENT_LEAK.value, symptomatic__isnull=False, lesion__isnull=False
    )
    major = rows.filter(sir_grade__in=MAJOR_GRADES, procedure__technical_success=True)
    return (
        Q(Exists(overfilled))
        | Q(Exists(leaking.exclude(Exists(listed))))
        | Q(Exists(ungraded))
        | Q(Exists(answered_twice))
        | Q(Exists(major))
    )


def _assessments() -> Q:
    rows = Assessment.objects.filter(case=OuterRef("pk")).order_by()
    dead_while_alive = rows.filter(
        Q(kps=0) | Q(ecog=5), case__followup_status__vital_status=codes.VitalStatus.ALIVE.value
    )
    # ECOG from KPS falls by one for every twenty points.
    derived = (Value(100.0) - Cast(F("kps"), FloatField())) / Value(20.0)
    apart = rows.filter(GreaterThan(Abs(Cast(F("ecog"), FloatField()) - derived), Value(1.0)))
    before = Assessment.objects.filter(
        case=OuterRef("case"), time_point=codes.TimePoint.BASELINE.value, vas_pain__isnull=False
    ).order_by()
    relief = rows.filter(pain_relief__isnull=False, vas_pain__isnull=False)
    better = relief.filter(
        Exists(before.filter(vas_pain__gt=OuterRef("vas_pain"))), pain_relief=codes.PainRelief.NONE.value
    )
    no_better = relief.filter(
        Exists(before.filter(vas_pain__lte=OuterRef("vas_pain"))),
        pain_relief__in=(codes.PainRelief.COMPLETE.value, codes.PainRelief.PARTIAL.value),
    )
    analgesics = rows.filter(analgesic_class__isnull=False, analgesic_scale__isnull=False).exclude(
        analgesic_scale_version=codes.AnalgesicScaleVersion.AS_PUBLISHED.value
    )
    of_step = (
        Q(analgesic_scale=0, analgesic_class=codes.AnalgesicClass.NONE.value)
        | Q(analgesic_scale__in=(1, 2), analgesic_class=codes.AnalgesicClass.NON_OPIOID.value)
        | Q(analgesic_scale=3, analgesic_class=codes.AnalgesicClass.WEAK_OPIOID.value)
        | Q(analgesic_scale=4, analgesic_class=codes.AnalgesicClass.STRONG_OPIOID.value)
    )
    return (
        Q(Exists(dead_while_alive))
        | Q(Exists(apart))
        | Q(Exists(rows.filter(ambulatory=True, ecog=4)))
        | Q(Exists(better))
        | Q(Exists(no_better))
        | Q(Exists(analgesics.exclude(of_step)))
    )


def _followup() -> Q:
    rows = FollowUpStatus.objects.filter(case=OuterRef("pk")).order_by()
    dead = Q(vital_status=codes.VitalStatus.DEAD.value) | Q(followup_state=codes.FollowupState.DIED.value)
    undated = rows.filter(vital_status=codes.VitalStatus.DEAD.value, death_date__isnull=True)
    followed = rows.filter(
        vital_status=codes.VitalStatus.DEAD.value, followup_state=codes.FollowupState.UNDER_FOLLOW_UP.value
    )
    recurred = rows.filter(local_recurrence=True, recurrence_date__isnull=True)
    fatal = Complication.objects.filter(
        procedure__case=OuterRef("pk"), sir_grade=codes.SirGrade.F.value
    ).order_by()
    by_procedure = rows.filter(death_cause=codes.DeathCause.PROCEDURE.value)
    coded = (
        Assessment.objects.filter(case=OuterRef("pk"))
        .order_by()
        .annotate(reasons=Cast("missing", TextField()))
        .filter(reasons__contains='"died"')
    )
    not_dead = ~Q(Exists(rows.filter(dead)))
    return (
        Q(Exists(undated))
        | Q(Exists(followed))
        | Q(Exists(recurred))
        | (not_dead & (Q(Exists(coded)) | Q(Exists(fatal))))
        | (Q(Exists(by_procedure)) & ~Q(Exists(fatal)))
    )


def _worth_a_look() -> Q:
    return _diagnosis() | _index_date() | _procedures() | _assessments() | _followup()


CONTRADICTION = Rule(
    "contradiction",
    gettext_lazy("Contradiction"),
    gettext_lazy(
        "Two answers do not fit together, such as a cement leak that is not graded or a filling above 100 %."
    ),
    _of_case,
    _worth_a_look,
    exact=False,
)
