"""Derived values: one declaration gives the Python value and the SQL expression; a property test holds them equal.

The same declaration says what the value is computed from and shows the arithmetic, so that every page can open a
computed value to its inputs in one way (``registry.core.views.computed``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from registry.core.units import unit_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Input:
    """One value that a derived value is computed from: a field of a record.

    ``counts`` is what it contributes, as a reader sees it (``+3``), where that is not the value itself; ``None`` says
    that the value is given and yet does not tell. ``needed`` is false where the result stands without it.
    """

    record: Any
    field: str
    counts: str | None = ""
    needed: bool = True


@dataclass(frozen=True)
class Derived:
    """A value that is computed and never stored as if it had been entered.

    ``source`` names where the formula comes from. ``python`` takes the record; ``sql`` answers with an expression
    over the record's own queryset. ``kind`` is ``number``, ``code``, ``boolean`` or ``text``. ``inputs`` are fields of
    the record, or a callable where they belong to other records; ``working`` puts the record's numbers into the formula
    and may answer with an empty text; ``graded_by`` names the derived value that says what this one means.
    """

    name: str
    label: "StrOrPromise"
    source: "StrOrPromise"
    python: Callable[[Any], Any]
    sql: Callable[[], Any]
    kind: str = "number"
    codes: tuple[str, ...] = ()
    inputs: tuple[str, ...] | Callable[[Any], Sequence[Input]] = ()
    working: Callable[[Any], str] | None = None
    graded_by: str = ""

    @property
    def unit(self) -> str:
        return unit_of(self.name) if self.kind == "number" else ""

    def inputs_of(self, record: Any) -> list[Input]:
        """What the value of this record is computed from, in the order in which a reader checks it."""
        if callable(self.inputs):
            return list(self.inputs(record))
        return [Input(record, name) for name in self.inputs]
