"""What the registry decides otherwise than allauth, for accounts and for second factors."""

import logging
import threading
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from registry.access import log
from registry.access.address import address_of
from registry.access.models import AccessEvent
from registry.access.sign_in import duty, lockout, sealing

logger = logging.getLogger(__name__)

WRONG = _("User name or password is not right. Both are case-sensitive.")
WRONG_CODE = _("This code is not right, or it has been used already.")

#: What happened, for allauth's messages that are worth a sentence; the pages say the rest.
SAID = {
    "mfa/messages/totp_activated.txt": _("The authenticator app is set up."),
    "mfa/messages/totp_deactivated.txt": _("The authenticator app is removed."),
    "mfa/messages/webauthn_added.txt": _("The passkey is added."),
    "mfa/messages/webauthn_removed.txt": _("The passkey is removed."),
}


class AccountAdapter(DefaultAccountAdapter):
    """Lock-out by user and address, mail that tells nobody which addresses exist, and the registry's words."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": WRONG,
        "email_password_mismatch": WRONG,
        "incorrect_password": _("This is not your password."),
        "incorrect_code": WRONG_CODE,
        "too_many_login_attempts": _("Too many failed tries. Wait some minutes and try again."),
        "rate_limited": _("Too many tries. Wait some minutes and try again."),
    }

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        typed = credentials.get("username") or credentials.get("email") or ""
        self.subjects = (lockout.of_sender(request), lockout.of_typed(typed))
        try:
            self._login_failed_rl_usage = lockout.take(request, *self.subjects)
        except lockout.Locked:
            AccessEvent.objects.create(
                kind=AccessEvent.Kind.SIGN_IN_FAILED,
                user_name=typed[:150],
                address=address_of(request),
                detail="locked",
            )
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        typed = credentials.get("username") or credentials.get("email") or ""
        lockout.note_if_locked(request, typed, *self.subjects)

    def reauthenticate(self, user: Any, password: str) -> bool:
        found = self.authenticate(
            self.request or context.request, username=user.get_username(), password=password
        )
        return found is not None and found.pk == user.pk

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Who has a second factor confirms with it: a password that somebody else learnt must not replace it."""
        found = super().get_reauthentication_methods(user)
        if len(get_reauthentication_flows(user)) > 1 and duty.has_second_factor(user):
            found = [method for method in found if method["id"] != "reauthenticate"]
        words = {
            "reauthenticate": gettext("Use your password"),
            "mfa_reauthenticate": gettext("Use a code"),
            "mfa_reauthenticate:webauthn": gettext("Use a passkey"),
        }
        return [{**method, "description": words[method["id"]]} for method in found]

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        messages.error(request, gettext("This account may not sign in."))
        return redirect("login")

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request) or "0.0.0.0"  # noqa: S104  (no address is known, and the column wants one)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return settings.LOGIN_REDIRECT_URL

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        said = message or SAID.get(message_template or "")
        if said:
            messages.add_message(request, level, said, extra_tags=extra_tags)

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """To the address that the account has, whatever was typed, and aside: neither a slow nor a failing mail server
        may tell an address that exists from one that does not.
        """
        log.note(AccessEvent.Kind.RESET_ASKED, user=user, request=self.request)
        mail = self.render_mail(
            "account/email/password_reset_key", user.email, {"request": self.request, **context}
        )
        if not settings.EMAIL_HOST:
            mail.send()
            return
        threading.Thread(target=_send, args=(mail,), daemon=True).start()

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """allauth sends nothing else here."""


def _send(mail: Any) -> None:
    try:
        mail.send()
    except OSError:
        logger.exception("An e-mail could not be sent.")


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets sealed, the registry's name in the app, and no removal of what the role demands."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": WRONG_CODE,
        "cannot_delete_authenticator": _(
            "Your role needs a second factor, and this is your only one. Add another one first."
        ),
        "cannot_generate_recovery_codes": _("Set up an authenticator app or a passkey first."),
    }

    def encrypt(self, text: str) -> str:
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(encrypted_text)

    def get_totp_label(self, user: Any) -> str:
        return user.get_username()

    def get_totp_issuer(self) -> str:
        return self._get_site_name()

    def _get_site_name(self) -> str:
        return gettext("Spinal tumour registry")

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        others = Authenticator.objects.filter(user=authenticator.user, type__in=duty.FACTORS)
        return not duty.is_asked_of(authenticator.user) or others.exclude(pk=authenticator.pk).exists()

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Passkey %(number)d") % {"number": number}

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        return {**super().get_public_key_credential_user_entity(user), "name": user.get_username()}


def refuse_removal(authenticator: Authenticator) -> None:
    """allauth asks whether an app may be removed, but not for passkeys."""
    adapter = SecondFactorAdapter()
    if not adapter.can_delete_authenticator(authenticator):
        raise ValidationError(adapter.error_messages["cannot_delete_authenticator"])
