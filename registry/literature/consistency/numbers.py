"""Numbers as they are printed, and the values that each may stand for."""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from registry.core.units import shown_text
from registry.literature.models import Qualifier

_PLAIN = re.compile(r"-?\d+(\.\d+)?")
#: How far a number called “nearly” or “about” may be from what it names: no rule exists, so a generous one is taken.
LOOSE = Fraction(5, 100)
#: Slack of comparisons with numbers that went through square roots and distributions.
SLACK = 1e-9


@dataclass(frozen=True)
class Number:
    """A printed number: its text, and the ends of what it may stand for (``None``: no end)."""

    text: str
    low: Fraction | None
    high: Fraction | None
    qualifier: str = Qualifier.EXACT

    @property
    def value(self) -> Fraction:
        return Fraction(self.text)

    @property
    def decimals(self) -> int:
        return len(self.text.partition(".")[2])

    @property
    def is_exact(self) -> bool:
        return self.low == self.high

    @property
    def ends(self) -> tuple[Fraction, Fraction]:
        """Both ends of a number that has both; raises ``ValueError`` for “less than” and the like."""
        if self.low is None or self.high is None:
            raise ValueError(f"{self.text} has an open end.")
        return self.low, self.high

    @property
    def closed(self) -> bool:
        return self.low is not None and self.high is not None

    def may_be(self, low: float | Fraction, high: float | Fraction) -> bool:
        """Whether some value of ``low … high`` may be printed as this number."""
        return (self.high is None or not _above(low, self.high)) and (
            self.low is None or not _above(self.low, high)
        )

    def meets(self, other: "Number") -> bool:
        """Whether both may stand for the same value; two that only touch at the border of rounding do not."""
        lows = [end for end in (self.low, other.low) if end is not None]
        highs = [end for end in (self.high, other.high) if end is not None]
        if not lows or not highs:
            return True
        return max(lows) < min(highs) or (max(lows) == min(highs) and (self.is_exact or other.is_exact))

    @property
    def shown(self) -> str:
        """With its qualifier: ``< 0.05``."""
        text = shown_text(self.text)
        signs = {
            Qualifier.LESS_THAN: "< ",
            Qualifier.GREATER_THAN: "> ",
            Qualifier.AT_LEAST: "≥ ",
            Qualifier.UP_TO: "≤ ",
            Qualifier.NEARLY: "~",
            Qualifier.APPROXIMATELY: "~",
        }
        return f"{signs.get(Qualifier(self.qualifier), '')}{text}"

    @property
    def shown_range(self) -> str:
        """The values that it may stand for: ``57.215–57.225``; the number itself where it is exact."""
        if self.is_exact:
            return shown_text(self.text)
        if self.low is None:
            return f"< {shown(self.high or 0)}"
        if self.high is None:
            return f"> {shown(self.low)}"
        return f"{shown(self.low)}–{shown(self.high)}"


def _above(one: float | Fraction, other: float | Fraction) -> bool:
    """``one > other``, exactly for fractions and with slack where a float is involved."""
    if isinstance(one, Fraction | int) and isinstance(other, Fraction | int):
        return one > other
    return float(one) - float(other) > SLACK * max(1.0, abs(float(one)), abs(float(other)))


def printed(text: str, qualifier: str = Qualifier.EXACT, *, whole: bool = False) -> Number:
    """A printed number. ``whole`` marks a count or a quantity recorded in whole units: printed without decimals it
    stands for itself alone.

    Raises ``ValueError`` for a text that is no plain decimal number.
    """
    if not _PLAIN.fullmatch(text):
        raise ValueError(f"“{text}” is not a plain number.")
    value = Fraction(text)
    decimals = len(text.partition(".")[2])
    half = Fraction(0) if whole and decimals == 0 else Fraction(1, 2 * 10**decimals)
    low: Fraction | None = value - half
    high: Fraction | None = value + half
    match qualifier:
        case Qualifier.LESS_THAN:
            low, high = None, value
        case Qualifier.GREATER_THAN:
            low, high = value, None
        case Qualifier.AT_LEAST:
            high = None
        case Qualifier.UP_TO:
            low = None
        case Qualifier.NEARLY:
            low = value - abs(value) * LOOSE
        case Qualifier.APPROXIMATELY:
            low, high = value - abs(value) * LOOSE, value + abs(value) * LOOSE
    return Number(text, low, high, qualifier)


def probability(text: str, qualifier: str = Qualifier.EXACT) -> Number:
    """A printed P value: as any number, within 0 … 1, so that ``0.000`` stands for everything below 0.0005."""
    number = printed(text, qualifier)
    low = Fraction(0) if number.low is None else max(number.low, Fraction(0))
    high = Fraction(1) if number.high is None else min(number.high, Fraction(1))
    return Number(text, low, high, qualifier)


def shown(value: float | Fraction | Decimal, significant: int = 6) -> str:
    """A computed number for the reader, without trailing zeros."""
    return shown_text(_plain(value, significant))


def _plain(value: float | Fraction | Decimal, significant: int) -> str:
    number = float(value)
    if number == 0:
        return "0"
    text = f"{number:.{significant}g}"
    if "e" in text:
        text = format(Decimal(text), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def shown_p(value: float) -> str:
    """A computed P value: ``0.0347``, ``< 0.0001``."""
    if value < 0.0001:
        return f"< {shown_text('0.0001')}"
    return shown(value, 3)


def p_is(shown_value: str) -> str:
    """``P = 0.0347``, ``P < 0.0001``."""
    return f"P {shown_value}" if shown_value.startswith("<") else f"P = {shown_value}"


def shown_span(low: float | Fraction, high: float | Fraction, significant: int = 6) -> str:
    """``60.126–60.136``, or one number where the ends show the same."""
    ends = shown(low, significant), shown(high, significant)
    return ends[0] if ends[0] == ends[1] else "–".join(ends)


def shown_p_span(low: float, high: float) -> str:
    ends = shown_p(low), shown_p(high)
    return ends[0] if ends[0] == ends[1] else "–".join(ends)
