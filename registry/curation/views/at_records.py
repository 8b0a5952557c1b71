"""Queries where the data is: at the fields of a section or a form, and on the page of a case."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views import View

from cases import editor
from cases.models import Case, Patient
from cases.views.base import case_crumbs, note_identity
from registry.core import policies
from registry.core.models import Record
from registry.core.views.listing import is_partial
from registry.curation import queries, targets
from registry.curation.models import DataQuery
from registry.curation.views.lines import Line, lines_of, loaded, note_seen
from registry.curation.views.query import CHANGED


@dataclass(frozen=True)
class Choice:
    """A field that can be asked about; ``at`` is its id on the page."""

    value: str
    label: str
    at: str


def fields_of(record: Any) -> list[tuple[str, str]]:
    """The fields of a record that can be entered, in words."""
    form = editor.form_of(type(record))
    columns = {column.name for column in type(record)._meta.concrete_fields}
    return [
        (name, capfirst(targets.field_label(type(record), name)))
        for name in (form.base_fields if form is not None else ())
        if name in columns
    ]


def written_case(request: HttpRequest, uuid: Any, rows: Any = None) -> Case:
    """404 outside the scope, 403 for those who only read."""
    cases = Case.objects.for_user(request.user) if rows is None else rows
    case = get_object_or_404(cases.select_related("patient", "center"), uuid=uuid)
    if not policies.may_write(request.user, case):
        raise PermissionDenied
    return case


class _Asks(View):
    """What the pages around a record share: show its queries, take a question about it."""

    def ask(self, request: HttpRequest, record: Any, field: str, back: str) -> HttpResponse:
        try:
            queries.ask(record, field, request.POST.get("text", ""), by=request.user)
        except ValidationError as refused:
            return render(request, "curation/_refused.html", {"sentences": refused.messages}, status=422)
        if is_partial(request):
            return HttpResponse(status=204, headers={"HX-Trigger": CHANGED})
        return HttpResponseRedirect(back)


class CaseQueries(View):
    """The queries of a case: a fragment of its page, and a page of its own."""

    def get(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        case = written_case(request, uuid)
        rows = loaded(DataQuery.objects.filter(case=case))
        lines = lines_of(rows, request.user)
        partial = is_partial(request)
        if not partial:
            note_identity(request, case)
        context = {
            "case": case,
            "waiting": [line for line in lines if line.query.is_waiting],
            "closed": [line for line in lines if not line.query.is_waiting][::-1],
            "crumbs": case_crumbs(case),
        }
        return render(
            request, "curation/_case_queries.html" if partial else "curation/case_queries.html", context
        )


class SectionQueries(_Asks):
    """The queries of a section of the editor: marks at its fields, and what can be asked about."""

    def get(self, request: HttpRequest, uuid: Any, slug: str) -> HttpResponse:
        if request.GET.get("part") == "ask":
            return self.choices(request, uuid, slug)
        case = written_case(request, uuid)
        self.demand_section(slug)
        rows = loaded(DataQuery.objects.filter(case=case).waiting())
        lines = [line for line in lines_of(rows, request.user) if self.stands_in(line, slug)]
        note_seen(request, lines)
        return render(request, "curation/_at_fields.html", at_fields(lines, editor_ids=True))

    def choices(self, request: HttpRequest, uuid: Any, slug: str) -> HttpResponse:
        """The fields of the section, by record: looked up when somebody wants to ask."""
        case = written_case(request, uuid, editor.load(Case.objects.for_user(request.user)))
        section = self.demand_section(slug)
        groups = [
            (
                capfirst(
                    str(type(record)._meta.verbose_name if isinstance(record, Case | Patient) else record)
                ),
                [
                    Choice(
                        f"{record._meta.model_name}:{record.uuid}:{name}",
                        label,
                        f"field-{editor.prefix_of(record)}-{name}",
                    )
                    for name, label in fields_of(record)
                ],
            )
            for record in section.records(case)
        ]
        groups.append(
            (_("The case as a whole"), [Choice(f"case:{case.uuid}:", _("The case as a whole"), "")])
        )
        return render(
            request, "curation/_ask.html", {"groups": groups, "post_url": request.path, "case": case}
        )

    def post(self, request: HttpRequest, uuid: Any, slug: str) -> HttpResponse:
        case = written_case(request, uuid)
        self.demand_section(slug)
        model, _sep, rest = request.POST.get("target", "").partition(":")
        key, _sep, field = rest.partition(":")
        record = self.record_in(request, case, model, key)
        if record is None:
            said = [_("Field: choose what you ask about.")]
            return render(request, "curation/_refused.html", {"sentences": said}, status=422)
        return self.ask(request, record, field, editor.section_url(case, slug))

    @staticmethod
    def demand_section(slug: str) -> Any:
        section = next((section for section in editor.sections() if section.slug == slug), None)
        if section is None:
            raise Http404
        return section

    @staticmethod
    def stands_in(line: Line, slug: str) -> bool:
        model = targets.model_of(line.query.record_model)
        return model is not None and editor.section_of(model, line.query.field) == slug

    @staticmethod
    def record_in(request: HttpRequest, case: Case, model: str, key: str) -> Any:
        """The record named in the form, if it is one of the case."""
        found = model_named(model)
        try:
            public_id = UUID(key)
        except ValueError:
            return None
        if found is None:
            return None
        record = found.objects.for_user(request.user).filter(uuid=public_id).first()
        if record is None:
            return None
        if isinstance(record, Patient):
            record.edited_in = case  # type: ignore[attr-defined]
            return record if record.pk == case.patient_id else None
        return record if record.aggregate_root() == case else None


def model_named(name: str) -> type[Record] | None:
    return next((model for model in targets.clinical_models() if model._meta.model_name == name), None)


class RecordQueries(_Asks):
    """The queries of one record: marks in its form, and a page on which it can be asked about."""

    def record(self, request: HttpRequest, model: str, uuid: Any) -> Any:
        found = model_named(model)
        if found is None:
            raise Http404
        record = get_object_or_404(found.objects.for_user(request.user), uuid=uuid)
        if not policies.may_write(request.user, record):
            raise PermissionDenied
        return record

    def get(self, request: HttpRequest, model: str, uuid: Any) -> HttpResponse:
        record = self.record(request, model, uuid)
        rows = loaded(DataQuery.objects.filter(record_uuid=record.uuid).waiting())
        lines = lines_of(rows, request.user)
        note_seen(request, lines)
        if request.GET.get("part") == "ask":
            return render(request, "curation/_ask.html", self.asking(request, record))
        if is_partial(request):
            return render(request, "curation/_at_fields.html", at_fields(lines, editor_ids=False))
        return self.page(request, record, lines)

    def post(self, request: HttpRequest, model: str, uuid: Any) -> HttpResponse:
        record = self.record(request, model, uuid)
        field = request.POST.get("target", "").rpartition(":")[2]
        if is_partial(request):
            return self.ask(request, record, field, "")
        try:
            query = queries.ask(record, field, request.POST.get("text", ""), by=request.user)
        except ValidationError as refused:
            rows = loaded(DataQuery.objects.filter(record_uuid=record.uuid).waiting())
            return self.page(request, record, lines_of(rows, request.user), refused.messages, status=422)
        return HttpResponseRedirect(reverse("query-detail", args=[query.uuid]))

    def asking(self, request: HttpRequest, record: Any) -> dict[str, Any]:
        choices = [
            Choice(f"{record._meta.model_name}:{record.uuid}:{name}", label, f"field-{name}")
            for name, label in fields_of(record)
        ]
        whole = Choice(f"{record._meta.model_name}:{record.uuid}:", _("The record as a whole"), "")
        chosen = request.POST.get("target") or f"{whole.value}{request.GET.get('field', '')}"
        return {
            "groups": [("", [whole, *choices])],
            "post_url": reverse("record-queries", args=[record._meta.model_name, record.uuid]),
            "chosen": chosen,
        }

    def page(
        self, request: HttpRequest, record: Any, lines: list[Line], refusals: Any = (), status: int = 200
    ) -> HttpResponse:
        case = targets.case_of(record)
        context = {
            **self.asking(request, record),
            "record": capfirst(str(record)),
            "lines": lines,
            "refusals": refusals,
            "typed": request.POST.get("text", ""),
            "crumbs": case_crumbs(case) if case is not None else [],
        }
        return render(request, "curation/ask.html", context, status=status)


def at_fields(lines: list[Line], *, editor_ids: bool) -> dict[str, Any]:
    """The queries by the field that they stand at; what the notice at a field asks already is left to it."""
    marks: dict[str, list[Line]] = {}
    for line in lines:
        at = line.at if editor_ids else line.plainly_at
        if at and not line.said_at_field:
            marks.setdefault(at, []).append(line)
    return {"lines": lines, "marks": marks, "forms": [line for rows in marks.values() for line in rows]}
