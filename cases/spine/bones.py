"""The bones: lumbar vertebrae, discs, coccyx and hip bones, and the plain drawing of everything."""

from functools import cache
from typing import NamedTuple

from cases.spine import sacrum
from cases.spine.curves import SIDES, Point, both, closed, opened, placed, points, polygon

WIDTH, HEIGHT = 344, 486


class Vertebra(NamedTuple):
    """A vertebra: centre and half width of its body, its height, the reach of its transverse processes."""

    level: str
    y: float
    half_width: float
    height: float
    process: float
    #: How far the tip of the process lies below its root; negative where it points upwards.
    droop: float

    @property
    def top(self) -> float:
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height / 2


LUMBAR = (
    Vertebra("L1", 40, 27, 34, 47, 1),
    Vertebra("L2", 83, 28, 34.5, 54, 0.5),
    Vertebra("L3", 126, 29.5, 34.5, 61, -1),
    Vertebra("L4", 169.5, 31, 34.5, 56, -4),
    Vertebra("L5", 213.5, 33, 33.5, 57, -7),
)
#: A hint of the next vertebra, to show where the picture begins; it is no region.
T12 = Vertebra("T12", -3, 26, 33, 35, 3)


def vertebra(v: Vertebra, part: str = "whole") -> str:
    """A vertebra: the whole, its right or left half, or the middle of its body between the pedicles."""
    if part == "central":
        w = v.half_width * 0.42
        return polygon(both([(0, v.top + 2.4), (w, v.top + 2), (w, v.bottom - 2), (0, v.bottom - 2.4)]))
    half = _vertebra_half(v)
    return closed(both(half)) if part == "whole" else opened(placed(half, part)) + "z"


def _vertebra_half(v: Vertebra) -> list[Point]:
    """The right half, from the middle of the upper end plate to the middle of the lower one."""
    top, bottom, w, tip = v.top, v.bottom, v.half_width, v.process
    return [
        (0, top + 2.4),
        (w * 0.55, top + 1.6),
        (w - 3, top + 0.1),
        (w - 0.3, top + 0.5),
        (w + 0.2, top + 3),
        (w - 1.4, top + 6),
        (w + 2, top + 8.2),
        (w + (tip - w) * 0.5, top + 8 + v.droop * 0.6),
        (tip - 3.5, top + 7.4 + v.droop),
        (tip, top + 10.4 + v.droop),
        (tip - 3, top + 13.8 + v.droop),
        (w + (tip - w) * 0.5, top + 16.5 + v.droop * 0.45),
        (w + 0.5, top + 19),
        (w - 3, top + 22.5),
        (w - 2.2, bottom - 6),
        (w + 0.6, bottom - 3),
        (w + 0.4, bottom - 0.5),
        (w - 2.5, bottom - 0.1),
        (w * 0.55, bottom - 1.6),
        (0, bottom - 2.4),
    ]


def pedicle(v: Vertebra, side: str) -> str:
    """The pedicle seen end-on: the “eye” of the vertebra."""
    x, y = v.half_width * 0.6, v.top + 11.5
    around = points("0 -6.6, 4.6 -1, 2.8 5.3, -3.2 4.6, -4.6 -1")
    return closed(placed([(x + dx, y + dy) for dx, dy in around], side))


def spinous_process(v: Vertebra) -> str:
    top, bottom = v.top, v.bottom
    half = [(0.0, top + 15), (1.6, top + 17), (2.6, top + 23), (4.4, bottom - 2), (3.4, bottom + 2)]
    return closed(both([*half, (0.0, bottom + 3.4)]))


def disc(upper: Vertebra, lower_plate: float) -> str:
    """The disc below a vertebra, down to the end plate at the given height."""
    top, bottom, w = upper.bottom, lower_plate, upper.half_width - 1
    half = [(0.0, top - 1), (w * 0.7, top + 0.8), (w, top + 3), (w + 1, (top + bottom) / 2)]
    return closed(both([*half, (w, bottom - 3), (w * 0.7, bottom - 0.8), (0.0, bottom + 1)]))


