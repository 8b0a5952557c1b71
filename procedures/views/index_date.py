"""Takes the day of the first procedure as the case's index date."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views import View

from cases import editor
from cases.views.editor import editable_case, in_case
from cases.views.rows import after_row
from procedures import index_date
from procedures.models import Procedure
from registry.core import policies, reading, records


class IndexDateView(View):
    """Answers with the line beneath the procedure's date."""

    def post(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        procedure: Any = get_object_or_404(Procedure.objects.for_user(request.user), uuid=uuid)
        if not policies.may_write(request.user, procedure):
            raise PermissionDenied
        case = editable_case(request, procedure.case.uuid)
        refused: list[str] = []
        try:
            reason = reading.read_reason(request.POST.get("reason"))
            index_date.take(case, by=request.user, reason=reason)
        except ValidationError as error:
            refused = error.messages
        except records.Conflict:
            refused = [_("Somebody saved at the same moment. Nothing of yours has been written; try again.")]
        if refused:
            case = editable_case(request, case.uuid)
        html: str = render_to_string(
            "procedures/editor/_index_date.html",
            {
                "index": index_date.standing(in_case(case, procedure)),
                "refused": refused,
                "taken": not refused,
            },
            request=request,
        )
        html += after_row(request, case, editor.section_of(Procedure))
        return HttpResponse(html, status=422 if refused else 200)
