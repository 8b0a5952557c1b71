"""The history as a CSV file: one line for each changed field, written page by page while it is sent."""

import csv
import datetime
import io
from collections.abc import Iterator
from typing import Any

from django.utils import translation

from cases.views.history import told_elsewhere
from registry.core.history import confirmation_changes, field_changes, names_in
from registry.core.spreadsheets import defused_text
from registry.curation.trail.search import Found, Search
from registry.curation.trail.whereabouts import NOWHERE, whereabouts

COLUMNS = (
    *("when", "change", "user_id", "user_name", "center", "belongs_to", "record", "record_id"),
    *("action", "field", "before", "after", "reason"),
)
ACTIONS = {"+": "added", "~": "changed", "-": "deleted"}


def lines(search: Search) -> Iterator[bytes]:
    """The file in chunks. Stored values and codes, in English, whoever reads."""
    yield _written([COLUMNS])
    for found in search.every():
        # The language is set while a chunk is made: between two of them others use this thread.
        with translation.override("en"):
            chunk = _written(list(_rows(found)))
        yield chunk


def _written(rows: Any) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode()


def _rows(found: list[Found]) -> Iterator[list[str]]:
    names = names_in([row for one in found for row in (one.row, one.previous) if row is not None])
    places = whereabouts(one.row for one in found)
    for one in found:
        row = one.row
        place = places.get((row.instance_type, row.id), NOWHERE)
        head = [
            row.history_date.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            str(row.change_sequence),
            row.history_user_id or "",
            row.history_user_name,
            place.center,
            place.name,
            row.instance_type._meta.label_lower,
            str(row.uuid),
            ACTIONS[row.history_type],
        ]
        changes = [
            *field_changes(row, one.previous, told_elsewhere(row), names),
            *confirmation_changes(row, one.previous),
        ]
        reason = row.history_change_reason or ""
        for field, before, after in [(c.field, c.before, c.after) for c in changes] or [("", None, None)]:
            yield [defused_text(cell) for cell in (*head, field, _text(before), _text(after), reason)]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime.date) else str(value)
