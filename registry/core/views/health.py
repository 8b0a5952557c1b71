"""Answers for whatever watches over the installation; plain text, no sign-in, no detail."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from registry.core.chain import triggers


@login_not_required
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """The process answers, reaches its database, and history there is safe against change."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
        if triggers.faults():
            # What is missing stands in the log since the start, and `manage.py verify_history` says it.
            return HttpResponse(
                "history is not protected: run manage.py migrate\n", status=503, content_type="text/plain"
            )
    except DatabaseError:
        return HttpResponse("database not reachable\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")
