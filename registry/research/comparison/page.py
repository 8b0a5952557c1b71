"""The comparison as a page shows it: lines of cells, courses of scores, and what cannot be compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.codes import DenisZone
from registry.core.units import shown_unit
from registry.literature.words import variable_label
from registry.research.comparison.measures import (
    COMPLICATIONS,
    MIX_NUMBERS,
    MIX_SHARES,
    PROCEDURE,
    Measure,
)
from registry.research.comparison.own import Own
from registry.research.comparison.published import Column, Printed, unit_words
from registry.research.comparison.remarks import remarks
from registry.research.course import MORE_SCALES, SCALES
from registry.research.course_drawing import NARROW, WIDE, Drawing, draw
from registry.research.moments import interval_text
from registry.research.own_course import OwnCourse, course_of
from registry.research.statistics.describe import Share

ALL_SCALES = (*SCALES, *MORE_SCALES)
SCORES = tuple(scale.variable for scale in ALL_SCALES)


@dataclass(frozen=True)
class Line:
    """One line of a table: own cell first, then those of the published groups."""

    label: str
    unit: str
    of: str
    own: Printed | None
    cells: tuple[Printed | None, ...]
    note: str = ""


@dataclass(frozen=True)
class Listing:
    """A line whose cells are lists, such as the diagnoses."""

    label: str
    own: tuple[Printed, ...]
    cells: tuple[tuple[Printed, ...], ...]


@dataclass(frozen=True)
class Score:
    """A score over time: its table, and its drawings where something has a day."""

    course: OwnCourse
    drawings: tuple[Drawing, ...]
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """Everything that the page shows."""

    columns: tuple[Column, ...]
    mix: tuple[Line, ...]
    listings: tuple[Listing, ...]
    scores: tuple[Score, ...]
    procedure: tuple[Line, ...]
    complications: tuple[Line, ...]
    remarks: tuple[tuple[str, tuple[str, ...]], ...]


def compare(own: Own, columns: Sequence[Column], own_name: str) -> Comparison:
    """Own numbers beside the chosen columns."""
    mix = (*_sizes(own, columns), *(_line(own, measure, columns) for measure in (*MIX_NUMBERS, *MIX_SHARES)))
    procedure = _there(_line(own, measure, columns) for measure in PROCEDURE)
    complications = _there(_line(own, measure, columns) for measure in COMPLICATIONS)
    scores = tuple(_scores(own, columns, own_name))
    return Comparison(
        columns=tuple(columns),
        mix=mix,
        listings=tuple(_listings(own, columns)),
        scores=scores,
        procedure=procedure,
        complications=complications,
        remarks=tuple(remarks(own, columns, (*mix, *procedure, *complications), scores)),
    )


def _there(lines: Any) -> tuple[Line, ...]:
    """Lines that somebody has a value of."""
    return tuple(line for line in lines if line.own is not None or any(line.cells))


def _sizes(own: Own, columns: Sequence[Column]) -> tuple[Line, ...]:
    def own_cell(n: int) -> Printed | None:
        return Printed(str(n)) if n else None

    def printed(n: int | None) -> Printed | None:
        return Printed(str(n)) if n is not None else None

    patients = tuple(printed(column.group.patients) for column in columns)
    lesions = tuple(printed(column.group.arm.lesions if column.group.arm else None) for column in columns)
    return (
        Line(_("Patients"), "", "", own_cell(own.patients), patients),
        Line(_("Lesions"), "", "", own_cell(own.lesions), lesions),
    )


def _line(own: Own, measure: Measure, columns: Sequence[Column]) -> Line:
    return Line(
        label=str(measure.label),
        unit=str(shown_unit(measure.unit)) if measure.unit else "",
        of=unit_words(measure.of),
        own=_own_share(own, measure) if measure.is_share else _own_number(own, measure),
        cells=tuple(column.cell(measure) for column in columns),
        note=str(measure.note),
    )


def _own_number(own: Own, measure: Measure) -> Printed | None:
    values = own.numbers.get(measure.name)
    if values is None or not values.n:
        return None
    under = [values.range_text]
    if values.median is not None:
        under.insert(0, _("median %(value)s") % {"value": values.median_text})
    return Printed(
        text=values.text,
        n=str(values.n),
        interval=values.interval_text,
        under=", ".join(part for part in under if part),
        unit=measure.of,
    )


def _own_share(own: Own, measure: Measure) -> Printed | None:
    found = own.shares.get(measure.name)
    return _of_share(found, measure.of) if found is not None and found.n else None


def _of_share(found: Share, unit: str, under: str = "") -> Printed:
    text = f"{found.count}/{found.n} ({100 * (found.share or 0):.0f} %)"
    interval = interval_text(found.interval, 0, 100)
    return Printed(text, str(found.n), f"{interval} %" if interval else "", under=under, unit=unit)


def _listings(own: Own, columns: Sequence[Column]) -> list[Listing]:
    labels: dict[str, dict[str, Any]] = {
        "denis_zone": dict(DenisZone.choices),
        "diagnosis": {"": _("other")},
    }
    found = []
    for variable, unit in (("diagnosis", "patient"), ("denis_zone", "lesion")):
        own_cells = tuple(
            _of_share(each, unit, str(labels[variable].get(label, label)))
            for label, each in own.listed.get(variable, ())
        )
        cells = tuple(tuple(column.listed(variable)) for column in columns)
        if own_cells or any(cells):
            found.append(Listing(capfirst(variable_label(variable)), own_cells, cells))
    return found


def _scores(own: Own, columns: Sequence[Column], own_name: str) -> list[Score]:
    found = []
    for scale in ALL_SCALES:
        groups = [column.group for column in columns if column.group.scores.get(scale.variable)]
        values = own.scores.get(scale.variable, {})
        if not values and not groups:
            continue
        course = course_of(scale, values, groups, intervals=True)
        drawings = tuple(draw(course, own_name, frame) for frame in (WIDE, NARROW)) if course.rows else ()
        found.append(Score(course, drawings))
    return found
