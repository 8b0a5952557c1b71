"""JSON as the API accepts it: strict, bounded in size and depth, exact in its numbers."""

import json
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from registry.core.api.problems import invalid, payload_too_large

#: No record nests deeper than an ablation in a lesion in a procedure in a case.
DEEPEST = 20
#: Numbers beyond this many digits are no measurement; they reach the field as text and are refused there.
LONGEST_NUMBER = 40


def size_limit() -> int:
    """Bytes of the largest body."""
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 2 * 1024 * 1024


def refuse_large(request: Any) -> None:
    """413 for a body that says it is too large; a body without a length is read up to the limit and given one."""
    limit = size_limit()
    try:
        declared = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        declared = 0
    if declared > limit:
        raise payload_too_large(limit)
    if not declared and "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        if not request.META.get("wsgi.input_terminated"):
            raise ParseError(_("Send the request with a Content-Length."))
        body = request.META["wsgi.input"].read(limit + 1)
        if len(body) > limit:
            raise payload_too_large(limit)
        request.META["CONTENT_LENGTH"] = str(len(body))
        request._request._stream = BytesIO(body)


class StrictJSONParser(BaseParser):
    """One JSON object without NaN, Infinity, repeated keys, null characters in keys or broken characters.

    Numbers with decimals become ``Decimal`` (``6.10`` stays exact); numbers that are absurdly long stay text, so that
    the refusal stands at their field.
    """

    media_type = "application/json"
    deepest = DEEPEST

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        limit = size_limit()
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise payload_too_large(limit)
        try:
            text = body.decode("utf-8-sig")
            data = json.loads(
                text,
                parse_float=_decimal,
                parse_int=_integer,
                parse_constant=_refuse_constant,
                object_pairs_hook=_refuse_repeated,
            )
        except UnicodeDecodeError:
            raise ParseError(_("The body is not UTF-8.")) from None
        except RecursionError:
            raise ParseError(_("The JSON is nested too deeply.")) from None
        except ValueError as error:
            raise ParseError(
                _("The body is not valid JSON: %(error)s") % {"error": str(error)[:200]}
            ) from None
        if not isinstance(data, dict):
            raise ParseError(_("The body must be one JSON object."))
        _refuse_broken_text(data, self.deepest)
        return data


def _decimal(text: str) -> Decimal | str:
    number = Decimal(text)
    return number if len(text) <= LONGEST_NUMBER and abs(number.adjusted()) <= LONGEST_NUMBER else text


def _integer(text: str) -> int | str:
    return int(text) if len(text) <= LONGEST_NUMBER else text


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _value in pairs:
            if key in seen:
                raise ValueError(f"“{key[:60]}” stands twice")
            seen.add(key)
    return found


def _texts(data: dict) -> Iterator[tuple[str, str, bool, int]]:
    """Every text with the path to it, whether it is a key, and its depth; no recursion, so that depth cannot hurt."""
    waiting: list[tuple[str, Any, int]] = [("", data, 1)]
    while waiting:
        path, value, depth = waiting.pop()
        if isinstance(value, dict):
            for key, inner in value.items():
                yield path, key, True, depth
                waiting.append((f"{path}.{key}" if path else key, inner, depth + 1))
        elif isinstance(value, list):
            waiting.extend((path, inner, depth + 1) for inner in value)
            yield path, "", False, depth
        elif isinstance(value, str):
            yield path, value, False, depth


def _refuse_broken_text(data: dict, deepest: int) -> None:
    for path, text, is_key, depth in _texts(data):
        if depth > deepest:
            raise ParseError(_("The JSON is nested too deeply."))
        try:
            text.encode()
        except UnicodeEncodeError:
            where = path if not is_key and path.isprintable() else ""
            message = _("The text holds half of a surrogate pair, which is no character.")
            raise (invalid({where: [message]}) if where else ParseError(message)) from None
        if is_key and "\x00" in text:
            raise ParseError(_("A name in the JSON contains a null character."))
