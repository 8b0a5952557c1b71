"""Setting one field in several records: shows first what would happen to each, then does it as one change."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from registry.core import records
from registry.core.admin import desk
from registry.core.admin.refusals import REFUSALS, Refused, messages_of
from registry.core.admin.shown import as_text
from registry.core.rules import label_of

#: Records that one action changes at most: each of them is tried, then written, inside one request.
MOST = 200


@dataclass(frozen=True)
class Line:
    """What would happen to one record."""

    record: Any
    before: str
    after: str
    refusals: tuple[str, ...] = ()
    same: bool = False

    @property
    def changes(self) -> bool:
        return not self.same and not self.refusals


class ValueForm(forms.Form):
    """The value to set, and why."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=400,
        required=False,
        help_text=gettext_lazy(
            "Needed when one of the cases is complete. It is kept in the history of each record."
        ),
    )

    def __init__(self, *args: Any, value: forms.Field, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        value.required = True
        self.fields = {"value": value, **self.fields}

    def clean_reason(self) -> str:
        return str(self.cleaned_data["reason"]).replace("\x00", "").strip()


class ChangesRecords:
    """An action for each of ``bulk_fields``, for ``RecordAdmin``."""

    #: Fields that can be set in several records at once.
    bulk_fields: ClassVar[tuple[str, ...]] = ()
    change_selected_template = "admin/record_change_selected.html"

    model: Any
    opts: Any
    admin_site: Any

    def get_actions(self, request: Any) -> dict[str, Any]:
        actions = super().get_actions(request)  # type: ignore[misc]
        if not self.has_change_permission(request):  # type: ignore[attr-defined]
            return actions
        for name in self.bulk_fields:
            code = f"set_{name}"
            told = _("Set “%(field)s” of selected %(records)s") % {
                "field": label_of(self.model, name),
                "records": self.opts.verbose_name_plural,
            }
            actions[code] = (partial(_change_selected, name=name, code=code), code, told)
        return actions

    def change_selected(self, request: Any, queryset: Any, name: str, code: str) -> Any:
        """First the value and the reason, then what it would do to each record, then the change."""
        chosen = list(queryset.order_by("pk")[: MOST + 1])
        if len(chosen) > MOST:
            told = _("Select at most %(most)d records: each of them is tried before anything is changed.")
            messages.warning(request, told % {"most": MOST})
            return None
        step = request.POST.get("step", "")
        field = self.model._meta.get_field(name)
        value: Any = self.formfield_for_dbfield(field, request)  # type: ignore[attr-defined]
        form = ValueForm(request.POST if step else None, value=value)
        lines: list[Line] = []
        refusals: list[str] = []
        if step and form.is_valid():
            if step == "change":
                try:
                    count = self._change_all(request, chosen, name, form)
                except Refused as refused:
                    refusals = [f"{refused.where}: {message}" for message in refused.messages]
                else:
                    self._tell_changed(request, count)
                    return None
            lines = list(self._lines(request, chosen, name, form))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Set “%(field)s”") % {"field": label_of(self.model, name)},
            "subtitle": None,
            "opts": self.opts,
            "form": form,
            "lines": lines,
            "changing": [line for line in lines if line.changes],
            "refused": [line for line in lines if line.refusals],
            "same": [line for line in lines if line.same],
            "refusals": refusals,
            "chosen": chosen,
            "action": code,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.change_selected_template, context)

    def _lines(self, request: Any, chosen: list[Any], name: str, form: ValueForm) -> Iterator[Line]:
        field = self.model._meta.get_field(name)
        value, reason = form.cleaned_data["value"], form.cleaned_data["reason"]
        for record in chosen:
            before, after = as_text(field, getattr(record, field.attname)), as_text(field, value)
            trial = _with_value(record, field, value)
            if getattr(record, field.attname) == getattr(trial, field.attname):
                yield Line(record, before, after, same=True)
                continue
            try:
                self._demand_right(request, record)
                records.check(trial, by=request.user, reason=reason, expected_version=record.version)
            except REFUSALS as error:
                yield Line(record, before, after, tuple(messages_of(error)))
            else:
                yield Line(record, before, after)

    def _change_all(self, request: Any, chosen: list[Any], name: str, form: ValueForm) -> int:
        """All that were announced, or none; the records carry the versions that were shown."""
        field = self.model._meta.get_field(name)
        count = 0
        with records.together():
            for record in chosen:
                version = request.POST.get(f"version-{record.pk}", "")
                if not version.isdecimal() or len(version) > 9:
                    continue  # announced as refused, or as one that has the value already
                trial = _with_value(record, field, form.cleaned_data["value"])
                try:
                    self._demand_right(request, record)
                    records.save(
                        trial,
                        by=request.user,
                        reason=form.cleaned_data["reason"],
                        expected_version=int(version),
                    )
                except REFUSALS as error:
                    raise Refused(capfirst(str(record)), error) from error
                count += 1
        return count

    def _demand_right(self, request: Any, record: Any) -> None:
        """The right to the record; what locks it is the door's to say, in its own words."""
        if not desk.administers(request.user, record.center_id_of()):
            raise PermissionDenied(_("You may not change this record."))

    def _tell_changed(self, request: Any, count: int) -> None:
        told = ngettext("%(count)d record changed.", "%(count)d records changed.", count) % {"count": count}
        messages.success(request, told)


def _change_selected(page: Any, request: Any, queryset: Any, *, name: str, code: str) -> Any:
    return page.change_selected(request, queryset, name, code)


def _with_value(record: Any, field: Any, value: Any) -> Any:
    trial = records.trial_of(record)
    setattr(trial, field.name, value)
    trial.missing.pop(field.name, None)
    return trial
