"""The course of own cases beside published groups as a drawing, made by the server: no library has to be loaded for it.

Own values are drawn with whiskers, published ones as grey lines with their name at the line's end: on a band of one
standard deviation, or with whiskers too where intervals are drawn. It is laid out twice, for a wide and for a narrow
page, and the style sheet shows one.
"""

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from registry.research.course import Scale
from registry.research.own_course import OwnCourse

LEFT, TOP, BOTTOM = 26, 12, 46
#: Height of a label, and about how wide one of its letters is.
LINE, LETTER = 16, 7.8
#: How far above or below its line's end a name is tried, in lines.
SHIFTS = (0, 1, -1, 1.75, -1.75, 2.75, -2.75, 3.75, -3.75, 5, -5)
#: From its line's end a name stands this far to the side.
BESIDE = 10


@dataclass(frozen=True)
class Frame:
    """Units of a drawing; the style sheet sizes it. ``right`` is the room beside the plot for names of lines.

    The axis of scores begins and ends where the scale does.
    """

    name: str
    width: int
    height: int
    right: int
    low: int = 0
    high: int = 10
    step: int = 2

    def of(self, scale: Scale) -> "Frame":
        """The same frame for another score."""
        return replace(self, low=scale.low, high=scale.high, step=scale.step)

    @property
    def base(self) -> float:
        return self.y(self.low)

    def y(self, value: float) -> float:
        share = (self.high - min(max(value, self.low), self.high)) / (self.high - self.low)
        return round(TOP + share * (self.height - TOP - BOTTOM), 1)

    def x(self, place: float) -> float:
        return round(LEFT + 10 + place * (self.width - LEFT - self.right - 20), 1)

    def dot(self, x: float, mean: float, ends: tuple[float, float] | None, title: str) -> "Dot":
        if ends is None:
            return Dot(x, self.y(mean), title=title)
        return Dot(x, self.y(mean), self.y(ends[0]), self.y(ends[1]), title)


WIDE = Frame("wide", 560, 300, 104)
NARROW = Frame("narrow", 360, 290, 4)


@dataclass(frozen=True)
class Dot:
    """A mean, and the ends of its whisker."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    title: str = ""


@dataclass(frozen=True)
class Line:
    """One series: its means in order, and the outline of its band."""

    dots: tuple[Dot, ...]
    number: int = 0

    @property
    def points(self) -> str:
        return " ".join(f"{dot.x},{dot.y}" for dot in self.dots)

    @property
    def band(self) -> str:
        there = [dot for dot in self.dots if dot.low is not None]
        if len(there) < 2:
            return ""
        edge = [f"{dot.x},{dot.high}" for dot in there] + [f"{dot.x},{dot.low}" for dot in reversed(there)]
        return " ".join(edge)


@dataclass(frozen=True)
class Label:
    """The name of a line, near its end."""

    text: str
    end: Dot
    x: float
    y: float
    anchor: str
    own: bool = False

    @property
    def width(self) -> float:
        return LETTER * len(self.text)

    @property
    def left(self) -> float:
        return self.x - {"start": 0, "middle": 0.5, "end": 1}[self.anchor] * self.width

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def leader(self) -> tuple[float, float] | None:
        """Where a thin line from the line's end arrives, if the name had to go some way from it."""
        away = self.y - self.end.y
        if abs(away) <= 1.5 * LINE:
            return None
        x = min(max(self.end.x, self.left + LETTER), self.right - LETTER)
        return round(x, 1), round(self.y - (LINE / 2 if away > 0 else -LINE / 2), 1)


@dataclass(frozen=True)
class Drawing:
    """What the template draws."""

    frame: Frame
    left: int
    right: int
    grid: tuple[tuple[float, int], ...]
    ticks: tuple[dict[str, Any], ...]
    published: tuple[Line, ...]
    own: Line | None
    labels: tuple[Label, ...]
    own_labels: tuple[Label, ...]
    #: Whether published spread is a band behind the lines; whiskers otherwise.
    bands: bool = True

    @property
    def base(self) -> float:
        return self.frame.base


