"""What the tests of the sign-in share: second factors of users, and signing in as a browser does."""

import time
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.urls import reverse

from registry.access.models import AccessEvent
from tests.factories import PASSWORD

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def app_of(user: Any) -> str:
    """Give the user an authenticator app and recovery codes; answers its secret."""
    totp.TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    return SECRET


def code(secret: str = SECRET, steps: int = 0) -> str:
    """The code of now, or of some steps of 30 seconds away: a code works once."""
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + steps))


def recovery_codes(user: Any) -> list[str]:
    return RecoveryCodes.activate(user).get_unused_codes()


def password(client: Any, name: str, typed: str = PASSWORD, **more: Any) -> Any:
    return client.post(reverse("login"), {"username": name, "password": typed}, **more)


def sign_in(client: Any, user: Any, typed: str | None = None) -> Any:
    """Both steps."""
    password(client, user.get_username())
    return client.post(reverse("mfa_authenticate"), {"code": typed or code()})


def confirm(client: Any, **sent: Any) -> Any:
    """Say once more who one is, by password or by code."""
    return client.post(reverse("mfa_reauthenticate" if "code" in sent else "account_reauthenticate"), sent)


def signed_in(client: Any) -> bool:
    return client.get(reverse("account")).status_code == 200


def kinds() -> list[str]:
    return list(AccessEvent.objects.order_by("id").values_list("kind", flat=True))
