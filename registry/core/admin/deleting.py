"""Deleting records: asks in the page, with a reason once the case is complete, and goes through the write door."""

import copy
from typing import Any

from django.contrib import admin
from django.contrib.admin.actions import delete_selected as ask_and_delete
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import QueryDict
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from registry.core import records
from registry.core.admin.refusals import REFUSALS, Refused


class DeletesRecords:
    """The deletion of one record and of several, for ``RecordAdmin``."""

    opts: Any
    has_delete_right: Any

    def delete_model(self, request: Any, obj: Any) -> None:
        version = request.POST.get("version", "")
        try:
            records.delete(
                obj,
                by=request.user,
                reason=self._typed_reason(request),
                expected_version=int(version) if version.isdecimal() and len(version) < 10 else None,
            )
        except REFUSALS as error:
            raise Refused(None, error) from error

    def delete_queryset(self, request: Any, queryset: Any) -> None:
        """Row by row through the door, all of them or none."""
        with records.together():
            for record in queryset.order_by("pk"):
                try:
                    records.delete(record, by=request.user, reason=self._typed_reason(request))
                except REFUSALS as error:
                    raise Refused(str(record), error) from error

    @staticmethod
    def _typed_reason(request: Any) -> str:
        return str(request.POST.get("reason", "")).replace("\x00", "").strip()[:400]

    def _delete_view(self, request: Any, object_id: str, extra_context: Any) -> Any:
        context = {**(extra_context or {}), "reason": self._typed_reason(request)}
        if request.method == "POST":
            try:
                with records.together():
                    return self._with_reason(request, super()._delete_view(request, object_id, context))  # type: ignore[misc]
            except Refused as refused:
                context["refusals"] = refused.messages
        return self._with_reason(request, super()._delete_view(_without_post(request), object_id, context))  # type: ignore[misc]

    @staticmethod
    def _with_reason(request: Any, response: Any) -> Any:
        """Tell the confirmation page whether a reason is needed."""
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            record = response.context_data.get("object")
            response.context_data["asks_reason"] = record is not None and record.aggregate_root().is_settled()
        return response

    @admin.action(permissions=["delete"], description=gettext_lazy("Delete selected %(verbose_name_plural)s"))
    def delete_selected(self, request: Any, queryset: Any) -> Any:
        page: Any = self
        refusals: list[str] = []
        shown = request
        if request.POST.get("post"):
            try:
                with records.together():
                    response = ask_and_delete(page, request, queryset)
                if response is None:
                    return None
            except Refused as refused:
                refusals = [f"{capfirst(str(refused.where))}: {message}" for message in refused.messages]
            shown = _without_post(request, keep=("action", ACTION_CHECKBOX_NAME))
        response = ask_and_delete(page, shown, queryset)
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            settled = any(record.aggregate_root().is_settled() for record in queryset)
            response.context_data.update(
                refusals=refusals, asks_reason=settled, reason=self._typed_reason(request)
            )
        return response

    def get_deleted_objects(self, objs: Any, request: Any) -> Any:
        """What would go. Rows follow the record they stand beneath, so the right to that record decides."""
        tree, counts, lacking, protected = super().get_deleted_objects(objs, request)  # type: ignore[misc]
        if all(self.has_delete_right(request, record) for record in objs):
            lacking = set()
        else:
            lacking = {*lacking, str(self.opts.verbose_name)}
        return tree, counts, lacking, protected


def _without_post(request: Any, keep: tuple[str, ...] = ()) -> Any:
    """The request as if nothing had been confirmed yet, to show the question again."""
    again = copy.copy(request)
    left = QueryDict(mutable=True)
    for name in keep:
        left.setlist(name, request.POST.getlist(name))
    again.POST = left
    return again
