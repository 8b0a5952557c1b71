"""Rules about what is not there: what a complete case needs, key variables, details of a kind."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.completeness import unanswered
from cases.models import Lesion
from outcomes.codes import TimePoint
from outcomes.models import Assessment
from procedures.kinds import KINDS
from procedures.models import Procedure
from registry.core import policies
from registry.core.policies import Gap
from registry.curation.quality.base import Rule

#: Time points of the plan whose pain score is a key variable.
KEY_POINTS = (TimePoint.MONTH_1.value, TimePoint.MONTH_3.value)


def _required(case: Any) -> Iterator[Gap]:
    """What a complete case needs. Details of a kind are asked for by a rule of their own."""
    return (gap for gap in policies.gaps(case) if gap.field != "details")


REQUIRED = Rule(
    "required_missing",
    gettext_lazy("Required, but missing"),
    gettext_lazy("A value that a complete case needs has neither an answer nor a reason for its absence."),
    _required,
    # Completeness is stated in Python alone: every case is looked at.
    Q,
    exact=False,
    held_by_door=True,
)


def _key_variables(case: Any) -> Iterator[Gap]:
    for lesion in case.lesions.all():
        yield from unanswered(lesion, "volume_ml", of=_("Lesion %(number)s") % {"number": lesion.number})
    for row in case.assessments.all():
        if row.time_point in KEY_POINTS:
            yield from unanswered(row, "vas_pain", of=capfirst(str(row)))


def _key_variables_sql() -> Q:
    lesions = Lesion.objects.filter(case=OuterRef("pk"), volume_ml__isnull=True)
    scores = Assessment.objects.filter(case=OuterRef("pk"), time_point__in=KEY_POINTS, vas_pain__isnull=True)
    return Q(Exists(lesions.exclude(missing__has_key="volume_ml"))) | Q(
        Exists(scores.exclude(missing__has_key="vas_pain"))
    )


KEY_VARIABLES = Rule(
    "key_variable_missing",
    gettext_lazy("Key variable missing"),
    gettext_lazy(
        "Lesion volume, or pain at one or three months, has neither an answer nor a reason for its absence."
    ),
    _key_variables,
    _key_variables_sql,
)


def _without_details(case: Any) -> Iterator[Gap]:
    for procedure in case.procedures.all():
        if procedure.details is None:
            text = _("%(procedure)s: the details of this kind have not been entered.")
            yield Gap(procedure, "details", text % {"procedure": capfirst(str(procedure))})


def _without_details_sql() -> Q:
    found = Q()
    for code, kind in KINDS.items():
        rows = Procedure.objects.filter(case=OuterRef("pk"), kind=code, **{f"{kind.accessor}__isnull": True})
        found |= Q(Exists(rows))
    return found


KIND_WITHOUT_DETAILS = Rule(
    "kind_without_details",
    gettext_lazy("Kind without details"),
    gettext_lazy("A procedure has none of the details that belong to its kind."),
    _without_details,
    _without_details_sql,
)
