"""Locks the sign-in after too many failures, by user and by address.

Failures are counted by allauth's rate limits in the shared cache, so every worker sees the same. A try that would be
one too many is refused before the password is looked at. The user's counter is the same whether somebody types the
user name or the e-mail address; the address's counter stops those who try one password for many names.
"""

import datetime
import math
import time
from dataclasses import dataclass
from typing import Any

from allauth.core.internal import ratelimit
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import ngettext

from registry.access import log
from registry.access.address import address_of
from registry.access.models import AccessEvent, User
from registry.access.sign_in.backend import find

APP = "registry.access"
USER, NAME, ADDRESS = "user", "name", "address"
#: How many locks the page of locks looks at.
MOST_SHOWN = 200


class Locked(ValidationError):
    """The sign-in is locked for some minutes."""

    def __init__(self, seconds: float) -> None:
        self.minutes = max(1, math.ceil(seconds / 60))
        super().__init__(
            ngettext(
                "Signing in is locked for %(minutes)d minute after too many failed tries.",
                "Signing in is locked for %(minutes)d minutes after too many failed tries.",
                self.minutes,
            )
            % {"minutes": self.minutes},
            code="locked",
        )


@dataclass(frozen=True)
class Lock:
    """A lock that holds now: whom it keeps out and for how long."""

    subject: str
    shown: str
    since: Any
    minutes: int

    @property
    def of_address(self) -> bool:
        return self.subject.startswith(f"{ADDRESS}:")


def _limit(kind: str) -> str:
    tries = settings.LOCK_ADDRESS_AFTER if kind == ADDRESS else settings.LOCK_USER_AFTER
    return f"{tries}/{settings.LOCK_MINUTES}m/key"


def _counter(subject: str) -> dict[str, Any]:
    """How allauth's rate limits name the counter of a subject such as ``user:12`` or ``address:192.0.2.7``."""
    kind = subject.partition(":")[0]
    action = ADDRESS if kind == ADDRESS else USER
    return {"app": APP, "action": action, "config": {action: _limit(action)}, "key": subject}


def _code_counter(user_id: Any) -> dict[str, Any]:
    """The counter of wrong codes, which allauth's second factors keep themselves."""
    return {"app": "allauth.account", "action": "login_failed", "key": f"mfa-auth-user-{user_id}"}


def of_user(user: Any) -> str:
    return f"{USER}:{user.pk}"


def of_typed(typed: str) -> str:
    user = find(typed)
    return of_user(user) if user is not None else f"{NAME}:{typed.casefold()[:150]}"


def of_sender(request: Any) -> str:
    """Where the server gives no address, all senders are one: a proxy's socket without TRUSTED_PROXIES."""
    return f"{ADDRESS}:{ratelimit.truncate_ip(address_of(request) or '')}"


def _seconds(counter: dict[str, Any]) -> float:
    """For how long the counter is full."""
    config = counter.get("config")
    (rate,) = ratelimit.get_rates(app=counter["app"], action=counter["action"], config=config)
    name = ratelimit.get_cache_key(
        None,
        app=counter["app"],
        action=counter["action"],
        rate=rate,
        key=counter["key"],
    )
    history = cache.get(name, [])
    return history[rate.amount - 1] + rate.duration - time.time() if len(history) >= rate.amount else 0.0


def seconds(subject: str) -> float:
    """For how long a subject is locked; 0 if it is not."""
    found = _seconds(_counter(subject))
    if subject.startswith(f"{USER}:"):
        found = max(found, _seconds(_code_counter(subject.partition(":")[2])))
    return max(0.0, found)


def take(request: Any, *subjects: str) -> ratelimit.RateLimitUsage:
    """Count one try against every subject, or refuse it. The caller gives it back when the try was right."""
    taken = ratelimit.RateLimitUsage(usage=[])
    for subject in subjects:
        usage = ratelimit.consume(request, **_counter(subject))
        if usage is None:
            taken.rollback()
            raise Locked(max(seconds(subject), 1.0))
        taken.usage.extend(usage.usage)
    return taken


def note_if_locked(request: Any, shown: str, *subjects: str) -> None:
    """After a failure: note the lock that it brought about."""
    for subject in subjects:
        if seconds(subject):
            AccessEvent.objects.create(
                kind=AccessEvent.Kind.LOCKED,
                user_name=shown[:150],
                address=address_of(request),
                subject=subject[:200],
                detail=f"for {settings.LOCK_MINUTES} minutes",
            )


def release(request: Any, subject: str, *, by: Any = None, codes: bool = True) -> None:
    """Empty the counters of a subject, that of wrong codes too where ``codes`` says so; noted when somebody did it."""
    ratelimit.clear(request, **_counter(subject))
    if codes and subject.startswith(f"{USER}:"):
        ratelimit.clear(request, **_code_counter(subject.partition(":")[2]))
    if by is not None:
        log.note(
            AccessEvent.Kind.UNLOCKED, user=by, request=request, subject=subject, detail=shown_as(subject)
        )


def shown_as(subject: str) -> str:
    kind, _colon, rest = subject.partition(":")
    if kind != USER:
        return rest
    user = User.objects.filter(pk=rest).first() if rest.isdecimal() else None
    return user.get_username() if user is not None else rest


def in_force(users: Any = None) -> list[Lock]:
    """The locks that hold now, newest first. With ``users`` only theirs, without those of addresses."""
    since = timezone.now() - datetime.timedelta(minutes=settings.LOCK_MINUTES)
    events = AccessEvent.objects.filter(kind=AccessEvent.Kind.LOCKED, at__gte=since)
    if users is not None:
        events = events.filter(subject__in=[of_user(user) for user in users])
    found: dict[str, Lock] = {}
    for event in events.order_by("-id")[:MOST_SHOWN]:
        if event.subject not in found and (left := seconds(event.subject)):
            kind, _colon, rest = event.subject.partition(":")
            shown = rest if kind == ADDRESS else event.user_name
            found[event.subject] = Lock(event.subject, shown, event.at, math.ceil(left / 60))
    return list(found.values())
