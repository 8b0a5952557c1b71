"""Filters of assessments, complications and follow-up."""

from cases.filters import keys_over
from outcomes import codes
from registry.core.api.filters import by_boolean, by_code, by_id


class AssessmentFilterSet(keys_over("case")):  # type: ignore[misc]
    time_point = by_code("time_point", codes.TimePoint.values)


class ComplicationFilterSet(keys_over("procedure__case")):  # type: ignore[misc]
    procedure_id = by_id("procedure__uuid", "Public id of the procedure.")
    lesion_id = by_id("lesion__uuid", "Public id of the lesion.")
    kind = by_code("kind", codes.ComplicationKind.values)
    sir_grade = by_code("sir_grade", codes.SirGrade.values)


class FollowUpStatusFilterSet(keys_over("case")):  # type: ignore[misc]
    followup_state = by_code("followup_state", codes.FollowupState.values)
    vital_status = by_code("vital_status", codes.VitalStatus.values)
    local_recurrence = by_boolean("local_recurrence")
