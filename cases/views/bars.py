"""A small chart of columns, drawn by the server: every column carries its number, so that it needs no axis."""

from collections.abc import Iterable
from dataclasses import dataclass

#: Units of the drawing; the style sheet sizes it.
STEP, BAR, HEIGHT, TOP, FOOT = 44, 28, 96, 18, 20


@dataclass(frozen=True)
class Bar:
    """One column: its label, its number, and where it is drawn."""

    label: str
    #: Label and number in words, for those who do not see the drawing.
    words: str
    n: int
    x: int
    y: float
    height: float

    @property
    def middle(self) -> float:
        return self.x + BAR / 2


@dataclass(frozen=True)
class Columns:
    """A chart of columns."""

    bars: tuple[Bar, ...]
    width: int
    height: int

    @property
    def base(self) -> int:
        return TOP + HEIGHT

    @property
    def foot(self) -> int:
        return self.height - 4

    @property
    def bar_width(self) -> int:
        return BAR

    @property
    def total(self) -> int:
        return sum(bar.n for bar in self.bars)

    def in_words(self) -> str:
        return "; ".join(bar.words for bar in self.bars)


def columns_of(rows: Iterable[tuple[str, str, int]]) -> Columns:
    """A chart of (label, words, number), from zero up to the largest number."""
    rows = list(rows)
    most = max((n for _label, _words, n in rows), default=0) or 1
    bars = []
    for number, (label, words, n) in enumerate(rows):
        height = round(HEIGHT * n / most, 1)
        bars.append(Bar(label, words, n, number * STEP + (STEP - BAR) // 2, TOP + HEIGHT - height, height))
    return Columns(tuple(bars), STEP * len(bars), TOP + HEIGHT + FOOT)
