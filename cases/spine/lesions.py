"""What of a lesion is drawn on the picture, and the same in words.

Only what was said is drawn. Where side, zone or level is not stated, all of the area that the statement leaves open is
shaded and its outline is dashed; a zone about which nothing was said is never drawn or told as free of disease.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from math import hypot
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import codes
from cases.models import Lesion
from cases.spine import bones, sacrum
from cases.spine.curves import MIDLINE, SIDES, Point, placed

#: Patterns in the order of the lesions' numbers; there are as many in the style sheet and in ``_spine_patterns.html``.
STYLES = 6
_BADGE_APART = 23.0
_DRAWN = frozenset({v.level for v in bones.LUMBAR} | set(sacrum.LEVELS) | set(codes.REGIONS))

_ZONES = {
    "ala": gettext_lazy("zone I (ala)"),
    "foraminal": gettext_lazy("zone II (foraminal)"),
    "central": gettext_lazy("zone III (central)"),
}


@dataclass(frozen=True)
class Piece:
    """One shaded area and the places where its number may stand, the best first."""

    path: str
    #: Side, zone or level is not stated: the area is what the statement leaves open.
    open: bool
    badges: list[Point]
    #: The hip bones lie behind the spine.
    behind: bool = False


def style_of(number: int) -> int:
    """Pattern and colour of the lesion of that number, 1 … ``STYLES``."""
    return (number - 1) % STYLES + 1


class Badge(NamedTuple):
    """Where a lesion's number stands."""

    x: float
    y: float

    @property
    def baseline(self) -> float:
        return round(self.y + 4.8, 1)


@dataclass
class Mark:
    """A lesion on the picture."""

    lesion: Lesion
    words: str
    pieces: list[Piece]
    #: Its levels that the picture does not show.
    beyond: list[str]
    badges: list[Badge] = field(default_factory=list)

    @property
    def number(self) -> int:
        return self.lesion.number or 0

    @property
    def style(self) -> int:
        return style_of(self.number)

    @property
    def open(self) -> bool:
        return any(piece.open for piece in self.pieces)


def marks_of(lesions: Iterable[Lesion]) -> list[Mark]:
    """The lesions as they are drawn, each with its number beside what is shaded, none upon another."""
    found = [Mark(lesion, in_words(lesion), list(_pieces(lesion)), _beyond(lesion)) for lesion in lesions]
    taken: list[Point] = []
    for mark in found:
        for piece in mark.pieces:
            place = _free(piece.badges, taken)
            taken.append(place)
            mark.badges.append(Badge(round(place[0], 1), round(place[1], 1)))
    return found


def in_words(lesion: Lesion) -> str:
    """“S2, left, zone I (ala), not zone III (central)”. Nothing is said of a zone of which nothing is known."""
    levels = _levels(lesion)
    labels = {str(code): label for code, label in codes.LEVEL_CHOICES}
    said = [
        str(_("sacrum, level not stated")) if level == "sacrum" else str(labels[level]) for level in levels
    ]
    if not levels:
        said.append(_("level not stated"))
    if lesion.side:
        said.append(str(codes.Side(lesion.side).label))
    elif levels:
        said.append(_("side not stated"))
    zones = _zones(lesion)
    said += [str(_ZONES[zone]) for zone, reached in zones.items() if reached]
    if not any(zones.values()) and _is_sacral(levels):
        said.append(_("zone not stated"))
    said += [
        _("not %(zone)s") % {"zone": _ZONES[zone]} for zone, reached in zones.items() if reached is False
    ]
    return ", ".join(said)


def _levels(lesion: Lesion) -> list[str]:
    return [level for level in (lesion.levels or "").split(";") if level]


def _beyond(lesion: Lesion) -> list[str]:
    return [level for level in _levels(lesion) if level not in _DRAWN]


def _zones(lesion: Lesion) -> dict[str, bool | None]:
    return {zone: getattr(lesion, f"zone_{zone}") for zone in sacrum.ZONES}


def _is_sacral(levels: list[str]) -> bool:
    return "sacrum" in levels or not set(levels).isdisjoint(sacrum.LEVELS)


def _pieces(lesion: Lesion) -> Iterator[Piece]:
    levels = _levels(lesion)
    part = lesion.side if lesion.side in (*SIDES, "central") else "whole"
    for v in bones.LUMBAR:
        if v.level in levels:
            shift = {"right": -15.0, "left": 15.0}.get(part, 0.0)
            places = [(MIDLINE + shift + dx, v.y) for dx in (0, -22, 22, -44, 44)]
            yield Piece(bones.vertebra(v, part), not lesion.side, places)
    if _is_sacral(levels) or any(_zones(lesion).values()):
        yield from _sacral(lesion, levels)
    if "coccyx" in levels:
        yield Piece(bones.coccyx(), False, [(MIDLINE + 26, 416), (MIDLINE - 26, 416)])
    if "pelvis" in levels:
        for side in [lesion.side] if lesion.side in SIDES else SIDES:
            places = placed([(112, 226), (112, 250), (126, 238), (98, 238), (108, 274)], side)
            yield Piece(bones.hip_bone(side), lesion.side in (None, "", "central"), places, behind=True)


def _sacral(lesion: Lesion, levels: list[str]) -> Iterator[Piece]:
    """The part in the sacrum: the levels named (else all), the zones reached (else all not ruled out), the side."""
    rows = [level for level in sacrum.LEVELS if level in levels]
    zones = _zones(lesion)
    reached = [zone for zone, yes in zones.items() if yes]
    columns = reached or [zone for zone, yes in zones.items() if yes is None]
    if not reached and lesion.side == "central" and "central" in columns:
        columns = ["central"]
    sides = [lesion.side] if lesion.side in SIDES else list(SIDES)
    unsaid = not rows or not reached or not lesion.side
    # Without the central zone between them the two sides are two areas, each with its number.
    for group in [sides] if "central" in columns else [[side] for side in sides]:
        cells = sacrum.cells_of(rows or sacrum.LEVELS, columns, group)
        if cells:
            yield Piece(sacrum.area(cells), unsaid, _badges_in(cells))


def _badges_in(cells: list[sacrum.Cell]) -> list[Point]:
    """Where a number may stand: the midline where both halves of the central zone are shaded, the middle of cells."""
    centres = [sacrum.centre_of(cell) for cell in cells]
    middle = (sum(x for x, _y in centres) / len(centres), sum(y for _x, y in centres) / len(centres))
    halves = [cell for cell in cells if cell[1:] == ("central", "right")]
    if ("central", "left") in {cell[1:] for cell in cells}:
        centres = [(MIDLINE, sacrum.centre_of(cell)[1]) for cell in halves] + centres
    return sorted(centres, key=lambda point: hypot(point[0] - middle[0], point[1] - middle[1]))


def _free(places: list[Point], taken: list[Point]) -> Point:
    """The first place that no number holds yet; if all are held, the nearest free place around the best."""
    (x, y) = places[0]
    around = [(x + dx * 12, y + dy * 12) for dx, dy in product((0, 1, -1, 2, -2, 3, -3), repeat=2)]
    for place in (*places, *around):
        if all(hypot(place[0] - at[0], place[1] - at[1]) >= _BADGE_APART for at in taken):
            return place
    return x, y
