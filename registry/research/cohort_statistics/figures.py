"""Figures of the statistics as drawings made by the server: scores over time, survival, recurrence.

Axes begin at the ends of the scale; the number of cases stands under each time.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from outcomes.axis import DayAxis
from outcomes.codes import WINDOWS, TimePoint
from registry.core.units import shown_text
from registry.research.cohort_statistics.data import WHOLE, Group
from registry.research.cohort_statistics.figure_parts import NARROW, WIDE, Dot, Figure, Frame, Series
from registry.research.cohort_statistics.number_words import decimal
from registry.research.cohort_statistics.outcomes import SCORES
from registry.research.cohort_statistics.survival import Followed, deaths, recurrences
from registry.research.cohort_statistics.tables import Block
from registry.research.cohort_statistics.whole import CohortStatistics
from registry.research.course import SCALES, short_label
from registry.research.statistics.describe import Summary
from registry.research.statistics.incidence import aalen_johansen
from registry.research.statistics.result import Interval
from registry.research.statistics.survival import Observed, kaplan_meier

#: Units of the drawing.
PLOT, TOP = 300, 16
TICK, ROW, LEGEND, FOOT = 22, 20, 24, 16
#: Ends of the scores that have no drawing of their own elsewhere: least, greatest, step.
ENDS = {scale.variable: (scale.low, scale.high, scale.step) for scale in SCALES} | {
    "analgesic_scale": (0, 5, 1),
    "barthel": (0, 100, 20),
}


def figures(statistics: CohortStatistics) -> dict[str, list[Figure]]:
    """Every figure there is something to draw for, by its name: for a wide screen and for a narrow one."""
    drawn = {name: [figure_of(statistics, name, frame) for frame in (WIDE, NARROW)] for name in names()}
    return {name: [figure for figure in both if figure] for name, both in drawn.items() if any(both)}


def names() -> tuple[str, ...]:
    """Every name that a figure may have in an address."""
    return (*SCORES, "survival", "recurrence")


def figure_of(statistics: CohortStatistics, name: str, frame: Frame = WIDE) -> Figure | None:
    if name == "survival":
        return _survival(statistics, frame)
    return _recurrence(statistics, frame) if name == "recurrence" else _score(statistics, name, frame)


def _drawn(statistics: CohortStatistics) -> list[Group]:
    """The arms; all cases where there are none."""
    groups = [group for group in statistics.data.groups if group.code in statistics.groups and group.n]
    arms = [group for group in groups if group.code != WHOLE]
    return arms or groups


# -- a score over time -------------------------------------------------------------------------------------------------


def _score(statistics: CohortStatistics, name: str, frame: Frame) -> Figure | None:
    """Mean and 95 % interval at each time point that has a day; of one value, or a withheld n, no interval."""
    table = statistics.table("outcomes")
    groups = _drawn(statistics)
    blocks = [
        block
        for block in (table.blocks if table else ())
        if block.about.variable == f"assessments.{name}"
        and block.about.measure == "value"
        and block.about.time_point in WINDOWS
    ]
    values = {group.code: [(block, _mean(block, group.code)) for block in blocks] for group in groups}
    if not any(mean for points in values.values() for _block, mean in points):
        return None
    low, high, step = _ends(name, values.values())
    days = [float(WINDOWS[TimePoint(block.about.time_point)].day) for block in blocks]
    axis = DayAxis(days, frame.least)
    top = TOP + LEGEND * _legend_rows(groups, frame)
    y = _scale(low, high, top)
    places = [frame.x(axis.place(day), 30 if frame is WIDE else 20) for day in days]
    series = []
    for number, group in enumerate(groups):
        # A little apart, so that whiskers do not cover each other.
        shift = 7 * (number - (len(groups) - 1) / 2)
        dots = tuple(
            _dot(round(x + shift, 1), mean, y, group.name, block)
            for x, (block, mean) in zip(places, values[group.code], strict=True)
            if mean is not None
        )
        line = " ".join(f"{dot.x},{dot.y}" for dot in dots)
        series.append(Series(number, group.name, line, dots))
    sizes = [
        (group.name, [(x, _n(block, group.code)) for x, block in zip(places, blocks, strict=True)])
        for group in groups
    ]
    marks = [(x, short_label(block.about.time_point, None)) for x, block in zip(places, blocks, strict=True)]
    label = str(blocks[0].about.label)
    unit = f" ({blocks[0].about.unit})" if blocks[0].about.unit else ""
    return _figure(
        frame,
        name,
        _("%(score)s over time") % {"score": label},
        f"{label}{unit}",
        _("time after the index procedure, not to scale; mean with 95 % interval"),
        top,
        [(y(value), f"{value}") for value in range(low, high + 1, step)],
        marks,
        series,
        _("n"),
        sizes,
    )


def _mean(block: Block, code: str) -> tuple[float, Interval | None] | None:
    cell = block.lines[0].cells[code]
    summary = cell.value
    if not isinstance(summary, Summary) or summary.mean is None or cell.withheld == "all":
        return None
    return summary.mean, cell.mean.interval if cell.mean and not cell.withheld else None


def _n(block: Block, code: str) -> str:
    cell = block.lines[0].cells[code]
    if cell.withheld or not isinstance(cell.value, Summary):
        return "–"
    return str(cell.value.n)


def _ends(name: str, values: Iterable[Any]) -> tuple[int, int, int]:
    """The ends of the scale. Published analgesic scales may reach further than the registry's own."""
    low, high, step = ENDS[name]
    largest = max(mean[0] for points in values for _block, mean in points if mean)
    return (low, 2 * high, 2 * step) if largest > high else (low, high, step)


