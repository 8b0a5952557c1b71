"""Erasing a patient: identity and clinical content go, an auditable stub stays.

The stub is the patient's row with registry id and centre, its consent withdrawn, so that nothing shows the patient any
more; history of it says who erased, when and why. Higher floors register what they hold of patients beside records.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.codes import CaseStatus, ConsentStatus
from cases.models import Case, Patient
from registry.access.models import Center, Membership
from registry.access.scope import roles_of
from registry.core import erasure, policies
from registry.core.actors import System
from registry.core.chain.erased import ErasedRecord
from registry.curation import emptying


@dataclass(frozen=True)
class Holding:
    """What a higher floor holds of patients: ``says`` tells it in sentences, ``clear`` removes it after the erasure."""

    says: Callable[[Patient], list[str]]
    clear: Callable[[Patient], None]


_holdings: list[Holding] = []


def register(holding: Holding) -> None:
    """Called once by a higher floor, in its ``AppConfig.ready()``."""
    if holding not in _holdings:
        _holdings.append(holding)


def may_erase(user: Any, patient: Patient) -> bool:
    """Curators of the centre and superusers; a part of the registry that acts by itself, such as the command."""
    if isinstance(user, System):
        return True
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return False
    return bool(user.is_superuser) or Membership.Role.CURATOR in roles_of(user, patient.center_id)


def is_published(patient: Patient) -> bool:
    return patient.center.kind == Center.Kind.PUBLISHED


def is_erased(patient: Patient) -> bool:
    rows = ErasedRecord._base_manager.filter(table=Patient.history.model._meta.db_table)
    of_all = policies.once("erased patients", lambda: set(rows.values_list("record_id", flat=True)))
    if of_all is not None:  # many records are judged at once
        return patient.pk in of_all
    return rows.filter(record_id=patient.pk).exists()


def refuse_erased(attempt: Any) -> None:
    """A check of the write door: nothing is written about an erased patient any more."""
    record = attempt.record
    patient = record if isinstance(record, Patient) else None
    if isinstance(record, Case) and attempt.stored is None:
        patient = record.patient
    if patient is not None and patient.pk is not None and is_erased(patient):
        raise ValidationError(
            {NON_FIELD_ERRORS: ValidationError(_("This patient has been erased."), code="erased")}
        )


def what_goes(patient: Patient) -> list[str]:
    """What an erasure removes, in sentences."""
    return list(_what_goes(patient))


def _what_goes(patient: Patient) -> Iterator[str]:
    for model, there, past in erasure.scope_of(patient, _taken_in(patient)).counts():
        yield _("%(name)s: %(there)d now, %(past)d in the history.") % {
            "name": capfirst(str(model._meta.verbose_name_plural)),
            "there": there,
            "past": past,
        }
    if patient.hospital_number_hash:
        yield _("The hospital number.")
    if signed := patient.cases.filter(status=CaseStatus.SIGNED).count():
        yield _("Signed cases among them: %(n)d. Erasing is a legal duty and passes the signature.") % {
            "n": signed
        }
    yield from emptying.says(patient)
    for holding in _holdings:
        yield from holding.says(patient)


def erase(patient: Patient, *, by: Any, reason: str) -> None:
    """Erase identity and clinical content of a patient.

    Raises ``PermissionDenied``, or ``ValidationError`` where there is no reason, nothing left to erase, or nobody to
    protect.
    """
    if not may_erase(by, patient):
        raise PermissionDenied(_("Only curators of the centre and superusers may erase a patient."))
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the patient is erased. Do not name the patient.")})
    if is_published(patient):
        raise ValidationError(_("%(patient)s is from a publication and names nobody.") % {"patient": patient})
    _refuse_before(patient)
    numbers = [patient.hospital_number, *(merged.hospital_number for merged in patient.merged.all())]
    erasure.erase(
        patient,
        by=by,
        reason=reason.strip(),
        leave=_leave_stub,
        first=(Case,),
        also=_taken_in(patient),
        then=lambda scope: emptying.empty(patient, scope, numbers, by),
    )
    for holding in _holdings:
        holding.clear(patient)


def _refuse_before(patient: Patient) -> None:
    if is_erased(patient):
        raise ValidationError(_("%(patient)s has been erased already.") % {"patient": patient})


def _taken_in(patient: Patient) -> list[int]:
    """Keys of patients that were merged into this one: the same person."""
    return list(patient.merged.values_list("key", flat=True))


def _leave_stub(patient: Patient) -> None:
    if is_erased(patient):  # a moment ago, while this one waited for the lock
        raise ValidationError(_("%(patient)s has been erased already.") % {"patient": patient})
    for merged in patient.merged.all():
        merged.hospital_number = merged.hospital_number_hash = ""
        merged.save(update_fields=["hospital_number", "hospital_number_hash"])
    patient.sex = patient.birth_year = patient.consent_date = None
    patient.hospital_number = patient.hospital_number_hash = ""
    patient.missing, patient.confirmed = {}, {}
    # Whatever leaves out who has withdrawn consent leaves out who has been erased.
    patient.consent_status = ConsentStatus.WITHDRAWN
