"""What Django and allauth announce of sign-ins, written to the access log."""

from typing import Any

from allauth.account import signals as account_signals
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa import signals as factor_signals
from allauth.mfa.models import Authenticator
from django.contrib.auth import signals

from registry.access import log
from registry.access.address import address_of
from registry.access.models import AccessEvent
from registry.access.sign_in import lockout, sessions

Kind = AccessEvent.Kind
FACTOR_NAMES = {
    Authenticator.Type.TOTP: "authenticator app",
    Authenticator.Type.WEBAUTHN: "passkey",
    Authenticator.Type.RECOVERY_CODES: "recovery codes",
}


def connect() -> None:
    """Whichever door signs somebody in or changes how they do, it is noted."""
    for signal, receiver in (
        (signals.user_logged_in, signed_in),
        (signals.user_logged_out, signed_out),
        (signals.user_login_failed, failed),
        (account_signals.password_changed, password_changed),
        (account_signals.password_reset, password_reset),
        (factor_signals.authenticator_added, factor_added),
        (factor_signals.authenticator_removed, factor_removed),
        (factor_signals.authenticator_reset, recovery_codes_made),
        (factor_signals.authenticator_used, factor_used),
        (factor_signals.authentication_failed, code_failed),
    ):
        signal.connect(receiver, dispatch_uid=f"access.{receiver.__name__}")


def signed_in(sender: Any, request: Any = None, user: Any = None, **kwargs: Any) -> None:
    means = []
    if request is not None:
        sessions.begin(request)
        for record in get_authentication_records(request, user):
            if not record.get("reauthenticated"):
                means.append(FACTOR_NAMES.get(record.get("type"), record.get("method")))
    log.note(Kind.SIGN_IN, user=user, request=request, detail=", ".join(means))


def signed_out(sender: Any, request: Any = None, user: Any = None, **kwargs: Any) -> None:
    if user is not None:  # signing out of an expired session is nobody's
        log.note(Kind.SIGN_OUT, user=user, request=request)


def failed(sender: Any, credentials: Any = None, request: Any = None, **kwargs: Any) -> None:
    """The user name as typed, cut to what the column holds; never the password."""
    typed = str((credentials or {}).get("username") or "").replace("\x00", "")
    AccessEvent.objects.create(kind=Kind.SIGN_IN_FAILED, user_name=typed[:150], address=address_of(request))


def code_failed(sender: Any, request: Any = None, user: Any = None, **kwargs: Any) -> None:
    """A wrong code or passkey after a right password. It counts against the sender's address too."""
    AccessEvent.objects.create(
        kind=Kind.SIGN_IN_FAILED,
        user_name=user.get_username(),
        address=address_of(request),
        detail="second factor",
    )
    try:
        lockout.take(request, lockout.of_sender(request))
    except lockout.Locked:
        return
    lockout.note_if_locked(request, user.get_username(), lockout.of_sender(request), lockout.of_user(user))


def factor_added(
    sender: Any, request: Any = None, user: Any = None, authenticator: Any = None, **kwargs: Any
) -> None:
    log.note(Kind.FACTOR_ADDED, user=user, request=request, detail=FACTOR_NAMES[authenticator.type])


def factor_removed(
    sender: Any, request: Any = None, user: Any = None, authenticator: Any = None, **kwargs: Any
) -> None:
    log.note(Kind.FACTOR_REMOVED, user=user, request=request, detail=FACTOR_NAMES[authenticator.type])


def recovery_codes_made(sender: Any, request: Any = None, user: Any = None, **kwargs: Any) -> None:
    log.note(Kind.RECOVERY_MADE, user=user, request=request)


def factor_used(
    sender: Any, request: Any = None, user: Any = None, authenticator: Any = None, **kwargs: Any
) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        authenticator.refresh_from_db()
        left = len(authenticator.wrap().get_unused_codes())
        log.note(Kind.RECOVERY_USED, user=user, request=request, detail=f"{left} left")


def password_changed(sender: Any, request: Any = None, user: Any = None, **kwargs: Any) -> None:
    log.note(Kind.PASSWORD_CHANGED, user=user, request=request, detail="other sessions ended")


def password_reset(sender: Any, request: Any = None, user: Any = None, **kwargs: Any) -> None:
    log.note(Kind.PASSWORD_RESET, user=user, request=request, detail="all sessions ended")
    # Whoever reads the account's mail is not the one who guessed the password. Of the second factor that says nothing.
    lockout.release(request, lockout.of_user(user), codes=False)
