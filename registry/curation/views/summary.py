"""Open queries on the dashboard: counts and ages by centre, and the oldest of them."""

from typing import Any

from django.db.models import Count, Min, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views import View

from registry.core.views.listing import is_partial
from registry.curation.models import DataQuery
from registry.curation.models.query import State
from registry.curation.views.lines import lines_of, loaded, note_seen

#: So many lines stand on the dashboard.
SHOWN = 5


def by_center(user: Any) -> list[dict[str, Any]]:
    """How many queries of each centre wait, and since when the oldest of them does."""
    rows = (
        DataQuery.objects.for_user(user)
        .waiting()
        .order_by()
        .values("center__code", "center__name")
        .annotate(
            open=Count("pk", filter=Q(state=State.OPEN)),
            answered=Count("pk", filter=Q(state=State.ANSWERED)),
            oldest=Min("raised_at"),
        )
        .order_by("center__code")
    )
    now = timezone.now()
    return [{**row, "days": (now - row["oldest"]).days} for row in rows]


class QuerySummary(View):
    """A fragment of the dashboard, and a page of its own."""

    def get(self, request: HttpRequest) -> HttpResponse:
        centers = by_center(request.user)
        oldest = DataQuery.objects.for_user(request.user).waiting().order_by("raised_at", "pk")
        lines = lines_of(loaded(oldest)[:SHOWN], request.user) if centers else []
        note_seen(request, lines)
        context = {
            "centers": centers,
            "lines": lines,
            "open": sum(row["open"] for row in centers),
            "answered": sum(row["answered"] for row in centers),
        }
        template = "curation/_summary.html" if is_partial(request) else "curation/summary.html"
        return render(request, template, context)
