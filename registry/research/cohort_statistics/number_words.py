"""Numbers of the statistics in the reader's notation: rounded to what they can bear, with per cent and infinity."""

import math

from django.utils.translation import gettext as _

from registry.core.units import shown_text
from registry.research.statistics.describe import Summary
from registry.research.statistics.result import Interval, Result

#: Effects that are shares of one: shown in per cent.
IN_PERCENT = frozenset({"share", "share_difference", "survival", "incidence", "incidence_difference"})
#: Effects that are ratios: 1 is no difference.
RATIOS = frozenset({"odds_ratio", "hazard_ratio"})


def decimal(value: float, places: int) -> str:
    """A number with so many decimals, in the reader's notation; never ``−0.0``."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:.{places}f}"
    if text.startswith("-"):
        text = text[1:] if float(text) == 0 else f"−{text[1:]}"
    return shown_text(text)


def places_for(*values: float | None) -> int:
    """Decimals that leave about three figures of the largest of them."""
    largest = max((abs(value) for value in values if value is not None and math.isfinite(value)), default=0.0)
    return 0 if largest >= 100 else 1 if largest >= 10 else 2


def percent(share: float) -> str:
    return f"{decimal(100 * share, 0 if 0.01 <= share <= 0.99 or share in (0, 1) else 1)} %"


def p_text(p: float | None) -> str:
    if p is None:
        return ""
    return _("<%(least)s") % {"least": shown_text("0.001")} if p < 0.001 else shown_text(f"{p:.3f}")


def effect_text(result: Result) -> str:
    """The estimate alone."""
    value = result.estimate
    if value is None:
        return ""
    if result.measure in IN_PERCENT:
        return f"{decimal(100 * value, 0 if abs(value) >= 0.1 or not value else 1)} %"
    return decimal(value, _places(result))


def interval_text(result: Result) -> str:
    """``1.2 to 3.4``, in the places of the estimate."""
    between = result.interval
    if between is None:
        return ""
    if result.measure in IN_PERCENT:
        ends = [
            decimal(100 * end, 0 if abs(end) >= 0.1 or not end else 1) for end in (between.low, between.high)
        ]
    else:
        ends = [decimal(end, _places(result)) for end in (between.low, between.high)]
    return _("%(low)s to %(high)s") % {"low": ends[0], "high": ends[1]}


def _places(result: Result) -> int:
    between = result.interval or Interval(0.0, 0.0)
    ends = () if result.measure in RATIOS else (between.low, between.high)
    return places_for(result.estimate, *ends)


def mean_text(summary: Summary) -> str:
    """``7.4 (1.6)``."""
    if summary.mean is None:
        return ""
    places = 0 if abs(summary.mean) >= 200 else 1
    mean = decimal(summary.mean, places)
    return mean if summary.sd is None else f"{mean} ({decimal(summary.sd, places)})"


def median_text(summary: Summary) -> str:
    """``7.1 [6.5–8.2]``."""
    if summary.median is None:
        return ""
    places = 0 if abs(summary.median) >= 200 else 1
    median = decimal(summary.median, places)
    if summary.q1 is None or summary.q3 is None:
        return median
    return f"{median} [{decimal(summary.q1, places)}–{decimal(summary.q3, places)}]"
