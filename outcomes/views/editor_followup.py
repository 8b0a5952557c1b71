"""Follow-up status in the section editor: one record per case, made by the first answer."""

import uuid as uuids
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from cases import editor
from cases.models import Case
from cases.views.editor import Block, SectionView, block_of
from outcomes.codes import VitalStatus
from outcomes.models import FollowUpStatus
from outcomes.models.followup import EVENTS
from outcomes.views.doubts import doubts_of
from outcomes.views.first_save import FirstSaveView
from registry.core import drafts
from registry.core.units import rounded
from registry.core.views.segments import draw_as_list

#: What is only asked after a certain answer: part → (field, answer as the page sends it, the fields of the part).
PARTS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "death": (
        "vital_status",
        VitalStatus.DEAD.value,
        ("death_date", "death_interval_value", "death_interval_unit", "death_cause"),
    ),
    "recurrence": (
        "local_recurrence",
        "true",
        (
            "recurrence_date",
            "recurrence_interval_value",
            "recurrence_interval_unit",
            "recurrence_levels",
            "recurrence_treatment",
            "recurrence_treatment_detail",
        ),
    ),
}


def public_id(case: Case) -> uuids.UUID:
    """The public id of the follow-up status of a case, known before anything has been entered."""
    return uuids.uuid5(case.uuid, "followup")


def blank(case: Case) -> FollowUpStatus:
    """The record as it is drawn before anything has been entered. The case then takes it for its own."""
    return FollowUpStatus(case=case, uuid=public_id(case))


@dataclass(frozen=True)
class Status(Block):
    """The follow-up status of a case; nothing may be stored for it yet."""

    @property
    def save_url(self) -> str:
        if self.record.pk is None:
            return reverse("followup-save", args=[self.record.case.uuid])
        return super().save_url

    def shows(self, part: str) -> bool:
        """Whether a part applies, or holds something all the same: what is stored is never hidden."""
        asked, answer, names = PARTS[part]
        return drafts.as_typed(self.form, asked) == [answer] or any(
            getattr(self.record, name) not in (None, "") or self.record.missing.get(name) for name in names
        )

    @property
    def shows_death(self) -> bool:
        return self.shows("death")

    @property
    def shows_recurrence(self) -> bool:
        return self.shows("recurrence")

    @property
    def days(self) -> dict[str, str]:
        return days_of(self.record)


def days_of(record: FollowUpStatus) -> dict[str, str]:
    """How long after the index procedure each dated event was: a year mistyped shows at once."""
    found = {}
    for event in EVENTS:
        day = record.event_day(event) if getattr(record, f"{event}_date") is not None else None
        found[event] = (
            "" if day is None else _("day %(day)d after the index procedure") % {"day": rounded(day)}
        )
    return found


class FollowupSection(SectionView):
    slug = "followup"
    template_name = "outcomes/editor/followup.html"

    def blocks(self) -> dict[str, Any]:
        doubts = doubts_of(self.case)[self.slug]
        record = getattr(self.case, "followup_status", None) or blank(self.case)
        block = block_of(record, self.request.user)
        for event in EVENTS:
            draw_as_list(block.form.fields[f"{event}_interval_unit"])
        return {
            "status": Status(block.record, block.form, block.layout),
            "doubts": doubts,
        }


class FollowupSaveView(FirstSaveView):
    """Stores what is typed into the follow-up status of a case."""

    def stored(self, case: Case) -> FollowUpStatus | None:
        return getattr(case, "followup_status", None)

    def public_id(self, case: Case) -> uuids.UUID:
        return public_id(case)

    def fresh(self, case: Case, typed: drafts.Typed) -> FollowUpStatus:
        return blank(case)


def slots(record: FollowUpStatus) -> dict[str, str]:
    prefix = editor.prefix_of(record)
    return {f"day-{prefix}-{event}": text for event, text in days_of(record).items()}
