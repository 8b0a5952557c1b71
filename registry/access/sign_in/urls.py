"""Addresses of signing in. Of allauth's pages those are here that the registry offers, each by the name it asks for."""

from allauth.account import views as account_views
from django.contrib.auth import views as auth_views
from django.urls import path, register_converter
from django.urls.converters import StringConverter

from registry.access.sign_in import factor_views, session_views, views


class Base36Converter(StringConverter):
    """The user's part of a link to reset a password; the key after it has hyphens of its own."""

    regex = "[0-9A-Za-z]+"


register_converter(Base36Converter, "base36")

sign_in = views.SignInView.as_view()

urlpatterns = [
    path("login/", sign_in, name="login"),
    path("login/", sign_in, name="account_login"),
    path("login/second-factor/", factor_views.SecondStepView.as_view(), name="mfa_authenticate"),
    path("login/passkey/", factor_views.PasskeySignInView.as_view(), name="mfa_login_webauthn"),
    path("sign-in-again/", views.SignInAgainView.as_view(), name="sign-in-again"),
    path("logout/", views.sign_out, name="logout"),
    path("password/", views.ChangePasswordView.as_view(), name="password_change"),
    path("password/done/", auth_views.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("password/reset/", views.AskResetView.as_view(), name="account_reset_password"),
    path("password/reset/sent/", account_views.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/<base36:uidb36>-<str:key>/",
        views.NewPasswordView.as_view(),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done/",
        account_views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("confirm/", views.ConfirmView.as_view(), name="account_reauthenticate"),
    path("confirm/code/", factor_views.ConfirmByCodeView.as_view(), name="mfa_reauthenticate"),
    path("confirm/passkey/", factor_views.ConfirmByPasskeyView.as_view(), name="mfa_reauthenticate_webauthn"),
    path("second-factor/", factor_views.FactorsView.as_view(), name="mfa_index"),
    path("second-factor/app/", factor_views.AddAppView.as_view(), name="mfa_activate_totp"),
    path("second-factor/app/remove/", factor_views.RemoveAppView.as_view(), name="mfa_deactivate_totp"),
    path("second-factor/passkey/", factor_views.AddPasskeyView.as_view(), name="mfa_add_webauthn"),
    path(
        "second-factor/passkey/<int:pk>/remove/",
        factor_views.RemovePasskeyView.as_view(),
        name="mfa_remove_webauthn",
    ),
    path("second-factor/codes/", factor_views.RecoveryCodesView.as_view(), name="mfa_view_recovery_codes"),
    path(
        "second-factor/codes/new/",
        factor_views.NewRecoveryCodesView.as_view(),
        name="mfa_generate_recovery_codes",
    ),
    path("sessions/", session_views.own_sessions, name="sessions"),
    path("sessions/end-others/", session_views.end_other_sessions, name="sessions-end-others"),
    path("sessions/<int:pk>/end/", session_views.end_session, name="session-end"),
    path("locks/", session_views.locks, name="locks"),
    path("locks/unlock/", session_views.unlock, name="unlock"),
]
