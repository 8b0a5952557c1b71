"""What cases and procedures show of their outcomes in the API, and publications of their complications."""

from django.db.models import Prefetch

from cases.embedding import CASE
from outcomes.codes import ComplicationKind
from procedures.embedding import PROCEDURE
from registry.literature import names


def _complications() -> list[Prefetch | str]:
    from outcomes.models import Complication

    return [Prefetch("complications", Complication.objects.select_related("lesion"))]


def register() -> None:
    """Called once, when the app is ready."""
    names.register_categories("complication", ComplicationKind.choices)
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
