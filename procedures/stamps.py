"""The times of an aortic occlusion as they are stamped during the operation, by the server's clock.

Pressing twice, or two people pressing at once, does no harm: each press is decided under the lock of the case, and what
is true already is left as it is.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from cases.models import Case
from procedures import index_date
from procedures.clock import minute_of, moment_of, to_the_minute
from procedures.models import BalloonInflation, Procedure
from procedures.occlusion import running_row
from registry.core import records

#: A stamp can be taken back for so long; later it is corrected in its row.
UNDO_MIN = 30
_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Stamp:
    """The last time that was stamped."""

    #: ``incision``, ``inflated`` or ``deflated``.
    what: str
    #: The inflation, or the procedure for its incision.
    record: Any
    minute: int
    moment: datetime.datetime


def offered(procedure: Procedure, moment: datetime.datetime) -> bool:
    """Whether the operation may be going on: its times are stamped then, and typed afterwards."""
    if procedure.incision_at is not None:
        return abs(moment - procedure.incision_at) < _DAY
    today = timezone.localdate(moment)
    return procedure.date is None or today - _DAY <= procedure.date <= today


def last(procedure: Procedure, moment: datetime.datetime) -> Stamp | None:
    """The latest time on the clock, while it can still be taken back."""
    incision = procedure.incision_at
    if incision is None:
        return None
    now = minute_of(incision, moment)
    rows = list(procedure.balloon_inflations.all())
    found = [
        Stamp(what, row, minute, moment_of(incision, minute))
        for row in rows
        for what, minute in (("inflated", row.inflated_min), ("deflated", row.deflated_min))
        if minute is not None
    ]
    if not found:
        found = [Stamp("incision", procedure, 0, incision)]
    # Of two in the same minute the end of an inflation is the later one, and a higher number the later inflation.
    latest = max(
        found, key=lambda stamp: (stamp.minute, getattr(stamp.record, "number", 0), stamp.what == "deflated")
    )
    return latest if 0 <= now - latest.minute <= UNDO_MIN else None


def press(
    what: str, procedure: Procedure, *, by: Any, reason: str = "", undo: tuple[str, int] | None = None
) -> None:
    """Stamp the time, or take the last stamp back (``undo`` names its record and minute).

    Raises what the write door raises, and ``ValidationError`` where the incision is not known yet.
    """
    with records.together():
        case = Case.objects.for_user(by).select_for_update().get(pk=procedure.case_id)
        procedure = Procedure.objects.for_user(by).prefetch_related("balloon_inflations").get(pk=procedure.pk)
        procedure.case = case
        moment = timezone.now()
        if what == "incision":
            _incise(procedure, moment, by, reason)
        elif what == "undo":
            _undo(procedure, moment, by, reason, undo)
        elif procedure.incision_at is None:
            raise ValidationError(_("Enter the time of incision first: it is minute 0."))
        elif what == "inflate":
            _inflate(procedure, moment, by, reason)
        elif what == "deflate":
            _deflate(procedure, moment, by, reason)


def _incise(procedure: Procedure, moment: datetime.datetime, by: Any, reason: str) -> None:
    if procedure.incision_at is not None:
        return
    procedure.incision_at = to_the_minute(moment)
    procedure.date = procedure.date or timezone.localdate(moment)
    procedure.missing = {
        name: code for name, code in procedure.missing.items() if name not in ("incision_at", "date")
    }
    records.save(procedure, by=by, reason=reason)
    if index_date.standing(procedure).by_itself:
        try:
            index_date.take(procedure.case, by=by, reason=reason)
        except ValidationError:
            return  # the page offers it, and says then why it cannot be


def _inflate(procedure: Procedure, moment: datetime.datetime, by: Any, reason: str) -> None:
    rows = list(procedure.balloon_inflations.all())
    now = minute_of(procedure.incision_at, moment)  # type: ignore[arg-type]
    if running_row(rows, now) is not None:
        return
    made = BalloonInflation(procedure=procedure, inflated_min=now, aortic_zone=zone_of_last(rows))
    records.save(made, by=by, reason=reason)


def zone_of_last(rows: list[Any]) -> str | None:
    """The balloon stays where it is until somebody says otherwise."""
    return rows[-1].aortic_zone if rows else None


def _deflate(procedure: Procedure, moment: datetime.datetime, by: Any, reason: str) -> None:
    now = minute_of(procedure.incision_at, moment)  # type: ignore[arg-type]
    row = running_row(procedure.balloon_inflations.all(), now)
    if row is None:
        return
    row.deflated_min = now
    records.save(row, by=by, reason=reason, expected_version=row.version)


def _undo(
    procedure: Procedure, moment: datetime.datetime, by: Any, reason: str, undo: tuple[str, int] | None
) -> None:
    """Only what is still the last stamp goes: a second press, or one on an old page, finds another."""
    stamp = last(procedure, moment)
    if stamp is None or undo != (f"{stamp.what}-{stamp.record.uuid}", stamp.minute):
        return
    row = stamp.record
    if stamp.what == "incision":
        row.incision_at = None
    elif stamp.what == "deflated":
        row.deflated_min = None
    elif row.completeness is None and row.volume_ml is None and not row.missing:
        records.delete(row, by=by, reason=reason, expected_version=row.version)
        return
    else:
        row.inflated_min = None  # what else was entered of this inflation stays
    records.save(row, by=by, reason=reason, expected_version=row.version)


def minutes_of(rows: Iterable[BalloonInflation], later: int = 0) -> str:
    """The minutes of inflations as one text (``0:20 30:``), as they are or some minutes later."""

    def shown(minute: int | None) -> str:
        return "" if minute is None else str(minute + later)

    return " ".join(f"{shown(row.inflated_min)}:{shown(row.deflated_min)}" for row in rows)


def shift(procedure: Procedure, minutes: int, *, of: str, by: Any, reason: str = "") -> None:
    """Move every inflation: the incision was at another time, and their times of day are what is right.

    ``of`` are the minutes that are to be moved (``minutes_of``), so that asking twice moves once. Raises what the write
    door raises, and ``ValidationError`` where the minutes are others by now; then none has moved.
    """
    with records.together():
        Case.objects.for_user(by).select_for_update().get(pk=procedure.case_id)
        rows = list(BalloonInflation.objects.for_user(by).filter(procedure=procedure))
        if of == minutes_of(rows, -minutes):
            return
        if of != minutes_of(rows):
            raise ValidationError(
                _("The inflations have changed meanwhile. Check their times before you move them.")
            )
        # The foremost moves first, so that none runs into its neighbour on the way.
        rows.sort(
            key=lambda row: row.inflated_min if row.inflated_min is not None else 0, reverse=minutes > 0
        )
        for row in rows:
            for name in ("inflated_min", "deflated_min"):
                if getattr(row, name) is not None:
                    setattr(row, name, getattr(row, name) + minutes)
            records.save(row, by=by, reason=reason, expected_version=row.version)
