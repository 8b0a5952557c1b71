"""The section editor of a case: one page per section, saved field by field while it is filled in."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.forms import ModelChoiceField
from django.forms.utils import ErrorDict, ErrorList
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.functional import cached_property
from django.views import View
from django.views.decorators.cache import never_cache

from cases import editor, extensions
from cases.computed import computed_of
from cases.models import Case
from cases.views.base import case_crumbs, case_url, note_identity
from registry.core import policies
from registry.core.codes import MISSING_SUFFIX
from registry.core.forms.record import RecordForm
from registry.core.models import Record
from registry.core.views.layout import Layout, lay_out
from registry.core.views.locked import locked_page
from registry.core.views.segments import draw_short_lists_as_buttons


def editable_case(request: HttpRequest, uuid: Any) -> Case:
    """The case with everything its sections look at; 404 outside the scope, 403 for those who only read."""
    cases = extensions.annotate(Case.objects.for_user(request.user))
    case = get_object_or_404(editor.load(cases), uuid=uuid)
    if not policies.may_write(request.user, case):
        raise PermissionDenied
    case.patient.edited_in = case
    return case


@dataclass(frozen=True)
class Block:
    """One record on the page of a section: its form as it is laid out, and its addresses."""

    record: Any
    form: RecordForm
    layout: Layout

    @property
    def prefix(self) -> str:
        return editor.prefix_of(self.record)

    @property
    def form_id(self) -> str:
        return f"rec-{self.prefix}"

    @property
    def save_url(self) -> str:
        return reverse("record-save", args=[self.record._meta.model_name, self.record.uuid])

    @property
    def remove_url(self) -> str:
        return reverse("record-remove", args=[self.record._meta.model_name, self.record.uuid])

    @property
    def empty(self) -> bool:
        return not editor.has_content(self.record)

    @cached_property
    def computed(self) -> list[Any]:
        return computed_of(self.record)

    def row(self, name: str) -> Any:
        """One field, for pages that place fields by hand."""
        return self.form[name]


def block_of(record: Record, user: Any, errors: dict[str, list[Any]] | None = None) -> Block:
    """A record ready to be drawn; ``errors`` stand at their fields."""
    form_class = editor.form_of(type(record))
    if form_class is None:
        raise LookupError(f"{type(record).__name__} is edited in no section")
    form: Any = form_class(None, instance=record, by=user, prefix=editor.prefix_of(record))
    form._errors = ErrorDict()  # an unbound form has none of its own
    for name, said in (errors or {}).items():
        form._errors[name if name in form.fields else NON_FIELD_ERRORS] = ErrorList(said)
    for bound in form:
        # The controls may stand anywhere on the page, as in a grid; the attribute says whose they are.
        bound.field.widget.attrs |= {
            "form": f"rec-{form.prefix}",
            # Why a value is missing is spoken of beneath the value.
            "aria-describedby": f"notes-{bound.html_name.removesuffix(MISSING_SUFFIX)}",
        }
        if isinstance(bound.field, ModelChoiceField):
            bound.field.widget.attrs["data-search"] = ""
    draw_short_lists_as_buttons(form)
    form.fields.pop("reason", None)  # asked for once per page
    return Block(record, form, lay_out(form))


class SectionView(View):
    """One section of the editor. A floor subclasses it, names slug and template, and adds its blocks."""

    slug = ""
    template_name = ""

    def get(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        case = self.case = editable_case(request, uuid)
        lock = policies.lock_of(case)
        if lock is not None:
            return locked_page(request, lock, str(case), case_crumbs(case), case_url(case))
        note_identity(request, case)
        return render(request, self.template_name, self.context())

    def context(self) -> dict[str, Any]:
        case = self.case
        standings = editor.standings(case)
        here = next(at for at, standing in enumerate(standings) if standing.section.slug == self.slug)
        return {
            "case": case,
            "slug": self.slug,
            "section": standings[here].section,
            "standings": standings,
            "before": standings[here - 1].section if here else None,
            "after": standings[here + 1].section if here + 1 < len(standings) else None,
            "crumbs": case_crumbs(case),
            "strategy": " · ".join(extensions.words(case)),
            "settled": case.is_settled(),
            "asks_why": self.slug != editor.REVIEW
            and (case.is_settled() or (self.slug == "patient" and case.patient.is_settled())),
            "saved_at": clock(case.modified_at),
            **self.blocks(),
        }

    def blocks(self) -> dict[str, Any]:
        """What the section's template draws."""
        return {}

    def block(self, record: Record) -> Block:
        return block_of(record, self.request.user)


class EditorStart(View):
    """The address of the editor: goes to the first section that lacks something."""

    def get(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        standings = editor.standings(editable_case(request, uuid))
        slug = next(
            (found.section.slug for found in standings if found.state != editor.State.COMPLETE),
            standings[0].section.slug,
        )
        return HttpResponseRedirect(reverse("case-section", args=[uuid, slug]))


@never_cache
def section_page(request: HttpRequest, uuid: Any, slug: str) -> HttpResponse:
    """The page of a section, whichever floor draws it."""
    view = _pages.get(slug)
    if view is None:
        raise Http404
    return view(request, uuid=uuid)


_pages: dict[str, Any] = {}


def register_page(view: type[SectionView]) -> None:
    """Called by each floor for its sections, when the addresses are read."""
    _pages[view.slug] = view.as_view()


def clock(moment: Any) -> str:
    return formats.time_format(timezone.localtime(moment), "H:i:s")


def navigation(request: HttpRequest, case: Case, slug: str) -> str:
    """The side list of sections, drawn anew after something has been saved."""
    context = {"case": case, "slug": slug, "standings": editor.standings(case)}
    return render_to_string("cases/editor/_nav.html", context, request=request)


def in_case(case: Case, record: Any) -> Any:
    """The record as part of the loaded case, where everything around it is known."""
    if isinstance(record, Case):
        return case
    if record.pk == case.patient_id and type(record) is type(case.patient):
        return case.patient
    for section in editor.sections():
        for row in section.records(case):
            if type(row) is type(record) and row.pk == record.pk:
                return row
    return record


def record_or_404(request: HttpRequest, model: str, uuid: Any) -> Any:
    """A record that sections edit; 404 outside the scope, 403 for those who only read."""
    found = editor.models_by_name().get(model)
    if found is None:
        raise Http404
    record = get_object_or_404(found.objects.for_user(request.user), uuid=uuid)
    if not policies.may_write(request.user, record):
        raise PermissionDenied
    return record
