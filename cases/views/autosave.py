"""Where the editor sends what was typed: a few fields of one record, merged and stored, with an answer per field."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View

from cases import editor
from cases.models import Case
from cases.views.editor import (
    Block,
    block_of,
    clock,
    editable_case,
    in_case,
    navigation,
    record_or_404,
)
from registry.core import drafts, policies
from registry.core.models import Record
from registry.core.reading import read_reason
from registry.core.views.conflict import theirs_in_words, who_and_when_of

#: More fields than any form has are no form.
_MOST_FIELDS = 200


class RecordSaveView(View):
    """Answers 200 with what became of each field, also where some were refused: those stay on the page."""

    def post(self, request: HttpRequest, model: str, uuid: Any) -> JsonResponse:
        record = record_or_404(request, model, uuid)
        typed = read_body(request)
        if typed is None:
            return JsonResponse({"detail": _("The page sent something that cannot be read.")}, status=400)
        return self.answer(request, record, typed)

    def answer(self, request: HttpRequest, record: Any, typed: drafts.Typed) -> JsonResponse:
        """Store what can be stored, also in a record that is not there yet, and say what became of each field."""
        if signed_in_otherwise(request):
            return JsonResponse({}, status=401)
        lock = policies.lock_of(record)
        if lock is not None:
            return JsonResponse({"detail": lock.message, "code": lock.code}, status=409)
        form_class = editor.form_of(type(record))
        assert form_class is not None  # noqa: S101  (whoever calls this knows records with a form only)
        outcome = drafts.autosave(form_class, record, typed, by=request.user)
        if outcome.written:
            editor.follow_up(record, outcome.record, by=request.user, reason=typed.reason)
        root: Any = outcome.record.aggregate_root()
        root = root if isinstance(root, Case) else _case_on_page(request, root)
        case = editable_case(request, root.uuid)
        record = in_case(case, outcome.record)
        errors = {name: said for name, said in outcome.errors.items() if name != "reason"}
        block = block_of(record, request.user, errors)
        prefix = block.form.prefix
        whole = [str(message) for name in drafts.WHOLE for message in outcome.errors.get(name, ())]
        slots = {
            **notes_of(block, typed, outcome.conflicts),
            f"derived-{prefix}": render_to_string("cases/editor/_derived.html", {"block": block}),
            **editor.slots_of(record),
        }
        slug = editor.section_of(type(record))
        if slug:
            slots["editor-nav"] = navigation(request, case, request.GET.get("section") or slug)
        return JsonResponse(
            {
                "version": record.version,
                "saved": {
                    f"{prefix}-{name}": values
                    for name, values in drafts.stored_values(block.form).items()
                    if name not in outcome.errors
                },
                "errors": {
                    f"{prefix}-{name}": [str(message) for message in said]
                    for name, said in errors.items()
                    if name not in drafts.WHOLE
                },
                "conflicts": [f"{prefix}-{name}" for name in outcome.conflicts],
                "refused": whole,
                "reason_needed": "reason" in outcome.codes,
                "written": outcome.written,
                "at": clock(timezone.now()),
                "slots": slots,
            }
        )


def signed_in_otherwise(request: HttpRequest) -> bool:
    """Whether the page was opened by somebody else than who is signed in now, as on a shared workstation."""
    opened_by = request.headers.get("X-Opened-By", "")
    return bool(opened_by) and opened_by != str(request.user.pk)


def _case_on_page(request: HttpRequest, patient: Any) -> Any:
    """The case on whose page a patient's data was typed; a patient may have several."""
    named = str(request.GET.get("case", ""))
    return next((case for case in patient.cases.all() if str(case.uuid) == named), editor.case_of(patient))


def read_body(request: HttpRequest) -> drafts.Typed | None:
    """The typed fields; ``None`` for anything that our own page would not send."""
    try:
        body = json.loads(request.body)
        typed = drafts.Typed(
            fields=_lists(body.get("fields", {})),
            base=_lists(body.get("base", {})),
            confirm={str(name): read_reason(why) for name, why in body.get("confirm", {}).items()},
            reason=read_reason(body.get("reason")),
        )
    except (ValueError, AttributeError, TypeError, ValidationError, RecursionError):
        return None
    return typed if len(typed.fields) <= _MOST_FIELDS else None


def _lists(found: Any) -> dict[str, list[str]]:
    return {str(name): [str(value) for value in values] for name, values in found.items()}


def notes_of(block: Block, typed: drafts.Typed, conflicts: list[str]) -> dict[str, str]:
    """What stands beneath each field of the record: hint, refusal, unusual value, what was understood, conflict."""
    shown = drafts.stored_values(block.form)
    found: dict[str, str] = {}
    for section in block.layout.sections:
        for row in section.rows:
            row.field.understood = _understood(row, typed, shown)
            row.field.clash = _clash(block.record, row, typed) if row.name in conflicts else None
            found[f"notes-{row.html_name}"] = render_to_string("core/_field_notes.html", {"field": row})
    return found


def _understood(row: Any, typed: drafts.Typed, shown: dict[str, list[str]]) -> str:
    """A number as it was read, where that is not how it was typed."""
    sent = typed.fields.get(row.name)
    if not sent or not hasattr(row.field, "unit") or row.errors:
        return ""
    stored = shown.get(row.name) or [""]
    if not stored[0] or stored[0] == sent[0]:
        return ""
    return f"{stored[0]} {row.field.unit}".strip()


def _clash(record: Record, row: Any, typed: drafts.Typed) -> dict[str, Any]:
    mine = typed.fields.get(row.name, [])
    return {
        "mine": ", ".join(mine),
        "theirs": theirs_in_words(record, row.name),
        **who_and_when_of(record, row.name),
    }
