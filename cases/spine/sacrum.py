"""The sacrum as a grid of levels (rows) and Denis zones (columns): any set of its cells has one outline."""

from collections.abc import Collection, Iterator
from functools import cache
from math import cos, pi, sin

from cases.spine.curves import SIDES, Point, closed, crossing, opened, placed, points, polygon, sampled

LEVELS = ("S1", "S2", "S3", "S4", "S5")
ZONES = ("ala", "foraminal", "central")
#: From the patient's right to the left. The central zone is one zone; its halves let a lesion of one side be drawn so.
COLUMNS = (
    ("ala", "right"),
    ("foraminal", "right"),
    ("central", "right"),
    ("central", "left"),
    ("foraminal", "left"),
    ("ala", "left"),
)
#: Level, zone and side.
Cell = tuple[str, str, str]
CELLS: tuple[Cell, ...] = tuple((level, zone, side) for level in LEVELS for zone, side in COLUMNS)

#: Upper border from the midline: end plate of S1, articular process, ala.
_BASE = sampled(
    points("0 243, 18 242.2, 29.5 240, 33.5 240.8, 36.5 245, 42 249, 52 248, 63 245, 71.5 246.5, 77 253")
)
BASE_HEIGHT = 242.0
#: Lateral border downwards: sacroiliac joint, then the free border to the inferior lateral angle.
_LATERAL = sampled(points("77 253, 79 262, 78 274, 74 289, 69.5 304, 65 317, 57 331, 50 345, 46 358, 43 370"))
#: Lower border from the midline.
_APEX = sampled(points("0 392, 9 391.6, 14 389.5, 21 384, 31 380.5, 39.5 377, 43 370"))
APEX_HEIGHT = 392.0
#: Heights of the transverse ridges between the levels, at the midline; they rise a little towards the sides.
_RIDGES = (276.0, 306.0, 334.0, 360.0)
_RISE = 0.0016
#: Distance of the medial and of the lateral border of the foraminal zone, at the base and at the apex.
_FORAMINAL = ((21.5, 14.5), (47.5, 33.0))

#: Where the border above a row (0–5) meets a border between columns (−3 patient's right … 3 left).
_Node = tuple[int, int]


def cells_of(
    levels: Collection[str] = LEVELS, zones: Collection[str] = ZONES, sides: Collection[str] = SIDES
) -> list[Cell]:
    return [cell for cell in CELLS if cell[0] in levels and cell[1] in zones and cell[2] in sides]


@cache
def _outline(cells: frozenset[Cell]) -> str:
    steps: set[tuple[_Node, _Node]] = set()
    for cell in cells:
        corners = _corners(cell)
        for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
            # A border walked in both directions lies between two of the cells.
            if (end, start) in steps:
                steps.remove((end, start))
            else:
                steps.add((start, end))
    path = ""
    while steps:
        start, end = min(steps)
        first = start
        ring: list[Point] = []
        while True:
            steps.remove((start, end))
            ring += _along(start, end)
            if end == first:
                break
            start, end = end, min(follow for begin, follow in steps if begin == end)
        path += polygon(ring)
    return path


def area(cells: Collection[Cell]) -> str:
    """The outline of a set of cells; between neighbouring cells there is no line."""
    return _outline(frozenset(cells))


def centre_of(cell: Cell) -> Point:
    nodes = [_node(row, abs(column)) for row, column in _corners(cell)]
    middle = (sum(x for x, _y in nodes) / 4, sum(y for _x, y in nodes) / 4)
    return placed([middle], cell[2])[0]


def edge_of(row: int) -> Point:
    """The middle of a level's lateral border at the patient's left."""
    (x0, y0), (x1, y1) = _node(row, 3), _node(row + 1, 3)
    return placed([((x0 + x1) / 2, (y0 + y1) / 2)], "left")[0]


def ridge_lines() -> Iterator[str]:
    """The transverse ridges, between the foramina."""
    for row in range(1, len(LEVELS)):
        x = _node(row, 1)[0] - 1
        half = [(0.0, _row_border(row, 0)), (x, _row_border(row, x))]
        yield opened(placed(reversed(half)) + placed(half[1:], "left"))


def zone_borders() -> Iterator[str]:
    """The lines between the Denis zones."""
    for column in (1, 2):
        for side in SIDES:
            yield opened(placed([_node(row, column) for row in range(len(LEVELS) + 1)], side))


def foramina() -> Iterator[str]:
    """The anterior sacral foramina: each opens beside the ridge below its level."""
    for row, (a, b) in enumerate(((7.4, 5.4), (6.6, 5.0), (5.8, 4.5), (5.0, 4.0)), start=1):
        y = _row_border(row, 30) - 1
        x = (_column_border(1, y) + _column_border(2, y)) / 2 - 1
        turns = [pi * i / 4 for i in range(8)]
        oval = [(x + a * cos(t), y + b * sin(t) + 0.16 * a * cos(t)) for t in turns]
        yield from (closed(placed(oval, side)) for side in SIDES)


def _row_border(row: int, x: float) -> float:
    """Height of the border above a row, at a distance from the midline."""
    if row == 0:
        return crossing(_BASE, x, 0)
    if row == len(LEVELS):
        return crossing(_APEX, x, 0)
    return _RIDGES[row - 1] - _RISE * x * x


def _column_border(column: int, y: float) -> float:
    """Distance of a border between columns (0 midline … 3 lateral border of the bone), at a height."""
    if column == 0:
        return 0.0
    if column == 3:
        return crossing(_LATERAL, y, 1)
    upper, lower = _FORAMINAL[column - 1]
    return upper + (lower - upper) * (y - BASE_HEIGHT) / (APEX_HEIGHT - BASE_HEIGHT)


@cache
def _node(row: int, column: int) -> Point:
    """Where two borders meet, found by a few steps from one towards the other."""
    if column == 3 and row in (0, len(LEVELS)):
        return (_BASE if row == 0 else _APEX)[-1]
    y = _row_border(row, 0)
    for _step in range(6):
        y = _row_border(row, _column_border(column, y))
    return _column_border(column, y), y


def _corners(cell: Cell) -> list[_Node]:
    """The corners of a cell, clockwise."""
    level, zone, side = cell
    row, column = LEVELS.index(level), COLUMNS.index((zone, side)) - 3
    return [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)]


def _along(start: _Node, end: _Node) -> list[Point]:
    """Points along the border from one node to a neighbouring one, without the last."""
    (x0, y0), (x1, y1) = _node(start[0], abs(start[1])), _node(end[0], abs(end[1]))
    level, column = start[0] == end[0], abs(start[1])
    # Borders between zones are straight; the edges of the bone are the least even.
    steps = 1 if not level and column < 3 else 10 if start[0] in (0, len(LEVELS)) else 5
    shares = [i / steps for i in range(steps)]
    if level:
        line = [(x, _row_border(start[0], x)) for x in (x0 + (x1 - x0) * share for share in shares)]
    else:
        line = [(_column_border(column, y), y) for y in (y0 + (y1 - y0) * share for share in shares)]
    return placed(line, "right" if min(start[1], end[1]) < 0 else "left")
