"""Signed cases are locked: nothing of them changes, and no door makes a case signed by merely setting its status.

Signing is an act of its own, with the signer's name and the content's hash; until a door for it registers itself,
no case becomes signed.
"""

from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _

from cases.codes import CaseStatus
from cases.models import Case, Patient


def refuse_signed(attempt: Any) -> None:
    """A check of the write door; raises ``ValidationError``.

    A signed case may move to another patient: nothing that it says changes, and its signature goes with it.
    """
    if attempt.moving:
        return
    root = attempt.root
    locked = (isinstance(root, Case) and root.status == CaseStatus.SIGNED) or (
        isinstance(root, Patient) and root.cases.filter(status=CaseStatus.SIGNED).exists()
    )
    if locked:
        raise ValidationError(
            {
                NON_FIELD_ERRORS: ValidationError(
                    _("This case is signed and cannot be changed."), code="signed"
                )
            }
        )
    if isinstance(attempt.record, Case) and attempt.record.status == CaseStatus.SIGNED:
        raise ValidationError(
            {
                "status": ValidationError(
                    _("Status: a case is not signed by setting its status."), code="signed"
                )
            }
        )
