"""Addresses of the account pages."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from registry.access import invitation_pages, token_pages, views

urlpatterns = [
    path("account/", views.account, name="account"),
    path("account/tokens/", token_pages.Tokens.as_view(), name="tokens"),
    path("account/tokens/<uuid:uuid>/revoke/", token_pages.RevokeToken.as_view(), name="token-revoke"),
    path("account/invitations/", invitation_pages.Invitations.as_view(), name="invitations"),
    path(
        "account/invitations/<uuid:uuid>/send/", invitation_pages.SendAgain.as_view(), name="invitation-send"
    ),
    path(
        "account/invitations/<uuid:uuid>/revoke/", invitation_pages.Revoke.as_view(), name="invitation-revoke"
    ),
    path(
        "account/invitations/accept/<str:secret>/",
        invitation_pages.Accept.as_view(),
        name="invitation-accept",
    ),
    # Offered on the sign-in page too; leads back to the page it was sent from, never to another host.
    path("account/language/", login_not_required(require_POST(set_language)), name="set_language"),
    path("account/", include("registry.access.sign_in.urls")),
]
