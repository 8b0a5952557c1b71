"""How dates and times are written for the reader, in the active language.

Where no language is active – as when a confirmation is compared with what it was given for – a date is written as
``2024-03-11``, the same for everybody.
"""

import datetime

from django.utils import timezone
from django.utils.dateformat import format as format_moment
from django.utils.formats import get_format
from django.utils.translation import get_language


def shown_date(date: datetime.date | None) -> str:
    """``2024-03-11`` in English, ``11.03.2024`` in German; empty for no date."""
    if date is None:
        return ""
    if isinstance(date, datetime.datetime):
        date = _local(date).date()
    return date.isoformat() if get_language() is None else format_moment(date, get_format("DATE_FORMAT"))


def shown_time(moment: datetime.datetime | datetime.time | None) -> str:
    """``10:42``; empty for none."""
    if moment is None:
        return ""
    if isinstance(moment, datetime.datetime):
        moment = _local(moment)
    return f"{moment:%H:%M}"


def shown_datetime(moment: datetime.datetime | None) -> str:
    """``2024-03-11 10:42`` in the registry's time zone; empty for none."""
    return "" if moment is None else f"{shown_date(moment)} {shown_time(moment)}"


def _local(moment: datetime.datetime) -> datetime.datetime:
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment
