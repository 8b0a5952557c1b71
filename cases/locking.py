"""Signed cases are locked: nothing of them changes, and no door makes a case signed by merely setting its status.

Signing and withdrawing a signature are acts of their own (``registry.curation.signing``). The act says beforehand
which case goes from which status to which; the write door lets that one change of that one case pass, and no other.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _

from cases import consent
from cases.codes import CaseStatus
from cases.models import Case, Patient
from registry.core.policies import Lock


@dataclass(frozen=True)
class Step:
    """The one change of status that an act has announced."""

    case_id: int
    before: str
    after: str


_step: ContextVar[Step | None] = ContextVar("step_of_status", default=None)


@contextmanager
def step(case: Case, before: str, after: str) -> Iterator[None]:
    """Announce that a case is signed, or its signature withdrawn. Only ``registry.curation.signing`` does."""
    token = _step.set(Step(case.pk, str(before), str(after)))
    try:
        yield
    finally:
        _step.reset(token)


def lock_of(root: Any) -> Lock | None:
    """What closes a case, or the patient of a signed case."""
    if isinstance(root, Case):
        if root.status != CaseStatus.SIGNED:
            return None
        return Lock(_("This case is signed and cannot be changed."), "signed", *_way(root))
    if isinstance(root, Patient) and root.pk is not None:
        # From all cases, so that a patient loaded with them asks the database nothing.
        signed = next((case for case in root.cases.all() if case.status == CaseStatus.SIGNED), None)
        if signed is not None:
            return Lock(
                _("A case of this patient is signed. Neither can be changed."), "signed", *_way(signed)
            )
    return None


def _way(case: Case) -> tuple[str, str]:
    """Where the signature stands, with what undoes it."""
    return reverse("case-detail", args=[case.uuid]) + "#signature", _("To the signature")


def refuse_signed(attempt: Any) -> None:
    """A check of the write door; raises ``ValidationError``.

    A signed case may move to another patient: nothing that it says changes, and its signature goes with it. Consent
    is no part of what is signed.
    """
    if attempt.moving or consent.is_all_that_changes(attempt) or _is_announced(attempt):
        return
    lock = lock_of(attempt.root)
    if lock is not None:
        raise lock.refusal()
    if isinstance(attempt.record, Case) and attempt.record.status == CaseStatus.SIGNED:
        raise ValidationError(
            {
                "status": ValidationError(
                    _("Status: a case is not signed by setting its status."), code="not_by_status"
                )
            }
        )


def _is_announced(attempt: Any) -> bool:
    """Whether this is the announced step, and the status is all that changes."""
    announced, stored, record = _step.get(), attempt.stored, attempt.record
    if announced is None or attempt.deleting or not isinstance(record, Case) or stored is None:
        return False
    if announced != Step(record.pk, str(stored.status), str(record.status)):
        return False
    kept = ("status", "version", "created_at", "created_by", "modified_at", "modified_by")
    return all(
        getattr(stored, field.attname) == getattr(record, field.attname)
        for field in Case._meta.concrete_fields
        if field.name not in kept
    )
