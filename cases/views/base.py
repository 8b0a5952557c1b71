"""What every page about one case shares: scope, what the reader may see, the note in the access log, the way here."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases import extensions
from cases.models import Case, Patient
from registry.access.models import Center
from registry.access.scope import may_identify
from registry.core import identity_shown, limits, policies
from registry.core.models import Record
from registry.core.rules import inside_sentence
from registry.core.views.display import Reader, Shown
from registry.core.views.form import RecordFormView
from registry.core.views.links import edit_url
from registry.literature.sources import marks_of


def case_or_404(request: HttpRequest, uuid: Any, *prefetch: Any) -> Case:
    """The case with what its header shows; 404 outside the user's scope."""
    cases = Case.objects.for_user(request.user).select_related("patient__publication", "center", "diagnosis")
    return get_object_or_404(extensions.annotate(cases).prefetch_related(*prefetch), uuid=uuid)


def reader_of(request: HttpRequest, case: Case, records: Iterable[Record] = ()) -> Reader:
    """What this user may see of the case; for published cases with the sources of the given records."""
    return Reader(
        identify=may_identify(request.user, case.center_id),
        day_0=case.index_day(),
        sources=marks_of(records) if case.center.kind == Center.Kind.PUBLISHED else {},
    )


def note_identity(request: HttpRequest, case: Case) -> None:
    """Leave a line in the access log when a page shows who a patient is."""
    identity_shown.note(request, [case], whole=True)


def case_crumbs(case: Case) -> list[tuple[str, str]]:
    return [(_("Cases"), reverse("case-list")), (str(case), case_url(case))]


def case_url(case: Case, section: str = "") -> str:
    return reverse("case-detail", args=[case.uuid]) + (f"#{section}" if section else "")


def unusual_values(
    records: Iterable[Record], leave_out: frozenset[str] = frozenset(), *, identify: bool = True
) -> list[tuple[str, str]]:
    """Each unexplained unusual value: the sentence, and where it is corrected or explained.

    Readers without identity get no sentence about an identifying value, as it would tell the value.
    """
    return [
        (_of_record(record, str(crossing.message)), edit_url(record, crossing.field))
        for record in records
        for crossing in limits.unconfirmed(record)
        if crossing.field not in leave_out and (identify or crossing.field not in type(record).identifying())
    ]


def _of_record(record: Record, message: str) -> str:
    """The sentence with the record it is about; the case itself needs no name on its own page."""
    if isinstance(record, Case | Patient):
        return message
    return f"{capfirst(str(record))} – {message}"


@dataclass(frozen=True)
class Gathered:
    """Values that are missing for one reason."""

    reason: str
    labels: list[str]


def by_reason(values: Iterable[Shown]) -> list[Gathered]:
    """Values that are missing for a stated reason, gathered by it."""
    gathered: dict[str, list[str]] = {}
    for value in values:
        if value.empty and value.reason:
            gathered.setdefault(value.reason, []).append(inside_sentence(value.label))
    return [Gathered(capfirst(reason), labels) for reason, labels in gathered.items()]


class CaseContext:
    """Context of the pages and fragments of one case."""

    def __init__(self, request: HttpRequest, case: Case, records: Iterable[Record] = ()) -> None:
        self.request, self.case = request, case
        self.reader = reader_of(request, case, records)
        #: Their right, whatever the case is like; nothing can be entered while something locks it.
        self.has_right = policies.may_write(request.user, case)
        self.lock = policies.lock_of(case) if self.has_right else None
        self.may_write = self.has_right and self.lock is None

    def as_dict(self, **more: Any) -> dict[str, Any]:
        return {
            "case": self.case,
            "reader": self.reader,
            "may_write": self.may_write,
            "has_right": self.has_right,
            "lock": self.lock,
            "published": self.case.center.kind == Center.Kind.PUBLISHED,
            "sources": list(self.reader.sources.values()),
            "strategy": " · ".join(extensions.words(self.case)),
            **more,
        }


class CaseRecordFormView(RecordFormView):
    """The form of a record that belongs to a case: comes from the case's page and goes back to its section there."""

    section = ""

    def case(self) -> Any:
        return self.record.aggregate_root()

    def seen(self) -> None:
        note_identity(self.request, self.case())

    def crumbs(self) -> list[tuple[str, str]]:
        return case_crumbs(self.case())

    def success_url(self, record: Record) -> str:
        return case_url(record.aggregate_root(), self.section)  # type: ignore[arg-type]

    def cancel_url(self) -> str:
        return case_url(self.case(), self.section)
