"""The account page; signing in and out are Django's own views."""

from typing import Any

from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from registry.access import scope
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
        },
    )


class SignInAgainView(LoginView):
    """Signs in from a page whose session has ended, so that what was typed there can be saved. Answers with JSON."""

    http_method_names = ["post"]

    def form_valid(self, form: Any) -> Any:
        super().form_valid(form)
        return JsonResponse({"user": form.get_user().get_username()})

    def form_invalid(self, form: Any) -> Any:
        said = [str(message) for messages in form.errors.values() for message in messages]
        return JsonResponse({"errors": said}, status=422)
