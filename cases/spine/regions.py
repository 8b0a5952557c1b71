"""The regions of the picture that are switched on and off in the editor, and where arrow keys lead from each.

A region is either a level of the lesion or one side of a Denis zone. Levels wear a tag at the edge of the picture;
those of the sacrum are reached by it alone, because the bone itself shows the zones.
"""

from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases import codes
from cases.spine import bones, sacrum
from cases.spine.curves import MIDLINE, SIDES

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ZONE_NAMES: dict[str, "StrOrPromise"] = {
    "ala": _("Zone I (ala)"),
    "foraminal": _("Zone II (foraminal)"),
    "central": _("Zone III (central)"),
}


class Tag(NamedTuple):
    """The label of a level at the edge of the picture, with the line that leads to the bone."""

    text: "StrOrPromise"
    x: float
    y: float
    width: float
    #: Where the line from the bone begins, and its height there; none where the tag is on its own.
    line_from: tuple[float, float] | None = None

    @property
    def left(self) -> float:
        return self.x - self.width / 2

    @property
    def top(self) -> float:
        return self.y - TAG_HEIGHT / 2

    @property
    def baseline(self) -> float:
        return self.y + 4.8


class Half(NamedTuple):
    """What is shaded when the region is on, if the lesion's side is ``part`` (``whole`` where the side is open)."""

    part: str
    path: str


class Region(NamedTuple):
    """A switch. ``level``, or ``zone`` and ``side``, say what it stands for; the first of its halves is the whole."""

    key: str
    name: "StrOrPromise"
    halves: tuple[Half, ...]
    level: str = ""
    zone: str = ""
    side: str = ""
    tag: Tag | None = None

    @property
    def on_bone(self) -> bool:
        """Can be clicked on the bone itself; levels of the sacrum have their tag only."""
        return self.level != "sacrum" and self.level not in sacrum.LEVELS


TAG_HEIGHT = 26.0
_RULER, _RULER_WIDTH = 323.0, 38.0
_WIDE, _WIDE_WIDTH = 306.0, 72.0


@cache
def tags() -> dict[str, Tag]:
    """A label per level, from top to bottom: a column at the patient's left, 30 units apart or more."""
    found = {}
    for v in bones.LUMBAR:
        tip = (MIDLINE + v.process + 5, v.top + 10.5 + v.droop)
        found[v.level] = Tag(v.level, _RULER, v.y - 4, _RULER_WIDTH, tip)
    for row, level in enumerate(sacrum.LEVELS):
        x, y = sacrum.edge_of(row)
        found[level] = Tag(level, _RULER, 260 + 30.0 * row, _RULER_WIDTH, (x + 4, y))
    found["coccyx"] = Tag(pgettext_lazy("label on the picture", "Coccyx"), _WIDE, 411, _WIDE_WIDTH)
    found["sacrum"] = Tag(pgettext_lazy("label on the picture", "Sacrum"), _WIDE, 441, _WIDE_WIDTH)
    found["pelvis"] = Tag(pgettext_lazy("label on the picture", "Pelvis"), _WIDE, 471, _WIDE_WIDTH)
    return found


def _level(name: "StrOrPromise") -> "StrOrPromise":
    return format_lazy(_("Level {level}"), level=name)


@cache
def regions() -> tuple[Region, ...]:
    """All switches in the order in which they are drawn: the hip bones behind, then from top to bottom."""
    tag = tags()
    hips = tuple(Half(side, bones.hip_bone(side)) for side in SIDES)
    path = "".join(hip.path for hip in hips)
    found = [Region("pelvis", _("Pelvis"), (Half("whole", path), *hips), "pelvis", tag=tag["pelvis"])]
    for v in bones.LUMBAR:
        halves = tuple(Half(part, bones.vertebra(v, part)) for part in ("whole", *SIDES, "central"))
        found.append(Region(v.level, _level(v.level), halves, v.level, tag=tag[v.level]))
    for level in sacrum.LEVELS:
        found.append(Region(level, _level(level), _rows(level), level, tag=tag[level]))
    name = _("Sacrum, level not stated")
    found.append(Region("sacrum", name, _rows(*sacrum.LEVELS), "sacrum", tag=tag["sacrum"]))
    for zone, side in (*sacrum.COLUMNS[:2], ("central", ""), *sacrum.COLUMNS[4:]):
        found.append(_zone(zone, side))
    path = bones.coccyx()
    found.append(Region("coccyx", _("Coccyx"), (Half("whole", path),), "coccyx", tag=tag["coccyx"]))
    return tuple(found)


