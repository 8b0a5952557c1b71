"""Releases in the browser: the list, freezing a cohort, the page of a release, and two of them beside each other."""

import datetime
import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.vary import vary_on_headers

from registry.core.api.problems import Problem
from registry.core.views.listing import Pages, is_partial
from registry.research.api.release_shown import cited, last_rerun
from registry.research.api.releases import compared, page_of, refuse_unreadable
from registry.research.cohorts.choosing import Chosen, of_version
from registry.research.cohorts.sentence import sentence
from registry.research.export_form import table_label
from registry.research.models import Cohort, Release
from registry.research.release_form import ReleaseForm
from registry.research.releases import citation, making, rebuilding
from registry.research.releases.content import released_tables
from registry.research.releases.fetching import file_of
from registry.research.releases.standing import Standing, standing
from registry.research.releases.words import groups_of, lines_of, movements_of

PAGE_SIZE = 20
#: Rows and cells of each table that the page of a comparison lists; the API lists as many as are asked for.
SHOWN = 200
#: Releases that are offered to compare one with.
MOST_OFFERED = 50


def _crumbs(*more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Releases"), reverse("release-list")), *more]


def _own(request: HttpRequest, slug: str) -> Release:
    rows: Any = Release.objects.for_user(request.user)
    release = get_object_or_404(rows.select_related("cohort_version__cohort", "replaces"), slug=slug)
    return rebuilding.settle(making.settle(release))


def _rerun(release: Release, how: Standing) -> dict[str, Any] | None:
    """What came of the last rerun, with its time as one."""
    said = last_rerun(release, how)
    return said and {
        **said,
        "when": datetime.datetime.fromisoformat(said["at"]),
        "under_way": said["state"] in rebuilding.UNDER_WAY,
    }


class ReleaseList(View):
    """A user's releases, the latest first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        pages = Pages.of(request)
        pages = Pages(pages.first, pages.first, pages.first, PAGE_SIZE)
        own: Any = Release.objects.for_user(request.user)
        rows, more = pages.cut(own.select_related("cohort_version__cohort"))
        context = {
            "rows": [making.settle(release) for release in rows],
            **pages.links(request, len(rows), more),
            "append_url": "",
        }
        return render(request, "research/release_list.html", context)


class NewRelease(View):
    """Freezes the cohort that the address names, in the version it names."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "cohort" not in request.GET:
            return redirect("cohort-list")
        cohorts: Any = Cohort.objects.for_user(request.user)
        cohort = get_object_or_404(cohorts, slug=request.GET.get("cohort", ""))
        try:
            self.chosen: Chosen = of_version(cohort, request.GET.get("version") or None, request.user)
        except ValidationError:
            raise Http404 from None
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        said = {
            "title": self.chosen.cohort.title,
            "authors": f"{user.last_name}, {user.first_name}".strip(", "),
            "token": uuid.uuid4(),
        }
        return self.page(request, ReleaseForm(initial=said))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ReleaseForm(request.POST)
        if form.is_valid():
            try:
                release = making.freeze(self.chosen, form.wish, lambda slug: page_of(slug, request))
            except ValidationError as refused:
                form.refuse(refused)
            else:
                return redirect(release)
        return self.page(request, form, 422)

    def page(self, request: HttpRequest, form: ReleaseForm, status: int = 200) -> HttpResponse:
        cohort = self.chosen.cohort
        context = {
            "form": form,
            "cohort": cohort,
            "version": self.chosen.version,
            "sentence": sentence(self.chosen.definition),
            "counted": self.chosen.cases.count(),
            "tables": [table_label(table.name) for table in released_tables()],
            "crumbs": [(_("Cohorts"), reverse("cohort-list")), (cohort.title, cohort.get_absolute_url())],
        }
        return render(request, "research/release_new.html", context, status=status)


@method_decorator(vary_on_headers("HX-Request"), name="dispatch")
class ReleasePage(View):
    """One release; the same address answers the page and the part that asks again while something is under way."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        return self.shown(request, _own(request, slug))

    @staticmethod
    def shown(request: HttpRequest, release: Release, status: int = 200, said: str = "") -> HttpResponse:
        how = standing(release, request.user)
        others: Any = Release.objects.for_user(request.user).filter(state=Release.State.READY)
        others = others.select_related("cohort_version").exclude(pk=release.pk)[:MOST_OFFERED]
        cohort = release.cohort_version.cohort_id
        readable: Any = Cohort.objects.for_user(request.user)
        context = {
            "release": release,
            "standing": how,
            "said": said,
            "files": [{**file, "withheld": how.withholds(file)} for file in release.files],
            "groups": groups_of(release.results),
            "lines": [] if how.lost else lines_of(release.results),
            "citation": cited(release),
            "bibtex": citation.as_bibtex(release) if release.is_ready else "",
            "cff": citation.as_cff(release) if release.is_ready else "",
            "rerun": _rerun(release, how),
            "others": sorted(others, key=lambda one: one.cohort_version.cohort_id != cohort),
            "editions": release.replaced_by.all(),
            "token": uuid.uuid4(),
            # Somebody else's may be shared no more.
            "cohort_is_readable": readable.filter(pk=cohort).exists(),
            "crumbs": _crumbs(),
        }
        template = "research/_release.html" if is_partial(request) else "research/release_detail.html"
        return render(request, template, context, status=status)


class ReleaseAction(View):
    """Something that is asked of a release from its page; answers with the page, or the part of it."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        release = _own(request, slug)
        said = self.act(request, release)
        if is_partial(request):
            return ReleasePage.shown(request, release, 422 if said else 200, said)
        if said:
            messages.error(request, said)
        return redirect(release)

    def act(self, request: HttpRequest, release: Release) -> str:
        """Do it; what keeps it from being done, in words."""
        raise NotImplementedError


class Rerun(ReleaseAction):
    """Rebuilds a release and compares."""

    def act(self, request: HttpRequest, release: Release) -> str:
        try:
            refuse_unreadable(release, request.user)
        except Problem as refused:
            return str(refused.detail)
        rebuilding.rerun(release, request.user)
        return ""


class TryAgain(ReleaseAction):
    """Writes a release that failed once more."""

    def act(self, request: HttpRequest, release: Release) -> str:
        making.try_again(release)
        return ""


class Edition(View):
    """Makes an edition without the patients who withdrew their consent since."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        release = _own(request, slug)
        how = standing(release, request.user)
        try:
            token = uuid.UUID(request.POST.get("token", ""))
        except ValueError:
            token = uuid.uuid4()
        if how.lost or not how.withdrawn:
            messages.error(request, how.why or _("Nobody of this release has withdrawn consent."))
            return redirect(release)
        try:
            edition = making.edition_without(
                release, how.withdrawn.values(), token, lambda name: page_of(name, request)
            )
        except ValidationError as refused:
            messages.error(request, " ".join(refused.messages))
            return redirect(release)
        return redirect(edition)


class ReleaseFile(View):
    """One of its files; where it is not handed out, the page that says why."""

    def get(self, request: HttpRequest, slug: str, name: str) -> HttpResponseBase:
        release = _own(request, slug)
        try:
            return file_of(release, name, request.user, request)
        except Problem as refused:
            if refused.status_code == 404:
                raise Http404 from None
            return ReleasePage.shown(request, release, refused.status_code, str(refused.detail))


class Compare(View):
    """Two releases beside each other; with ``?with=`` the way to that address, and without another to the one."""

    def get(self, request: HttpRequest, slug: str, other: str = "") -> HttpResponse:
        before = _own(request, slug)
        if not other and "with" not in request.GET:
            return redirect(before)
        if not other:
            after = _own(request, request.GET.get("with", ""))
            return HttpResponseRedirect(reverse("release-diff", args=[before.slug, after.slug]))
        after = _own(request, other)
        crumbs = _crumbs((before.slug, before.get_absolute_url()))
        context: dict[str, Any] = {
            "before": before,
            "after": after,
            "pair": (before, after),
            "crumbs": crumbs,
        }
        try:
            for release in (before, after):
                refuse_unreadable(release, request.user)
            found = compared(before, after, request.user, limit=SHOWN)
        except Problem as refused:
            context["refused"] = str(refused.detail)
            return render(request, "research/release_diff.html", context, status=refused.status_code)
        context |= {
            "comparison": found,
            "tables": [(table_label(table.table), table) for table in found.differing],
            "movements": movements_of(found.moved),
            "groups": groups_of(result.about for result in found.moved),
            "added": sum(table.added for table in found.tables),
            "removed": sum(table.removed for table in found.tables),
            "cells": sum(table.changed_cells for table in found.tables),
            "withheld": sum(table.withheld for table in found.tables),
        }
        return render(request, "research/release_diff.html", context)