def _dot(
    x: float, mean: tuple[float, Interval | None], y: Callable[[float], float], group: str, block: Block
) -> Dot:
    value, between = mean
    text = decimal(value, 1)
    if between:
        text += f" ({decimal(between.low, 1)}–{decimal(between.high, 1)})"
    title = f"{group}, {block.about.time_label}: {text}"
    low, high = (y(between.low), y(between.high)) if between else (None, None)
    return Dot(x, y(value), low, high, title)


# -- curves ------------------------------------------------------------------------------------------------------------


def _survival(statistics: CohortStatistics, frame: Frame) -> Figure | None:
    """Survival by Kaplan and Meier with 95 % bands."""
    found = _stepped(statistics, deaths(statistics.data), kaplan_meier, lambda step: step.survival)
    return _curve(frame, "survival", _("Survival"), _("survival"), 1.0, found)


def _recurrence(statistics: CohortStatistics, frame: Frame) -> Figure | None:
    """Cumulative incidence of local recurrence, death competing."""
    found = _stepped(statistics, recurrences(statistics.data), aalen_johansen, lambda step: step.incidence)
    return _curve(frame, "recurrence", _("Local recurrence"), _("cumulative incidence"), 0.0, found)


def _stepped(
    statistics: CohortStatistics,
    followed: Followed,
    estimate: Callable[[Any, Any], Any],
    height: Callable[[Any], float],
) -> list[Any]:
    """The steps of each group that is drawn. Aggregate output has none, as each step is a patient's day."""
    found: list[Any] = []
    if statistics.profile != "pseudonymised":
        return found
    for group in _drawn(statistics):
        times, events = followed.of(group.members)
        curve = estimate(times, events)
        if curve.n:
            steps = [(step.time, height(step), step.interval, step.censored) for step in curve.steps]
            found.append((group, Observed.of(times, events), steps))
    return found


