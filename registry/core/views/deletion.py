"""The page that names what will go before it goes."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models import ProtectedError, RestrictedError
from django.db.models.deletion import Collector
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from registry.core import policies, records
from registry.core.models import Record
from registry.core.views.locked import locked_page


class DeletionForm(forms.Form):
    """The version that was shown, and the reason once the case is complete."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Reason for the deletion"),
        max_length=400,
        help_text=gettext_lazy("The case is complete: say why this goes. The reason is kept in the history."),
    )

    def __init__(self, *args: Any, settled: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = settled
        if not settled:
            del self.fields["reason"]


class RecordDeleteView(View):
    """Asks in the page, names what goes with the record, and deletes through the door."""

    model: type[Record]
    template_name = "core/record_delete.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.record: Any = get_object_or_404(self.model.objects.for_user(request.user), uuid=kwargs["uuid"])
        if not policies.may_write(request.user, self.record):
            raise PermissionDenied
        self.root = self.record.aggregate_root()
        lock = policies.lock_of(self.record)
        if lock is not None:
            status = 409 if request.method == "POST" else 200
            return locked_page(request, lock, str(self.record), self.crumbs(), self.success_url(), status)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(self.form(None))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        gone, onward = str(self.record), self.success_url()
        try:
            with records.together():
                self.delete(form.cleaned_data.get("reason", ""), form.cleaned_data["version"])
        except records.Conflict:
            form.add_error(None, _("This has been changed meanwhile. Look at it again before it goes."))
            self.record = self.model._base_manager.get(pk=self.record.pk)
            return self.show(form, status=409)
        except ValidationError as refused:
            form.add_error(None, refused.messages)
            return self.show(form, status=422)
        messages.success(request, _("%(record)s deleted.") % {"record": gone[:1].upper() + gone[1:]})
        return HttpResponseRedirect(onward)

    def form(self, data: Any) -> DeletionForm:
        return DeletionForm(data, settled=self.root.is_settled(), initial={"version": self.record.version})

    def delete(self, reason: str, version: int) -> None:
        records.delete(self.record, by=self.request.user, reason=reason, expected_version=version)

    def goes_too(self) -> list[tuple[str, int]]:
        """What goes with the record; nothing where it cannot go at all (the door says why)."""
        try:
            return dependents_of(self.record)
        except (ProtectedError, RestrictedError):
            return []

    def show(self, form: DeletionForm, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "record": self.record,
            "goes_too": self.goes_too(),
            "crumbs": self.crumbs(),
            "cancel_url": self.success_url(),
            "current_version": self.record.version,
        }
        return render(self.request, self.template_name, context, status=status)

    def crumbs(self) -> list[tuple[str, str]]:
        return []

    def success_url(self) -> str:
        return "/"


def dependents_of(record: models.Model) -> list[tuple[str, int]]:
    """What goes when this record goes: name and number of the rows beneath it, level by level."""
    collector = Collector(using=record._state.db or "default")
    collector.collect([record])
    counted: dict[Any, int] = {model: len(rows) for model, rows in collector.data.items()}
    for queryset in collector.fast_deletes:
        counted[queryset.model] = counted.get(queryset.model, 0) + queryset.count()
    counted.pop(type(record), None)
    return [
        (str(model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural), count)
        for model, count in counted.items()
        if count and issubclass(model, Record)
    ]
