"""Who has to have a second factor, and until when they may work without one.

Curators and superusers reach what others entrusted to them, so a password alone does not do. From the day on which the
duty began they have ``SECOND_FACTOR_GRACE_DAYS``; after that every door leads to the set-up and nowhere else, and
their tokens rest. This is the one place that says so; the middleware, the tokens and the pages ask here.
"""

import datetime
import math
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.utils import timezone

from registry.access import scope
from registry.access.sign_in.backend import FACTORS

#: What programs are told; in English, as everything they read.
REFUSAL = (
    "This account has to set up a second factor first: sign in with a browser. Until then its sessions and tokens "
    "read and write nothing."
)


@dataclass(frozen=True)
class Duty:
    """A second factor that is missing: how many days are left to set it up."""

    days_left: int

    @property
    def overdue(self) -> bool:
        return self.days_left <= 0


def has_second_factor(user: Any) -> bool:
    """Whether the user has one. The user of a session knows already; anybody else is looked up once."""
    if not hasattr(user, "has_second_factor"):
        user.has_second_factor = Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists()
    return user.has_second_factor


def _curates_since(user: Any) -> datetime.date | None:
    """The first day of the oldest membership in force that makes a curator."""
    if not hasattr(user, "curates_since"):
        starts = scope.curating().filter(user=user).order_by("start").values_list("start", flat=True)
        user.curates_since = starts.first()
    return user.curates_since


def is_asked_of(user: Any) -> bool:
    """Whether the user's role demands a second factor."""
    return bool(user.is_superuser or _curates_since(user))


def began(user: Any) -> datetime.datetime:
    """Since when it is demanded: of superusers since their account was made, of curators since they are."""
    since = _curates_since(user)
    if user.is_superuser or since is None:
        return user.date_joined
    midnight = datetime.datetime.combine(since, datetime.time(), timezone.get_current_timezone())
    return max(user.date_joined, midnight)


def missing(user: Any) -> Duty | None:
    """What the user still owes; ``None`` for those who have a second factor or need none."""
    if not is_asked_of(user) or has_second_factor(user):
        return None
    end = began(user) + datetime.timedelta(days=settings.SECOND_FACTOR_GRACE_DAYS)
    return Duty(max(0, math.ceil((end - timezone.now()) / datetime.timedelta(days=1))))
