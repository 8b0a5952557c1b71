"""What is computed from a record while it is entered: the value, or what is still needed for it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from registry.core.models import Record
from registry.core.views.display import Shown, show_derived


@dataclass(frozen=True)
class Computed:
    """One computed value with, where there is none yet, what it lacks."""

    shown: Shown
    needs: tuple[str, ...] = ()


#: Model → the computed values that its form shows, and for each how to name what is lacking.
_shown: dict[type[Record], dict[str, Callable[[Any], tuple[str, ...]] | None]] = {}


def register(model: type[Any], values: dict[str, Callable[[Any], tuple[str, ...]] | None]) -> None:
    """Called by each floor for its models: name of the derived value → what it lacks in a given record."""
    _shown[model] = values


def computed_of(record: Record) -> list[Computed]:
    wanted = _shown.get(type(record), {})
    found = []
    for derived in record.derived:
        if derived.name not in wanted:
            continue
        shown = show_derived(record, derived)
        lacking = wanted[derived.name]
        needs = lacking(record) if shown.empty and lacking is not None else ()
        if not shown.empty or needs:
            found.append(Computed(shown, needs))
    return found
