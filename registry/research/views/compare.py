"""Any cases beside any published arms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import View

from cases.models import Case
from registry.access.models import Center
from registry.core.views.listing import is_partial
from registry.research.cohorts.choosing import chosen
from registry.research.cohorts.compiler import cases_in_research
from registry.research.comparison.own import own_of
from registry.research.comparison.page import SCORES, compare
from registry.research.comparison.published import Column, columns
from registry.research.models import Cohort

#: Parameters of the address.
COHORT, WITH = "cohort", "with"


@dataclass(frozen=True)
class Side:
    """The cases that stand on the own side, and what they are called."""

    cases: QuerySet[Case]
    name: str
    slug: str = ""
    url: str = ""
    #: Why nothing can be counted.
    refused: str = ""


class Compare(View):
    """``?cohort=<short name>`` chooses the cases, own ones without it; ``?with=<slug>.<arm>``, as often as wished,
    the published arms, all of them without it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        side = _side(request)
        everything = columns(request.user, SCORES)
        shown = _chosen(everything, request.GET.getlist(WITH))
        own = own_of(side.cases, SCORES)
        cohorts: Any = Cohort.objects.for_user(request.user)
        context = {
            "side": side,
            "own": own,
            "comparison": compare(own, shown, side.name),
            "everything": everything,
            "shown_keys": {column.key for column in shown},
            "cohorts": list(cohorts.order_by("title", "pk").values_list("slug", "title")),
        }
        template = "research/_compare.html" if is_partial(request) else "research/compare.html"
        return render(request, template, context)


def _side(request: HttpRequest) -> Side:
    slug = request.GET.get(COHORT, "")
    if not slug:
        cases = cases_in_research(request.user).filter(center__kind=Center.Kind.CLINICAL)
        return Side(cases, _("Own cases"))
    try:
        found = chosen(request.user, {COHORT: [slug]})
    except ValidationError as refused:
        known: Any = Cohort.objects.for_user(request.user)
        cohort = known.filter(slug=slug).first()
        if cohort is None:
            raise Http404 from None
        words = " ".join(refused.messages)
        return Side(Case.objects.none(), cohort.title, slug, cohort.get_absolute_url(), words)
    if found is None:
        raise Http404
    return Side(found.cases, found.cohort.title, slug, found.cohort.get_absolute_url())


def _chosen(everything: Sequence[Column], keys: Sequence[str]) -> list[Column]:
    """The columns asked for; all of them where none is named. A name that is none is not found."""
    if not keys:
        return list(everything)
    known = {column.key for column in everything}
    if not set(keys) <= known:
        raise Http404
    return [column for column in everything if column.key in keys]
