"""The account page; signing in and out are in ``registry.access.sign_in``."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from registry.access import scope
from registry.access.sign_in import duty
from registry.access.token_pages import own_tokens


def account(request: HttpRequest) -> HttpResponse:
    """Who is signed in, in which centres and roles until when, and which API tokens there are."""
    user: Any = request.user
    return render(
        request,
        "access/account.html",
        {
            "memberships": user.memberships.select_related("center").order_by(
                "center__code", "role", "start"
            ),
            "tokens": own_tokens(user),
            "may_invite": bool(scope.curated(user)),
            "may_unlock": duty.is_asked_of(user),
        },
    )
