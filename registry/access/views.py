"""The account page; signing in and out are Django's own views."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from knox.models import AuthToken


def account(request: HttpRequest) -> HttpResponse:
    """Who is signed in, in which centres and roles, and which API tokens are alive."""
    user: Any = request.user
    tokens = AuthToken.objects.filter(user=user).order_by("-created")
    return render(
        request,
        "access/account.html",
        {
            "memberships": user.memberships.select_related("center").order_by("center__code", "role"),
            "tokens": tokens,
            "now": timezone.now(),
        },
    )
