"""API authentication by token."""

from knox.auth import TokenAuthentication as KnoxTokenAuthentication


class TokenAuthentication(KnoxTokenAuthentication):
    """knox: the database holds only a hash of the token, and every token expires."""
