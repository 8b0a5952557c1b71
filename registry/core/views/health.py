"""Answers for whatever watches over the installation; plain text, no sign-in, no detail."""

import logging
from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from registry.core.chain import triggers

logger = logging.getLogger(__name__)

#: What else must hold before work may begin, as what to say when it does not. Higher floors add to it when they start.
_needed: dict[str, Callable[[], bool]] = {}


def need(otherwise: str, holds: Callable[[], bool]) -> None:
    """Have ``/health/ready`` answer 503 while ``holds`` is false; the words stand in the log, not in the answer."""
    _needed[otherwise] = holds


def migrations_are_applied() -> bool:
    """Whether the tables are those of the program. Asked until it is so, and then no more in this process."""
    if not _applied:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _applied.append(True)
    return True


_applied: list[bool] = []
need("migrations are missing", migrations_are_applied)
need("history is not protected, run manage.py migrate", lambda: not triggers.faults())


@login_not_required
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """The process answers, reaches its database, and finds it as it must be."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
        missing = [otherwise for otherwise, holds in _needed.items() if not holds()]
    except DatabaseError:
        missing = ["database not reachable"]
    if missing:
        logger.error("Not ready: %s.", ", ".join(missing))
        return HttpResponse("not ready\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")
