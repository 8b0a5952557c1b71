"""How many requests one token, or one signed-in user, may send to the API in a minute.

Requests are counted in windows of a minute. An export is one request, however large. ``API_RATE`` says how many; 0
lifts the limit. Every worker process counts for itself, so that a script may reach the rate times the number of
workers: the limit keeps a script gone wild from taking the registry away from others, and need not be exact. Counting
in the database was measured: 0.4 ms (SQLite) and 4 ms (PostgreSQL) for each request, against 0.005 ms, and whoever
reads would wait for whoever writes.
"""

import math
import time
from typing import Any

from django.conf import settings
from django.core.cache.backends.locmem import LocMemCache
from rest_framework.throttling import BaseThrottle

WINDOW_SECONDS = 60
counts = LocMemCache("api-requests", {"OPTIONS": {"MAX_ENTRIES": 10_000}})


class PerToken(BaseThrottle):
    """Counts by token, and by user for those who have signed in."""

    left_seconds = 0.0

    def allow_request(self, request: Any, view: Any) -> bool:
        most = settings.API_RATE
        asker = self.asker(request)
        if not most or asker is None:
            return True
        now = time.time()
        window = int(now // WINDOW_SECONDS)
        self.left_seconds = (window + 1) * WINDOW_SECONDS - now
        key = f"{asker}:{window}"
        # Kept for longer than the window, so that it does not vanish between the two steps.
        if counts.add(key, 1, timeout=2 * WINDOW_SECONDS):
            return True
        try:
            return bool(counts.incr(key) <= most)
        except ValueError:  # thrown out of a full cache in this instant
            return True

    def wait(self) -> float:
        """Seconds until the next window."""
        return math.ceil(self.left_seconds)

    @staticmethod
    def asker(request: Any) -> str | None:
        if request.auth is not None:
            return f"token:{request.auth.pk}"
        if request.user is not None and request.user.is_authenticated:
            return f"user:{request.user.pk}"
        return None
