"""Forms of the sign-in: allauth's, in the registry's words, and answering odd input with a message."""

from typing import Any

from allauth.account import forms as account_forms
from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core import context
from allauth.mfa import signals
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as code_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as app_forms
from allauth.mfa.webauthn import forms as passkey_forms
from django import forms
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from registry.access.models import User
from registry.access.sign_in import lockout

LONGEST_CODE = 40


def plain(field: forms.Field, label: Any, **attrs: Any) -> None:
    """A label above, and nothing inside the box that could be taken for text."""
    field.label = label
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs.update(attrs)


def locked(form: forms.Form) -> lockout.Locked | None:
    """The lock that refused this form, if one did."""
    for errors in form.errors.as_data().values():
        for error in errors:
            if isinstance(error, lockout.Locked):
                return error
    return None


class SignInForm(account_forms.LoginForm):
    """User name or e-mail address, and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plain(
            self.fields["login"],
            _("User name or e-mail"),
            autocomplete="username",
            autocapitalize="none",
            spellcheck="false",
        )
        plain(self.fields["password"], _("Password"))
        self.fields["password"].help_text = ""

    def add_prefix(self, field_name: str) -> str:
        """The name that password managers know."""
        return super().add_prefix("username" if field_name == "login" else field_name)


class ChangePasswordForm(PasswordChangeForm):
    """The old password counts like a sign-in: too many wrong ones lock."""

    def clean_old_password(self) -> str:
        password = self.cleaned_data["old_password"]
        if not get_account_adapter().reauthenticate(self.user, password):
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return password


class ConfirmByPasswordForm(account_forms.ReauthenticateForm):
    """The password once more, before something important."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plain(self.fields["password"], _("Password"))
        self.fields["password"].help_text = ""


class ResetPasswordForm(account_forms.ResetPasswordForm):
    """The address of an account. What follows looks the same whether there is one."""

    users: list[User]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plain(self.fields["email"], _("E-mail"))

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        found = User.objects.filter(email__iexact=email, is_active=True)
        self.users = [user for user in found if user.has_usable_password()]
        return email


class NewPasswordForm(account_forms.ResetPasswordKeyForm):
    """A new password, with its rules."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plain(self.fields["password1"], _("New password"))
        plain(self.fields["password2"], _("New password, again"))
        self.fields["password1"].help_text = lazy(password_validators_help_text_html, str)()


class _Code(forms.Form):
    """A code from the app, or a recovery code."""

    user: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["code"]
        plain(field, _("Code"), autocomplete="one-time-code", maxlength=LONGEST_CODE, spellcheck="false")
        field.max_length = LONGEST_CODE

    def clean_code(self) -> str:
        left = lockout.seconds(lockout.of_user(self.user))
        if left:
            raise lockout.Locked(left)
        return super().clean_code()  # type: ignore[misc]


class CodeForm(_Code, code_forms.AuthenticateForm):
    """The second step of signing in."""


class ConfirmByCodeForm(_Code, code_forms.ReauthenticateForm):
    """A code once more, before something important."""


class ActivateAppForm(_Code, app_forms.ActivateTOTPForm):
    """The first code of a new app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plain(self.fields["code"], _("Code shown by the app"), inputmode="numeric")


class _Passkey(forms.Form):
    """What the browser's key answers. It comes from outside, so any shape of it is just wrong."""

    user: Any

    def clean_credential(self) -> Any:
        if self.user is not None and (left := lockout.seconds(lockout.of_user(self.user))):
            raise lockout.Locked(left)
        try:
            return super().clean_credential()  # type: ignore[misc]
        except (TypeError, KeyError, AttributeError, ValueError):
            self._refused()
            raise get_adapter().validation_error("incorrect_code") from None
        except ValidationError:
            self._refused()
            raise

    def _refused(self) -> None:
        if self.user is not None:
            signals.authentication_failed.send(
                sender=Authenticator, request=context.request, user=self.user, authenticator=None
            )


class PasskeyForm(_Passkey, passkey_forms.AuthenticateWebAuthnForm):
    """The second step of signing in."""


class ConfirmByPasskeyForm(_Passkey, passkey_forms.ReauthenticateWebAuthnForm):
    """A passkey once more, before something important."""


class SignInByPasskeyForm(_Passkey, passkey_forms.LoginWebAuthnForm):
    """A passkey alone, which its device gives out only after a PIN or a finger: two factors in one."""


class AddPasskeyForm(passkey_forms.AddWebAuthnForm):
    """A new passkey and its name."""

    passwordless = None  # every passkey here can sign in alone

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plain(self.fields["name"], _("Name of the passkey"), maxlength=60, autocomplete="off")
        name: Any = self.fields["name"]
        name.max_length = 60
        credential = self.fields["credential"]
        credential.label = _("Passkey")
        none = _("The browser gave no passkey. Try again.")
        credential.error_messages = {"required": none, "invalid": none}
        self.fields["name"].help_text = _("So that you know which one it is, such as “Phone” or “Key ring”.")

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except (TypeError, KeyError, AttributeError, ValueError):
            raise get_adapter().validation_error("incorrect_code") from None
