"""What assessments, complications and follow-up bring to the section editor."""

from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from cases import computed, editor
from cases.models import Case
from outcomes import contradictions
from outcomes.forms import FORMS
from outcomes.models import Assessment, Complication, FollowUpStatus
from procedures.models import Procedure


def complications_of(case: Any) -> list[Complication]:
    return [row for procedure in case.procedures.all() for row in procedure.complications.all()]


def followup_of(case: Any) -> list[FollowUpStatus]:
    followup = getattr(case, "followup_status", None)
    return [] if followup is None else [followup]


def _complications_begun(case: Any) -> bool:
    """Whether the question has been answered for a procedure, be it why there is no answer."""
    return any(
        procedure.complications_answered or procedure.missing.get("complications_answered")
        for procedure in case.procedures.all()
    )


def _prefetch() -> list[Prefetch | str]:
    return [
        "assessments",
        "followup_status",
        Prefetch("procedures__complications", Complication.objects.select_related("lesion")),
        "procedures__treated_lesions__lesion",
    ]


def _slots(record: Any) -> dict[str, str]:
    """What is drawn anew when a record has been saved, or when a row that hangs on it has come or gone."""
    # Views import what is registered here.
    from outcomes.views import doubts, editor_complications, editor_followup, grid_column

    drawn: dict[type, Any] = {
        Assessment: grid_column.slots,
        Complication: editor_complications.complication_slots,
        Procedure: editor_complications.procedure_slots,
        FollowUpStatus: editor_followup.slots,
    }
    own = drawn.get(type(record))
    return {**(own(record) if own is not None else {}), **doubts.slots(record)}


def register() -> None:
    """Called once, when the app is ready."""
    editor.register(
        editor.Section("outcomes", _("Outcomes"), 40, lambda case: case.assessments.all()),
        editor.Section("complications", _("Complications"), 50, complications_of, begun=_complications_begun),
        editor.Section("followup", _("Follow-up status"), 60, followup_of),
        forms=FORMS,
        places={
            (Assessment, ""): "outcomes",
            (Case, "assessments"): "outcomes",
            (Complication, ""): "complications",
            (Procedure, "complications"): "complications",
            (Procedure, "complications_answered"): "complications",
            (FollowUpStatus, ""): "followup",
            (Case, "followup"): "followup",
        },
        prefetch=_prefetch,
        contradictions=contradictions.of,
    )
    computed.register(Complication, {"major": None})
    for model in (Assessment, Complication, FollowUpStatus, Procedure, Case):
        editor.register_slots(model, _slots)
