"""The course of a score in one case beside the published course: rows of a table, and the same numbers for a chart."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from outcomes.axis import SHORT_LABELS, DayAxis
from outcomes.codes import WINDOWS, TimePoint
from outcomes.models import Assessment
from registry.core.views.display import Reader, Shown
from registry.research.published import Match, Reported, day_of

#: Least distance between two time points of a chart, as a share of its width.
LEAST = 0.09


@dataclass(frozen=True)
class Scale:
    """A score that is drawn: its ends, the steps of its axis, and which end is good."""

    variable: str
    label: Any
    low: int
    high: int
    step: int
    unit: str
    better: Any


LOWER, HIGHER = gettext_lazy("lower is better"), gettext_lazy("higher is better")
SCALES = (
    Scale("vas_pain", gettext_lazy("VAS pain"), 0, 10, 2, "", LOWER),
    Scale("odi", gettext_lazy("ODI"), 0, 100, 20, "%", LOWER),
    Scale("kps", gettext_lazy("KPS"), 0, 100, 20, "", HIGHER),
)
#: Scores that are compared between groups of patients, yet not drawn on the page of a case.
MORE_SCALES = (
    Scale("barthel", gettext_lazy("Barthel index"), 0, 100, 20, "", HIGHER),
    Scale("analgesic_scale", gettext_lazy("Analgesic scale"), 0, 5, 1, "", LOWER),
)
SCORES = tuple(scale.variable for scale in SCALES)


def short_label(time_point: str, day: float | None) -> str:
    """The time point as it fits under a tick."""
    if time_point in SHORT_LABELS:
        return str(SHORT_LABELS[time_point])
    return long_label(time_point) if day is None else _("d %(day)d") % {"day": day}


def long_label(time_point: str) -> str:
    return capfirst(str(TimePoint(time_point).label)) if time_point in TimePoint.values else time_point


@dataclass
class Row:
    """One time point: what this case and each published group have."""

    time_point: str
    #: Nominal day; of an unscheduled visit, discharge and the like the day itself, where it is known.
    day: float | None
    label: str
    short: str
    #: When this case was assessed, as the reader may see it.
    when: str = ""
    own: Shown | None = None
    value: float | None = None
    published: dict[int, Reported] = field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """What a published group reports at one time point, as the table shows it."""

    reported: Reported | None
    #: Of how many patients: a number, “≤ 8”, or nothing.
    n: str


@dataclass(frozen=True)
class Course:
    """One score over time: a chart and its table."""

    scale: Scale
    matches: tuple[Match, ...]
    rows: tuple[Row, ...]

    @property
    def drawn(self) -> list[Row]:
        return [row for row in self.rows if row.day is not None]

    @property
    def own_values(self) -> int:
        return sum(row.value is not None for row in self.rows)

    def lines(self) -> list[tuple[Match, list[Cell]]]:
        """The table's line of each published group, a cell per time point."""
        return [
            (match, [self._cell(row.published.get(number), match) for row in self.rows])
            for number, match in enumerate(self.matches)
        ]

    @staticmethod
    def _cell(reported: Reported | None, match: Match) -> Cell:
        return Cell(reported, match.group.n_words(reported) if reported else "")

    def chart(self) -> dict[str, Any]:
        """What ``charts.js`` draws (its head describes the shape)."""
        rows = self.drawn
        axis = DayAxis([row.day for row in rows if row.day is not None], LEAST)

        def x(row: Row) -> float:
            return round(axis.place(row.day or 0.0), 4)

        series: list[dict[str, Any]] = [
            {
                "label": match.group.name,
                "detail": match.group.label,
                "role": "published",
                "points": [
                    _published_point(x(row), row.published[number], match)
                    for row in rows
                    if number in row.published
                ],
            }
            for number, match in enumerate(self.matches)
        ]
        own = [
            {"x": x(row), "y": row.value, "text": row.own.text if row.own else ""}
            for row in rows
            if row.value is not None
        ]
        if own:
            series.append({"label": _("This case"), "detail": "", "role": "own", "points": own})
        return {
            "title": str(self.scale.label),
            "unit": self.scale.unit,
            "low": self.scale.low,
            "high": self.scale.high,
            "step": self.scale.step,
            "ticks": [
                {
                    "x": x(row),
                    "label": row.short,
                    "title": row.label,
                    "n": self._sizes(row),
                }
                for row in rows
            ],
            "series": [one for one in series if one["points"]],
        }

    def chart_json(self) -> str:
        return json.dumps(self.chart(), ensure_ascii=False)

    def _sizes(self, row: Row) -> str:
        sizes = [
            match.group.n_words(row.published[number]) or "–"
            for number, match in enumerate(self.matches)
            if number in row.published
        ]
        return _("n %(sizes)s") % {"sizes": ", ".join(sizes)} if sizes else ""

    def in_words(self) -> str:
        """The chart for those who do not see it; every number stands in the table below it."""
        own = ", ".join(
            f"{row.label} {row.own.text}"
            for row in self.rows
            if row.value is not None and row.own is not None
        )
        names = ", ".join(match.group.name for match in self.matches)
        parts = [_("%(score)s over time.") % {"score": self.scale.label}]
        parts.append(_("This case: %(values)s.") % {"values": own} if own else _("This case has no value."))
        if names:
            parts.append(_("Published mean and standard deviation: %(names)s.") % {"names": names})
        return " ".join([*parts, _("The numbers stand in the table below.")])


