"""Parts of the section of procedures that the page and its redrawn slots show alike: computed, offered, judged."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from cases import editor
from cases.computed import Computed, computed_of
from cases.models import Lesion
from procedures import codes, stamps
from procedures.clock import moment_of
from procedures.models import BalloonInflation, Procedure, TreatedLesion
from procedures.occlusion import Timeline, timeline
from procedures.scores import ablation_state
from registry.core import limits
from registry.core.dates import shown_time
from registry.core.forms.record import CONFIRM_PREFIX


def untreated(procedure: Any) -> list[Lesion]:
    """The lesions of the case that the procedure does not list yet."""
    listed = {row.lesion_id for row in procedure.treated_lesions.all()}
    return [lesion for lesion in procedure.case.lesions.all() if lesion.pk not in listed]


def sharing(row: Any) -> str:
    """Which other lesions were reached through the same puncture."""
    if row.access_no is None:
        return ""
    others = [
        str(other.lesion.number)
        for other in row.procedure.treated_lesions.all()
        if other.pk != row.pk and other.access_no == row.access_no
    ]
    return _("Same puncture as lesion %(numbers)s.") % {"numbers": ", ".join(others)} if others else ""


@dataclass(frozen=True)
class Unusual:
    """An unusual value that no control shows: what is said, and where the reason goes."""

    sentences: tuple[str, ...]
    input_name: str
    form_id: str
    #: The element that links to the value lead to.
    place: str
    #: The confirmation given before.
    entry: dict[str, Any] | None


def unusual(record: Any, field: str) -> Unusual:
    prefix = editor.prefix_of(record)
    sentences = tuple(crossing.message for crossing in limits.unconfirmed(record) if crossing.field == field)
    return Unusual(
        sentences,
        f"{prefix}-{CONFIRM_PREFIX}{field}",
        f"rec-{prefix}",
        f"field-{prefix}-{field}",
        None if sentences else record.confirmed.get(field),
    )


def filling(row: TreatedLesion) -> Computed | None:
    return _computed(row, "cement_filling_percent")


@dataclass(frozen=True)
class AblationState:
    """Whether the ablation of a lesion is complete by the rule, and why; or what is lacking to say it."""

    computed: Computed
    complete: bool
    why: str


def ablation(row: TreatedLesion) -> AblationState | None:
    found = _computed(row, "rfa_complete") if row.procedure.kind == codes.Kind.RFA else None
    if found is None:
        return None
    rule = next(derived for derived in row.derived if derived.name == "rfa_complete")
    complete = ablation_state(row) in (
        codes.AblationCompletion.TEMPERATURE,
        codes.AblationCompletion.ROLLOFF,
    )
    return AblationState(found, complete, rule.working(row) if rule.working is not None else "")


def _computed(row: Any, name: str) -> Computed | None:
    return next((found for found in computed_of(row) if found.shown.name == name), None)


@dataclass(frozen=True)
class Spell:
    """Minutes of one occlusion, and its times of day where the incision is known."""

    minutes: int | None
    inflated: str
    deflated: str


def spell(row: BalloonInflation) -> Spell:
    incision = row.procedure.incision_at
    inflated, deflated = (
        shown_time(moment_of(incision, minute)) if incision is not None and minute is not None else ""
        for minute in (row.inflated_min, row.deflated_min)
    )
    return Spell(row.derived_value("occlusion_min"), inflated, deflated)


@dataclass(frozen=True)
class Occlusion:
    """The timeline of a procedure as it stands at a moment, and what can be stamped then."""

    procedure: Procedure
    prefix: str
    timeline: Timeline
    #: Whether the operation may be going on, so that times are stamped.
    offered: bool
    undo: stamps.Stamp | None
    #: When the occlusion or reperfusion began that is going on.
    since: datetime.datetime | None
    now: datetime.datetime

    @property
    def since_ms(self) -> str:
        return _epoch_ms(self.since)

    @property
    def now_ms(self) -> str:
        return _epoch_ms(self.now)

    @property
    def rows(self) -> str:
        """The inflations that are stored, for the page to compare with its own."""
        return " ".join(str(row.uuid) for row in self.procedure.balloon_inflations.all())

    @property
    def minutes(self) -> str:
        """What is moved when the incision was at another time."""
        return stamps.minutes_of(self.procedure.balloon_inflations.all())

    @property
    def inflate_off(self) -> bool:
        """Whether a press would change nothing."""
        return self.timeline.running is not None or self.procedure.incision_at is None

    @property
    def deflate_off(self) -> bool:
        return self.timeline.running is None


def occlusion(procedure: Procedure, moment: datetime.datetime | None = None) -> Occlusion:
    now = moment or timezone.now()
    line = timeline(procedure, now)
    current, incision = line.running or line.reperfusing, procedure.incision_at
    return Occlusion(
        procedure,
        editor.prefix_of(procedure),
        line,
        stamps.offered(procedure, now) or line.running is not None,
        stamps.last(procedure, now),
        moment_of(incision, current.start) if current is not None and incision is not None else None,
        now,
    )


def _epoch_ms(moment: datetime.datetime | None) -> str:
    """For the page's script, so the same in every language."""
    return "" if moment is None else str(int(moment.timestamp() * 1000))
