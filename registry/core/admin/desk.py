"""Who works in the admin, and on which centres.

The admin shows identifying values, so its scope is narrower than that of the queryset: a curator sees the centres
they curate and what is published, not a centre that is granted to them for research. The access floor registers the
answers; until it does, nobody works here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from registry.core import policies


@dataclass(frozen=True)
class Desk:
    """The access floor's answers."""

    #: user → may they use the admin at all?
    works_here: Callable[[Any], bool]
    #: (user, lookup to the centre) → what they may look at here
    visible: Callable[[Any, str], Q]
    #: (user, lookup to the centre) → what they may change here
    writable: Callable[[Any, str], Q]
    #: (user, centre id) → may they change records of this centre here?
    administers: Callable[[Any, Any], bool]
    #: user → (id, code) of the centres they may look at here
    centers: Callable[[Any], list[tuple[int, str]]]


_desks: list[Desk] = []


def register_desk(desk: Desk) -> None:
    """Register the access floor's answers; the last registration counts."""
    _desks[:] = [desk]


def works_here(user: Any) -> bool:
    return bool(_desks) and _desks[0].works_here(user)


def visible(user: Any, center_path: str) -> Q | None:
    return _desks[0].visible(user, center_path) if works_here(user) else None


def writable(user: Any, center_path: str) -> Q | None:
    return _desks[0].writable(user, center_path) if works_here(user) else None


def administers(user: Any, center_id: Any) -> bool:
    return works_here(user) and _desks[0].administers(user, center_id)


def lock_of(request: Any, record: Any) -> Any:
    """What locks the record; looked up once for each page, whose rows all ask."""
    known = request.__dict__.setdefault("_locks_by_record", {})
    key = (type(record), record.pk)
    if key not in known:
        known[key] = policies.lock_of(record) if record.pk is not None else None
    return known[key]


def centers(user: Any) -> list[tuple[int, str]]:
    return _desks[0].centers(user) if works_here(user) else []
