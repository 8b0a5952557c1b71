"""What research adds to the dashboard: pain in own cases beside the published series."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import View

from procedures.codes import Kind
from registry.core.views.listing import is_partial
from registry.research.course_drawing import NARROW, WIDE, draw
from registry.research.own_course import own_course


class PainBesidePublished(View):
    """Own mean and standard deviation beside each published group; ``?kind=`` compares one kind of procedure."""

    def get(self, request: HttpRequest) -> HttpResponse:
        kind = request.GET.get("kind", "")
        kind = kind if kind in Kind.values else ""
        course = own_course(request.user, kind)
        context = {
            "course": course,
            "drawings": [draw(course, _("Own cases"), frame) for frame in (WIDE, NARROW)]
            if course.rows
            else [],
            "kind": kind,
            "kinds": [("", _("All procedures")), *((one.value, one.label) for one in Kind)],
        }
        template = "research/_own_course.html" if is_partial(request) else "research/own_course.html"
        return render(request, template, context)
