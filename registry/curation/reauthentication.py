"""Who signs proves once more who they are: the one place where that is asked and checked.

A wrong password counts as a failed sign-in: Django announces it, and the access log notes it.
"""

from typing import Any

from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

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
        found = authenticate(request, username=request.user.get_username(), password=password)
    except ValidationError:
        found = None
    if found is None or found.pk != request.user.pk:
        raise ValidationError({PASSWORD: [_("This is not your password. Nothing has been signed.")]})


def controls(request: HttpRequest) -> dict[str, Any]:
    """What the form of such a page needs to draw its controls."""
    return {"password_name": PASSWORD, "user_name": request.user.get_username()}
