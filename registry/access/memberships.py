"""Memberships in the access log: whoever gets or loses a right, from whom, and for how long."""

from typing import Any

from registry.access import log
from registry.access.models import AccessEvent, Membership


def note(membership: Membership, what: str, *, by: Any, request: Any = None) -> None:
    """An entry under the name of whoever did it. Call it before a membership is deleted, while it can be described."""
    log.note(
        AccessEvent.Kind.MEMBERSHIP,
        user=by,
        request=request,
        subject=f"membership of {membership.user.get_username()}",
        detail=f"{what}: {membership.center.code}, {membership.role}, {period(membership)}",
    )


def period(row: Any) -> str:
    """From when until when, in the words of the log."""
    return f"from {row.start:%Y-%m-%d} " + (f"until {row.end:%Y-%m-%d}" if row.end else "without end")
