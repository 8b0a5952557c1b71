"""When something happened: a date, or an interval from the index procedure as printed; this compares the two.

Two dates are compared as dates. Where one is unknown, both are compared as days after the index procedure, from a date,
a printed interval, or – for a scheduled assessment – the first day of its window.
"""

import datetime
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from registry.core.dates import shown_date
from registry.core.units import rounded

#: Days per unit: a month is a twelfth of 365.25 days, so that “12 months” and “1 year” are the same.
DAYS_PER_UNIT = {"days": 1.0, "weeks": 7.0, "months": 365.25 / 12, "years": 365.25}


def days_after_index(
    index_day: datetime.date | None,
    date: datetime.date | None,
    interval_value: Any,
    interval_unit: str | None,
) -> float | None:
    """Days from the index procedure, from the date where both dates are known, else from the interval."""
    if date is not None and index_day is not None:
        return float((date - index_day).days)
    if interval_value is not None and interval_unit in DAYS_PER_UNIT:
        return float(interval_value) * DAYS_PER_UNIT[interval_unit]
    return None


@dataclass(frozen=True)
class Moment:
    """When something happened: its date, and its day after the index procedure, as far as either is known."""

    date: datetime.date | None
    day: float | None

    def is_after(self, other: "Moment") -> bool:
        """Whether this certainly lies after the other; what cannot be compared does not."""
        if self.date is not None and other.date is not None:
            return self.date > other.date
        return self.day is not None and other.day is not None and self.day > other.day

    def words(self) -> str:
        if self.date is not None:
            return shown_date(self.date)
        return _("day %(day)d") % {"day": rounded(self.day or 0)}
