"""The account page; signing in and out are Django's own views."""

from typing import Any

from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, JsonResponse
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


class SignInAgainView(LoginView):
    """Signs in from a page whose session has ended, so that what was typed there can be saved. Answers with JSON."""

    http_method_names = ["post"]

    def form_valid(self, form: Any) -> Any:
        super().form_valid(form)
        return JsonResponse({"user": form.get_user().get_username()})

    def form_invalid(self, form: Any) -> Any:
        said = [str(message) for messages in form.errors.values() for message in messages]
        return JsonResponse({"errors": said}, status=422)
