"""Consent can be given, refused and withdrawn at any time: no signature and no freeze stands in its way."""

from typing import Any

from cases.models import Patient

#: What a patient says about being in the registry; no part of what a signature covers.
FIELDS = ("consent_status", "consent_date")


def is_all_that_changes(attempt: Any) -> bool:
    """Whether a write changes the consent of a patient and nothing else."""
    record, stored = attempt.record, attempt.stored
    if not isinstance(record, Patient) or stored is None or attempt.deleting:
        return False
    for name in attempt.changed():
        if name in ("missing", "confirmed"):
            before, after = getattr(stored, name), getattr(record, name)
            changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
            if not changed <= set(FIELDS):
                return False
        elif name not in FIELDS:
            return False
    return True
