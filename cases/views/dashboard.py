"""The dashboard: what there is, what is mine, what changed, what waits to be explained."""

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cases import extensions
from cases.codes import CaseStatus
from cases.models import Case
from cases.views.case_list import line_of, listed_cases
from registry.access.models import Center
from registry.access.scope import visible_centers, writable_centers
from registry.literature.models import Publication

DRAFTS = 8
RECENT = 8


def dashboard(request: HttpRequest) -> HttpResponse:
    """Counts are of the user's own centres; published series stand beside them."""
    user = request.user
    own = Case.objects.for_user(user).filter(center__kind=Center.Kind.CLINICAL)
    by_status = dict(own.order_by().values_list("status").annotate(n=Count("pk")))
    centers = (
        visible_centers(user)
        .filter(kind=Center.Kind.CLINICAL)
        .annotate(n=Count("cases"), complete=Count("cases", filter=~Q(cases__status=CaseStatus.DRAFT)))
        .order_by("code")
    )
    publications = Publication.objects.annotate(patients=Count("published_patients")).order_by("year", "slug")
    clinical = listed_cases(user).filter(center__kind=Center.Kind.CLINICAL).prefetch_related("lesions")
    writable = list(writable_centers(user).values_list("pk", flat=True))
    mine = Q(created_by=user) | Q(modified_by=user)
    drafts = clinical.filter(mine, status=CaseStatus.DRAFT, center__in=writable).order_by(
        "-modified_at", "-pk"
    )
    recent = clinical.order_by("-modified_at", "-pk")
    return render(
        request,
        "cases/dashboard.html",
        {
            "statuses": [
                (status.value, status.label, by_status.get(status.value, 0)) for status in CaseStatus
            ],
            "total": sum(by_status.values()),
            "centers": list(centers),
            "columns": _counts_by_column(own),
            "publications": list(publications),
            "drafts": [line_of(case, user) for case in drafts[:DRAFTS]],
            "recent": [line_of(case, user) for case in recent[:RECENT]],
            "may_create": bool(writable),
        },
    )


def _counts_by_column(cases: Any) -> list[dict[str, Any]]:
    """Cases by each column that a higher floor registered (the strategy), most frequent first."""
    found = []
    for column in extensions.columns():
        rows = (
            cases.order_by()
            .annotate(**{column.name: column.expression()})
            .values_list(column.name)
            .annotate(n=Count("pk"))
        )
        counts = sorted(((column.words(value), n) for value, n in rows), key=lambda pair: (-pair[1], pair[0]))
        found.append({"label": column.label, "rows": counts})
    return found
