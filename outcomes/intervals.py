"""Events of follow-up hold a date, or an interval from the index procedure as printed; this compares the two."""

import datetime
from typing import Any

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
