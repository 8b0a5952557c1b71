"""Problem details."""

from rest_framework.views import exception_handler as handler  # noqa: F401
