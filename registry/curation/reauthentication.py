"""Who signs proves once more who they are: the one place where that is asked and checked.

A wrong password counts as a failed sign-in: the access log notes it, and too many of them lock.
"""

from typing import Any

from allauth.account.adapter import get_adapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from registry.access.sign_in import lockout
from registry.core.reading import refuse_nul

#: The name of the control on every page that asks.
PASSWORD = "password"  # noqa: S105  (names a form field)


def demand(request: HttpRequest) -> None:
    """Check what was sent with the page. Raises ``ValidationError`` at the control that is wrong."""
    password = request.POST.get(PASSWORD, "")
    if not password:
        raise ValidationError({PASSWORD: [_("Enter your password: signing asks once more who you are.")]})
    try:
        refuse_nul(password)
        right = get_adapter(request).reauthenticate(request.user, password)
    except lockout.Locked as lock:
        raise ValidationError({PASSWORD: lock.messages}) from None
    except ValidationError:
        right = False
    if not right:
        raise ValidationError({PASSWORD: [_("This is not your password. Nothing has been signed.")]})


def controls(request: HttpRequest) -> dict[str, Any]:
    """What the form of such a page needs to draw its controls."""
    return {"password_name": PASSWORD, "user_name": request.user.get_username()}
