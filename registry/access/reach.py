"""What an API token leaves of its user's rights.

The token's scope is attached to the user object that comes with the request (``registry.access.authentication``), and
``registry.access.scope`` asks for it wherever a right is decided. Without a token nothing is taken away. Work that goes
on after the request keeps the reach as plain values and attaches it again.
"""

from dataclasses import dataclass
from typing import Any

from registry.access.models import TokenScope


@dataclass(frozen=True)
class Reach:
    """A limit on rights: it takes away, and never adds."""

    writes: bool = True
    #: The highest profile.
    profile: str = TokenScope.Profile.IDENTIFIED
    #: The centres it is limited to; ``None`` is every one the user has.
    center_ids: frozenset[int] | None = None

    @property
    def identifies(self) -> bool:
        return self.profile == TokenScope.Profile.IDENTIFIED

    @property
    def writes_records(self) -> bool:
        """Nobody changes a record of which they may not see all; cohorts and releases name no patient."""
        return self.writes and self.identifies

    @property
    def rows(self) -> bool:
        """Whether records may be read at all; else only what is counted over many of them."""
        return self.profile != TokenScope.Profile.AGGREGATE

    def covers(self, center_id: int) -> bool:
        return self.center_ids is None or center_id in self.center_ids

    def contains(self, other: "Reach") -> bool:
        """Whether everything that the other lets one read may be read with this one too."""
        ranked = list(TokenScope.Profile.values)
        if ranked.index(self.profile) > ranked.index(other.profile):
            return False
        if self.center_ids is None:
            return True
        return other.center_ids is not None and other.center_ids <= self.center_ids

    @classmethod
    def of(cls, scope: TokenScope) -> "Reach":
        centers = None if scope.every_center else frozenset(scope.centers.values_list("pk", flat=True))
        return cls(scope.may_write, scope.profile, centers)

    def as_json(self) -> dict[str, Any]:
        centers = None if self.center_ids is None else sorted(self.center_ids)
        return {"writes": self.writes, "profile": str(self.profile), "centers": centers}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Reach":
        """The counterpart of ``as_json``; an empty document is the whole reach."""
        if not kept:
            return WHOLE
        centers = None if kept["centers"] is None else frozenset(kept["centers"])
        return cls(kept["writes"], kept["profile"], centers)


WHOLE = Reach()


def reach_of(user: Any) -> Reach:
    return getattr(user, "_reach", WHOLE)


def limit(user: Any, reach: Reach) -> Any:
    """Take away from a user object, for as long as it lives, what the reach does not hold."""
    user._reach = reach
    return user
