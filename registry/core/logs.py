"""The log: one line per event, as JSON or as text, and one event per request.

No line holds an identity: of a request the method, the path without its query, the status and the time it took, and of
the user the number. Bodies, queries, headers and names are never logged. Of an error, the traceback says where it
happened, without the values that were at hand and without the exception's own words, which can quote them.
"""

import json
import logging
import re
import time
import traceback
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase

#: The id of the request that is being answered; it stands in every line that is written meanwhile.
_request_id: ContextVar[str] = ContextVar("request_id", default="")
#: What a line says of a request, in this order.
ABOUT_REQUEST = ("method", "path", "status", "duration_ms", "user_id")
#: Parts of addresses that open something: the link of an invitation, and that to a new password.
SECRETS = frozenset({"secret", "key"})
#: An id that a proxy gives: letters, digits and hyphens, so that nothing can be smuggled into the log.
GIVEN_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
HEADER = "X-Request-ID"

logger = logging.getLogger("registry.requests")


def where(error: BaseException) -> str:
    """Kinds of error and places in the code, outermost first; no value, no message."""
    lines, seen = [], set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames = traceback.extract_tb(error.__traceback__)
        places = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))
        lines.append(f"{type(error).__module__}.{type(error).__qualname__} at {places}")
        before = None if error.__suppress_context__ else error.__context__
        error = error.__cause__ or before  # type: ignore[assignment]
    return "\ncaused by ".join(lines)


def path_of(request: Any) -> str:
    """The path, without what of it is a secret: whoever reads the log must not get in by the links of others."""
    match = getattr(request, "resolver_match", None)
    path = str(request.path)
    for name, value in (match.kwargs if match is not None else {}).items():
        if name in SECRETS:
            path = path.replace(str(value), "…")
    return path


class _Formatter(logging.Formatter):
    def fields(self, record: logging.LogRecord) -> dict[str, Any]:
        request = getattr(record, "request", None)
        found: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            # Django writes the address of a request into its messages, as it was sent.
            "message": record.getMessage()
            if request is None
            else "The request was not answered as it should be.",
        }
        if identifier := _request_id.get():
            found["request_id"] = identifier
        if request is not None and getattr(request, "path", None):
            found |= {"method": getattr(request, "method", ""), "path": path_of(request)}
        found |= {name: getattr(record, name) for name in ABOUT_REQUEST if hasattr(record, name)}
        if record.exc_info and record.exc_info[1] is not None:
            found["error"] = where(record.exc_info[1])
        return found


class JsonFormatter(_Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(self.fields(record), ensure_ascii=False, default=str)


class TextFormatter(_Formatter):
    """The same for people."""

    def format(self, record: logging.LogRecord) -> str:
        found = self.fields(record)
        head = [str(found.pop(name)) for name in ("time", "level", "logger", "message")]
        error = found.pop("error", "")
        said = " ".join(head + [f"{name}={value}" for name, value in found.items()])
        return (f"{said}\n{error}" if error else said).replace("\r", " ")


class LogRequests:
    """Gives each request an id, returns it as ``X-Request-ID``, and logs the request once it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "")
        identifier = given if GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
        token, began = _request_id.set(identifier), time.monotonic()
        try:
            response = self.get_response(request)
            response.headers[HEADER] = identifier
            user = getattr(request, "user", None)
            logger.info(
                "request",
                extra={
                    "method": request.method,
                    "path": path_of(request),
                    "status": response.status_code,
                    "duration_ms": round((time.monotonic() - began) * 1000),
                    # A user who was not looked up is not looked up for the log.
                    "user_id": user.pk if user is not None and _known(user) else None,
                },
            )
            return response
        finally:
            _request_id.reset(token)


def _known(user: Any) -> bool:
    """Whether the lazy user of a request has been asked for already."""
    from django.utils.functional import LazyObject, empty

    return not isinstance(user, LazyObject) or user.__dict__.get("_wrapped", empty) is not empty
