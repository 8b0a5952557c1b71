"""Writes the access log."""

from typing import Any

from registry.access.address import address_of
from registry.access.models import AccessEvent
from registry.core.actors import System, identity_of


def note(
    kind: str, *, user: Any = None, request: Any = None, subject: str = "", detail: str = ""
) -> AccessEvent:
    """Add one event; texts are cut to what the columns hold.

    ``user`` may be missing (a failed sign-in) or a part of the registry.
    """
    known = isinstance(user, System) or getattr(user, "pk", None)
    user_id, user_name = identity_of(user) if known else ("", "")
    return AccessEvent.objects.create(
        kind=kind,
        user_id_text=user_id,
        user_name=user_name,
        address=address_of(request),
        subject=subject[:200],
        detail=detail[:4000],
    )
