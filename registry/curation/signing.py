"""Signing a case, withdrawing the signature, and what a signature is worth now.

Both are one change: the case's status through the write door, and a row that is never changed again.
"""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import override

from cases import locking
from cases.codes import CaseStatus
from cases.models import Case, Patient
from cases.views.history import Entry, entry_of, history_rows, told_by_sitting
from registry.access import scope
from registry.access.models import Membership
from registry.access.scope import WRITING_ROLES, roles_of
from registry.core import policies, records
from registry.core.views.display import Reader
from registry.curation import content
from registry.curation.models import KeptRow, Signature


class ChangedMeanwhile(Exception):
    """The case is not what the signer has read. Nothing has been signed."""

    def __init__(self, case: Case) -> None:
        self.case = case
        super().__init__(str(case))


# -- who may --------------------------------------------------------------------------------------------------------


def signing_role(user: Any, center_id: int) -> str:
    """The role in which somebody signs cases of a centre; empty for those who do not.

    Who curates as well as treats signs as a clinician. An administrator has no part in the treatment, so none here.
    """
    roles = roles_of(user, center_id)
    return next((str(role) for role in WRITING_ROLES if role in roles), "")


def may_sign(user: Any, case: Case) -> bool:
    return policies.may_write(user, case) and bool(signing_role(user, case.center_id))


def may_withdraw(user: Any, case: Case) -> bool:
    return policies.may_write(user, case) and scope.may_curate(user, case.center_id)


# -- the acts -------------------------------------------------------------------------------------------------------


def sign(case: Case, *, by: Any, meaning: str, version: int, digest: str) -> Signature:
    """Sign a complete case as it was read: ``version`` of the case, ``digest`` of everything beneath it.

    Who calls this has asked the signer once more who they are. Raises ``ChangedMeanwhile``, ``PermissionDenied`` and
    ``ValidationError``; nothing is half done then.
    """
    if meaning not in Signature.Meaning.values:
        raise ValidationError({"meaning": [_("Choose what your signature means.")]})
    with records.together():
        stored = _locked(case)
        if not may_sign(by, stored):
            raise PermissionDenied(_("Cases are signed by clinicians and curators of their centre."))
        if stored.status == CaseStatus.SIGNED:
            raise ValidationError(_already(stored), code="signed")
        if stored.status != CaseStatus.COMPLETE:
            raise ValidationError(_("Only a complete case can be signed. Complete it first."), code="draft")
        now = content.digest(stored)
        if stored.version != version or now != digest:
            raise ChangedMeanwhile(stored)
        with override("en"):  # history is one text, whoever signs
            reason = f"Signed: {Signature.Meaning(meaning).label}"
        stored.status = CaseStatus.SIGNED
        with locking.step(stored, CaseStatus.COMPLETE, CaseStatus.SIGNED):
            records.save(stored, by=by, reason=reason, expected_version=version)
        return Signature.objects.create(
            **KeptRow.actor(by),
            case=stored,
            case_uuid=stored.uuid,
            act=Signature.Act.SIGN,
            role=signing_role(by, stored.center_id),
            meaning=meaning,
            content_sha256=now,
            content_version=content.VERSION,
            case_version=stored.version,
        )


def withdraw(case: Case, *, by: Any, reason: str) -> Signature:
    """Withdraw the signature: the case is complete again, and can be changed with a reason."""
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": [_("Say why the signature is withdrawn.")]})
    with records.together():
        stored = _locked(case)
        if not may_withdraw(by, stored):
            raise PermissionDenied(_("Signatures are withdrawn by a curator of the centre."))
        signature = current(stored)
        if stored.status != CaseStatus.SIGNED or signature is None:
            raise ValidationError(_("This case is not signed any more. Reload the page."), code="unsigned")
        stored.status = CaseStatus.COMPLETE
        with locking.step(stored, CaseStatus.SIGNED, CaseStatus.COMPLETE):
            records.save(stored, by=by, reason=f"Signature withdrawn: {reason}"[:400])
        role = "curator" if Membership.Role.CURATOR in roles_of(by, stored.center_id) else "administrator"
        return Signature.objects.create(
            **KeptRow.actor(by),
            case=stored,
            case_uuid=stored.uuid,
            act=Signature.Act.WITHDRAW,
            role=role,
            reason=reason,
            withdraws=signature,
            content_sha256=content.digest(stored),
            content_version=content.VERSION,
            case_version=stored.version,
        )


def _locked(case: Case) -> Case:
    """The case as it is stored, held until the change ends: nobody writes beneath it meanwhile, nor its patient, of
    whom a signature covers sex and year of birth.
    """
    stored = Case._base_manager.select_for_update().get(pk=case.pk)
    Patient._base_manager.select_for_update().get(pk=stored.patient_id)
    return stored


def _already(case: Case) -> str:
    signature = current(case)
    return _("%(name)s has signed this case already. Your signature was not added.") % {
        "name": signature.who if signature is not None else _("Somebody")
    }


# -- what is there --------------------------------------------------------------------------------------------------


def current(case: Case) -> Signature | None:
    """The signature that is in force."""
    alive = Signature.objects.filter(case=case.pk, act=Signature.Act.SIGN, withdrawn_by__isnull=True)
    return alive.first()


@dataclass(frozen=True)
class Verified:
    """A signature and whether the case is still what was signed."""

    signature: Signature
    unchanged: bool


def verified(case: Case) -> Verified | None:
    """The signature in force, held against the case as it is stored now."""
    signature = current(case)
    if signature is None:
        return None
    known = signature.content_version in content.PARTS
    now = content.digest(case, signature.content_version) if known else ""
    return Verified(signature, now == signature.content_sha256)


def past(case: Case) -> list[Signature]:
    """Signatures that were withdrawn, the latest first, each with its withdrawal."""
    rows = Signature.objects.filter(case=case.pk, act=Signature.Act.SIGN, withdrawn_by__isnull=False)
    return list(rows.select_related("withdrawn_by"))


def changes_since(case: Case, change: int, reader: Reader) -> list[Entry]:
    """What was changed in the case after a change of the registry, the latest first."""
    rows = [(row, before) for row, before in history_rows(case) if row.change_sequence > change]
    entries = [entry_of(row, before, reader) for row, before in rows]
    return [entry for entry in told_by_sitting(entries) if entry.changes or entry.kind != "changed"]
