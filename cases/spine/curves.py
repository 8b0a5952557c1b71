"""Smooth curves through given points, written as SVG path data."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import hypot

Point = tuple[float, float]

#: The middle of the picture. Outlines are given for the patient's right as (distance from it, height).
MIDLINE = 152.0
SIDES = ("right", "left")

#: Length of a handle as a share of the distance to the next point: rounded, without overshooting uneven steps.
_HANDLE = 0.34


def points(text: str) -> list[Point]:
    """An outline written as ``x y, x y``."""
    return [(float(x), float(y)) for x, y in (pair.split() for pair in text.split(","))]


def placed(outline: Iterable[Point], side: str = "right") -> list[Point]:
    """Points of one side in the coordinates of the picture: the patient's right lies left of the midline."""
    sign = -1 if side == "right" else 1
    return [(MIDLINE + sign * x, y) for x, y in outline]


def both(half: Sequence[Point]) -> list[Point]:
    """A whole outline from its right half, which runs from the midline to the midline."""
    return placed(half) + placed(reversed(half[1:-1]), "left")


def closed(outline: Sequence[Point]) -> str:
    """A smooth closed outline."""
    return _path(outline, ring=True)


def opened(line: Sequence[Point]) -> str:
    """A smooth line from the first to the last point."""
    return _path(line, ring=False)


def polygon(outline: Sequence[Point]) -> str:
    """A closed outline with straight steps, for points that already lie close together."""
    pen = _Pen(outline[0])
    for point in outline[1:]:
        pen.to("l", point)
    return pen.written + "z"


def sampled(line: Sequence[Point], per_step: int = 6) -> list[Point]:
    """Points along the smooth line through the given ones, close enough together to be joined by straight steps."""
    found = [line[0]]
    start = line[0]
    for a, b, end in _bends(line, ring=False):
        for i in range(1, per_step + 1):
            t = i / per_step
            shares = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
            x, y = (
                sum(share * point[axis] for share, point in zip(shares, (start, a, b, end), strict=True))
                for axis in (0, 1)
            )
            found.append((x, y))
        start = end
    return found


def crossing(line: Sequence[Point], at: float, axis: int) -> float:
    """The other coordinate where a line of points, rising along ``axis`` (0 for x, 1 for y), reaches ``at``."""
    other = 1 - axis
    for first, second in pairwise(line):
        low, high = first[axis], second[axis]
        if low <= at <= high and high > low:
            return first[other] + (second[other] - first[other]) * (at - low) / (high - low)
    return line[0][other] if at < line[0][axis] else line[-1][other]


class _Pen:
    """Writes points relative to where it stands, in tenths: finer than a screen shows, and short in the page."""

    def __init__(self, start: Point) -> None:
        self.x, self.y = self._tenths(start)
        self.written = "M" + self._said((self.x, self.y))

    def to(self, command: str, *steps: Point) -> None:
        """Go to the last of the points; the others are handles."""
        tenths = [self._tenths(point) for point in steps]
        self.written += command + self._said(*((x - self.x, y - self.y) for x, y in tenths))
        self.x, self.y = tenths[-1]

    @staticmethod
    def _tenths(point: Point) -> tuple[int, int]:
        return round(point[0] * 10), round(point[1] * 10)

    @staticmethod
    def _said(*pairs: tuple[int, int]) -> str:
        return " ".join(f"{value / 10:g}" for pair in pairs for value in pair).replace(" -", "-")


def _path(line: Sequence[Point], ring: bool) -> str:
    pen = _Pen(line[0])
    for bend in _bends(line, ring):
        pen.to("c", *bend)
    return pen.written + ("z" if ring else "")


def _bends(line: Sequence[Point], ring: bool) -> list[tuple[Point, Point, Point]]:
    """For each step from a point to the next: both handles and the end."""
    n = len(line)
    directions = []
    for i in range(n):
        before = line[i - 1] if ring or i > 0 else line[i]
        after = line[(i + 1) % n] if ring or i < n - 1 else line[i]
        length = hypot(after[0] - before[0], after[1] - before[1]) or 1.0
        directions.append(((after[0] - before[0]) / length, (after[1] - before[1]) / length))
    bends = []
    for i in range(n if ring else n - 1):
        start, end = line[i], line[(i + 1) % n]
        reach = hypot(end[0] - start[0], end[1] - start[1]) * _HANDLE
        (ax, ay), (bx, by) = directions[i], directions[(i + 1) % n]
        bends.append(
            ((start[0] + ax * reach, start[1] + ay * reach), (end[0] - bx * reach, end[1] - by * reach), end)
        )
    return bends
