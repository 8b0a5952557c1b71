"""The course of own cases beside published groups as a drawing, made by the server: no library has to be loaded for it.

Own values are drawn with whiskers, published ones as grey lines with their name at the line's end: on a band of one
standard deviation, or with whiskers too where intervals are drawn.
"""

from dataclasses import dataclass
from typing import Any

from registry.research.course import Scale
from registry.research.own_course import OwnCourse

#: Units of the drawing; the style sheet sizes it.
WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 30, 104, 12, 46
#: Height of a label, and about how wide one of its letters is.
LINE, LETTER = 16, 7.2


@dataclass(frozen=True)
class Axis:
    """The axis of a score: its ends are those of the scale."""

    scale: Scale

    def y(self, value: float) -> float:
        low, high = self.scale.low, self.scale.high
        return round(TOP + (high - min(max(value, low), high)) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    def dot(self, x: float, mean: float, ends: tuple[float, float] | None, title: str) -> "Dot":
        if ends is None:
            return Dot(x, self.y(mean), title=title)
        return Dot(x, self.y(mean), self.y(ends[0]), self.y(ends[1]), title)


@dataclass(frozen=True)
class Dot:
    """A mean, and the ends of its whisker."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    title: str = ""


@dataclass
class Label:
    """The name at a line's end."""

    text: str
    x: float
    y: float
    anchor: str
    own: bool = False

    @property
    def left(self) -> float:
        return self.x if self.anchor == "start" else self.x - LETTER * len(self.text)

    @property
    def right(self) -> float:
        return self.left + LETTER * len(self.text)


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
class Drawing:
    """What the template draws."""

    width: int
    height: int
    left: int
    right: int
    base: float
    grid: tuple[tuple[float, int], ...]
    ticks: tuple[dict[str, Any], ...]
    published: tuple[Line, ...]
    own: Line | None
    labels: tuple[Label, ...]
    own_labels: tuple[Label, ...]
    #: Whether published spread is a band behind the lines; whiskers otherwise.
    bands: bool = True


def draw(course: OwnCourse, own_name: str) -> Drawing:
    """Lay out the drawing of a course."""
    days, axis = course.axis(), Axis(course.scale)

    def x(day: float) -> float:
        return round(LEFT + 10 + days.place(day) * (WIDTH - LEFT - RIGHT - 20), 1)

    published, labels = [], []
    for number in range(len(course.groups)):
        dots = []
        for row in course.rows:
            reported = row.published.get(number)
            if reported is None:
                continue
            ends = course.published_ends(number, reported)
            dots.append(axis.dot(x(row.day), reported.center.value, ends, reported.text))
        if dots:
            published.append(Line(tuple(dots), number % 4))
            labels.append(_label(course.short_name(number), dots[-1]))
    own = tuple(
        axis.dot(x(row.day), row.own.mean, course.own_ends(row.own), f"{row.own.text}, n {row.own.n}")
        for row in course.rows
        if row.own and row.own.mean is not None
    )
    if own:
        labels.append(_label(own_name, own[-1], own=True))
    for label in labels:
        if not label.own:
            _above(label, own)
    placed = _apart(labels)
    return Drawing(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        base=axis.y(course.scale.low),
        grid=tuple(
            (axis.y(value), value)
            for value in range(course.scale.low, course.scale.high + 1, course.scale.step)
        ),
        ticks=tuple(
            {"x": x(row.day), "label": row.short, "n": row.own.n if row.own else None} for row in course.rows
        ),
        published=tuple(published),
        own=Line(own) if own else None,
        labels=tuple(label for label in placed if not label.own),
        own_labels=tuple(label for label in placed if label.own),
        bands=not course.intervals,
    )


def _label(text: str, end: Dot, *, own: bool = False) -> Label:
    fits = end.x + 10 + LETTER * len(text) <= WIDTH
    x, y = (end.x + 10, end.y) if fits else (end.x, end.y - 14)
    return Label(text, x, y, "start" if fits else "end", own)


def _above(label: Label, dots: tuple[Dot, ...]) -> None:
    """A name that would cover an own value ends above its line's end instead."""
    if label.anchor == "start" and any(
        label.left < dot.x < label.right and abs(dot.y - label.y) < LINE for dot in dots
    ):
        label.x, label.y, label.anchor = label.x - 10, label.y - LINE, "end"


def _apart(labels: list[Label]) -> list[Label]:
    """Labels in the same place are moved down, one beneath the other."""
    placed: list[Label] = []
    for label in sorted(labels, key=lambda one: one.y):
        for above in placed:
            beside = label.left > above.right or above.left > label.right
            if not beside and label.y - above.y < LINE:
                label.y = above.y + LINE
        placed.append(label)
    return placed
