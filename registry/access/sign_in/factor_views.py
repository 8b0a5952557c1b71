"""Pages of second factors: the second step of signing in, setting up, confirming, removing."""

from typing import Any

from allauth.account.internal.templatekit import get_entrance_context_data
from allauth.mfa.base import views as base_views
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as code_views
from allauth.mfa.totp import views as app_views
from allauth.mfa.webauthn import views as passkey_views
from allauth.mfa.webauthn.internal import auth as passkeys
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from registry.access.address import address_of
from registry.access.models import AccessEvent
from registry.access.sign_in import duty, lockout, sessions
from registry.access.sign_in.adapters import refuse_removal


class SecondStepView(base_views.AuthenticateView):
    """A code or a passkey, after the password."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        keys = Authenticator.objects.filter(user=self.stage.login.user, type=Authenticator.Type.WEBAUTHN)
        codes = Authenticator.objects.filter(user=self.stage.login.user, type=Authenticator.Type.TOTP)
        return {
            **super().get_context_data(**kwargs),
            "has_passkey": keys.exists(),
            "has_app": codes.exists(),
        }


class ConfirmByCodeView(base_views.ReauthenticateView):
    """A code once more."""


class ConfirmByPasskeyView(passkey_views.ReauthenticateWebAuthnView):
    """A passkey once more."""

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = super().get_context_data(**kwargs)
        return {**found, "form": kwargs.get("form", found["form"])}


class FactorsView(base_views.IndexView):
    """What the user has, what they could add, and what their role demands."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        found = super().get_context_data(**kwargs)
        held = found["authenticators"]
        codes = held.get(Authenticator.Type.RECOVERY_CODES)
        return {
            **found,
            "app": held.get(Authenticator.Type.TOTP),
            "keys": held.get(Authenticator.Type.WEBAUTHN, []),
            "codes_left": _codes_left(codes) if codes else None,
            "asked": duty.is_asked_of(user),
            "missing": duty.missing(user),
        }


def _codes_left(codes: Any) -> int | None:
    try:
        return len(codes.get_unused_codes())
    except ValidationError:  # the key no longer fits: new codes can be made all the same
        return None


@method_decorator(never_cache, name="dispatch")
class AddAppView(app_views.ActivateTOTPView):
    """A QR code for the app, and the first code to see that it works."""

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        sessions.note_second_factor(self.request, Authenticator.Type.TOTP)
        return response


class RemoveAppView(app_views.DeactivateTOTPView):
    """Removing the app, where the role allows it."""


@method_decorator(never_cache, name="dispatch")
class AddPasskeyView(passkey_views.AddWebAuthnView):
    """A new passkey, kept by its device and given out after a PIN or a finger only."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = {**super().get_context_data(**kwargs), **kwargs}
        found["js_data"] = {"creation_options": passkeys.begin_registration(self.request.user, True)}
        return found

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        sessions.note_second_factor(self.request, Authenticator.Type.WEBAUTHN)
        return response


class RemovePasskeyView(passkey_views.RemoveWebAuthnView):
    """Removing a passkey, where the role allows it."""

    success_url = reverse_lazy("mfa_index")

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            refuse_removal(self.get_object())
        except ValidationError as refusal:
            messages.error(self.request, refusal.messages[0])
            return redirect("mfa_index")
        return super().form_valid(form)


class PasskeySignInView(passkey_views.LoginWebAuthnView):
    """Signing in by a passkey alone. ``GET`` answers a script with what the browser needs."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.headers.get("Accept") != "application/json":
            return redirect("login")
        return JsonResponse({"request_options": passkeys.begin_authentication(user=None)})

    def form_valid(self, form: Any) -> HttpResponse:
        subject = lockout.of_user(form.cleaned_data["credential"].user)
        if left := lockout.seconds(lockout.of_sender(self.request)) or lockout.seconds(subject):
            messages.error(self.request, lockout.Locked(left).messages[0])
            return redirect("login")
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        AccessEvent.objects.create(
            kind=AccessEvent.Kind.SIGN_IN_FAILED, address=address_of(self.request), detail="passkey"
        )
        messages.error(self.request, _("This passkey is not known here. Sign in with your password."))
        return redirect("login")


@method_decorator(never_cache, name="dispatch")
class RecoveryCodesView(code_views.ViewRecoveryCodesView):
    """The recovery codes, once."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().get(request, *args, **kwargs)
        except ValidationError as unreadable:
            messages.error(request, unreadable.messages[0])
            return redirect("mfa_index")


class NewRecoveryCodesView(code_views.GenerateRecoveryCodesView):
    """New recovery codes in place of the old ones."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("form", self.get_form())
        return {**kwargs, "view": self, **get_entrance_context_data(self.request)}
