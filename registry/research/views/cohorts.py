"""Cohorts in the browser: the list, and a page for each with what it finds and what can be made of it."""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views import View

from registry.access import scope
from registry.core.views.listing import Pages
from registry.research.archive import Archive
from registry.research.cohorts import choosing, keeping
from registry.research.cohorts.choosing import Chosen, of_version
from registry.research.cohorts.counts import cases_found, counted
from registry.research.cohorts.document import Definition
from registry.research.cohorts.mix import mix_of
from registry.research.cohorts.sentence import diagnosis_labels, sentence, sentence_of
from registry.research.formats import FORMATS
from registry.research.models import Cohort, Release
from registry.research.tables import tables

#: Cohorts on a page: each is counted.
PAGE_SIZE = 20


class CohortList(View):
    """A user's cohorts and those that others share, the latest change first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        pages = Pages.of(request)
        pages = Pages(pages.first, pages.first, pages.first, PAGE_SIZE)
        cohorts: Any = Cohort.objects.for_user(request.user)
        rows, more = pages.cut(cohorts.with_latest())
        readable, diagnoses = _readable(rows), diagnosis_labels() if rows else {}
        counts = dict(
            zip(readable, cases_found(list(readable.values()), request.user), strict=True) if readable else ()
        )
        listed = [
            {
                "cohort": cohort,
                "sentence": sentence(readable[cohort.pk], diagnoses)
                if cohort.pk in readable
                else sentence_of(cohort.latest, diagnoses),
                "cases": counts.get(cohort.pk),
                "own": cohort.owner_id == request.user.pk,
            }
            for cohort in rows
        ]
        return render(
            request,
            "research/cohort_list.html",
            {"rows": listed, **pages.links(request, len(rows), more), "append_url": ""},
        )


def _readable(rows: list[Cohort]) -> dict[int, Definition]:
    """The definitions in force that the catalogue still knows, by cohort."""
    found = {}
    for cohort in rows:
        try:
            found[cohort.pk] = cohort.latest.definition_document()
        except ValidationError:
            continue
    return found


class CohortPage(View):
    """One cohort; ``?version=N`` shows it as it was."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        cohort = _cohort(request, slug)
        context = {"cohort": cohort, "own": cohort.may_change(request.user), **_versions(cohort)}
        try:
            found = of_version(cohort, request.GET.get("version"), request.user)
        except ValidationError as refused:
            if "version" in refused.message_dict:
                raise Http404 from None
            context |= {"unreadable": " ".join(refused.messages), "version": cohort.latest}
            return render(request, "research/cohort_detail.html", context)
        return render(request, "research/cohort_detail.html", context | _whole(found))


class CohortDeletion(View):
    """Deletes a cohort of one's own; its page has asked."""

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        cohort = _cohort(request, slug)
        if not cohort.may_change(request.user):
            raise Http404
        try:
            keeping.delete(cohort)
        except ValidationError as refused:
            messages.error(request, refused.messages[0])
            return HttpResponseRedirect(cohort.get_absolute_url())
        messages.success(request, _("“%(title)s” was deleted.") % {"title": cohort.title})
        return HttpResponseRedirect(reverse("cohort-list"))


def _cohort(request: HttpRequest, slug: str) -> Cohort:
    cohorts: Any = Cohort.objects.for_user(request.user)
    return get_object_or_404(cohorts.select_related("owner"), slug=slug)


def _versions(cohort: Cohort) -> dict[str, Any]:
    diagnoses = diagnosis_labels()
    return {
        "versions": [(version, sentence_of(version, diagnoses)) for version in cohort.versions.all()[:50]],
    }


def _whole(found: Chosen) -> dict[str, Any]:
    counts = counted(found.definition, found.user)
    named = {choosing.COHORT: found.cohort.slug}
    if found.version.number != found.cohort.latest_number:
        named[choosing.VERSION] = str(found.version.number)
    return {
        "version": found.version,
        "may_freeze": bool(scope.curated_centers(found.user)),
        "latest": found.version.number == found.cohort.latest_number,
        "definition": found.definition,
        "document": json.dumps(found.version.definition, ensure_ascii=False, indent=2),
        "sentence": sentence(found.definition),
        "counts": counts,
        "arms": list(zip(found.definition.arms, counts.arms.values(), strict=True)),
        "mix": mix_of(found.definition, found.user) if counts.whole.cases else None,
        "query": urlencode(named),
        "releases": Release.objects.for_user(found.user).filter(cohort_version__cohort=found.cohort)[:10],
        "exports": [table for table in tables().values() if table.patient is not None],
        "archive": Archive.suffix,
        "formats": [made.name for made in FORMATS.values() if not made.lacking],
    }
