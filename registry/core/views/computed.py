"""Computed values opened to what they rest on: inputs, arithmetic, what is missing, and where the formula comes from.

Everything is read from the declaration of the derived value, so a page only names the values it wants to show.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst

from registry.core.derived import Derived
from registry.core.models import Record
from registry.core.views.display import Reader, Shown, derived_words, show_derived
from registry.core.views.links import edit_url


@dataclass(frozen=True)
class Given:
    """One input as the page shows it, and where it is entered."""

    value: Shown
    #: What it contributes, such as points.
    counts: str
    needed: bool
    #: Needed, and not there or mute.
    lacking: bool
    #: Given, and yet it does not tell: “sacrum” names no location for SINS.
    mute: bool
    url: str


@dataclass(frozen=True)
class Line:
    """The computation for one record."""

    record: Record
    result: Shown
    #: Inputs by the record they belong to; the record's own have no heading.
    groups: tuple[tuple[str, tuple[Given, ...]], ...]
    working: str

    @property
    def inputs(self) -> tuple[Given, ...]:
        return tuple(given for _heading, group in self.groups for given in group)

    @property
    def lacking(self) -> tuple[Given, ...]:
        return tuple(given for given in self.inputs if given.lacking)

    @property
    def total(self) -> int:
        return sum(given.needed for given in self.inputs)

    @property
    def known(self) -> int:
        return self.total - len(self.lacking)


@dataclass(frozen=True)
class Computed:
    """One derived value of one or several records."""

    name: str
    label: str
    source: str
    lines: tuple[Line, ...]

    @property
    def single(self) -> Line | None:
        return self.lines[0] if len(self.lines) == 1 else None

    @property
    def answered(self) -> int:
        return sum(not line.result.empty for line in self.lines)


def computed_of(reader: Reader, records: Iterable[Record], *names: str) -> list[Computed]:
    """The named derived values of records of one model, less those about which nothing at all has been entered."""
    rows = list(records)
    found = []
    for derived in (_declared(rows[0], name) for name in names) if rows else ():
        lines = tuple(line for line in (_line(reader, row, derived) for row in rows) if _says_anything(line))
        if lines:
            found.append(Computed(derived.name, capfirst(str(derived.label)), str(derived.source), lines))
    return found


def _declared(record: Record, name: str) -> Derived:
    return next(derived for derived in record.derived if derived.name == name)


def _says_anything(line: Line) -> bool:
    return not line.result.empty or line.known > 0


def _line(reader: Reader, record: Record, derived: Derived) -> Line:
    groups: dict[Any, list[Given]] = {}
    headings: dict[Any, str] = {}
    for wanted in derived.inputs_of(record):
        owner = wanted.record
        key = (type(owner), owner.pk)
        own = owner is record
        headings[key] = "" if own else capfirst(str(owner))
        value = reader.value(owner, wanted.field)
        mute = wanted.counts is None and not value.empty
        groups.setdefault(key, []).append(
            Given(
                value=value,
                counts=wanted.counts or "",
                needed=wanted.needed,
                lacking=wanted.needed and (value.empty or mute),
                mute=mute,
                url=edit_url(owner, wanted.field),
            )
        )
    return Line(
        record=record,
        result=_graded(record, derived),
        groups=tuple((headings[key], tuple(given)) for key, given in groups.items()),
        working=derived.working(record) if derived.working else "",
    )


def _graded(record: Record, derived: Derived) -> Shown:
    """The result, with what it means where the registry says so."""
    result = show_derived(record, derived)
    if result.empty or not derived.graded_by:
        return result
    grade = _declared(record, derived.graded_by)
    words = derived_words(grade, grade.python(record))
    return Shown(**{**result.__dict__, "text": f"{result.text}, {words}"}) if words else result
