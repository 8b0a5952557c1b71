"""The occlusion timeline during the operation: stamped by two buttons, shown on every device that looks at it."""

import uuid as uuids
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.views import View

from cases import editor
from cases.views.editor import editable_case, in_case
from cases.views.rows import Refusal
from procedures import codes, slots, stamps
from procedures.models import Procedure
from procedures.section_forms import BalloonInflationSectionForm, ProcedureSectionForm
from procedures.views import parts
from procedures.views.editor import tell_stored
from procedures.views.panels import Drawer
from registry.core import drafts, policies, reading

PRESSES = ("incision", "inflate", "deflate", "undo")


def _procedure(request: HttpRequest, uuid: Any) -> Procedure:
    """A procedure with its inflations; 404 outside the scope, 403 for those who only read."""
    procedures = (
        Procedure.objects.for_user(request.user)
        .select_related("case__patient", "case__center")
        .prefetch_related("balloon_inflations")
    )
    procedure = get_object_or_404(procedures, uuid=uuid)
    if not policies.may_write(request.user, procedure):
        raise PermissionDenied
    return procedure


class OcclusionFragment(View):
    """The picture as it is now, asked for every few seconds while the balloon is up."""

    def get(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        procedure = _procedure(request, uuid)
        if procedure.kind != codes.Kind.REBOA:
            raise Http404
        found = slots.of_occlusion(procedure)
        html = found.pop(f"picture-{editor.prefix_of(procedure)}")
        for row in procedure.balloon_inflations.all():
            found |= slots.of_spell(row)
        html += render_to_string("cases/editor/_slots.html", {"slots": found.items()})
        response = HttpResponse(html + new_rows(request, procedure))
        tell_stored(response, stored_values(procedure))
        return response


class _Press(View):
    """Common ground: changes the times, and answers with the buttons as they stand now."""

    def act(self, procedure: Procedure, reason: str, what: str) -> None:
        """Change the times. Raises what the write door raises."""
        raise NotImplementedError

    def post(self, request: HttpRequest, uuid: Any, what: str = "") -> HttpResponse:
        procedure = _procedure(request, uuid)
        if procedure.kind != codes.Kind.REBOA:
            raise Http404
        refusal, lock = Refusal(), policies.lock_of(procedure)
        try:
            if lock is not None:
                raise lock.refusal()
            self.act(procedure, reading.read_reason(request.POST.get("reason")), what)
        except ValidationError as error:
            refusal = Refusal.of([error])
        case = editable_case(request, procedure.case.uuid)
        procedure = in_case(case, procedure)
        redrawn = editor.slots_of(procedure)
        redrawn.pop(f"controls-{editor.prefix_of(procedure)}")
        html = render_to_string(
            "procedures/editor/_controls.html",
            {
                "occlusion": parts.occlusion(procedure),
                "refusal": refusal,
                "case": case,
                "slug": editor.section_of(Procedure),
            },
            request=request,
        )
        html += render_to_string(
            "cases/editor/_after_row.html",
            {
                "case": case,
                "slug": editor.section_of(Procedure),
                "standings": editor.standings(case),
                "slots": redrawn.items(),
            },
            request=request,
        )
        response = HttpResponse(html + new_rows(request, procedure), status=422 if refusal else 200)
        tell_stored(response, stored_values(procedure))
        return response


class StampView(_Press):
    """Stamps the server's time, or takes the last stamp back."""

    def act(self, procedure: Procedure, reason: str, what: str) -> None:
        if what not in PRESSES:
            raise Http404
        stamps.press(what, procedure, by=self.request.user, reason=reason, undo=_undo(self.request))


class ShiftView(_Press):
    """Moves all inflations after the time of incision was corrected."""

    def act(self, procedure: Procedure, reason: str, what: str) -> None:
        minutes = reading.read_integer(self.request.POST.get("minutes"))
        if minutes:
            of = self.request.POST.get("of", "")
            stamps.shift(procedure, minutes, of=of, by=self.request.user, reason=reason)


def _undo(request: HttpRequest) -> tuple[str, int] | None:
    try:
        return str(request.POST["of"]), int(request.POST["minute"])
    except (KeyError, ValueError):
        return None


def new_rows(request: HttpRequest, procedure: Procedure) -> str:
    """Rows of inflations that the page does not have yet, put at the end of its list."""
    asked = request.POST if request.method == "POST" else request.GET
    known = set(asked.getlist("row"))
    rows = [row for row in procedure.balloon_inflations.all() if str(row.uuid) not in known]
    if not rows:
        return ""
    drawer = Drawer(procedure.case, request.user)
    return render_to_string(
        "procedures/editor/_new_inflations.html",
        {
            "prefix": editor.prefix_of(procedure),
            "rows": [drawer.inflation(row) for row in rows],
            "token": uuids.uuid4(),
        },
        request=request,
    )


def stored_values(procedure: Procedure) -> dict[str, list[str]]:
    """What the controls of the timeline hold, by name."""
    found = _values(ProcedureSectionForm(None, instance=procedure), procedure, ("incision_at", "date"))
    for row in procedure.balloon_inflations.all():
        form = BalloonInflationSectionForm(None, instance=row)
        found |= _values(form, row, ("inflated_min", "deflated_min", "aortic_zone"))
    return found


def _values(form: Any, record: Any, names: tuple[str, ...]) -> dict[str, list[str]]:
    prefix = editor.prefix_of(record)
    return {f"{prefix}-{name}": drafts.as_typed(form, name) for name in names}
