"""One query: its question, its thread, and the steps that this reader may take."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from registry.access import scope
from registry.access.models import Membership, User
from registry.core.views.display import Reader
from registry.core.views.listing import is_partial
from registry.curation import queries
from registry.curation.models import DataQuery
from registry.curation.views.lines import Line, lines_of, loaded, note_seen

#: Tells the page that its queries are others now.
CHANGED = "queries-changed"


def query_or_404(request: HttpRequest, uuid: Any) -> DataQuery:
    """404 outside the scope, 403 for those who read the centre without identity."""
    rows = loaded(DataQuery.objects.filter(scope.visible(request.user, "center")))
    query = get_object_or_404(rows, uuid=uuid)
    if not queries.may_answer(request.user, query):
        raise PermissionDenied
    return query


def take_step(query: DataQuery, data: Any, user: Any) -> str:
    """Do what the form asks for; answers with what has happened. Raises ``ValidationError`` or ``PermissionDenied``."""
    step, text = data.get("step", ""), data.get("text", "")
    if step == "answer":
        queries.answer(query, text, by=user)
        return _("Answer kept.")
    if step == "close":
        queries.close(query, text, by=user)
        return _("Query closed.")
    if step == "reopen":
        queries.reopen(query, text, by=user)
        return _("Asked again.")
    if step == "assign":
        queries.assign(query, _named(query, data.get("assigned_to", "")), by=user)
        return _("Query assigned.")
    raise ValidationError(
        {
            "step": ValidationError(
                _("Step: unknown. Accepted: answer, close, reopen, assign."), code="invalid"
            )
        }
    )


def _named(query: DataQuery, username: str) -> User | None:
    if not username:
        return None
    found = colleagues(query.center_id).filter(username=username.replace("\x00", "")).first()
    if found is None:
        said = _("Assigned to: nobody of that name writes to this centre.")
        raise ValidationError({"assigned_to": ValidationError(said, code="invalid")})
    return found


def colleagues(center_id: int) -> Any:
    """Who writes to a centre."""
    writing = Membership.objects.in_force().filter(center=center_id, role__in=scope.WRITING_ROLES)
    return User.objects.filter(is_active=True, pk__in=writing.values("user")).order_by("username")


def value_now(line: Line) -> str:
    """The value asked about as it stands, with its unit; empty where there is none or the record has gone."""
    record, field = line.target.record, line.query.field
    columns = {column.name for column in type(record)._meta.concrete_fields} if record is not None else set()
    if field not in columns:
        return ""
    shown = Reader().value(record, field)
    return f"{shown.text} {shown.unit}".strip() or shown.reason


class QueryPage(View):
    """The page; with htmx a step answers without a page, and a refusal with its sentence."""

    def get(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        return self.show(request, query_or_404(request, uuid))

    def post(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        query = query_or_404(request, uuid)
        try:
            said = take_step(query, request.POST, request.user)
        except ValidationError as refused:
            if is_partial(request):
                context = {"sentences": refused.messages}
                return render(request, "curation/_refused.html", context, status=422)
            return self.show(request, query, refused.messages, status=422)
        if is_partial(request):
            return HttpResponse(status=204, headers={"HX-Trigger": CHANGED})
        messages.success(request, said)
        return HttpResponseRedirect(reverse("query-detail", args=[query.uuid]))

    def show(
        self, request: HttpRequest, query: DataQuery, refusals: Any = (), status: int = 200
    ) -> HttpResponse:
        (line,) = lines_of([query], request.user)
        note_seen(request, [line])
        context = {
            "line": line,
            "refusals": refusals,
            "typed": request.POST.get("text", "") if refusals else "",
            "now": value_now(line),
            "colleagues": list(colleagues(query.center_id)) if line.may_assign and query.is_waiting else [],
            "crumbs": [(_("Data queries"), reverse("query-list"))],
        }
        return render(request, "curation/query.html", context, status=status)
