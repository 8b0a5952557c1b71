"""Minutes from incision and the time of day: one reckoning for stamps, typed times and what is shown.

Both are counted in whole minutes of the clock, so that what is shown as 10:00 and 10:42 is always 42 minutes apart.
Moments carry their zone, so midnight and the change to summer time need no case of their own.
"""

import datetime
import re

from django.utils import timezone

#: A time of day as it is typed.
TIME_OF_DAY = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
#: A balloon is inflated hours before the incision at most (the soft limit of an inflation); what would lie further
#: back belongs to the next day.
EARLIEST_MIN = -240


def to_the_minute(moment: datetime.datetime) -> datetime.datetime:
    return moment.replace(second=0, microsecond=0)


def minute_of(incision: datetime.datetime, moment: datetime.datetime) -> int:
    """Minutes from incision, negative before it."""
    return int((to_the_minute(moment) - to_the_minute(incision)).total_seconds() // 60)


def moment_of(incision: datetime.datetime, minute: int) -> datetime.datetime:
    return to_the_minute(incision) + datetime.timedelta(minutes=minute)


def read_time(text: str) -> datetime.time | None:
    """``7:05`` or ``07:05``; ``None`` for anything else."""
    found = TIME_OF_DAY.fullmatch(text.strip())
    return datetime.time(int(found[1]), int(found[2])) if found else None


def minute_of_time(incision: datetime.datetime, time: datetime.time) -> int:
    """Minutes from incision of a time of day, which is taken for the first one from 240 minutes before incision on."""
    # Counted in UTC: two moments of one zone are subtracted as if its clock were never changed.
    begun = incision.astimezone(datetime.UTC)
    first_day = timezone.localtime(moment_of(begun, EARLIEST_MIN)).date()
    # The hour that an autumn night has twice is tried both times.
    minutes = (
        minute_of(begun, timezone.make_aware(on_the_wall.replace(fold=fold)).astimezone(datetime.UTC))
        for days in range(3)
        for on_the_wall in [datetime.datetime.combine(first_day + datetime.timedelta(days=days), time)]
        for fold in (0, 1)
    )
    return next(found for found in minutes if found >= EARLIEST_MIN)
