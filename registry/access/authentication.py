"""API authentication by token."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from rest_framework.exceptions import AuthenticationFailed


class TokenAuthentication(KnoxTokenAuthentication):
    """knox: the database holds only a hash of the token, and every token expires."""

    def authenticate_credentials(self, token):
        try:
            return super().authenticate_credentials(token)
        except ValueError:  # bytes that are no text, or a character that the database cannot hold
            raise AuthenticationFailed("Invalid token.") from None


class TokenScheme(OpenApiAuthenticationExtension):
    """How the API's description words the header ``Authorization: Token …``."""

    target_class = "registry.access.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema):
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "“Token ” followed by the token that `manage.py create_token` printed.",
        }
