"""How long a session lives, and that it was opened with everything its user has.

A session says when it began and when it was last used. It ends after ``SESSION_IDLE_MINUTES`` without use and after
``SESSION_HOURS`` in any case. One that was opened without the second factor that its user has is no session: it is
ended at the first request, whichever way it came about.
"""

import datetime
import time
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from django.utils.translation import gettext

from registry.access import log
from registry.access.models import AccessEvent
from registry.access.sign_in import duty

BEGAN, SEEN = "signed_in_at", "seen_at"
#: Use is noted this often, so that reading pages does not write to the database all the time.
NOTED_EVERY_S = 60

IDLE, OLD, UNPROVEN, FOREIGN = "idle", "old", "without second factor", "unknown beginning"


def said(why: str) -> str:
    """Why a session ended, for the person who was in it."""
    if why == IDLE:
        return gettext("Your session has ended, because it was not used for some time.")
    if why == UNPROVEN:
        return gettext("Your session has ended. Sign in with your second factor.")
    return gettext("Your session has ended.")


def begin(request: Any) -> None:
    request.session[BEGAN] = request.session[SEEN] = int(time.time())


def with_second_factor(request: Any) -> bool:
    """Whether a second factor was used, or set up, in this session."""
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))


def note_second_factor(request: Any, kind: str) -> None:
    """A second factor was set up here. Every other session of the user ends, as it has not shown it."""
    record_authentication(request, request.user, "mfa", type=kind)


def why_over(request: Any) -> str:
    """Why the session of a signed-in user is over; empty while it is not."""
    began, seen, now = request.session.get(BEGAN), request.session.get(SEEN), time.time()
    if began is None or seen is None:
        return FOREIGN
    if now - began >= settings.SESSION_HOURS * 60 * 60:
        return OLD
    if now - seen >= settings.SESSION_IDLE_MINUTES * 60:
        return IDLE
    if duty.has_second_factor(request.user) and not with_second_factor(request):
        return UNPROVEN
    return ""


def end_if_over(request: Any) -> str:
    """End the session if it is over and say why; note its use if it is not."""
    if not request.user.is_authenticated:
        return ""
    why = why_over(request)
    if why:
        log.note(AccessEvent.Kind.SESSION_ENDED, user=request.user, request=request, detail=why)
        UserSession.objects.filter(session_key=request.session.session_key).delete()
        request.session.flush()
        request.user = AnonymousUser()
        return why
    now = int(time.time())
    if now - request.session[SEEN] >= NOTED_EVERY_S:
        request.session[SEEN] = now
        UserSession.objects.filter(session_key=request.session.session_key).update(
            last_seen_at=timezone.now()
        )
    return ""


def alive(user: Any) -> list[UserSession]:
    """The user's sessions that are not over, newest first. Rows of ended ones are removed on the way."""
    now = timezone.now()
    oldest = now - datetime.timedelta(hours=settings.SESSION_HOURS)
    idle = now - datetime.timedelta(minutes=settings.SESSION_IDLE_MINUTES)
    listed = UserSession.objects.purge_and_list(user)
    found = [each for each in listed if each.created_at > oldest and each.last_seen_at > idle]
    return sorted(found, key=lambda each: each.created_at, reverse=True)


def end(request: Any, ended: UserSession) -> None:
    """End a session of one's own from another one."""
    log.note(
        AccessEvent.Kind.SESSION_ENDED,
        user=request.user,
        request=request,
        detail=f"by its user, signed in from {ended.ip}",
    )
    ended.end()
