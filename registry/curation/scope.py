"""Who curates which centre."""

from typing import Any

from registry.access.models import Center, Membership
from registry.access.scope import roles_of, writable_centers


def curates(user: Any, center_id: Any) -> bool:
    """Whether somebody is a curator of the centre; superusers stand in for one."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return False
    return bool(user.is_superuser) or Membership.Role.CURATOR in roles_of(user, center_id)


def curated_centers(user: Any) -> list[Center]:
    """The clinical centres that somebody curates, by code."""
    return [center for center in writable_centers(user).order_by("code") if curates(user, center.pk)]