_COCCYX = points("0 395, 8 394.5, 13 393, 15.5 396, 11.5 401, 9.5 406, 9 411, 6.8 415, 6.2 421, 4 427, 0 431")
#: The hip bone: from the upper end of the sacroiliac joint along the crest, the iliac spines, the rim of the
#: acetabulum, ischium and pubis, and back along the pelvic brim.
_HIP = points(
    "60 252, 61 238, 67 222, 78 207, 93 196, 110 190.5, 126 193, 138 202, 146 216, 150.5 233, 151 249, 148 262, "
    "142.5 269, 136 275, 130.5 285, 127.5 296, 127 304, 123.5 310, 124 317, 130 325, 134.5 336, 135 349, 131.5 362, "
    "125 374, 120 388, 116.5 405, 113 424, 108.5 443, 102 461, 93.5 472.5, 83 477.5, 73.5 476, 66 468.5, 57 459, "
    "44 451, 29 448, 14 451, 6.5 455.5, 4 450, 3.6 434, 4.4 420, 9 413, 18 410, 33 408, 48 401.5, 62 390, 74 374, "
    "82 356, 86 336, 85.5 318, 80.5 305, 74.5 297, 68 302"
)
_OBTURATOR = points(
    "89 404, 79 402, 66 408, 52 416.5, 42.5 425, 44.5 434, 57 440, 69 449, 78 457.5, 86.5 458, 93 447, 97.5 432, 98 415"
)
#: The socket of the hip, a line on the hip bone.
_SOCKET = points("131 328, 120 321, 107 323, 97 333, 93 347, 96 361, 106 371, 118 373.5, 127 368")


def coccyx() -> str:
    return closed(both(_COCCYX))


def hip_bone(side: str) -> str:
    """The hip bone of one side; filled by the even-odd rule, the obturator foramen stays open."""
    return closed(placed(_HIP, side)) + closed(placed(_OBTURATOR, side))


class Drawn(NamedTuple):
    """A shape of the plain drawing and what kind of thing it is (its class in the style sheet)."""

    kind: str
    path: str
    #: The region and part whose outline this is, where the editor has it already.
    region: str = ""


@cache
def behind() -> tuple[Drawn, ...]:
    """What lies behind the spine: the hip bones. Their marks are laid upon them before the spine is drawn."""
    found = [Drawn("hip", hip_bone(side), f"pelvis-{side}") for side in SIDES]
    return (*found, *(Drawn("fine", opened(placed(_SOCKET, side))) for side in SIDES))


@cache
def bones() -> tuple[Drawn, ...]:
    """Spine, sacrum and coccyx; marks are laid upon them."""
    stack = (T12, *LUMBAR)
    plates = [v.top for v in LUMBAR] + [sacrum.BASE_HEIGHT]
    found = [Drawn("disc", disc(upper, plate)) for upper, plate in zip(stack, plates, strict=True)]
    found.append(Drawn("hint", vertebra(T12)))
    found += [Drawn("bone", vertebra(v), f"{v.level}-whole") for v in LUMBAR]
    found.append(Drawn("bone", sacrum.area(sacrum.CELLS), "sacrum-whole"))
    found.append(Drawn("bone", coccyx(), "coccyx-whole"))
    return tuple(found)


@cache
def details() -> tuple[Drawn, ...]:
    """Fine lines and openings, drawn over the marks so that the bone can still be read."""
    found = []
    for v in (T12, *LUMBAR):
        found += [Drawn("fine", pedicle(v, side)) for side in SIDES] + [Drawn("fine", spinous_process(v))]
    found += [Drawn("fine", path) for path in sacrum.ridge_lines()]
    found += [Drawn("border", path) for path in sacrum.zone_borders()]
    found += [Drawn("hole", path) for path in sacrum.foramina()]
    return tuple(found)
