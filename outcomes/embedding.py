"""What cases and procedures show of their outcomes in the API."""

from django.db.models import Prefetch

from cases.embedding import CASE
from procedures.embedding import PROCEDURE


def _complications() -> list[Prefetch | str]:
    from outcomes.models import Complication

    return [Prefetch("complications", Complication.objects.select_related("lesion"))]


def register() -> None:
    """Called once, when the app is ready."""
    CASE.embed("assessments", "outcomes.api.AssessmentSerializer", prefetch=lambda: ["assessments"])
    CASE.embed(
        "complications",
        "outcomes.api.ComplicationSerializer",
        rows=lambda case: [
            row for procedure in case.procedures.all() for row in procedure.complications.all()
        ],
    )
    CASE.embed(
        "followup",
        "outcomes.api.FollowUpStatusSerializer",
        source="followup_status",
        prefetch=lambda: ["followup_status"],
        many=False,
    )
    PROCEDURE.embed("complications", "outcomes.api.ComplicationSerializer", prefetch=_complications)
