"""Assessments at time points, complications, and how follow-up ended."""

from outcomes.models.assessment import Assessment
from outcomes.models.complication import Complication
from outcomes.models.followup import FollowUpStatus

__all__ = ["Assessment", "Complication", "FollowUpStatus"]
