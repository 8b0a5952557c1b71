"""Outcomes over time: a score at each time point, its change from baseline, responders, and Friedman's test."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from outcomes.codes import TimePoint
from registry.research.cohort_statistics.blocks import Units, about, answers_block, numbers_block
from registry.research.cohort_statistics.data import CohortData
from registry.research.cohort_statistics.tables import MISSING, About, Block, Cell, Line, StatisticsTable
from registry.research.course import long_label
from registry.research.statistics.over_time import change, complete, friedman
from registry.research.statistics.t_tests import changes

#: The scores, in the order in which they are shown.
SCORES = ("vas_pain", "odi", "kps", "analgesic_scale", "barthel")
BASELINE = TimePoint.BASELINE.value
#: Unscheduled visits may repeat and stand at no point of time.
TIME_POINTS = tuple(point.value for point in TimePoint if point is not TimePoint.UNSCHEDULED)
#: Friedman's test is over the time points that at least this share of the cases with the score has.
ENOUGH = 0.5


@dataclass(frozen=True)
class Scored:
    """One score of every case by time point; ``points`` are those at which anybody has it, in order of time."""

    name: str
    values: Mapping[str, Sequence[Any]]

    @property
    def points(self) -> list[str]:
        return [point for point in TIME_POINTS if point in self.values]

    def about(self, point: str, measure: str = "value", label: Any = "") -> About:
        return about(
            f"assessments.{self.name}",
            time_point=point,
            time_label=long_label(point) if point else "",
            measure=measure,
            measure_label=label,
        )


def by_time_point(data: CohortData, name: str) -> dict[str, list[Any]]:
    """A column of the assessments, a value per case, by time point; time points that nobody has are left out."""
    rows, count = data.frames["assessments"], len(data.cases)
    found: dict[str, list[Any]] = defaultdict(lambda: [None] * count)
    for case, point, value in zip(rows.case, rows["time_point"], rows[name], strict=True):
        if value is not None and point in TIME_POINTS:
            found[point][case] = value
    return dict(found)


def scores(data: CohortData) -> list[Scored]:
    """Every score that anybody has."""
    found = (Scored(name, by_time_point(data, name)) for name in SCORES)
    return [score for score in found if score.points]


def outcomes(data: CohortData) -> StatisticsTable:
    """The table over time. Its unit is the case."""
    units = Units(data)
    blocks = [block for score in scores(data) for block in _of_score(data, score, units)]
    notes = (
        _("Mean (SD) with n at each time point; change from baseline in the cases that have both values."),
        _(
            "A responder has at least 2 points or at least 30 % less pain than at baseline (Farrar et al., Pain 2001)."
        ),
    )
    return StatisticsTable(
        "outcomes", _("Outcomes over time"), tuple(blocks), notes if blocks else (), sizes=units.sizes
    )


def _of_score(data: CohortData, score: Scored, units: Units) -> Iterator[Block]:
    for point in score.points:
        yield numbers_block(score.about(point), score.values[point], units)
    if BASELINE in score.values:
        later = [point for point in score.points if point != BASELINE]
        for point in later:
            yield _change(score, point, units)
        if score.name == "vas_pain":
            for point in later:
                yield _responders(data, score, point, units)
    yield _friedman(score, units)


def _change(score: Scored, point: str, units: Units) -> Block:
    """After less before, in those who have both; the cell's result carries the paired test."""
    before, after = score.values[BASELINE], score.values[point]
    what = score.about(point, "change", _("change from baseline"))
    block = numbers_block(what, changes(before, after), units)
    cells = {}
    for code, members in units.of_group.items():
        found = change([before[n] for n in members], [after[n] for n in members])
        plain = block.lines[0].cells[code]
        cells[code] = replace(plain, mean=found.mean, beside=(found.ranks,))
    return replace(block, lines=(replace(block.lines[0], cells=cells),))


def _responders(data: CohortData, score: Scored, point: str, units: Units) -> Block:
    flags = [by_time_point(data, name).get(point) for name in ("responder_points", "responder_30_percent")]
    nobody = [None] * units.count
    answers = [_either(one, other) for one, other in zip(flags[0] or nobody, flags[1] or nobody, strict=True)]
    return answers_block(score.about(point, "responder", _("responder")), answers, units)


def _either(points: bool | None, percent: bool | None) -> bool | None:
    """Either flag is enough; with a baseline of 0 there is no 30 per cent to lose, and the points alone say no."""
    if points or percent:
        return True
    return None if points is None and percent is None else False


def _friedman(score: Scored, units: Units) -> Block:
    """Whether any time point differs within the cases of a group; the points taken are the same in every group."""
    anybody = sum(
        any(score.values[point][n] is not None for point in score.points) for n in range(units.count)
    )
    points = [
        point
        for point in score.points
        if sum(value is not None for value in score.values[point]) >= ENOUGH * anybody
    ]
    rows = [[score.values[point][n] for point in points] for n in range(units.count)]
    cells = {}
    for code, members in units.of_group.items():
        cells[code] = Cell(friedman([rows[n] for n in members]))
    whole = [n for n, row in enumerate(rows) if complete([row])]
    inside = set(whole)
    note = _("Friedman's test over: %(points)s.") % {
        "points": ", ".join(long_label(point) for point in points)
    }
    return Block(
        lines=(Line(score.about("", "friedman", _("any change over time")), cells),),
        partition={"complete": whole, MISSING: [n for n in range(units.count) if n not in inside]},
        unit=units.unit,
        note=note,
    )
