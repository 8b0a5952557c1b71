"""The page that creates or changes a record, whichever model it is.

One page may hold several records that are saved together (a procedure and the details of its kind): its ``parts``.
"""

import copy
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from registry.core import limits, policies, records
from registry.core.forms.record import CONFIRM_PREFIX, RecordForm
from registry.core.models import Record
from registry.core.views import conflict as conflicts
from registry.core.views.layout import hidden_input, lay_out
from registry.core.views.links import delete_url, form_url
from registry.core.views.locked import locked_page

TOKEN = "token"  # noqa: S105  (names a form field)


@dataclass(frozen=True)
class Part:
    """One record on the page. ``name`` prefixes its fields; the main part has no name.

    ``instance`` makes the record from the parts that were saved before it; ``stand_in`` makes a bare one that later
    parts can be checked against while this one is still refused.
    """

    name: str
    form_class: type[RecordForm]
    instance: Callable[[Mapping[str, Record]], Record]
    stand_in: Callable[[], Record] | None = None
    heading: str = ""


class RecordFormView(View):
    """Shows and saves the form of one record: ``uuid`` in the address edits it, ``parent`` begins a new row."""

    form_class: Any = None
    #: The foreign key that leads to the parent named in the address.
    parent_field = ""
    template_name = "core/record_form.html"
    conflict_template_name = "core/conflict.html"
    may_add_another = False
    passes_locks = False  # changes only what no lock covers

    # -- the record ------------------------------------------------------------------------------------------------

    @property
    def model(self) -> type[Record]:
        return self.form_class._meta.model

    @cached_property
    def parent(self) -> Any:
        """The record a new row belongs to; 404 outside the user's scope."""
        related: Any = self.model._meta.get_field(self.parent_field).related_model
        return get_object_or_404(related.objects.for_user(self.request.user), uuid=self.kwargs["parent"])

    def new_record(self) -> Record:
        """The record a creating form starts from."""
        if not self.parent_field:
            return self.model()
        return self.model(**{self.parent_field: self.parent})

    def stored_record(self) -> Record | None:
        """The record named in the address, or the one an earlier submission of the same form has made."""
        if "uuid" in self.kwargs:
            return get_object_or_404(self.model.objects.for_user(self.request.user), uuid=self.kwargs["uuid"])
        return None

    def parts(self) -> list[Part]:
        """The records on this page, in the order in which they are shown and saved."""
        return [Part("", self.form_class, lambda _saved: self.fresh())]

    def fresh(self) -> Any:
        """The record as it was read: what one attempt wrote into it must not leak into the next."""
        record = copy.copy(self.record)
        record.missing, record.confirmed = dict(record.missing or {}), dict(record.confirmed or {})
        return record

    def initial(self, part: Part) -> dict[str, Any]:
        """What a new form starts with."""
        return {}

    # -- rights ----------------------------------------------------------------------------------------------------

    def demand_right(self) -> None:
        """403 for those who may read but not write."""
        if not policies.may_write(self.request.user, self.record):
            raise PermissionDenied

    def seen(self) -> None:
        """Called when the page shows a stored record: the place to note who read it."""

    # -- the page --------------------------------------------------------------------------------------------------

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.creating = "uuid" not in kwargs
        self.repeated = False
        stored = self.stored_record()
        self.token = uuid.uuid4()
        if stored is None and request.method == "POST":
            stored = self._made_before()
        self.creating = stored is None
        self.record = self.new_record() if stored is None else stored
        self.demand_right()
        if (lock := policies.lock_of(self.record)) is not None and not self.passes_locks:
            return self.show_locked(lock)
        return super().dispatch(request, *args, **kwargs)

    def show_locked(self, lock: policies.Lock) -> HttpResponse:
        """Why there is no form, instead of one that would be refused."""
        status = 409 if self.request.method == "POST" else 200
        return locked_page(self.request, lock, self.title(), self.crumbs(), self.cancel_url(), status)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.creating:
            self.seen()
        saved: dict[str, Record] = {}
        forms = []
        for part in self.parts():
            record = part.instance(saved)
            saved[part.name] = record
            forms.append((part, self.form(part, None, record)))
        return self.show(forms)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        data = self._merged(request.POST)
        try:
            forms, done = self.attempt(data)
        except IntegrityError:
            # The same form arrived twice at the same moment, and the other one was first.
            if self._made_before() is None:
                raise
            return self.dispatch(request, *args, **kwargs)
        if not done and self.creating and self._made_before() is not None:
            return self.dispatch(request, *args, **kwargs)
        if not done and self._only_stale(forms):
            # Both typed the same, or this form had been saved before: there is nothing to choose.
            forms, done = self.attempt(self._with_current_versions(data, forms))
        if done:
            return self.saved(forms)
        if any(form.conflict for _part, form in forms):
            return self.show_conflict(forms)
        return self.show(forms, status=422)

    # -- saving ----------------------------------------------------------------------------------------------------

    def form(self, part: Part, data: QueryDict | None, record: Record) -> RecordForm:
        initial = self.initial(part) if record.pk is None else None
        prefix = self.prefix(part) or None
        return part.form_class(
            data, instance=record, by=self.request.user, prefix=prefix, initial=initial or None
        )

    def prefix(self, part: Part) -> str:
        """Begins the names of the part's controls."""
        return part.name

    def attempt(self, data: QueryDict) -> tuple[list[tuple[Part, RecordForm]], bool]:
        """Validate and save all parts; with several, in one transaction that is taken back when any is refused."""
        parts = self.parts()
        if len(parts) == 1:
            form = self._bound(parts[0], data, {})
            return [(parts[0], form)], _save(form) is not None
        forms: list[tuple[Part, RecordForm]] = []
        saved: dict[str, Record] = {}
        with records.together():
            self.lock()
            for part in parts:
                form = self._bound(part, data, saved)
                forms.append((part, form))
                record = _save(form)
                if record is not None:
                    saved[part.name] = record
                elif part.stand_in is not None:
                    self._stand_in(part, saved)
                elif form.instance.pk is not None:
                    saved[part.name] = type(form.instance)._base_manager.get(pk=form.instance.pk)
            done = not any(form.errors for _part, form in forms)
            if not done:
                transaction.set_rollback(True)
        return forms, done

    def _bound(self, part: Part, data: QueryDict, saved: Mapping[str, Record]) -> RecordForm:
        record = part.instance(saved)
        if record.pk is None and not part.name:
            record.uuid = self.token
        return self.form(part, data, record)

    def lock(self) -> None:
        """Lock what several parts will lock one after the other.

        A form's trial run gives its locks back when it ends; taken a second time in the same transaction, with others
        queueing in between, they would deadlock on PostgreSQL. Held from the start they are never given back.
        """
        root = self.record.aggregate_root()
        if root.pk is not None:
            type(root)._base_manager.select_for_update().get(pk=root.pk)

    def _stand_in(self, part: Part, saved: dict[str, Record]) -> None:
        make: Any = part.stand_in
        try:
            saved[part.name] = records.save(make(), by=self.request.user, reason="–")
        except (ValidationError, PermissionDenied):
            return  # later parts stay unchecked until this one is put right

    def saved(self, forms: list[tuple[Part, RecordForm]]) -> HttpResponse:
        """Where to go after saving: on, or back to the form when values are unusual and unexplained."""
        request = self.request
        stored = [(part, type(form.instance)._base_manager.get(pk=form.instance.pk)) for part, form in forms]
        main = next(record for part, record in stored if not part.name)
        unusual = [(record, limits.unconfirmed(record)) for _part, record in stored]
        count = sum(len({crossing.field for crossing in found}) for _record, found in unusual)
        if count:
            messages.warning(
                request,
                ngettext(
                    "Saved. One value is unusual: correct it, or say why it is right.",
                    "Saved. %(count)d values are unusual: correct them, or say why they are right.",
                    count,
                )
                % {"count": count},
            )
            first = next(record for record, found in unusual if found)
            return HttpResponseRedirect(self.unusual_url(first, main))
        messages.success(request, self.saved_message(main))
        if self.may_add_another and "add_another" in request.POST:
            return HttpResponseRedirect(request.get_full_path())
        return HttpResponseRedirect(self.success_url(main))

    def saved_message(self, record: Record) -> str:
        return _("%(record)s saved.") % {"record": _capital(str(record))}

    def unusual_url(self, record: Record, main: Record) -> str:
        return form_url(record) or form_url(main)

    def success_url(self, record: Record) -> str:
        return form_url(record)

    # -- the same form twice, and conflicts --------------------------------------------------------------------------

    def _made_before(self) -> Record | None:
        """The record that an earlier submission of this very form has made."""
        try:
            self.token = uuid.UUID(self.request.POST.get(TOKEN, ""))
        except ValueError:
            return None
        found = self.model.objects.for_user(self.request.user).filter(uuid=self.token).first()
        if found is None and self.model._base_manager.filter(uuid=self.token).exists():
            self.token = uuid.uuid4()
        beneath = found is not None and self.parent_field and "parent" in self.kwargs
        if beneath and getattr(found, f"{self.parent_field}_id") != self.parent.pk:
            raise Http404
        self.repeated = found is not None
        return found

    def _merged(self, data: QueryDict) -> QueryDict:
        """The data with the choices of a conflict page applied."""
        merged = data
        if any(key.startswith(conflicts.CHOICE_PREFIX) for key in data):
            for part in self.parts():
                record = part.instance({"": self.record})
                if record.pk is not None:
                    merged = conflicts.merge(merged, self.form(part, None, record))
        if self.repeated:
            merged = merged.copy()
            for part in self.parts():
                self._as_if_opened_before(part, merged)
        return merged

    def _as_if_opened_before(self, part: Part, data: QueryDict) -> None:
        """Turn a creating form that comes a second time into a change from a version that nobody has.

        Whatever differs from what was saved the first time is then a conflict; the number that the registry gave
        meanwhile is none.
        """
        prefix = f"{self.prefix(part)}-" if self.prefix(part) else ""
        if not data.get(f"{prefix}version"):
            data[f"{prefix}version"] = "0"
        record = part.instance({"": self.record})
        if record.numbered_within is not None and not data.get(prefix + record.numbered_within[0]):
            data[prefix + record.numbered_within[0]] = str(getattr(record, record.numbered_within[0]))

    @staticmethod
    def _only_stale(forms: list[tuple[Part, RecordForm]]) -> bool:
        """Whether all that is wrong is an old version, while nothing differs."""
        refused = [form for _part, form in forms if form.errors]
        return bool(refused) and all(
            form.conflict is not None and len(form.errors) == 1 and not conflicts.clashes(form)
            for form in refused
        )

    @staticmethod
    def _with_current_versions(data: QueryDict, forms: list[tuple[Part, RecordForm]]) -> QueryDict:
        renewed = data.copy()
        for _part, form in forms:
            if form.conflict is not None:
                renewed[form.add_prefix("version")] = str(form.conflict.stored.version)
        return renewed

    # -- drawing -----------------------------------------------------------------------------------------------------

    def show(self, forms: list[tuple[Part, RecordForm]], status: int = 200) -> HttpResponse:
        layouts = [(part, lay_out(form)) for part, form in forms]
        refused = any(form.errors for _part, form in forms)
        context = {
            "parts": layouts,
            "forms": [layout.form for _part, layout in layouts],
            "reason": next((layout.reason for _part, layout in layouts if layout.reason is not None), None),
            "notices": [notice for _part, layout in layouts for notice in layout.notices],
            "unusual": 0 if self.creating or refused else sum(layout.waiting for _part, layout in layouts),
            "token": self.token if self.creating else "",
            **self.page(),
        }
        return render(self.request, self.template_name, context, status=status)

    def show_conflict(self, forms: list[tuple[Part, RecordForm]]) -> HttpResponse:
        found = [(part, form, conflicts.clashes(form)) for part, form in forms]
        first = next(form for _part, form, _rows in found if form.conflict)
        kept = []
        for _part, form, _rows in found:
            for bound in form:
                if bound.name == "version":
                    version = form.conflict.stored.version if form.conflict else bound.data
                    kept.append(_hidden(bound.html_name, version))
                elif bound.name != "reason":
                    kept.append(hidden_input(bound))
        kept += [_hidden(key, value) for key, value in self.request.POST.items() if CONFIRM_PREFIX in key]
        if self.repeated:
            kept.append(_hidden(TOKEN, self.token))
        context = {
            "rows": [row for _part, _form, rows in found for row in rows],
            "kept": kept,
            "who": conflicts.who_and_when(first),
            "repeated": self.repeated,
            "reason": first["reason"] if "reason" in first.fields else None,
            **self.page(),
        }
        return render(self.request, self.conflict_template_name, context, status=409)

    def page(self) -> dict[str, Any]:
        """Title, way here and way out."""
        return {
            "view": self,
            "creating": self.creating,
            "title": self.title(),
            "crumbs": self.crumbs(),
            "cancel_url": self.cancel_url(),
            "delete_url": "" if self.creating else delete_url(self.record),
            "may_add_another": self.may_add_another and self.creating,
        }

    def title(self) -> str:
        if self.creating:
            return _("New %(kind)s") % {"kind": self.model._meta.verbose_name}
        return _capital(str(self.record))

    def crumbs(self) -> list[tuple[str, str]]:
        return []

    def cancel_url(self) -> str:
        return "/"


def _save(form: RecordForm) -> Record | None:
    """Save a form that is valid. What changes between its check and its saving sends it back to the check."""
    for _attempt in range(3):
        if not form.is_valid():
            return None
        try:
            return form.save()
        except (records.Conflict, ValidationError, PermissionDenied):
            form.conflict = None
            form.full_clean()
    form.add_error(
        None, _("Others are saving this at the same time. Nothing of yours has been written; try again.")
    )
    return None


def _hidden(name: str, value: Any) -> Any:
    return format_html('<input type="hidden" name="{}" value="{}">', name, value)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
