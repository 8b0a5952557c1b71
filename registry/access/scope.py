"""Who may see and write what: the one place where memberships become conditions.

Clinicians and curators read and write their own centres; researchers read the centres granted to them without
identity; everyone signed in reads published centres; nobody but the registry's own loaders writes those. A membership
counts while it is in force. Who comes with an API token has no more than the token leaves of these rights.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import Q

from registry.access.models import Center, Membership
from registry.access.reach import reach_of
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


def is_known(user: Any) -> bool:
    """Somebody who has signed in, or come with a token, and may."""
    return bool(getattr(user, "is_authenticated", False) and user.is_active)


def _published() -> Any:
    return Center.objects.filter(kind=Center.Kind.PUBLISHED)


def _own(user: Any, center_path: str, *roles: str) -> Q:
    """The condition for rows of the user's own centres, in one of the roles where any is named."""
    reach = reach_of(user)
    within = Q() if reach.center_ids is None else Q(**{f"{center_path}__in": reach.center_ids})
    if user.is_superuser:
        return within
    memberships = Membership.objects.in_force().filter(user=user)
    if roles:
        memberships = memberships.filter(role__in=roles)
    return within & Q(**{f"{center_path}__in": memberships.values("center_id")})


def _with_published(own: Q, center_path: str) -> Q:
    # An empty condition admits every row, the published ones too.
    return own | Q(**{f"{center_path}__in": _published().values("pk")}) if own else own


def visible(user: Any, center_path: str) -> Q:
    """The condition for what the user may see, over the lookup that leads to the centre."""
    if isinstance(user, KeptScope):
        return Q(**{f"{center_path}__in": user.center_ids})
    return _with_published(_own(user, center_path), center_path)


def visible_centers(user: Any) -> Any:
    """The centres whose records the user may see."""
    return Center.objects.filter(visible(user, "pk")) if is_known(user) else Center.objects.none()


def writable_centers(user: Any) -> Any:
    """The centres the user may write to."""
    return own_centers(user) if is_known(user) and reach_of(user).writes_records else Center.objects.none()


def identified_centers(user: Any) -> Any:
    """The clinical centres whose patients the user may know."""
    return own_centers(user) if is_known(user) and reach_of(user).identifies else Center.objects.none()


def own_centers(user: Any, *roles: str) -> Any:
    """The clinical centres in which the user has one of these roles; those that write where none is named."""
    if not is_known(user) or isinstance(user, KeptScope):
        return Center.objects.none()
    return Center.objects.filter(_own(user, "pk", *(roles or WRITING_ROLES)), kind=Center.Kind.CLINICAL)


def member_centers(user: Any) -> Any:
    """The clinical centres in which the user has any role."""
    return own_centers(user, *Membership.Role.values)


def curated(user: Any) -> dict[int, str]:
    """Id and code of the clinical centres the user curates; read once per user object, so once per request."""
    cached = getattr(user, "_curated_centers", None)
    if cached is None:
        rows = own_centers(user, Membership.Role.CURATOR).values_list("pk", "code")
        cached = user._curated_centers = dict(rows)
    return cached


def curated_centers(user: Any) -> list[Center]:
    """The clinical centres the user curates, by code."""
    return list(own_centers(user, Membership.Role.CURATOR).order_by("code"))


def roles_of(user: Any, center_id: int) -> set[str]:
    """The user's roles in a centre, as far as a token leaves it."""
    return user.roles_by_center.get(center_id, set()) if reach_of(user).covers(center_id) else set()


def curating() -> Any:
    """The memberships in force that make a curator."""
    return Membership.objects.in_force().filter(role=Membership.Role.CURATOR)


def published_center_ids(user: Any) -> frozenset[int]:
    """The published centres, read once per user object."""
    cached = getattr(user, "_published_centers", None)
    if cached is None:
        cached = user._published_centers = frozenset(_published().values_list("pk", flat=True))
    return cached


def may_write(actor: Any, record: Any) -> bool:
    """Loaders write what is published; clinicians and curators write their own clinical centres."""
    if isinstance(actor, System):
        return True
    return may_write_in(actor, record.center_id_of())


def may_write_in(user: Any, center_id: Any) -> bool:
    """Whether the user may write in a centre; what belongs to none, such as a code list, is for superusers."""
    if isinstance(user, KeptScope) or not is_known(user) or not reach_of(user).writes_records:
        return False
    if center_id is None:
        return bool(user.is_superuser) and reach_of(user).center_ids is None
    if center_id in published_center_ids(user):
        return False
    return _works_in(user, center_id)


def may_curate(user: Any, center_id: Any) -> bool:
    """Whether the user curates this centre: superusers curate every clinical one."""
    return is_known(user) and center_id in curated(user)


def identifiable(user: Any, center_path: str) -> Q:
    """The condition for rows whose patients the user may know: the counterpart of ``may_identify``."""
    published = Q(**{f"{center_path}__in": _published().values("pk")})
    if not reach_of(user).identifies:
        return published
    own = _own(user, center_path, *WRITING_ROLES)
    return own | published if own else own


def may_identify(user: Any, center_id: Any) -> bool:
    """Whether the user may see who a patient of this centre is. Published series name nobody."""
    if isinstance(user, KeptScope) or not is_known(user):
        return False
    if center_id is None or center_id in published_center_ids(user):
        return True
    return reach_of(user).identifies and _works_in(user, center_id)


def _works_in(user: Any, center_id: int) -> bool:
    if user.is_superuser:
        return reach_of(user).covers(center_id)
    return bool(roles_of(user, center_id).intersection(WRITING_ROLES))
