"""Dates of different records that cannot follow each other so.

What one record's own check refuses already (scores after death, events before the index procedure) is not asked again.
"""

import datetime
from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from outcomes.codes import FollowupState
from outcomes.models import Assessment, Complication
from outcomes.models.assessment import OBSERVED
from procedures.models import Procedure, TransarterialSession
from registry.core.dates import shown_date
from registry.core.expressions import AnyGiven, DaysBetween
from registry.core.policies import Gap
from registry.curation.quality.base import Rule

#: Follow-up that has come to an end, so that the last contact is the last one.
ENDED = (FollowupState.COMPLETED.value, FollowupState.LOST.value, FollowupState.DIED.value)


def _after_death(case: Any, death: datetime.date) -> Iterator[Gap]:
    died = shown_date(death)
    for procedure in case.procedures.all():
        if procedure.date is not None and procedure.date > death:
            text = _("%(record)s: %(date)s is after the death of the patient (%(death)s).")
            words = {"record": capfirst(str(procedure)), "date": shown_date(procedure.date), "death": died}
            yield Gap(procedure, "date", text % words)
        for session in procedure.transarterial_sessions.all():
            if session.date is not None and session.date > death:
                text = _("%(record)s: %(date)s is after the death of the patient (%(death)s).")
                words = {"record": capfirst(str(session)), "date": shown_date(session.date), "death": died}
                yield Gap(session, "date", text % words)


def _onsets(case: Any, end: datetime.date) -> Iterator[Gap]:
    for procedure in case.procedures.all():
        for row in procedure.complications.all():
            if procedure.date is None or row.onset_day is None:
                continue
            if (end - procedure.date).days < row.onset_day:
                text = _(
                    "%(record)s: day %(day)d after the procedure lies beyond the end of follow-up (%(end)s)."
                )
                words = {"record": capfirst(str(row)), "day": row.onset_day, "end": shown_date(end)}
                yield Gap(row, "onset_day", text % words)


def _end_of(followup: Any) -> datetime.date | None:
    """The day after which nothing can be known: death, else the last contact of a follow-up that has ended."""
    if followup.death_date is not None:
        return followup.death_date
    return followup.last_contact_date if followup.followup_state in ENDED else None


def _of_case(case: Any) -> Iterator[Gap]:
    followup = getattr(case, "followup_status", None)
    if followup is None:
        return
    if followup.death_date is not None:
        yield from _after_death(case, followup.death_date)
    end = _end_of(followup)
    if end is None:
        return
    yield from _onsets(case, end)
    if followup.death_date is not None:
        return  # scores after death are refused where they are entered
    for row in case.assessments.all():
        if row.date is not None and row.date > end and row.has_values():
            text = _("Last contact: %(end)s is before the assessment “%(row)s” (%(date)s), which has scores.")
            words = {"end": shown_date(end), "row": str(row), "date": shown_date(row.date)}
            yield Gap(followup, "last_contact_date", text % words)
            return


def _offenders() -> Q:
    of_case = Procedure.objects.filter(case=OuterRef("pk")).order_by()
    sessions = TransarterialSession.objects.filter(procedure__case=OuterRef("pk")).order_by()
    death = F("procedure__case__followup_status__death_date")
    last = F("procedure__case__followup_status__last_contact_date")
    rows = Complication.objects.filter(procedure__case=OuterRef("pk"), onset_day__isnull=False).order_by()
    ended = Q(procedure__case__followup_status__followup_state__in=ENDED)
    alive: Any = Q(procedure__case__followup_status__death_date__isnull=True)
    onsets = rows.annotate(
        to_death=DaysBetween(death, F("procedure__date")), to_last=DaysBetween(last, F("procedure__date"))
    ).filter(Q(to_death__lt=F("onset_day")) | (ended & alive & Q(to_last__lt=F("onset_day"))))
    scored = Assessment.objects.filter(
        AnyGiven(*OBSERVED),
        case=OuterRef("pk"),
        case__followup_status__followup_state__in=ENDED,
        case__followup_status__death_date__isnull=True,
        date__gt=F("case__followup_status__last_contact_date"),
    ).order_by()
    return (
        Q(Exists(of_case.filter(date__gt=F("case__followup_status__death_date"))))
        | Q(Exists(sessions.filter(date__gt=death)))
        | Q(Exists(onsets))
        | Q(Exists(scored))
    )


DATE_ORDER = Rule(
    "date_order",
    gettext_lazy("Order of dates"),
    gettext_lazy("Dates of different records cannot follow each other as they do."),
    _of_case,
    _offenders,
)
