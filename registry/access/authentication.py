"""API authentication by token."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied

from registry.access import reach, tokens
from registry.access.models import TokenScope
from registry.access.sign_in import duty


class TokenAuthentication(KnoxTokenAuthentication):
    """knox: the database holds only a hash of the token, and every token expires.

    The user who comes with the request has no more rights than the token's scope leaves, at every door of the API.
    """

    def authenticate_credentials(self, token):
        try:
            return super().authenticate_credentials(token)
        except ValueError:  # bytes that are no text, or a character that the database cannot hold
            raise AuthenticationFailed("Invalid token.") from None

    def validate_user(self, auth_token: Any) -> Any:
        user, auth_token = super().validate_user(auth_token)
        scope = TokenScope.objects.filter(token=auth_token).first()
        if scope is None:
            # Nobody has said what it may do. That it may do everything is not what they would have said.
            raise AuthenticationFailed("Invalid token.")
        missing = duty.missing(user)
        if missing is not None and missing.overdue:
            raise PermissionDenied(duty.REFUSAL)  # no way round the second factor that the user owes
        tokens.was_used(scope)
        return reach.limit(user, reach.Reach.of(scope)), auth_token


class TokenScheme(OpenApiAuthenticationExtension):
    """How the API's description words the header ``Authorization: Token …``."""

    target_class = "registry.access.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema):
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "“Token ” followed by a token, as made on the page of your account.",
        }
