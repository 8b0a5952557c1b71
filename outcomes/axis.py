"""An axis of days on which the first days after a procedure do not collapse beside the months of follow-up.

Days are placed on a logarithmic scale to either side of the index procedure, and neighbours keep a least distance, so
that every mark can carry its label. Pages say that the axis is not to scale.
"""

import itertools
import math
from bisect import bisect_right
from collections.abc import Iterable

from django.utils.translation import pgettext_lazy

#: Time points as they fit beneath an axis.
SHORT_LABELS = {
    "baseline": pgettext_lazy("time point, short", "before"),
    "day_1": pgettext_lazy("time point, short", "1 d"),
    "day_2": pgettext_lazy("time point, short", "2 d"),
    "week_1": pgettext_lazy("time point, short", "1 wk"),
    "month_1": pgettext_lazy("time point, short", "1 mo"),
    "month_3": pgettext_lazy("time point, short", "3 mo"),
    "month_6": pgettext_lazy("time point, short", "6 mo"),
    "month_12": pgettext_lazy("time point, short", "12 mo"),
    "month_24": pgettext_lazy("time point, short", "24 mo"),
}


def _scaled(day: float) -> float:
    return math.copysign(math.log1p(abs(day)), day)


class DayAxis:
    """Places days between 0 and 1. ``least`` is the least distance between two of the given days."""

    def __init__(self, days: Iterable[float], least: float = 0.0) -> None:
        self.days = sorted(set(days))
        steps = [_scaled(later) - _scaled(earlier) for earlier, later in itertools.pairwise(self.days)]
        widths = _spread(steps, least)
        self.places = [0.0, *itertools.accumulate(widths)] if self.days else []

    def place(self, day: float) -> float:
        """Where a day lies; between two given days by the logarithm, beyond the ends at the end."""
        if len(self.days) < 2:
            return 0.0
        if day <= self.days[0]:
            return 0.0
        if day >= self.days[-1]:
            return 1.0
        right = bisect_right(self.days, day)
        left = right - 1
        low, high = _scaled(self.days[left]), _scaled(self.days[right])
        share = (_scaled(day) - low) / (high - low)
        return self.places[left] + share * (self.places[right] - self.places[left])


def _spread(steps: list[float], least: float) -> list[float]:
    """Shares of the whole in proportion to the steps, none smaller than ``least``."""
    if not steps:
        return []
    if len(steps) * least >= 1:
        return [1 / len(steps)] * len(steps)
    short: set[int] = set()
    while True:
        rest = 1 - least * len(short)
        total = sum(step for number, step in enumerate(steps) if number not in short)
        widths = [least if number in short else rest * step / total for number, step in enumerate(steps)]
        found = {number for number, width in enumerate(widths) if width < least - 1e-12} - short
        if not found:
            return widths
        short |= found