def draw(course: OwnCourse, own_name: str, frame: Frame) -> Drawing:
    """Lay out the drawing of a course."""
    days, frame = course.axis(), frame.of(course.scale)

    def x(day: float) -> float:
        return frame.x(days.place(day))

    published, names = [], []
    for number in range(len(course.groups)):
        dots = []
        for row in course.rows:
            reported = row.published.get(number)
            if reported is None:
                continue
            ends = course.published_ends(number, reported)
            dots.append(frame.dot(x(row.day), reported.center.value, ends, reported.text))
        if dots:
            published.append(Line(tuple(dots), number % 4))
            names.append((course.short_name(number), dots[-1], False))
    dots = [
        frame.dot(x(row.day), row.own.mean, course.own_ends(row.own), f"{row.own.text}, n {row.own.n}")
        for row in course.rows
        if row.own and row.own.mean is not None
    ]
    own = Line(tuple(dots)) if dots else None
    if own is not None:
        names.insert(0, (own_name, own.dots[-1], True))
    labels = _place(names, published, own, frame)
    return Drawing(
        frame=frame,
        left=LEFT,
        right=frame.width - frame.right,
        grid=tuple((frame.y(value), value) for value in range(frame.low, frame.high + 1, frame.step)),
        ticks=tuple(
            {"x": x(row.day), "label": row.short, "n": row.own.n if row.own else None} for row in course.rows
        ),
        published=tuple(published),
        own=own,
        labels=tuple(label for label in labels if not label.own),
        own_labels=tuple(label for label in labels if label.own),
        bands=not course.intervals,
    )


# -- where the names stand -------------------------------------------------------------------------------------------


def _place(
    names: Iterable[tuple[str, Dot, bool]], published: list[Line], own: Line | None, frame: Frame
) -> list[Label]:
    """Each name where it is least in the way: of names placed before, of values, of lines; near its line's end.

    Own cases come first, then the lines that end early, where it is crowded.
    """
    own_dots = own.dots if own else ()
    placed: list[Label] = []
    for text, end, is_own in sorted(names, key=lambda name: (not name[2], name[1].x)):
        # Where nothing fits, as with a very long name, it ends at the edge.
        tried = list(_candidates(text, end, is_own, frame)) or [
            Label(text, end, frame.width, end.y, "end", is_own)
        ]
        placed.append(min(tried, key=lambda label: _in_the_way(label, placed, published, own_dots)))
    return placed


def _candidates(text: str, end: Dot, own: bool, frame: Frame) -> Iterator[Label]:
    """Beside the line's end, then ever farther above and below it; what leaves the drawing is no candidate."""
    for shift in SHIFTS:
        y = round(end.y + shift * LINE, 1)
        for anchor, aside in (("start", BESIDE), ("end", -BESIDE), ("middle", 0), ("start", 0), ("end", 0)):
            label = Label(text, end, round(end.x + aside, 1), y, anchor, own)
            beneath = aside == 0 and shift == 0
            inside = label.left >= LEFT and label.right <= frame.width and TOP <= y <= frame.base - LINE / 2
            if inside and not beneath:
                yield label


def _in_the_way(
    label: Label, placed: list[Label], published: list[Line], own: tuple[Dot, ...]
) -> tuple[float, float]:
    """How much a place is to be avoided; of two equal ones, that which is less to the side is better."""
    dots = [*own, *(dot for line in published for dot in line.dots)]
    covered = sum(
        other.left - 6 < label.right and label.left < other.right + 6 and abs(label.y - other.y) < LINE
        for other in placed
    )
    # Of two lines that end in one place, the upper one has the upper name.
    upside_down = sum(
        abs(label.end.x - other.end.x) < LINE and (label.end.y - other.end.y) * (label.y - other.y) < 0
        for other in placed
    )
    values = sum(
        label.left - 6 < dot.x < label.right + 6 and abs(label.y - dot.y) < LINE / 2 + 5 for dot in dots
    )
    crossed = sum(_crosses(label, a, b) for line in published for a, b in itertools.pairwise(line.dots))
    own_crossed = sum(_crosses(label, a, b) for a, b in itertools.pairwise(own))
    struck = sum(
        dot.low is not None
        and dot.high is not None
        and label.left - 4 < dot.x < label.right + 4
        and dot.high < label.y + LINE / 2
        and label.y - LINE / 2 < dot.low
        for dot in own
    )
    aside = max(label.left - label.end.x, label.end.x - label.right, 0)
    away = math.hypot(aside, label.y - label.end.y) / LINE
    weight = 100 * covered + 40 * values + 25 * upside_down + 12 * own_crossed + 4 * crossed + 3 * struck
    return weight + 3 * away, abs((label.left + label.right) / 2 - label.end.x)


def _crosses(label: Label, a: Dot, b: Dot) -> bool:
    """Whether the line from one value to the next runs through the name."""
    left, right = max(label.left, min(a.x, b.x)), min(label.right, max(a.x, b.x))
    if left >= right:
        return False

    def at(x: float) -> float:
        return a.y + (b.y - a.y) * (x - a.x) / (b.x - a.x)

    top, bottom = sorted((at(left), at(right)))
    return top < label.y + LINE / 2 and label.y - LINE / 2 < bottom
