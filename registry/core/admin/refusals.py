"""What the write door refuses becomes an error on the page, never an exception."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from registry.core import records

#: Everything the door may answer instead of writing.
REFUSALS = (ValidationError, PermissionDenied, records.Conflict)


class Refused(Exception):
    """The door refused while the page was being saved; ``where`` is the prefix of the form or formset it concerns."""

    def __init__(self, where: str | None, error: Exception) -> None:
        self.where, self.error = where, error
        super().__init__(str(error))

    @property
    def messages(self) -> list[str]:
        return messages_of(self.error)


def messages_of(error: Exception) -> list[str]:
    """The sentences to show for a refusal."""
    if isinstance(error, ValidationError):
        return [str(message) for message in error.messages]
    if isinstance(error, records.Conflict):
        return [conflict_text(error)]
    return [str(error) or _("You may not change this record.")]


def conflict_text(conflict: records.Conflict) -> str:
    """Who was faster."""
    row: Any = conflict.stored.history.first()
    return _(
        "%(name)s saved this record while you were looking at it. Nothing of yours has been written yet."
    ) % {"name": row.history_user_name if row else _("Somebody")}
