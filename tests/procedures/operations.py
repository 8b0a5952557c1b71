"""An operation by the clock: times of day, inflations, and what is stored of them."""

import datetime

import time_machine
from django.utils import timezone

from procedures.models import BalloonInflation, Procedure
from procedures.occlusion import timeline
from tests import factories

ZONE = timezone.get_default_timezone()


def at(text, day=datetime.date(2026, 3, 11)):
    """A time of day in the registry's zone."""
    hour, minute, *second = (int(part) for part in text.split(":"))
    return datetime.datetime(day.year, day.month, day.day, hour, minute, *second, tzinfo=ZONE)


def clock(text, day=datetime.date(2026, 3, 11)):
    return time_machine.travel(at(text, day), tick=False)


def inflate(procedure, start, end=None, zone="zone_iii", **more):
    return factories.BalloonInflationFactory(
        procedure=procedure, inflated_min=start, deflated_min=end, aortic_zone=zone, **more
    )


def loaded(procedure):
    return Procedure.objects.prefetch_related("balloon_inflations").get(pk=procedure.pk)


def line(procedure, moment=None):
    return timeline(loaded(procedure), moment)


def rows(procedure):
    return list(
        BalloonInflation.objects.filter(procedure=procedure).values_list("inflated_min", "deflated_min")
    )
