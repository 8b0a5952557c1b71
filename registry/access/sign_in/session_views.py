"""Pages of one's own sessions, and of locked sign-ins for those who may unlock."""

import re
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from registry.access import scope
from registry.access.models import Membership, User
from registry.access.sign_in import lockout, sessions

#: What a browser says of itself, most telling first: name → what to look for.
BROWSERS = {"Edge": r"Edg/", "Firefox": r"Firefox/", "Chrome": r"Chrom(e|ium)/", "Safari": r"Safari/"}
SYSTEMS = {
    "Android": r"Android",
    "iOS": r"iPhone|iPad",
    "Windows": r"Windows",
    "macOS": r"Mac OS X|Macintosh",
    "Linux": r"Linux",
}


def device_of(user_agent: str) -> str:
    """Browser and system in two words, as far as they can be told."""
    found = [
        next((name for name, sign in known.items() if re.search(sign, user_agent)), "")
        for known in (BROWSERS, SYSTEMS)
    ]
    return " · ".join(filter(None, found)) or _("Unknown browser")


def own_sessions(request: HttpRequest) -> HttpResponse:
    """Where the user is signed in."""
    here = request.session.session_key
    rows = [
        {"session": each, "device": device_of(each.user_agent), "here": each.session_key == here}
        for each in sessions.alive(request.user)
    ]
    return render(
        request, "access/sessions.html", {"rows": rows, "others": sum(not row["here"] for row in rows)}
    )


@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own other sessions."""
    session = get_object_or_404(UserSession, pk=pk, user=request.user)
    if session.session_key == request.session.session_key:
        messages.info(request, _("This is the session you are in. Sign out to end it."))
        return redirect("sessions")
    sessions.end(request, session)
    messages.success(request, _("The session is ended."))
    return redirect("sessions")


@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """End every session of one's own but this one."""
    for session in UserSession.objects.filter(user=request.user).exclude(
        session_key=request.session.session_key
    ):
        sessions.end(request, session)
    messages.success(request, _("Every other session is ended."))
    return redirect("sessions")


def _may_unlock(user: Any) -> Any:
    """The users whose sign-in this user may unlock: everybody's, or those of the centres they curate; or nobody's."""
    if user.is_superuser:
        return None
    centers = scope.curating().filter(user=user).values("center_id")
    if not centers.exists():
        raise PermissionDenied
    members = Membership.objects.in_force().filter(center_id__in=centers).values("user_id")
    return User.objects.filter(pk__in=members, is_superuser=False)


def locks(request: HttpRequest) -> HttpResponse:
    """Sign-ins that are locked now."""
    return render(request, "access/locks.html", {"locks": lockout.in_force(_may_unlock(request.user))})


@require_POST
def unlock(request: HttpRequest) -> HttpResponse:
    """Unlock one of them."""
    users = _may_unlock(request.user)
    subject = request.POST.get("subject", "")
    allowed = {lock.subject: lock for lock in lockout.in_force(users)}
    if subject not in allowed:
        messages.info(request, _("This sign-in is not locked any more."))
        return redirect("locks")
    lockout.release(request, subject, by=request.user)
    messages.success(request, _("“%(name)s” can sign in again.") % {"name": allowed[subject].shown})
    return redirect("locks")