def _published_point(x: float, reported: Reported, match: Match) -> dict[str, Any]:
    center, sd = reported.center, reported.sd
    n = match.group.n_words(reported)
    point = {"x": x, "y": center.value, "text": reported.text}
    if n:
        point["text"] = _("%(value)s, n %(n)s") % {"value": reported.text, "n": n}
    if sd is not None:
        point |= {"low": round(center.value - sd.value, 4), "high": round(center.value + sd.value, 4)}
    return point


def courses(
    reader: Reader, assessments: Sequence[Assessment], matches: Sequence[Match], *, always: bool = False
) -> list[Course]:
    """A course of each score of which the case has a value; with ``always`` of those that only the papers report."""
    found = []
    for scale in SCALES:
        reporting = tuple(match for match in matches if scale.variable in match.group.scores)
        rows = _rows(reader, assessments, scale.variable, reporting)
        course = Course(scale, reporting, rows)
        if course.own_values or (always and reporting):
            found.append(course)
    return found


def _rows(
    reader: Reader, assessments: Sequence[Assessment], score: str, matches: tuple[Match, ...]
) -> tuple[Row, ...]:
    rows: list[Row] = []
    by_point: dict[str, Row] = {}
    for assessment in assessments:
        value = getattr(assessment, score)
        if value is None and not assessment.missing.get(score):
            continue
        point = assessment.time_point
        day = day_of(point) if point in WINDOWS else assessment.day()
        if day is None and value is None:
            continue
        row = Row(
            point,
            day,
            long_label(point),
            short_label(point, assessment.day()),
            when=_when(reader, assessment),
            own=reader.value(assessment, score),
            value=None if value is None else float(value),
        )
        rows.append(row)
        if point != TimePoint.UNSCHEDULED:
            by_point[point] = row
    for number, match in enumerate(matches):
        for reported in match.group.scores[score]:
            row = by_point.get(reported.time_point) or Row(
                reported.time_point,
                day_of(reported.time_point) if reported.time_point in WINDOWS else None,
                long_label(reported.time_point),
                short_label(reported.time_point, None),
            )
            if reported.time_point not in by_point:
                by_point[reported.time_point] = row
                rows.append(row)
            row.published[number] = reported
    return tuple(sorted(rows, key=lambda row: float("inf") if row.day is None else row.day))


def _when(reader: Reader, assessment: Assessment) -> str:
    """The day after the index procedure: what a course is read by."""
    day = assessment.day()
    if day is None or assessment.date is None:
        return ""
    return _("day %(day)s") % {"day": f"{day:.0f}".replace("-", "−")}
