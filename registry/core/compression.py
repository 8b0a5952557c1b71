"""Compressed pages: the forms of a case are large and repeat themselves, and hospital networks are slow."""

from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.middleware.gzip import GZipMiddleware


class CompressPages(GZipMiddleware):
    """Django's own (which pads its answers against BREACH), for pages and fragments only.

    Exports stream at the speed of the database and have their bytes counted and hashed on the way; they stay as they
    are.
    """

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        if isinstance(response, StreamingHttpResponse):
            return response
        return super().process_response(request, response)
