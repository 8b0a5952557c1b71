"""Changing the key of hospital numbers: what old keys encrypted is written anew under the current one.

History says of each patient who did that and when; the number itself it never had, and the look-up hash it shows to
nobody. Hashes of old keys stay in history: after a key has leaked, whoever also has the database can try out numbers
against them, as they could before.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast

from cases import identity
from cases.models import MergedPatient, Patient
from registry.core import bulk
from registry.core.actors import System
from registry.core.records import together

#: Patients of one change: others wait no longer than it takes.
BATCH = 200
REASON = "The key was changed; the hospital number is the same."


@dataclass
class Rotation:
    """How many numbers were looked at, written anew, and could be read by no key."""

    seen: int = 0
    written: int = 0
    unreadable: int = 0


def rotate(by: System, *, dry_run: bool = False, watch: Callable[[Rotation], None] | None = None) -> Rotation:
    """Write anew what is not under the current key. May be broken off and begun again; what is done is skipped."""
    done, after = Rotation(), 0
    while keys := list(_with_number().filter(pk__gt=after).values_list("pk", flat=True)[:BATCH]):
        after = keys[-1]
        if dry_run:
            _sort(_with_raw(keys), done)
        else:
            with together():
                due = _sort(_with_raw(keys, lock=True), done)
                for patient in due:
                    patient.hospital_number_hash = identity.lookup_hash(
                        patient.center_id, patient.hospital_number
                    )
                bulk.rewrite(due, ("hospital_number", "hospital_number_hash"), by=by, reason=REASON)
        if watch:
            watch(done)
    _rotate_merged(done, dry_run)
    return done


def _rotate_merged(done: Rotation, dry_run: bool) -> None:
    """Numbers of patients that were merged into others; few, and without a history of their own."""
    rows = MergedPatient.objects.exclude(hospital_number_hash="").select_related("survivor").order_by("pk")
    for merged in rows.annotate(stored=Cast("hospital_number", TextField())).iterator():
        done.seen += 1
        current = identity.lookup_hash(merged.survivor.center_id, merged.hospital_number)
        if isinstance(merged.hospital_number, identity.Unreadable):
            done.unreadable += 1
        elif not identity.is_current(merged.stored) or merged.hospital_number_hash != current:
            done.written += 1
            if not dry_run:
                merged.hospital_number_hash = current
                merged.save(update_fields=["hospital_number", "hospital_number_hash"])


def _with_number() -> Any:
    return Patient._base_manager.exclude(hospital_number_hash="").order_by("pk")


def _with_raw(keys: list[int], *, lock: bool = False) -> Any:
    rows = Patient._base_manager.filter(pk__in=keys).order_by("pk")
    rows = rows.annotate(stored=Cast("hospital_number", TextField()))
    return rows.select_for_update() if lock else rows


def _sort(patients: Any, done: Rotation) -> list[Patient]:
    """Those that have to be written anew."""
    due = []
    for patient in patients:
        done.seen += 1
        if isinstance(patient.hospital_number, identity.Unreadable):
            done.unreadable += 1
        elif not identity.is_current(patient.stored) or patient.hospital_number_hash != identity.lookup_hash(
            patient.center_id, patient.hospital_number
        ):
            due.append(patient)
    done.written += len(due)
    return due


def unreadable_number() -> str:
    """Registry id of a patient whose number no key reads, among the first and the last that have one; else empty."""
    for rows in (_with_number(), _with_number().order_by("-pk")):
        patient = rows.only("registry_id", "hospital_number").first()
        if patient is not None and isinstance(patient.hospital_number, identity.Unreadable):
            return patient.registry_id
    return ""
