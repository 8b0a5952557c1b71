"""What curation adds to the curator's start page: queues, and the pages where curators work."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.access.scope import curated
from registry.core.admin import Queue, Tool, register_queue, register_tool
from registry.curation import ascertainment
from registry.curation.models import AscertainmentMonth, DataQuery
from registry.curation.models.ascertainment import MonthState
from registry.curation.quality.duplicates import DUPLICATE
from registry.curation.views.unsigned import waiting


def _duplicates(user: Any) -> int:
    asked = DataQuery.objects.waiting().filter(rule=DUPLICATE.code, center__in=list(curated(user)))
    return asked.count()


def _months_due(user: Any) -> int:
    """Whole months without a sign-off, of those that completeness looks at."""
    centers = list(curated(user))
    months = ascertainment.window(timezone.localdate())
    closed = AscertainmentMonth.objects.filter(center__in=centers, month__in=months, state=MonthState.CLOSED)
    return len(centers) * len(months) - closed.count()


for _queue in (
    Queue(
        "duplicates",
        _("Probable duplicates"),
        _("Pairs of patients who may be one person."),
        _duplicates,
        lambda: reverse("patient-merge"),
        place=30,
    ),
    Queue(
        "unsigned",
        _("Unsigned cases"),
        _("Complete cases that wait for a signature."),
        lambda user: waiting(user).order_by().count(),
        lambda: reverse("cases-unsigned"),
        place=40,
    ),
    Queue(
        "months",
        _("Months to sign off"),
        _("Months of the last year whose eligible procedures have not been signed off."),
        _months_due,
        lambda: reverse("ascertainment"),
        place=50,
    ),
):
    register_queue(_queue)

for _tool in (
    Tool(_("Data queries"), lambda: reverse("query-list"), place=10),
    Tool(_("Merge two patients"), lambda: reverse("patient-merge"), place=30),
    Tool(_("Eligible procedures"), lambda: reverse("ascertainment"), place=40),
    Tool(_("Freezes"), lambda: reverse("freezes"), place=50),
    Tool(_("History"), lambda: reverse("history"), place=60),
):
    register_tool(_tool)
