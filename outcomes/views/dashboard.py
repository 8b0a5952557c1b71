"""Values of the dashboard that need every floor: unusual values in recent drafts that nobody has explained."""

from itertools import islice
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from cases.models import Case
from cases.views.base import unusual_values
from procedures.views.section import beneath, procedures_of
from registry.access.scope import writable_centers

#: Unusual values are found by looking at every record of a case, so only the cases changed last are looked at.
CASES = 20
SHOWN = 10


class UnusualSection(View):
    """A fragment of the dashboard, and a page of its own."""

    def get(self, request: HttpRequest) -> HttpResponse:
        cases = list(
            Case.objects.for_user(request.user)
            .filter(center__in=writable_centers(request.user))
            .select_related("patient", "center")
            .prefetch_related("lesions", "assessments")
            .order_by("-modified_at", "-pk")[:CASES]
        )
        records: dict[int, list[Any]] = {
            case.pk: [case, *case.lesions.all(), *case.assessments.all()] for case in cases
        }
        for procedure in procedures_of(*cases):
            records[procedure.case_id] += beneath(procedure)
        found: list[tuple[Any, str, str]] = [
            (case, sentence, url) for case in cases for sentence, url in unusual_values(records[case.pk])
        ]
        htmx: Any = getattr(request, "htmx", None)
        context = {
            "found": list(islice(found, SHOWN)),
            "more": max(len(found) - SHOWN, 0),
            "cases": CASES,
        }
        return render(request, "outcomes/_unusual.html" if htmx else "outcomes/unusual.html", context)
