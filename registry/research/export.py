"""One export: a table, a format and filters become a stream of bytes in one snapshot, with a receipt."""

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from registry.core.actors import identity_of
from registry.research import filters
from registry.research.cohorts.choosing import chosen
from registry.research.columns import Column
from registry.research.formats import Format
from registry.research.models import ExportReceipt
from registry.research.profiles import PSEUDONYMISED, Profile
from registry.research.snapshot import Snapshot
from registry.research.tables import Table

log = logging.getLogger(__name__)

#: The reason under which a receipt counts the rows of patients who did not agree to research.
NO_CONSENT = "consent refused or withdrawn"


@dataclass(frozen=True)
class Selection:
    """Which rows and columns an export has: everything about it except the database it is read from."""

    table: Table
    columns: tuple[Column, ...]
    #: ``values_list`` in the order of ``columns``; its SQL can be streamed by any means the database has.
    queryset: QuerySet
    rows: QuerySet
    rows_without_consent: QuerySet
    withheld: list[dict[str, str]]
    definition: dict[str, Any]


def select(
    table: Table, user: Any, asked: Mapping[str, Sequence[str]], profile: Profile = PSEUDONYMISED
) -> Selection:
    """Compile table, filters and profile. Raises ``ValidationError`` for a filter that cannot be."""
    cohort = chosen(user, asked)
    matching = filters.apply(table, table.visible(user), asked, cohort)
    rows, without_consent = matching, matching.none()
    if table.without_consent is not None:
        rows, without_consent = (
            matching.filter(~table.without_consent),
            matching.filter(table.without_consent),
        )
    shown, expressions, withheld = [], [], []
    for column in table.columns:
        reason = profile.withheld(column)
        if reason:
            withheld.append({"column": column.name, "reason": reason})
        expression = profile.expression(column, table.published)
        if expression is not None:
            shown.append(column)
            expressions.append(expression)
    # Positions, not names: a column may be called like a field of the model, which an annotation may not.
    aliases = {f"column_{position}": expression for position, expression in enumerate(expressions)}
    queryset = rows.alias(**table.relations()).annotate(**aliases).order_by("pk").values_list(*aliases)
    definition: dict[str, Any] = {
        "table": table.name,
        "profile": profile.name,
        "filters": {name: list(values) for name, values in sorted(asked.items())},
    }
    if cohort is not None:
        definition["cohort"] = cohort.as_json()
    return Selection(table, tuple(shown), queryset, rows, without_consent, withheld, definition)


class Export:
    """An export under way. Iterate it once for the bytes; ``close()`` it whether or not that went to the end.

    A class rather than a generator: a generator that was never started is not closed, and its connection would stay
    open when the client is gone before the first byte.
    """

    def __init__(self, selection: Selection, file_format: Format, user: Any) -> None:
        self.selection, self.format = selection, file_format
        self.snapshot = Snapshot()
        try:
            self.rows = self.snapshot.count(selection.rows)
            left_out = self.snapshot.count(selection.rows_without_consent)
            user_id, user_name = identity_of(user)
            self.receipt = ExportReceipt.objects.create(
                user_id_text=user_id,
                user_name=user_name,
                table=selection.table.name,
                format=file_format.name,
                definition={**selection.definition, "format": file_format.name},
                rows=self.rows,
                excluded={NO_CONSENT: left_out} if left_out else {},
                withheld=selection.withheld,
            )
        except BaseException:
            self.close()
            raise

    @property
    def file_name(self) -> str:
        """Names the table, the day and the receipt, so that a file on a disk leads back to it."""
        day, receipt = f"{self.receipt.at:%Y-%m-%d}", str(self.receipt.uuid)[:8]
        return f"{self.selection.table.name}-{day}-{receipt}.{self.format.name}"

    def __iter__(self) -> Iterator[bytes]:
        digest, size, counter = hashlib.sha256(), 0, _Counter()
        try:
            rows = counter.over(self.snapshot.rows(self.selection.queryset))
            for chunk in self.format.encode(self.selection.columns, rows):
                digest.update(chunk)
                size += len(chunk)
                yield chunk
        finally:
            self.close()
        if counter.seen != self.rows:
            # Only a connection shared with a writer could do this; such a file must not look whole.
            log.error("Export %s counted %d rows and wrote %d.", self.receipt.uuid, self.rows, counter.seen)
            return
        self.receipt.finish(digest.hexdigest(), size)

    def close(self) -> None:
        self.snapshot.close()


class _Counter:
    """Counts rows as they pass."""

    seen = 0

    def over(self, rows: Iterator[Any]) -> Iterator[Any]:
        for row in rows:
            self.seen += 1
            yield row
