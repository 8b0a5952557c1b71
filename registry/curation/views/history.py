"""The history of the study: filtered, newest first, each line leading to its record; and the same as a file."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cases.views.history import entry_of
from registry.access import log
from registry.access.models import AccessEvent
from registry.access.scope import curated, writable_centers
from registry.core.history import names_in
from registry.core.views.display import Reader
from registry.curation.trail.file import lines
from registry.curation.trail.form import HistoryFilter
from registry.curation.trail.search import Found, Place
from registry.curation.trail.whereabouts import NOWHERE, whereabouts

PAGE_SIZE = 50
#: Whoever may open this page may know the patients.
READER = Reader(identify=True)


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """A page of changes. Clinicians and curators see their centres; superusers see everything."""
    form = _form(request)
    valid = form.is_valid()
    found: list[Found] = []
    more = False
    if valid:
        found, more = form.search().page(PAGE_SIZE, Place.read(request.GET.get("after", "")))
        _note(request, AccessEvent.Kind.IDENTITY_READ)
    context = {
        "form": form,
        "lines": _told(found),
        "older": _address(request, after=str(found[-1].place)) if more else "",
        "newest": _address(request) if request.GET.get("after") else "",
        "file": _address(request, path="history-file") if valid and _may_take_away(request.user) else "",
        "filtered": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "curation/history.html", context, status=200 if valid else 422)


@require_safe
def history_file(request: HttpRequest) -> Any:
    """What the page finds, all of it, as CSV; for curators and superusers."""
    form = _form(request)
    if not _may_take_away(request.user):
        raise PermissionDenied(_("Curators take the history away as a file."))
    if not form.is_valid():
        return history(request)
    if not request.user.is_superuser:
        own = curated(request.user)
        form.centers = {code: center for code, center in form.centers.items() if center.pk in own}
        if form.cleaned_data["center"] not in ("", *form.centers):
            raise PermissionDenied(_("Curators take the history away as a file."))
    _note(request, AccessEvent.Kind.EXPORT)
    response = StreamingHttpResponse(lines(form.search()), content_type="text/csv; charset=utf-8")
    name = f"history-{timezone.localdate().isoformat()}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _form(request: HttpRequest) -> HistoryFilter:
    user: Any = request.user
    if not user.is_superuser and not writable_centers(user).exists():
        raise PermissionDenied(_("The history names patients. It is open to those who may know them."))
    return HistoryFilter(request.GET, user=user)


def _may_take_away(user: Any) -> bool:
    return bool(user.is_superuser or curated(user))


def _told(found: list[Found]) -> list[tuple[Any, Any, Any]]:
    """Each row in words, with the case or patient it belongs to."""
    names = names_in([row for one in found for row in (one.row, one.previous) if row is not None])
    places = whereabouts(one.row for one in found)
    return [
        (
            one.row,
            entry_of(one.row, one.previous, READER, names),
            places.get((one.row.instance_type, one.row.id), NOWHERE),
        )
        for one in found
    ]


def _address(request: HttpRequest, path: str = "history", **more: str) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    for name in [name for name, value in query.items() if not value]:
        del query[name]
    query.update(more)
    return f"{reverse(path)}?{query.urlencode()}" if query else reverse(path)


def _note(request: HttpRequest, kind: str) -> None:
    """The filters are noted, but no words that were searched for: they may name a patient, and the log is for good."""
    query = request.GET.copy()
    if query.get("q"):
        query["q"] = "…"
    said = f"{request.path}?{query.urlencode()}".replace("%E2%80%A6", "…") if query else request.path
    log.note(kind, user=request.user, request=request, subject="history", detail=said)
