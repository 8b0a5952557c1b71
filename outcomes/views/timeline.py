"""The timeline of a case: a page of its own, and a fragment of the case page that brings its menu of time points."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views import View

from cases.views.base import CaseContext, case_or_404, note_identity
from outcomes import codes
from outcomes.models import Complication, FollowUpStatus
from outcomes.timeline import Sort, events_of
from outcomes.timeline_drawing import draw
from outcomes.views.section import assessments_of

#: What the marks mean.
KEY = {
    Sort.PROCEDURE: _("procedure"),
    Sort.SESSION: _("transarterial session"),
    Sort.COMPLICATION: _("complication"),
    Sort.RECURRENCE: _("recurrence"),
    Sort.DEATH: _("death"),
    Sort.ASSESSMENT: _("assessment"),
    Sort.EXPLAINED: _("without score"),
    Sort.PLANNED: _("planned"),
}


class TimelineSection(View):
    """With htmx the section alone, else a page around it."""

    def get(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        case = case_or_404(request, uuid, "assessments", "procedures__transarterial_sessions")
        context = CaseContext(request, case)
        reader = context.reader
        htmx: Any = getattr(request, "htmx", None)
        if not htmx:
            note_identity(request, case)
        followup = FollowUpStatus.objects.filter(case=case).first()
        if followup is not None:
            followup.case = case
        rows = assessments_of(case)
        today = timezone.localdate()
        events = events_of(
            reader,
            case,
            procedures=case.procedures.all(),
            assessments=rows,
            complications=Complication.objects.filter(procedure__case=case).order_by("pk"),
            followup=followup,
            today=today,
        )
        index_day = case.index_day()
        # Today's place tells the date of the procedure.
        days = (today - index_day).days if index_day is not None and reader.identify else None
        there = {row.time_point for row in rows}
        return render(
            request,
            "outcomes/_timeline.html" if htmx else "outcomes/timeline.html",
            context.as_dict(
                events=events,
                drawing=draw(events, days),
                keys=[(sort, KEY[sort]) for sort in Sort if any(event.sort == sort for event in events)],
                counted=index_day is not None,
                open_points=[
                    (point.value, point.label)
                    for point in codes.TimePoint
                    if point.value not in there or point == codes.TimePoint.UNSCHEDULED
                ],
            ),
        )
