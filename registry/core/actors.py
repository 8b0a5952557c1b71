"""Who writes: a signed-in user, or a named part of the registry such as the loader of publications."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class System:
    """A command or loader that acts on its own, named in history as ``system: <name>``."""

    name: str


def identity_of(actor: Any) -> tuple[str, str]:
    """The actor's id and name as text, as history keeps them."""
    if isinstance(actor, System):
        return "", f"system: {actor.name}"
    return str(actor.pk), actor.get_username()


def user_or_none(actor: Any) -> Any:
    return None if isinstance(actor, System) else actor
