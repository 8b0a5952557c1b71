import ipaddress
from typing import Any

from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class AccessConfig(AppConfig):
    name = "registry.access"
    label = "access"
    verbose_name = pgettext_lazy("accounts", "Access")

    def ready(self) -> None:
        from django.contrib.auth import signals

        from registry.access import scope
        from registry.core import policies

        policies.register(visible=scope.visible, writer=scope.may_write, identity=scope.may_identify)
        # Django's own announcements: whichever door signs somebody in, it is noted.
        signals.user_logged_in.connect(note_sign_in, dispatch_uid="access.sign_in")
        signals.user_logged_out.connect(note_sign_out, dispatch_uid="access.sign_out")
        signals.user_login_failed.connect(note_failed_sign_in, dispatch_uid="access.sign_in_failed")


def note_sign_in(sender: Any, request: Any = None, user: Any = None, **kwargs: Any) -> None:
    _note("sign_in", request, user)


def note_sign_out(sender: Any, request: Any = None, user: Any = None, **kwargs: Any) -> None:
    if user is not None:  # signing out of an expired session is nobody's
        _note("sign_out", request, user)


def note_failed_sign_in(sender: Any, credentials: Any = None, request: Any = None, **kwargs: Any) -> None:
    """The user name as typed, cut to what the column holds; never the password."""
    typed = str((credentials or {}).get("username") or "").replace("\x00", "")
    _note("sign_in_failed", request, None, typed[:150])


def _note(kind: str, request: Any, user: Any, typed: str = "") -> None:
    from registry.access.models import AccessEvent

    AccessEvent.objects.create(
        kind=kind,
        user_id_text=str(user.pk) if user is not None else "",
        user_name=user.get_username() if user is not None else typed,
        address=address_of(request),
    )


def address_of(request: Any) -> str | None:
    """The sender's address, or nothing where the server gives none (a socket) or something else."""
    text = request.META.get("REMOTE_ADDR", "") if request is not None else ""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None
