"""Stores the first value of a record that a page shows before it exists, and every later one.

The record is made with the values that can be stored, so nothing empty is left behind when all are refused, and one
that another page has made meanwhile is merged with field by field, as ever.
"""

import json
import uuid as uuids
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from cases.models import Case
from cases.views.autosave import RecordSaveView, read_body
from registry.core import drafts, policies


class FirstSaveView(RecordSaveView):
    """``uuid`` in the address is the case's. Subclasses know which record of the case the page means."""

    def stored(self, case: Case) -> Any:
        """The record, if somebody has made it."""
        raise NotImplementedError

    def public_id(self, case: Case) -> uuids.UUID:
        """By which the page calls the record before it exists."""
        raise NotImplementedError

    def fresh(self, case: Case, typed: drafts.Typed) -> Any:
        """The record as it begins, under that public id."""
        raise NotImplementedError

    def post(self, request: HttpRequest, uuid: Any, **where: Any) -> Any:  # type: ignore[override]
        case = get_object_or_404(
            Case.objects.for_user(request.user)
            .select_related("patient", "center")
            .prefetch_related("assessments"),
            uuid=uuid,
        )
        if not policies.may_write(request.user, case):
            raise PermissionDenied
        typed = read_body(request)
        if typed is None:
            return JsonResponse({"detail": _("The page sent something that cannot be read.")}, status=400)
        record = self.stored(case)
        if record is None and not any(any(values) for values in typed.fields.values()):
            typed = drafts.Typed(fields={})  # typed and cleared: there is nothing to make a record of
        answer: HttpResponse = self.answer(request, record or self.fresh(case, typed), typed)
        if record is None and not json.loads(answer.content).get("written"):
            record = self.stored(Case.objects.get(pk=case.pk))
            if record is not None:  # another page was first, in the same instant
                answer = self.answer(request, record, typed)
        known = self.public_id(case)
        if record is not None and record.uuid != known:
            # Made elsewhere, under another public id than the one by which the page calls it.
            answer.content = answer.content.replace(str(record.uuid).encode(), str(known).encode())
        return answer
