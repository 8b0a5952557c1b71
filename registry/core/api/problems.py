"""Problem documents (RFC 9457): the one shape in which the API refuses.

``{"type", "title", "status", "detail", "errors"}``, where ``errors`` maps a field (``volume_ml``,
``details.blood_loss_ml``) to its messages and is there only when fields are to blame.
"""

import math
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    NON_FIELD_ERRORS,
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import IntegrityError
from django.http import Http404
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response

from registry.core import policies

MEDIA_TYPE = "application/problem+json"
#: Errors that belong to no field stand under this key.
NO_FIELD = "non_field_errors"

Errors = dict[str, list[str]]

#: Where REST framework does not say what to do instead.
ADVICE: dict[type[exceptions.APIException], str] = {
    exceptions.NotAuthenticated: "Sign in, or send a token with the header “Authorization: Token …”.",
    exceptions.AuthenticationFailed: (
        "This token is not known, or it has expired. It is sent with the header “Authorization: Token …”."
    ),
    exceptions.Throttled: "Too many requests in this minute. Retry-After says in how many seconds to ask again.",
    exceptions.UnsupportedMediaType: "Send JSON, with the header “Content-Type: application/json”.",
}


class Problem(exceptions.APIException):
    """A refusal with its status, a sentence, errors at fields, and whatever else the reader needs."""

    def __init__(
        self, status: int, detail: str, errors: Mapping[str, Any] | None = None, **more: Any
    ) -> None:
        self.status_code, self.errors, self.more = status, dict(errors or {}), more
        super().__init__(detail)


def invalid(errors: Mapping[str, Iterable[Any]]) -> Problem:
    """400 with messages at fields."""
    said = {field: [str(message) for message in messages] for field, messages in errors.items()}
    return Problem(400, summary(said), said)


def locked(why: str) -> Problem:
    """423: nobody changes this record while it is signed or frozen, whatever the data."""
    return Problem(423, why)


def summary(errors: Errors) -> str:
    """One sentence that is useful by itself, for clients that show nothing but ``detail``."""
    if not errors:
        return _("The request is not valid.")
    field, messages = next(iter(errors.items()))
    first = messages[0] if messages else ""
    if field != NO_FIELD:
        first = f"{field}: {first}"
    others = sum(len(each) for each in errors.values()) - 1
    return f"{first} " + _("(and %(count)d more)") % {"count": others} if others > 0 else first


def payload_too_large(limit: int) -> Problem:
    return Problem(413, _("The request is larger than %(limit)d MB.") % {"limit": limit // 1024 // 1024})


def messages_of(error: ValidationError) -> Errors:
    """The messages of a refusal by model or rule, by the model's field names."""
    if hasattr(error, "error_dict"):
        return {
            field: [message for each in listed for message in each.messages]
            for field, listed in error.error_dict.items()
        }
    return {NON_FIELD_ERRORS: list(error.messages)}


def flattened(detail: Any, prefix: str = "") -> Errors:
    """REST framework's nested errors as ``{"details.blood_loss_ml": [...]}``."""
    if isinstance(detail, Mapping):
        found: Errors = {}
        for key, value in detail.items():
            for field, said in flattened(value, f"{prefix}.{key}" if prefix else str(key)).items():
                found.setdefault(field, []).extend(said)
        return found
    if isinstance(detail, list | tuple):
        return {prefix or NO_FIELD: [str(message) for message in detail]}
    return {prefix or NO_FIELD: [str(detail)]}


def handler(exception: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's exception handler: every refusal becomes a problem document."""
    # Imported late: REST framework's views load the parsers of the settings, and those refuse by this module.
    from rest_framework.views import set_rollback

    problem = as_problem(exception)
    if problem is None:
        return None
    set_rollback()
    status = problem.status_code
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": str(problem.detail),
    }
    if problem.errors:
        body["errors"] = problem.errors
    body.update(problem.more)
    headers = {}
    if getattr(exception, "auth_header", None):
        headers["WWW-Authenticate"] = exception.auth_header  # type: ignore[attr-defined]
    if getattr(exception, "wait", None):
        headers["Retry-After"] = str(math.ceil(exception.wait))  # type: ignore[attr-defined]
    return Response(body, status=status, headers=headers, content_type=MEDIA_TYPE)


def as_problem(exception: Exception) -> Problem | None:
    """The refusal an exception stands for; ``None`` for a fault of the registry itself."""
    if isinstance(exception, Problem):
        return exception
    if isinstance(exception, exceptions.ValidationError):
        return invalid(flattened(exception.detail))
    if isinstance(exception, exceptions.APIException):
        return Problem(exception.status_code, ADVICE.get(type(exception), str(exception.detail)))
    if isinstance(exception, ValidationError):
        why = policies.lock_refusal(exception)
        if why:
            return locked(why)
        said = messages_of(exception)
        return invalid(
            {NO_FIELD if field == NON_FIELD_ERRORS else field: each for field, each in said.items()}
        )
    if isinstance(exception, Http404):
        return Problem(404, _("There is nothing at this address, or you may not see it."))
    if isinstance(exception, PermissionDenied):
        return Problem(403, str(exception) or _("You may not do this."))
    if isinstance(exception, RequestDataTooBig):
        return Problem(413, _("The request is too large."))
    if isinstance(exception, SuspiciousOperation | MultiPartParserError):
        return Problem(400, _("The request cannot be read."))
    if isinstance(exception, IntegrityError | ObjectDoesNotExist):
        # Somebody else wrote between the checks and the write; both are asked to look again.
        return Problem(
            409, _("The data changed while this was written. Read it again and repeat the change.")
        )
    return None
