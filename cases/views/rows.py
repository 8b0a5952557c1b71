"""Rows that come and go in a section: written at once, answered with what changes on the page, or with why not."""

import uuid as uuids
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views import View

from cases import editor
from cases.models import Case
from cases.views.editor import block_of, editable_case, in_case, record_or_404
from registry.core import policies, records
from registry.core.models import Record
from registry.core.reading import read_reason

#: Tried, never kept: whether a reason would help.
ANY_REASON = "–"


@dataclass(frozen=True)
class Refusal:
    """Why nothing came or went; empty where nothing was refused."""

    sentences: tuple[str, ...] = ()
    #: What a complete case would lack: it has to go back to draft before.
    gaps: tuple[str, ...] = ()

    @classmethod
    def of(cls, refused: Iterable[ValidationError]) -> "Refusal":
        gaps: list[str] = []
        sentences: list[str] = []
        for error in refused:
            for one in _each(error):
                (gaps if one.code == "incomplete" else sentences).extend(one.messages)
        return cls(tuple(sentences), tuple(gaps))

    def __bool__(self) -> bool:
        return bool(self.sentences or self.gaps)


def _each(error: ValidationError) -> list[ValidationError]:
    groups = error.error_dict.values() if hasattr(error, "error_dict") else [error.error_list]
    return [one for group in groups for one in group]


class AddRowView(View):
    """Adds an empty row to a section, at once and on the server; answers with its HTML for htmx.

    A second click with the same token finds the row that the first one made.
    """

    parent_model: type[Record]
    slug = ""
    template_name = ""
    #: The reason that a complete case asks for.
    why = ""

    def post(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        parent: Any = get_object_or_404(self.parent_model.objects.for_user(request.user), uuid=uuid)
        if not policies.may_write(request.user, parent):
            raise PermissionDenied
        root = parent.aggregate_root()
        made: list[Any] = []
        errors: list[ValidationError] = []
        wanted: list[Record] = []
        try:
            self.why = read_reason(request.POST.get("reason"))
            wanted = self.new_records(parent)
        except ValidationError as error:
            errors.append(error)
        for record in wanted:
            try:
                made.append(self.made_before(record, parent) or self.make(records.trial_of(record)))
            except ValidationError as error:
                asks_why = root.is_settled() and not self.why
                errors.append((asks_why and self.refused_anyhow(record)) or error)
        refusal = Refusal.of(errors)
        case = editable_case(request, root.uuid)
        context = {
            "case": case,
            "blocks": [self.block(row) for row in self.reload(case, made)],
            "parent": parent,
            "token": uuids.uuid4(),
            **self.more(case, parent),
        }
        html = render_to_string(self.template_name, context, request=request) if made else ""
        html += after_row(request, case, self.slug, refusal, parent)
        return HttpResponse(html, status=200 if made or not refusal else 422)

    def made_before(self, record: Record, parent: Any) -> Any:
        """The row that an earlier click has made beneath this parent; any other row of that name is left alone."""
        named = type(record)._base_manager.filter(uuid=record.uuid)
        found = named.filter(**{record.immutable_fields[0]: parent}).first()
        if found is None and named.exists():
            record.uuid = uuids.uuid4()
        return found

    def make(self, record: Record) -> Record:
        """Write one new row, and whatever is written with it."""
        return records.save(record, by=self.request.user, reason=self.why)

    def refused_anyhow(self, record: Record) -> ValidationError | None:
        """What would be refused with a reason too: nobody is asked for one that does not help."""
        self.why = ANY_REASON
        try:
            with transaction.atomic():
                self.make(records.trial_of(record))
                transaction.set_rollback(True)
        except ValidationError as error:
            return error
        finally:
            self.why = ""
        return None

    @property
    def token(self) -> uuids.UUID:
        """Names the row before it exists."""
        try:
            return uuids.UUID(self.request.POST.get("token", ""))
        except ValueError:
            return uuids.uuid4()

    def new_records(self, parent: Any) -> list[Record]:
        raise NotImplementedError

    def reload(self, case: Case, made: list[Any]) -> list[Any]:
        """The new rows as part of the loaded case, where their neighbours are known."""
        section = next(section for section in editor.sections() if section.slug == self.slug)
        wanted = {(type(row), row.pk) for row in made}
        return [row for row in section.records(case) if (type(row), row.pk) in wanted]

    def block(self, record: Record) -> Any:
        return block_of(record, self.request.user)

    def more(self, case: Case, parent: Any) -> dict[str, Any]:
        return {}


class RemoveRowView(View):
    """Removes a row through the door, after the page has asked; answers with what takes its place."""

    def post(self, request: HttpRequest, model: str, uuid: Any) -> HttpResponse:
        record = record_or_404(request, model, uuid)
        case: Any = record.aggregate_root()
        if case == record:
            raise Http404  # a whole case is no row: it goes by its own page, which says what goes with it
        slug = editor.section_of(type(record))
        status, refusal = 200, Refusal()
        reason = request.POST.get("reason", "")
        version = request.POST.get("version", "")
        try:
            records.delete(
                record,
                by=request.user,
                reason=read_reason(reason),
                expected_version=int(version) if version.isdecimal() and len(version) < 10 else None,
            )
        except records.Conflict:
            status = 409
            refusal = Refusal((_("Somebody has changed this meanwhile. Look at it again before it goes."),))
        except ValidationError as error:
            status = 422
            refusal = Refusal.of([(not reason and self.refused_anyhow(record)) or error])
        parent = getattr(record, record.immutable_fields[0]) if record.immutable_fields else None
        html = after_row(request, editable_case(request, case.uuid), slug, refusal, parent)
        # A row that could not be removed stays on the page.
        return HttpResponse(html, status=status, headers={"HX-Reswap": "none"} if refusal else {})

    def refused_anyhow(self, record: Record) -> ValidationError | None:
        """What would be refused with a reason too: nobody is asked for one that does not help."""
        try:
            records.check_delete(record, by=self.request.user, reason=ANY_REASON)
        except ValidationError as error:
            return error
        return None


def after_row(
    request: HttpRequest,
    case: Case,
    slug: str,
    refusal: Refusal | None = None,
    parent: Record | None = None,
) -> str:
    """What changes elsewhere on the page when a row has come or gone: the side list, what was refused, and the slots
    of the record that the row hangs on.
    """
    slots = editor.slots_of(in_case(case, parent)) if parent is not None else {}
    return render_to_string(
        "cases/editor/_after_row.html",
        {
            "case": case,
            "slug": slug,
            "standings": editor.standings(case),
            "refusal": refusal,
            "slots": slots.items(),
        },
        request=request,
    )
