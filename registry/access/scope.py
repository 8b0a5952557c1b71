"""Who may see and write what: the one place where memberships become conditions.

Clinicians and curators read and write their own centres; researchers read the centres granted to them without
identity; everyone signed in reads published centres; nobody but the registry's own loaders writes those.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import Q

from registry.access.models import Center, Membership
from registry.core.actors import System

WRITING_ROLES = (Membership.Role.CLINICIAN, Membership.Role.CURATOR)


@dataclass(frozen=True)
class KeptScope:
    """A reader that is nobody: the centres that somebody could read at one moment.

    What was read with that right can be read again, whoever asks and whatever their rights have become. It may read
    without identity, and nothing else.
    """

    center_ids: tuple[int, ...]

    is_authenticated: ClassVar[bool] = True
    is_active: ClassVar[bool] = True

    @classmethod
    def of(cls, centers: Iterable[Any]) -> "KeptScope":
        return cls(tuple(sorted(centers)))


def visible(user: Any, center_path: str) -> Q:
    """The condition for what the user may see, over the lookup that leads to the centre."""
    if isinstance(user, KeptScope):
        return Q(**{f"{center_path}__in": user.center_ids})
    if user.is_superuser:
        return Q()
    own = Membership.objects.filter(user=user).values("center_id")
    published = Center.objects.filter(kind=Center.Kind.PUBLISHED).values("pk")
    return Q(**{f"{center_path}__in": own}) | Q(**{f"{center_path}__in": published})


def visible_centers(user: Any) -> Any:
    """The centres whose records the user may see."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return Center.objects.none()
    return Center.objects.filter(visible(user, "pk"))


def writable_centers(user: Any) -> Any:
    """The centres the user may write to."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return Center.objects.none()
    clinical = Center.objects.filter(kind=Center.Kind.CLINICAL)
    if user.is_superuser:
        return clinical
    return clinical.filter(
        pk__in=Membership.objects.filter(user=user, role__in=WRITING_ROLES).values("center_id")
    )


def roles_of(user: Any, center_id: int) -> set[str]:
    """The user's roles in a centre. Memberships are read once per user object, so once per request."""
    cached = getattr(user, "_roles_by_center", None)
    if cached is None:
        cached = {}
        for center, role in Membership.objects.filter(user=user).values_list("center_id", "role"):
            cached.setdefault(center, set()).add(role)
        user._roles_by_center = cached
    return cached.get(center_id, set())


def published_center_ids(user: Any) -> frozenset[int]:
    """The published centres, read once per user object."""
    cached = getattr(user, "_published_centers", None)
    if cached is None:
        published = Center.objects.filter(kind=Center.Kind.PUBLISHED)
        cached = user._published_centers = frozenset(published.values_list("pk", flat=True))
    return cached


def may_write(actor: Any, record: Any) -> bool:
    """Loaders write what is published; clinicians and curators write their own clinical centres."""
    if isinstance(actor, System):
        return True
    if isinstance(actor, KeptScope):
        return False
    if not getattr(actor, "is_authenticated", False) or not actor.is_active:
        return False
    center_id = record.center_id_of()
    if center_id is None:
        return bool(actor.is_superuser)
    if center_id in published_center_ids(actor):
        return False
    if actor.is_superuser:
        return True
    return bool(roles_of(actor, center_id).intersection(WRITING_ROLES))


def may_curate(user: Any, center_id: Any) -> bool:
    """Whether the user curates this centre: superusers curate every clinical one."""
    if not getattr(user, "is_authenticated", False) or not user.is_active or center_id is None:
        return False
    if center_id in published_center_ids(user):
        return False
    return bool(user.is_superuser or Membership.Role.CURATOR in roles_of(user, center_id))


def curated_center_ids(user: Any) -> list[int]:
    """The clinical centres that the user curates."""
    return [pk for pk in writable_centers(user).values_list("pk", flat=True) if may_curate(user, pk)]


def identifiable(user: Any, center_path: str) -> Q:
    """The condition for rows whose patients the user may know: the counterpart of ``may_identify``."""
    if user.is_superuser:
        return Q()
    own = Membership.objects.filter(user=user, role__in=WRITING_ROLES).values("center_id")
    published = Center.objects.filter(kind=Center.Kind.PUBLISHED).values("pk")
    return Q(**{f"{center_path}__in": own}) | Q(**{f"{center_path}__in": published})


def may_identify(user: Any, center_id: Any) -> bool:
    """Whether the user may see who a patient of this centre is. Published series name nobody."""
    if isinstance(user, KeptScope):
        return False
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return False
    if user.is_superuser or center_id is None or center_id in published_center_ids(user):
        return True
    return bool(roles_of(user, center_id).intersection(WRITING_ROLES))
