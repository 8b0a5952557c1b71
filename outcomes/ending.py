"""The end of follow-up that follows from why a time point has no score, as it is noted in the follow-up status."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cases.models import Case
from outcomes import plan
from outcomes.codes import FollowupState, VitalStatus
from outcomes.models import FollowUpStatus


def ended(case: Case, state: str, user: Any) -> FollowUpStatus:
    """The follow-up status of the case with this ending in it, not stored yet.

    Raises ``ValidationError`` where another ending is stored: that is corrected in the case, never by the way.
    """
    status = FollowUpStatus.objects.for_user(user).filter(case=case).first() or FollowUpStatus(case=case)
    status.case = case
    held = plan.ending_of(status, ())
    if held is not None and held.value != state:
        raise ValidationError(_("it says “%(ending)s”.") % {"ending": held.label})
    found = {"followup_state"}
    if status.followup_state not in plan.Ending.values:  # who was lost and is known to be dead stays lost
        status.followup_state = state
    if state == FollowupState.DIED:
        status.vital_status = VitalStatus.DEAD
        found.add("vital_status")
    status.missing = {name: code for name, code in status.missing.items() if name not in found}
    return status
