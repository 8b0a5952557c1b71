"""The admin page of every record."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import BadRequest, FieldDoesNotExist, PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.http import Http404
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from registry.core import identity_shown, limits, policies, records
from registry.core.admin import desk, history
from registry.core.admin.changing import ChangesRecords
from registry.core.admin.deleting import DeletesRecords
from registry.core.admin.forms import UNUSUAL, RowFormSet, companion, form_for
from registry.core.admin.noting import NotesInOneLanguage
from registry.core.admin.refusals import REFUSALS, Refused
from registry.core.admin.saved import SavesFilters
from registry.core.admin.scoped import ScopedFields, scoped
from registry.core.admin.shown import Shown, ShownDerived
from registry.core.models import Record

#: What the registry itself notes about a record.
KEPT = ("uuid", "version", "created_at", "created_by", "modified_at", "modified_by")


class RecordAdmin(
    SavesFilters, ChangesRecords, ScopedFields, DeletesRecords, NotesInOneLanguage, admin.ModelAdmin
):
    """Lists and edits one kind of record within the user's centres, through the write door."""

    model: type[Record]
    change_form_template = "admin/record_change_form.html"
    delete_confirmation_template = "admin/record_delete_confirmation.html"
    delete_selected_confirmation_template = "admin/record_delete_selected_confirmation.html"
    object_history_template = "admin/record_history.html"
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions: Any = ("delete_selected",)

    #: Headings with their fields; a tuple stands on one line. Missing-code selects come by themselves.
    sections: ClassVar[tuple[tuple[Any, tuple[Any, ...]], ...]] = ()
    #: Expressions that the list shows, by name.
    annotations: ClassVar[dict[str, Any]] = {}
    #: Nobody changes these here.
    only_to_read: ClassVar[bool] = False
    #: Records to add beneath this one: (label, model, name of its foreign key).
    adds: ClassVar[tuple[tuple[Any, Any, str], ...]] = ()

    def __init__(self, model: Any, admin_site: Any) -> None:
        super().__init__(model, admin_site)
        self.form = form_for(model)

    #: Further pages about a record: functions of user and record that answer with label and address, or nothing.
    tools: ClassVar[tuple[Callable[[Any, Any], tuple[Any, str] | None], ...]] = ()

    @classmethod
    def extend(
        cls,
        *,
        inlines: Any = (),
        columns: Any = (),
        annotations: Any = None,
        adds: Any = (),
        actions: Any = (),
        tools: Any = (),
    ) -> None:
        """A higher floor adds its rows, columns, actions and pages to those of a record it builds upon."""
        cls.inlines = [*cls.inlines, *inlines]
        cls.list_display = [*cls.list_display, *columns]
        cls.annotations = {**cls.annotations, **(annotations or {})}
        cls.adds = (*cls.adds, *adds)
        cls.actions = (*cls.actions, *actions)
        cls.tools = (*cls.tools, *tools)

    # -- who may -------------------------------------------------------------------------------------------------

    def has_module_permission(self, request: Any) -> bool:
        return desk.works_here(request.user)

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return desk.works_here(request.user)

    def _may_write(self, request: Any, obj: Any = None) -> bool:
        user = request.user
        if self.only_to_read or not desk.works_here(user):
            return False
        if self.model.center_path is None:
            return bool(user.is_superuser)
        if obj is None:
            return True
        return desk.administers(user, obj.center_id_of()) and policies.may_write(user, obj)

    def has_add_permission(self, request: Any) -> bool:
        return self._may_write(request)

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return self._may_write(request, obj) and (obj is None or desk.lock_of(request, obj) is None)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_delete_right(self, request: Any, obj: Any) -> bool:
        """Whether it is theirs to delete; where something locks it, the door says so when several are deleted."""
        return self._may_write(request, obj)

    # -- what is seen --------------------------------------------------------------------------------------------

    def get_queryset(self, request: Any) -> Any:
        match = getattr(request, "resolver_match", None)
        # Suggestions are offered to be written to, so published records are not among them.
        to_write = match is not None and match.url_name == "autocomplete"
        rows = scoped(super().get_queryset(request), request.user, to_write=to_write)
        if self.annotations and match is not None and (match.url_name or "").endswith("_changelist"):
            rows = rows.annotate(**self.annotations)
        return rows

    def get_object(self, request: Any, object_id: str, from_field: str | None = None) -> Any:
        """A record of another centre is not there: 404, as everywhere."""
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404(_("No %(name)s here.") % {"name": self.opts.verbose_name})
        # Every page about one record shows its values, and with them those of its rows.
        identity_shown.note(request, [found], whole=self.model.center_path is not None)
        return found

    def get_changeform_initial_data(self, request: Any) -> dict[str, Any]:
        """Values from the address; a record that the user cannot choose is dropped without a word."""
        initial: dict[str, Any] = dict(super().get_changeform_initial_data(request))
        for name in list(initial):
            try:
                field = self.opts.get_field(name)
            except FieldDoesNotExist:
                continue
            if isinstance(field, models.ForeignKey):
                value = str(initial[name])
                known = value.isdecimal() and len(value) < 19
                if not known or not self.choices_for(field, request).filter(pk=int(value)).exists():
                    del initial[name]
        if self.model.center_path is not None and "center" in {field.name for field in self.opts.fields}:
            own = [pk for pk, _code in desk.centers(request.user)]
            if len(own) == 1:
                initial.setdefault("center", own[0])
        return initial

    def get_inline_instances(self, request: Any, obj: Any = None) -> Any:
        """Rows need a record to stand beneath."""
        return [] if obj is None or obj.pk is None else super().get_inline_instances(request, obj)

    # -- fields --------------------------------------------------------------------------------------------------

    def _plan(self, request: Any, obj: Any) -> tuple[list[Any], list[Any]]:
        """The fieldsets, and which of their entries are only read."""
        editable = (
            self.has_change_permission(request, obj) if obj is not None else self.has_add_permission(request)
        )
        fieldsets: list[Any] = []
        read: list[Any] = []
        for heading, entries in self.sections:
            lines = [line for entry in entries if (line := self._line(entry, obj, editable, read))]
            if lines:
                fieldsets.append((heading, {"fields": lines}))
        if obj is not None:
            # All of them may be read; those that cannot be computed yet are not worth a line.
            read += [self._cell(value.name) for value in self.model.derived]
            derived = [
                self._cell(value.name) for value in self.model.derived if value.python(obj) is not None
            ]
            if derived:
                fieldsets.append((_("Computed"), {"fields": derived, "classes": ["computed"]}))
        if editable:
            self._add_reasons(obj, fieldsets)
        if obj is not None:
            kept = [self._cell(name) for name in KEPT]
            read += kept
            fieldsets.append((_("About this record"), {"fields": kept, "classes": ["collapse"]}))
        return fieldsets, read

    def _line(self, entry: Any, obj: Any, editable: bool, read: list[Any]) -> Any:
        missable = self.model.missable_fields()
        line: list[Any] = []
        for name in (entry,) if isinstance(entry, str) else entry:
            fixed = not self.opts.get_field(name).editable
            if obj is None and fixed:
                continue
            if fixed or not editable or (obj is not None and name in self.model.immutable_fields):
                cell = self._cell(name)
                read.append(cell)
                line.append(cell)
            else:
                line += [name, companion(name)] if name in missable else [name]
        return tuple(line) if len(line) > 1 else line[0] if line else None

    def _add_reasons(self, obj: Any, fieldsets: list[Any]) -> None:
        names = []
        settled = obj is not None and obj.aggregate_root().is_settled()
        beneath = self.model.aggregate_root is not Record.aggregate_root
        if settled or (obj is None and beneath):
            names.append("reason")
        if self.model.soft_limits:
            names.append(UNUSUAL)
        fieldsets.append(
            (_("Reasons") if names else None, {"fields": [*names, "version"], "classes": ["reasons"]})
        )

    def _cell(self, name: str) -> Any:
        """One read-only entry; the same object each time, as Django looks it up by identity."""
        cells = self.__dict__.setdefault("_cells", {})
        if name not in cells:
            derived = next((value for value in self.model.derived if value.name == name), None)
            cells[name] = ShownDerived(derived) if derived is not None else Shown(self.model, name)
        return cells[name]

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:
        return self._plan(request, obj)[0]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        return self._plan(request, obj)[1]

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        fields = kwargs.pop("fields", None) or flatten_fieldsets(self.get_fieldsets(request, obj))
        # The version is a field of the form, not of the model: nobody types it.
        kwargs["fields"] = [name for name in fields if name != "version"]
        made: Any = super().get_form(request, obj, change=change, **kwargs)
        made.by = request.user
        made.refused = getattr(request, "refused", None)
        return made

    # -- writing -------------------------------------------------------------------------------------------------

    def changeform_view(
        self, request: Any, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        context = {**(extra_context or {}), "adds": self._links_to_add(request, object_id)}
        context["lock"] = self._lock(request, object_id)
        try:
            return super().changeform_view(request, object_id, form_url, context)
        except Refused as refused:
            # Everything has been taken back; the page is shown again with the refusal where it belongs.
            request.refused = refused
            return super().changeform_view(request, object_id, form_url, context)

    def _changeform_view(self, request: Any, object_id: str | None, form_url: str, extra_context: Any) -> Any:
        """A record and the rows on its page are one change."""
        shown = super()._changeform_view  # type: ignore[misc]
        if request.method != "POST":
            return shown(request, object_id, form_url, extra_context)
        with records.together():
            return shown(request, object_id, form_url, extra_context)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        if change and not form.was_settled and obj.is_settled():
            return  # becomes complete: its rows come first, see save_related
        self._write(form)

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if change and not form.was_settled and form.instance.is_settled():
            self._write(form)
        self._tell_unusual(request, form, formsets)

    @staticmethod
    def _write(form: Any) -> None:
        try:
            records.save(form.instance, **form.door_arguments())
        except REFUSALS as error:
            raise Refused(form.prefix, error) from error

    def save_formset(self, request: Any, form: Any, formset: Any, change: bool) -> None:
        """Each row through the door. A complete case is never without what it needs, so there new rows come first."""
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        if not isinstance(formset, RowFormSet):
            return
        steps = [self._delete_rows, self._change_rows, self._add_rows]
        if form.was_settled:
            steps.reverse()
        for step in steps:
            step(form, formset)

    def _add_rows(self, form: Any, formset: Any) -> None:
        for row in formset.extra_forms:
            if not row.has_changed() or (formset.can_delete and formset._should_delete_form(row)):
                continue
            self._write(row)
            formset.new_objects.append(row.instance)

    def _change_rows(self, form: Any, formset: Any) -> None:
        going = formset.deleted_forms
        for row in formset.initial_forms:
            if row.instance.pk is None or row in going or not row.has_changed():
                continue
            self._write(row)
            formset.changed_objects.append((row.instance, row.changed_data))

    def _delete_rows(self, form: Any, formset: Any) -> None:
        for row in formset.deleted_forms:
            if row.instance.pk is None:
                continue
            try:
                version = row.cleaned_data.get("version")
                records.delete(row.instance, by=row.user, reason=row.why, expected_version=version)
            except REFUSALS as error:
                raise Refused(formset.prefix, error) from error
            formset.deleted_objects.append(row.instance)

    def _tell_unusual(self, request: Any, form: Any, formsets: Any) -> None:
        """Unusual values never keep a record from being saved; they are named afterwards."""
        written = [form.instance]
        for formset in formsets:
            written += formset.new_objects + [row for row, _names in formset.changed_objects]
        found = [
            (capfirst(str(record)), crossing.message)
            for record in written
            for crossing in limits.unconfirmed(record)
        ]
        if found:
            listed = format_html_join("", "<li>{}: {}</li>", found)
            told = _(
                "Saved. Some values are unusual; check them, or give the reason under “Reasons” on the page."
            )
            messages.warning(request, format_html("{}<ul>{}</ul>", told, listed))

    def changelist_view(self, request: Any, extra_context: Any = None) -> Any:
        ids = request.POST.getlist(ACTION_CHECKBOX_NAME) if request.method == "POST" else []
        if any(not key.isdecimal() or len(key) > 18 for key in ids):
            raise BadRequest("Not a list of records.")
        context = {"title": capfirst(str(self.opts.verbose_name_plural)), **(extra_context or {})}
        answer = super().changelist_view(request, context)
        if listed := getattr(answer, "context_data", {}).get("cl"):
            shown = [str(column) for column in listed.list_display]
            identity_shown.note(request, listed.result_list, shown)
        return answer

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        record = context.get("original")
        tools = [tool(request.user, record) for tool in self.tools] if record is not None else []
        context["tools"] = [tool for tool in tools if tool]
        return super().render_change_form(request, context, *args, **kwargs)

    def get_ordering(self, request: Any) -> Any:
        """What was entered last comes first; literature stays in printed order."""
        return self.ordering or (("-id",) if self.model.center_path else ())

    # -- history and links ---------------------------------------------------------------------------------------

    def history_view(self, request: Any, object_id: str, extra_context: Any = None) -> Any:
        """Who, when, why, from what, to what – of the record and of what belongs to it."""
        record = self.get_object(request, unquote(object_id))
        if not self.has_view_or_change_permission(request, record):
            raise PermissionDenied
        page = Paginator(history.changes_of(record), 50).get_page(request.GET.get("p", 1))
        context = {
            **self.admin_site.each_context(request),
            "title": _("History: %s") % record,
            "subtitle": None,
            "page": page,
            "entries": history.described(list(page.object_list)),
            "module_name": capfirst(str(self.opts.verbose_name_plural)),
            "object": record,
            "opts": self.opts,
            "preserved_filters": self.get_preserved_filters(request),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.object_history_template, context)

    def _lock(self, request: Any, object_id: str | None) -> Any:
        """What keeps the record from being changed here, for the top of the page."""
        if object_id is None or self.model.center_path is None:
            return None
        return desk.lock_of(request, self.get_object(request, unquote(object_id)))

    def _links_to_add(self, request: Any, object_id: str | None) -> list[Any]:
        if object_id is None or not self.adds:
            return []
        record = self.get_object(request, unquote(object_id))
        if not self.has_change_permission(request, record):
            return []
        return [
            {
                "label": label,
                "url": f"admin:{model._meta.app_label}_{model._meta.model_name}_add",
                "query": f"{key}={record.pk}",
            }
            for label, model, key in self.adds
        ]
