"""Pages of signing in and out, and of passwords."""

from typing import Any

from allauth.account import views as account_views
from allauth.account.signals import password_changed
from allauth.account.stages import LoginStageController
from allauth.decorators import rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.webauthn.internal import auth as passkeys
from allauth.usersessions.models import UserSession
from django.contrib.auth import logout
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from django.views.generic import View

from registry.access.sign_in import sessions
from registry.access.sign_in.forms import ChangePasswordForm, CodeForm, PasskeyForm, SignInForm, locked


def say_locked(request: HttpRequest, lock: Any) -> HttpResponse:
    """The page of a locked sign-in: for how long, and who can help."""
    response = render(request, "account/locked.html", {"minutes": lock.minutes}, status=429)
    response["Retry-After"] = str(lock.minutes * 60)
    return response


class SignInView(account_views.LoginView):
    """The first step: user name and password, or a passkey alone."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form()
        return self.form_valid(form) if form.is_valid() else self.form_invalid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        lock = locked(form)
        return say_locked(self.request, lock) if lock else super().form_invalid(form)


@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, or the sign-in that is under way; whoever was not signed in is sent to the sign-in as well."""
    UserSession.objects.filter(session_key=request.session.session_key).delete()
    logout(request)
    return redirect("login")


@method_decorator(login_not_required, name="dispatch")
@method_decorator(never_cache, name="dispatch")
@method_decorator(rate_limit(action="login"), name="dispatch")
@method_decorator(sensitive_post_parameters("password", "code"), name="dispatch")
class SignInAgainView(View):
    """Signs in from a page whose session has ended, so that what was typed there can be saved. Answers with JSON.

    The same two steps as on the pages: ``username`` and ``password``, then ``code`` or ``credential`` where the user
    has a second factor, which the first answer asks for.
    """

    http_method_names = ("post",)

    def post(self, request: HttpRequest) -> JsonResponse:
        sessions.end_if_over(request)
        if "code" in request.POST or "credential" in request.POST:
            return self.second_step(request)
        if request.user.is_authenticated:
            logout(request)
        form = SignInForm(data=request.POST, request=request)
        if not form.is_valid():
            return self.refused(form)
        form.login(request)
        return self.standing(request)

    def second_step(self, request: HttpRequest) -> JsonResponse:
        stage = LoginStageController.enter(request, AuthenticateStage.key)
        if request.user.is_authenticated or stage is None:
            return self.standing(request)
        of_kind: Any = CodeForm if "code" in request.POST else PasskeyForm
        form = of_kind(user=stage.login.user, data=request.POST)
        if not form.is_valid():
            return self.refused(form)
        form.save()
        stage.exit()
        return self.standing(request)

    def standing(self, request: HttpRequest) -> JsonResponse:
        """Who is signed in by now, or what is still asked for."""
        if request.user.is_authenticated:
            return JsonResponse({"user": request.user.get_username()})
        stage = LoginStageController.enter(request, AuthenticateStage.key)
        if stage is None:
            return JsonResponse({"password": True})
        return JsonResponse({"second_factor": {"passkey": passkey_options(stage.login.user)}})

    @staticmethod
    def refused(form: Any) -> JsonResponse:
        said = [str(message) for messages in form.errors.values() for message in messages]
        return JsonResponse({"errors": said}, status=422)


def passkey_options(user: Any) -> dict[str, Any] | None:
    """What the browser needs to ask for one of the user's passkeys; nothing where there is none."""
    if not Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).exists():
        return None
    return passkeys.begin_authentication(user)


@method_decorator(rate_limit(action="change_password"), name="dispatch")
class ChangePasswordView(auth_views.PasswordChangeView):
    """A new password; every other session of the user ends with the old one."""

    form_class = ChangePasswordForm

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        password_changed.send(sender=type(form.user), request=self.request, user=form.user)
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        lock = locked(form)
        return say_locked(self.request, lock) if lock else super().form_invalid(form)


class AskResetView(account_views.PasswordResetView):
    """A link by e-mail. The answer is the same whether the address belongs to an account."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form()
        return self.form_valid(form) if form.is_valid() else self.form_invalid(form)


@method_decorator(login_not_required, name="dispatch")
@method_decorator(never_cache, name="dispatch")
@method_decorator(rate_limit(action="reset_password_from_key"), name="dispatch")
class NewPasswordView(account_views.PasswordResetFromKeyView):
    """A new password by the link. It signs nobody in: that takes the second factor as always."""


class ConfirmView(account_views.ReauthenticateView):
    """The password once more."""

    def form_invalid(self, form: Any) -> HttpResponse:
        lock = locked(form)
        return say_locked(self.request, lock) if lock else super().form_invalid(form)
