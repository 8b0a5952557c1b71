"""What other parts of curation have to say when patients are merged, and where they say so.

A follower brings along what hangs on the merged patient or on the cases that have moved, inside the same change; it
answers with sentences for the preview, and may refuse with ``ValidationError``. A finder proposes pairs of patients who
may be one person.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from cases.models import Case, Patient


@dataclass(frozen=True)
class Merger:
    """A merge under way: the cases have moved, the merged patient is still there."""

    survivor: Patient
    merged: Patient
    moved: tuple[Case, ...]
    by: Any
    reason: str


@dataclass(frozen=True)
class Pair:
    """Two patients who may be one person, and why it is thought so."""

    a: Patient
    b: Patient
    why: str


_followers: list[Callable[[Merger], Iterable[str]]] = []
#: (user) → pairs within the centres that the user curates, the likeliest first.
_finders: list[Callable[[Any], Iterable[Pair]]] = []


def register(
    *,
    follower: Callable[[Merger], Iterable[str]] | None = None,
    finder: Callable[[Any], Iterable[Pair]] | None = None,
) -> None:
    """Register a follower or a finder, once, in ``AppConfig.ready()``."""
    if follower is not None and follower not in _followers:
        _followers.append(follower)
    if finder is not None and finder not in _finders:
        _finders.append(finder)


def follow(merger: Merger) -> list[str]:
    return [sentence for follower in _followers for sentence in follower(merger)]


def pairs(user: Any) -> list[Pair]:
    return [pair for finder in _finders for pair in finder(user)]
