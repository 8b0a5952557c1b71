"""The dashboard: what there is, what is mine, what changed. Other floors hang their parts in as fragments."""

import datetime
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import TruncMonth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from cases import extensions
from cases.codes import CaseStatus, DatePrecision
from cases.models import Case
from cases.views.bars import columns_of
from cases.views.case_filters import EMPTY, OWN
from cases.views.case_list import lines_of, listed_cases
from registry.access.models import Center
from registry.access.scope import may_identify, visible_centers, writable_centers
from registry.core import identity_shown
from registry.core.views.listing import is_partial
from registry.literature.models import Publication

DRAFTS = 8
RECENT = 8
MONTHS = 12
#: Narrow labels beneath twelve bars.
MONTH_NAMES = (
    pgettext_lazy("month, short", "Jan"),
    pgettext_lazy("month, short", "Feb"),
    pgettext_lazy("month, short", "Mar"),
    pgettext_lazy("month, short", "Apr"),
    pgettext_lazy("month, short", "May"),
    pgettext_lazy("month, short", "Jun"),
    pgettext_lazy("month, short", "Jul"),
    pgettext_lazy("month, short", "Aug"),
    pgettext_lazy("month, short", "Sep"),
    pgettext_lazy("month, short", "Oct"),
    pgettext_lazy("month, short", "Nov"),
    pgettext_lazy("month, short", "Dec"),
)


def own_cases(user: Any) -> Any:
    """The cases of the user's centres, without the published ones."""
    return Case.objects.for_user(user).filter(center__kind=Center.Kind.CLINICAL)


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Counts are of the user's own centres; published series stand beside them."""
    user = request.user
    by_status = dict(own_cases(user).order_by().values_list("status").annotate(n=Count("pk")))
    centers = (
        visible_centers(user)
        .filter(kind=Center.Kind.CLINICAL)
        .annotate(n=Count("cases"), complete=Count("cases", filter=~Q(cases__status=CaseStatus.DRAFT)))
        .order_by("code")
    )
    publications = Publication.objects.annotate(patients=Count("published_patients")).order_by("year", "slug")
    clinical = listed_cases(user).filter(center__kind=Center.Kind.CLINICAL)
    writable = list(writable_centers(user).values_list("pk", flat=True))
    mine = Q(created_by=user) | Q(modified_by=user)
    latest = clinical.order_by("-modified_at", "-pk").values_list("pk", flat=True)
    drafts = list(latest.filter(mine, status=CaseStatus.DRAFT, center__in=writable)[:DRAFTS])
    recent = list(latest[:RECENT])
    lines = {line["case"].pk: line for line in lines_of(clinical, {*drafts, *recent}, user)}
    identity_shown.note(request, [line["case"] for line in lines.values()], ["index_date"])
    return render(
        request,
        "cases/dashboard.html",
        {
            "statuses": [
                (status.value, status.label, by_status.get(status.value, 0)) for status in CaseStatus
            ],
            "total": sum(by_status.values()),
            "centers": list(centers),
            "publications": list(publications),
            "drafts": [lines[key] for key in drafts],
            "recent": [lines[key] for key in recent],
            "may_create": bool(writable),
        },
    )


def counts(request: HttpRequest) -> HttpResponse:
    """Own cases by strategy and by month: a fragment of the dashboard, and a page of its own."""
    dated = _dated(request.user)
    context = {
        "columns": _counts_by_column(own_cases(request.user)),
        "months": columns_of(_by_month(dated)) if dated is not None else None,
    }
    return render(request, "cases/_counts.html" if is_partial(request) else "cases/counts.html", context)


def _counts_by_column(cases: Any) -> list[dict[str, Any]]:
    """Cases by each column that a higher floor registered (the strategy), most frequent first."""
    tables = []
    for column in extensions.columns():
        rows = (
            cases.order_by()
            .annotate(**{column.name: column.expression()})
            .values_list(column.name)
            .annotate(n=Count("pk"))
        )
        found = sorted(
            ((column.words(value), n, value) for value, n in rows), key=lambda row: (-row[1], row[0])
        )
        most = max((n for _words, n, _value in found), default=0)
        tables.append(
            {
                "label": column.label,
                "rows": [
                    {
                        "label": words,
                        "n": n,
                        "share": round(100 * n / most, 1),
                        "url": reverse("case-list")
                        + "?"
                        + urlencode({"center": OWN, column.name: EMPTY if value is None else value}),
                    }
                    for words, n, value in found
                ],
            }
        )
    return tables


def _dated(user: Any) -> Any:
    """The cases whose dates this user may see; ``None`` when there is no centre where that is so."""
    centers = visible_centers(user).filter(kind=Center.Kind.CLINICAL).values_list("pk", flat=True)
    identified = [pk for pk in centers if may_identify(user, pk)]
    return own_cases(user).filter(center__in=identified) if identified else None


def _by_month(cases: Any) -> list[tuple[str, str, int]]:
    """Cases by the month of their index date: the last twelve months, this one included."""
    this = timezone.localdate().replace(day=1)
    months = [this]
    while len(months) < MONTHS:
        months.append((months[-1] - datetime.timedelta(days=1)).replace(day=1))
    rows = (
        cases.filter(index_date__gte=months[-1])
        .exclude(index_date_precision=DatePrecision.YEAR)
        .order_by()
        .values_list(TruncMonth("index_date"))
        .annotate(n=Count("pk"))
    )
    found = dict(rows)
    return [
        (
            str(MONTH_NAMES[month.month - 1]),
            _("%(month)s: %(n)d")
            % {"month": date_format(month, "YEAR_MONTH_FORMAT"), "n": found.get(month, 0)},
            found.get(month, 0),
        )
        for month in reversed(months)
    ]