def _curve(
    frame: Frame, name: str, title: str, axis: str, start: float, found: Sequence[Any]
) -> Figure | None:
    if not found:
        return None
    longest = max(observed.times[-1] for _group, observed, _steps in found)
    step = next((step for step in (1, 2, 3, 6, 12, 24, 60) if longest / step <= frame.marks), 120)
    end = max(step, step * -(-longest // step))
    top = TOP + LEGEND * _legend_rows([group for group, _observed, _steps in found], frame)
    y = _scale(0, 100, top)

    def x(month: float) -> float:
        return frame.x(month / end, 12)

    series, sizes = [], []
    months = [step * number for number in range(int(end // step) + 1)]
    for number, (group, observed, steps) in enumerate(found):
        heights = [(0.0, start)] + [(time, height) for time, height, _between, _censored in steps]
        ticks = tuple((x(time), y(100 * height)) for time, height, _between, censored in steps if censored)
        band = _band(
            [(time, between) for time, _height, between, _censored in steps], observed.times[-1], x, y
        )
        series.append(Series(number, group.name, _stairs(heights, x, y), band=band, ticks=ticks))
        sizes.append((group.name, [(x(month), str(observed.at_risk(month))) for month in months]))
    return _figure(
        frame,
        name,
        title,
        f"{axis} (%)",
        _("months after the index procedure; band: 95 % interval; strokes: last seen"),
        top,
        [(y(value), f"{value}") for value in range(0, 101, 20)],
        [(x(month), f"{month}") for month in months],
        series,
        _("at risk"),
        sizes,
    )


def _stairs(
    heights: Sequence[tuple[float, float]], x: Callable[[float], float], y: Callable[[float], float]
) -> str:
    """Across, then down (or up)."""
    points, last = [], None
    for time, height in heights:
        if last is not None:
            points.append(f"{x(time)},{y(100 * last)}")
        if height != last:
            points.append(f"{x(time)},{y(100 * height)}")
        last = height
    return " ".join(points)


def _band(
    intervals: Sequence[tuple[float, Interval | None]],
    end: float,
    x: Callable[[float], float],
    y: Callable[[float], float],
) -> str:
    """The outline of the intervals; from the first that there is to the end of the last."""
    there = [(time, between) for time, between in intervals if between is not None]
    if not there:
        return ""
    lasts = [later for later, _between in there[1:]] + [end]
    upper, lower = [], []
    for (time, between), later in zip(there, lasts, strict=True):
        upper += [f"{x(time)},{y(100 * between.high)}", f"{x(later)},{y(100 * between.high)}"]
        lower += [f"{x(time)},{y(100 * between.low)}", f"{x(later)},{y(100 * between.low)}"]
    return " ".join([*upper, *reversed(lower)])


# -- what all figures share --------------------------------------------------------------------------------------------


def _scale(low: float, high: float, top: float) -> Callable[[float], float]:
    return lambda value: round(top + (high - min(max(value, low), high)) / (high - low) * PLOT, 1)


def _legend_rows(groups: Sequence[Group], frame: Frame) -> int:
    return _legend([group.name for group in groups], frame)[-1][1] + 1


def _legend(labels: Sequence[str], frame: Frame) -> list[tuple[float, int]]:
    """Where each label of the legend begins, and in which row."""
    found, x, row = [], float(frame.left), 0
    for label in labels:
        width = 44 + 7.4 * len(label) + 18
        if x > frame.left and x + width > frame.right:
            x, row = float(frame.left), row + 1
        found.append((round(x, 1), row))
        x += width
    return found


def _figure(
    frame: Frame,
    name: str,
    title: str,
    axis: str,
    below: str,
    top: float,
    grid: Sequence[tuple[float, str]],
    marks: Sequence[tuple[float, str]],
    series: Sequence[Series],
    sizes_label: str,
    sizes: Sequence[tuple[str, Sequence[tuple[float, str]]]],
) -> Figure:
    base = top + PLOT
    placed = [
        replace(one, legend_x=x, legend_y=TOP + LEGEND * row)
        for one, (x, row) in zip(series, _legend([one.label for one in series], frame), strict=True)
    ]
    first = base + TICK + 26
    apart, height = (ROW, 2 * ROW) if frame.is_narrow else (0, ROW)
    rows = tuple(
        (label, first + height * number, first + height * number + apart, tuple(numbers))
        for number, (label, numbers) in enumerate(sizes)
    )
    foot = first + height * len(sizes) + 10
    lines = below.split("; ") if frame.is_narrow else [below]
    words = _("%(title)s of %(groups)s. The numbers stand in the table.") % {
        "title": title,
        "groups": ", ".join(one.label for one in series),
    }
    return Figure(
        frame,
        name,
        title,
        axis,
        tuple((foot + FOOT * number, line) for number, line in enumerate(lines)),
        words,
        foot + FOOT * (len(lines) - 1) + 6,
        top,
        base,
        tuple((y, shown_text(label)) for y, label in grid),
        tuple(marks),
        tuple(placed),
        sizes_label,
        rows,
    )
