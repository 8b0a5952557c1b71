"""Assessments, complications and follow-up in the API."""

from typing import Any

from django.utils.translation import gettext as _

from cases.api import CaseRowSerializer, CaseRowViewSet
from outcomes import filters
from outcomes.models import Assessment, Complication, FollowUpStatus
from outcomes.models.followup import EVENTS
from procedures.api import ProcedureRowSerializer, day_field


class AssessmentSerializer(CaseRowSerializer):
    """The scores of one case at one time point."""

    own_key = "assessment_id"

    class Meta:
        model = Assessment

    def shown_fields(self) -> dict[str, Any]:
        return {"day": day_field(lambda row: row.day(), _("Days from the index date of the case."))}


class ComplicationSerializer(ProcedureRowSerializer):
    """One complication of a procedure."""

    own_key = "complication_id"

    class Meta:
        model = Complication


class FollowUpStatusSerializer(CaseRowSerializer):
    """How follow-up of a case stands."""

    class Meta:
        model = FollowUpStatus

    def shown_fields(self) -> dict[str, Any]:
        return {
            f"{event}_day": day_field(
                lambda row, event=event: row.event_day(event), _("Days from the index date of the case.")
            )
            for event in EVENTS
        }


class AssessmentViewSet(CaseRowViewSet):
    """Scores at time points."""

    serializer_class = AssessmentSerializer
    filterset_class = filters.AssessmentFilterSet
    orderings = {
        "registry_id": "case__patient__registry_id",
        "time_point": "time_point",
        "date": "date",
        "vas_pain": "vas_pain",
    }
    identifying_parameters = frozenset({"date"})

    def prefetches(self) -> list[Any]:
        return ["case__assessments"]  # responders are judged against the baseline of the same case


class ComplicationViewSet(CaseRowViewSet):
    """Complications of procedures."""

    serializer_class = ComplicationSerializer
    filterset_class = filters.ComplicationFilterSet
    case_lookup = "procedure__case"
    also_select = ("lesion",)
    orderings = {
        "registry_id": "procedure__case__patient__registry_id",
        "kind": "kind",
        "sir_grade": "sir_grade",
        "onset_day": "onset_day",
    }


class FollowUpStatusViewSet(CaseRowViewSet):
    """How follow-up of each case stands."""

    serializer_class = FollowUpStatusSerializer
    filterset_class = filters.FollowUpStatusFilterSet
    orderings = {"registry_id": "case__patient__registry_id", "followup_state": "followup_state"}
