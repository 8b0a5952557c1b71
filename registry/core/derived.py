"""Derived values: one declaration gives the Python value and the SQL expression; a property test holds them equal."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from registry.core.units import unit_of


@dataclass(frozen=True)
class Derived:
    """A value that is computed and never stored as if it had been entered.

    ``source`` names where the formula comes from. ``python`` takes the record; ``sql`` answers with an expression
    over the record's own queryset. ``kind`` is ``number``, ``code``, ``boolean`` or ``text``.
    """

    name: str
    label: str
    source: str
    python: Callable[[Any], Any]
    sql: Callable[[], Any]
    kind: str = "number"
    codes: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        return unit_of(self.name) if self.kind == "number" else ""
