"""Data queries in the admin: a list to work through, a page to answer and close, and closing of many at once."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from registry.core.admin import CenterFilter, Queue, ReadOnlyAdmin, desk, register_queue
from registry.core.admin.saved import SavesFilters
from registry.core.records import together
from registry.curation import queries
from registry.curation.models import DataQuery
from registry.curation.models.query import State
from registry.curation.quality.rules import BY_CODE, label_of_rule
from registry.curation.views.lines import lines_of, loaded, note_seen
from registry.curation.views.query import colleagues, take_step, value_now

#: The page that asks before many are closed names so many of them.
NAMED = 20


class RuleFilter(admin.SimpleListFilter):
    """By the rule that asks, or a person."""

    title = gettext_lazy("asked by")
    parameter_name = "rule"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        return [("person", _("A person")), *((code, rule.label) for code, rule in BY_CODE.items())]

    def queryset(self, request: Any, queryset: Any) -> Any:
        value = self.value()
        if not value:
            return queryset
        return queryset.filter(rule="" if value == "person" else value)


def _page_of(record: Any) -> str:
    """Where the record is corrected in the admin."""
    if record is None or not admin.site.is_registered(type(record)):
        return ""
    return reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_change", args=[record.pk])


@admin.register(DataQuery)
class DataQueryAdmin(SavesFilters, ReadOnlyAdmin):
    """Questions about values. They are written by ``registry.curation.queries`` alone, here as on every page."""

    list_display = [
        "question",
        "case",
        "rule_name",
        "state",
        "silenced",
        "raised_at",
        "raised_by",
        "assigned_to",
    ]
    list_filter = ["state", CenterFilter, RuleFilter, "silenced"]
    list_select_related = ["case__patient", "center", "assigned_to"]
    search_fields = ["text", "case__patient__registry_id", "raised_by"]
    ordering = ["raised_at", "id"]
    list_per_page = 50
    change_form_template = "admin/curation/query.html"
    actions: Any = ("close_selected",)

    def get_queryset(self, request: Any) -> Any:
        condition = desk.writable(request.user, "center")
        rows = super().get_queryset(request)
        return rows.none() if condition is None else rows.filter(condition)

    @admin.display(description=gettext_lazy("question"))
    def question(self, query: DataQuery) -> str:
        return query.words

    @admin.display(description=gettext_lazy("rule"), ordering="rule")
    def rule_name(self, query: DataQuery) -> str:
        return label_of_rule(query.rule) if query.rule else _("a person")

    def change_view(self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        query: Any = self.get_object(request, unquote(object_id))
        refusals: list[str] = []
        if request.method == "POST":
            try:
                messages.success(request, take_step(query, request.POST, request.user))
                return HttpResponseRedirect(reverse("admin:curation_dataquery_change", args=[query.pk]))
            except ValidationError as refused:
                refusals = refused.messages
        (line,) = lines_of(loaded(DataQuery.objects.filter(pk=query.pk)), request.user)
        note_seen(request, [line])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": query,
            "title": _("Data query"),
            "line": line,
            "now": value_now(line),
            "record_url": _page_of(line.target.record),
            "refusals": refusals,
            "typed": request.POST.get("text", "") if refusals else "",
            "colleagues": list(colleagues(query.center_id)) if query.is_waiting else [],
        }
        return TemplateResponse(request, self.change_form_template, context, status=422 if refusals else 200)

    @admin.action(description=gettext_lazy("Close the selected queries…"))
    def close_selected(self, request: Any, queryset: Any) -> Any:
        """Says first what it will do; then all of them are closed with the reason, or none."""
        rows = queryset.exclude(state=State.CLOSED).order_by("raised_at", "pk")
        refusals: list[str] = []
        if request.POST.get("post"):
            try:
                closed = self._close(rows, request)
            except (ValidationError, PermissionDenied) as refused:
                refusals = getattr(refused, "messages", None) or [str(refused)]
            else:
                said = ngettext("%(n)d query closed.", "%(n)d queries closed.", closed)
                self.message_user(request, said % {"n": closed}, messages.SUCCESS)
                return None
        keys = list(rows.values_list("pk", "rule"))
        lines = lines_of(loaded(rows)[:NAMED], request.user)
        note_seen(request, lines)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Close queries"),
            "lines": lines,
            "keys": [pk for pk, _rule in keys],
            "persons": sum(not rule for _pk, rule in keys),
            "rules": sum(bool(rule) for _pk, rule in keys),
            "more": max(len(keys) - NAMED, 0),
            "already": queryset.count() - len(keys),
            "refusals": refusals,
            "typed": request.POST.get("text", ""),
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(
            request, "admin/curation/close.html", context, status=422 if refusals else 200
        )

    @staticmethod
    def _close(rows: Any, request: Any) -> int:
        closed = 0
        with together():
            for query in rows:
                queries.close(query, request.POST.get("text", ""), by=request.user)
                closed += 1
        return closed


def _waiting(user: Any, **which: Any) -> int:
    condition = desk.writable(user, "center")
    return 0 if condition is None else DataQuery.objects.waiting().filter(condition, **which).count()


def _list(query: str) -> str:
    return f"{reverse('admin:curation_dataquery_changelist')}?{query}"


register_queue(
    Queue(
        "answered-queries",
        gettext_lazy("Answered queries"),
        gettext_lazy("Queries that have been answered and wait to be closed or asked again."),
        lambda user: _waiting(user, state=State.ANSWERED),
        lambda: _list("state__exact=answered"),
        place=10,
    )
)
register_queue(
    Queue(
        "open-queries",
        gettext_lazy("Open queries"),
        gettext_lazy("Questions of people and of quality rules that nobody has answered yet."),
        lambda user: _waiting(user, state=State.OPEN),
        lambda: _list("state__exact=open"),
        place=20,
    )
)
