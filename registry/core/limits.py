"""Soft limits: values that are possible but unusual, and the reason that explains one.

They stand beside the hard rules of a model (``soft_limits``). Crossing one never blocks a draft: the form asks, the
API answers with ``warnings``, an import lists it. A confirmation holds for the value and the limits it was given for,
and lapses when either changes.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from registry.core.rules import label_of
from registry.core.units import plain, unit_of, with_unit

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


_NUMBER = re.compile(r"\d+\.\d+")


@dataclass(frozen=True)
class UsualRange:
    """``low ≤ value ≤ high``, either end open as ``None``; ``when`` says of which records, ``why`` in words."""

    low: Any = None
    high: Any = None
    when: Callable[[Any], bool] | None = None
    why: "StrOrPromise" = ""


@dataclass(frozen=True)
class SoftLimit:
    """One soft limit. ``crossed`` answers with the sentence to show, or ``None``; it may look at related records.

    ``range`` is the usual range where there is one (``usual``); a limit that is computed otherwise has none.
    """

    field: str
    name: str
    crossed: "Callable[[Any], StrOrPromise | None]"
    range: "UsualRange | None" = None


@dataclass(frozen=True)
class Crossing:
    """A value that crosses a soft limit."""

    field: str
    limit: str
    value: Any
    message: str
    #: What was judged, in the source language and with numbers in one form: a confirmation holds for exactly this.
    judged: str


def usual(
    field: str,
    low: Any = None,
    high: Any = None,
    *,
    when: Callable[[Any], bool] | None = None,
    why: "StrOrPromise" = "",
    name: str = "",
) -> SoftLimit:
    """The usual range ``low ≤ field ≤ high``; either end may be open, ``when`` restricts it, ``why`` is appended."""

    def crossed(record: Any) -> str | None:
        value = getattr(record, field)
        if value is None or (when is not None and not when(record)):
            return None
        unit, label = unit_of(field), label_of(type(record), field)
        if high is not None and value > high:
            text = _("%(label)s: %(value)s is above the usual %(limit)s.")
            limit = high
        elif low is not None and value < low:
            text = _("%(label)s: %(value)s is below the usual %(limit)s.")
            limit = low
        else:
            return None
        stated = text % {"label": label, "value": with_unit(value, unit), "limit": with_unit(limit, unit)}
        return f"{stated} {why}".strip()

    span = UsualRange(low, high, when, why)
    return SoftLimit(field, name or f"{field}:{plain(low)}–{plain(high)}", crossed, span)


def crossings(record: Any) -> list[Crossing]:
    """Every soft limit that the record crosses as it stands."""
    found = []
    for limit in record.soft_limits:
        message = limit.crossed(record)
        if message:
            value = getattr(record, limit.field, None)
            found.append(Crossing(limit.field, limit.name, value, str(message), _judged(limit, record)))
    return found


def _judged(limit: SoftLimit, record: Any) -> str:
    """The sentence as it stands in the source: it names every number that was compared, also the computed ones."""
    with translation.override(None):
        sentence = str(limit.crossed(record))
    return _NUMBER.sub(lambda found: plain(Decimal(found.group())), sentence)


def as_json(value: Any) -> Any:
    """A value as it is kept in ``confirmed``: exact and comparable after a round trip through JSON."""
    return (
        plain(value) if isinstance(value, Decimal) else value if isinstance(value, int | bool) else str(value)
    )


def holds_for(entry: dict, crossing_list: Iterable[Crossing]) -> bool:
    """Whether a confirmation was given for this value and for all that was judged about it."""
    return all(
        entry.get("value") == as_json(crossing.value) and crossing.judged in entry.get("judged", ())
        for crossing in crossing_list
    )


def by_field(found: Iterable[Crossing]) -> dict[str, list[Crossing]]:
    grouped: dict[str, list[Crossing]] = {}
    for crossing in found:
        grouped.setdefault(crossing.field, []).append(crossing)
    return grouped


def unconfirmed(record: Any) -> list[Crossing]:
    """The crossings that nobody has explained yet."""
    return [
        crossing
        for field, group in by_field(crossings(record)).items()
        if not holds_for(record.confirmed.get(field, {}), group)
        for crossing in group
    ]
