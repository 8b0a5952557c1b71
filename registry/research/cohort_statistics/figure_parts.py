"""What a figure of the statistics is made of: the frame it is drawn in, its series with their looks, its dots.

Each group has a colour of Okabe and Ito, a line pattern and a mark of its own, so that the figure reads in grey, in
print and for colour-blind readers.
"""

from dataclasses import dataclass

from registry.research.course import LEAST

#: Okabe and Ito's colours in a fixed order, dash pattern, mark.
LOOKS = (
    ("#0072B2", "", "circle"),
    ("#D55E00", "9 4", "square"),
    ("#009E73", "2 4", "triangle"),
    ("#CC79A7", "12 4 2 4", "diamond"),
    ("#000000", "5 2", "circle"),
    ("#E69F00", "1 3", "square"),
    ("#56B4E9", "7 3 1 3 1 3", "triangle"),
)
#: Units of the drawing kept free at its right.
RIGHT = 24


@dataclass(frozen=True)
class Frame:
    """How wide a figure is, and where its plot begins. On a narrow one the numbers stand beneath their group."""

    name: str
    width: int
    left: int
    #: The most marks that fit beneath a curve, and how far those of time points keep apart at least.
    marks: int
    least: float

    @property
    def right(self) -> int:
        return self.width - RIGHT

    @property
    def is_narrow(self) -> bool:
        return self.name == "narrow"

    def x(self, share: float, inset: float) -> float:
        """A place along the axis, which ends a little within the plot."""
        return round(self.left + inset + share * (self.right - self.left - 2 * inset), 1)


WIDE, NARROW = Frame("wide", 680, 150, 8, LEAST), Frame("narrow", 360, 54, 5, 0.2)


@dataclass(frozen=True)
class Dot:
    """A value, with the ends of its interval where it has one."""

    x: float
    y: float
    low: float | None
    high: float | None
    title: str


@dataclass(frozen=True)
class Series:
    """One group: its line, and the marks or the band around it."""

    number: int
    label: str
    line: str
    dots: tuple[Dot, ...] = ()
    band: str = ""
    #: Where somebody was seen no longer.
    ticks: tuple[tuple[float, float], ...] = ()
    legend_x: float = 0.0
    legend_y: float = 0.0

    @property
    def colour(self) -> str:
        return LOOKS[self.number % len(LOOKS)][0]

    @property
    def dash(self) -> str:
        return LOOKS[self.number % len(LOOKS)][1]

    @property
    def mark(self) -> str:
        return LOOKS[self.number % len(LOOKS)][2]


@dataclass(frozen=True)
class Figure:
    """What the template draws."""

    frame: Frame
    name: str
    title: str
    axis: str
    #: What stands at the foot, line by line.
    below: tuple[tuple[float, str], ...]
    words: str
    height: float
    top: float
    base: float
    grid: tuple[tuple[float, str], ...]
    marks: tuple[tuple[float, str], ...]
    series: tuple[Series, ...]
    #: Group, y, and the numbers under each mark.
    sizes_label: str
    sizes: tuple[tuple[str, float, float, tuple[tuple[float, str], ...]], ...]