def _rows(*levels: str) -> tuple[Half, ...]:
    """Levels of the sacrum across its zones; of one side or the middle where the lesion's side says so."""
    return (
        Half("whole", sacrum.area(sacrum.cells_of(levels))),
        *(Half(side, sacrum.area(sacrum.cells_of(levels, sides=[side]))) for side in SIDES),
        Half("central", sacrum.area(sacrum.cells_of(levels, ["central"]))),
    )


def _zone(zone: str, side: str) -> Region:
    """A zone of one side; the central zone is one region, and its halves show a lesion of one side."""
    name = ZONE_NAMES[zone]
    path = sacrum.area(sacrum.cells_of(zones=[zone], sides=[side] if side else SIDES))
    if not side:
        parts = [Half(part, sacrum.area(sacrum.cells_of(zones=[zone], sides=[part]))) for part in SIDES]
        return Region(zone, name, (Half("whole", path), *parts), zone=zone)
    text = _("{zone}, right") if side == "right" else _("{zone}, left")
    return Region(
        f"{zone}-{side}", format_lazy(text, zone=name), (Half("whole", path),), zone=zone, side=side
    )


def _chain(direction: str, back: str, *keys: str) -> list[tuple[str, str, str]]:
    steps = list(pairwise(keys))
    return [(a, direction, b) for a, b in steps] + [(b, back, a) for a, b in steps]


@cache
def neighbours() -> dict[str, dict[str, str]]:
    """Region → arrow key → region. The first line through a pair of regions wins."""
    lumbar = [v.level for v in bones.LUMBAR]
    row = ("pelvis", "ala-right", "foraminal-right", "central", "foraminal-left", "ala-left", "S1")
    lines = [
        *_chain("down", "up", *lumbar, "central", "coccyx"),
        *_chain("right", "left", *row),
        *_chain("down", "up", *sacrum.LEVELS, "coccyx", "sacrum", "pelvis"),
        *((key, "up", "L5") for key in (*row[1:3], *row[4:])),
        *((key, "down", "coccyx") for key in (*row[1:3], *row[4:6])),
        *((level, "left", "ala-left") for level in (*sacrum.LEVELS, "sacrum")),
        ("L5", "right", "S1"),
        ("coccyx", "left", "foraminal-right"),
        ("coccyx", "right", "S5"),
    ]
    found: dict[str, dict[str, str]] = {region.key: {} for region in regions()}
    for start, direction, end in lines:
        found[start].setdefault(direction, end)
    return found


#: The numerals of the Denis zones and where they are written into the drawing.
_NUMERALS = {"ala": "I", "foraminal": "II", "central": "III"}


@cache
def numerals() -> dict[str, tuple[str, float, float]]:
    """Region of a zone → its numeral, in the row of S1."""
    found = {}
    for region in regions():
        if region.zone:
            x, y = sacrum.centre_of((sacrum.LEVELS[0], region.zone, region.side or SIDES[0]))
            found[region.key] = (_NUMERALS[region.zone], x if region.side else MIDLINE, y + 4)
    return found


#: The letters that mark the sides as on a radiograph, the words beneath them, and where they stand.
SIDE_LETTERS: tuple[tuple["StrOrPromise", "StrOrPromise", int], ...] = (
    (pgettext_lazy("side of the patient, one letter", "R"), codes.Side.RIGHT.label, 4),
    (pgettext_lazy("side of the patient, one letter", "L"), codes.Side.LEFT.label, 300),
)
