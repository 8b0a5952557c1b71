"""Signing in and out, and the account page."""

from typing import Any

from django.contrib.auth import views as auth_views
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from knox.models import AuthToken

from registry.access import log
from registry.access.models import AccessEvent


class LoginView(auth_views.LoginView):
    """Notes who signed in, and who tried to."""

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        log.note(AccessEvent.Kind.SIGN_IN, user=form.get_user(), request=self.request)
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        name = str(form.data.get("username", "")).replace("\x00", "")
        log.note(AccessEvent.Kind.SIGN_IN_FAILED, request=self.request, subject=name)
        return super().form_invalid(form)


class LogoutView(auth_views.LogoutView):
    """Notes who signed out."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.user.is_authenticated:
            log.note(AccessEvent.Kind.SIGN_OUT, user=request.user, request=request)
        return super().post(request, *args, **kwargs)


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
