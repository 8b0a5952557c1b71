"""Pages, lists and answers that show who a patient is say so here; the access log gets one line for each request.

What is noted is only kept with the request. ``registry.access.middleware`` knows which centres' patients the reader may
know and which are of publications, and writes the line once the answer is there.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from django.utils import translation

_NOTED = "_identity_shown"
#: Identifying columns that are never shown themselves.
_NEVER_SHOWN = frozenset({"hospital_number_hash"})


def note(
    request: Any, records: Iterable[Any], fields: Iterable[str] | None = None, *, whole: bool = False
) -> None:
    """The answer shows these records: all their fields, or the given ones; ``whole`` with what hangs on them.

    Records that hold nothing identifying in what is shown are passed over.
    """
    request = getattr(request, "_request", request)  # the one beneath that of REST framework
    noted = request.__dict__.setdefault(_NOTED, {})
    for record in records:
        model: Any = type(record)
        shown = identifying(model)
        if fields is not None:
            shown = shown.intersection(fields)
        # Only what has been loaded: a deferred column is not shown.
        if whole or any(record.__dict__.get(name) not in (None, "") for name in shown):
            with translation.override("en"):  # the log is in one language, whoever reads
                noted.setdefault((record.center_id_of(), record.name_in_log()))


@cache
def identifying(model: Any) -> frozenset[str]:
    """The fields that show who somebody is; none of what belongs to no centre."""
    return model.identifying() - _NEVER_SHOWN if model.center_path is not None else frozenset()


def noted(request: Any) -> list[tuple[int, str]]:
    """Centre and name of every record that the answer shows."""
    return list(request.__dict__.get(_NOTED, ()))
