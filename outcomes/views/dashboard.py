"""Parts of the dashboard that need every clinical floor: follow-up that waits, completeness."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views import View

from cases.models import Case
from cases.views.dashboard import own_cases
from outcomes import plan
from outcomes.key_variables import shares
from outcomes.views.followup import BANDS_DAYS, LOST, TO_DO, note_identity, of_tab
from outcomes.views.followup_rows import lines_of
from registry.access.scope import writable_centers
from registry.core.views.listing import capped_count, count_words, is_partial

#: So many lines of the follow-up list stand on the dashboard.
FOLLOWUPS = 6
#: Completeness looks at every row of a case, so only the cases entered last are looked at.
LOOKED_AT = 2000


class FollowUpSummary(View):
    """How many cases are due and overdue, and the first of them; a fragment of the dashboard, and a page of its own."""

    def get(self, request: HttpRequest) -> HttpResponse:
        today = timezone.localdate()
        # As numbers, not as a subquery: the index that leads with the centre is then the obvious one.
        centers = list(writable_centers(request.user).values_list("pk", flat=True))
        cases = Case.objects.for_user(request.user).filter(center__in=centers)
        keys: list[int] = []
        for within in BANDS_DAYS:
            near = plan.waiting(cases, today, TO_DO, within=within)
            near = near.annotate(key=plan.urgency_sql(today, TO_DO)).order_by("key", "pk")
            keys = list(near.values_list("pk", flat=True)[:FOLLOWUPS])
            if len(keys) == FOLLOWUPS:
                break
        lines = lines_of(request.user, keys, today, TO_DO)
        note_identity(request, lines)
        counted = {tab: capped_count(of_tab(cases, tab, "", today)) for tab in ("due", "overdue", LOST)}
        context = {
            "lines": lines,
            "counts": {tab: count_words(count) for tab, count in counted.items()},
            "waiting": counted["due"] + counted["overdue"],
        }
        template = (
            "outcomes/_followup_summary.html" if is_partial(request) else "outcomes/followup_summary.html"
        )
        return render(request, template, context)


class KeyVariables(View):
    """How complete the key variables of own cases are; a fragment of the dashboard, and a page of its own."""

    def get(self, request: HttpRequest) -> HttpResponse:
        own = own_cases(request.user)
        latest = own.order_by("-pk").values("pk")[: LOOKED_AT + 1]
        more = latest.count() > LOOKED_AT
        cases = own.filter(pk__in=own.order_by("-pk").values("pk")[:LOOKED_AT]) if more else own
        total, rows = shares(cases, timezone.localdate())
        context = {"rows": rows, "total": total, "more": more}
        template = "outcomes/_key_variables.html" if is_partial(request) else "outcomes/key_variables.html"
        return render(request, template, context)
