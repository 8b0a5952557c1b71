"""One table as a file: a table, a format and filters become a stream of bytes in one snapshot, with a receipt."""

from collections.abc import Iterator
from typing import Any

from registry.core.actors import identity_of
from registry.research.delivery import Delivery, TableStream
from registry.research.formats import Format
from registry.research.models import ExportReceipt
from registry.research.selection import Selection, select

#: The reason under which a receipt counts the rows of patients who did not agree to research.
NO_CONSENT = "consent refused or withdrawn"


class Export(Delivery):
    """An export of one table under way."""

    def __init__(self, selection: Selection, file_format: Format, user: Any) -> None:
        self.selection, self.format, self.user = selection, file_format, user
        self.suffix, self.content_type = file_format.name, file_format.content_type
        self.stream: TableStream | None = None
        super().__init__()

    def prepare(self) -> ExportReceipt:
        selection = self.selection
        self.rows = self.snapshot.count(selection.rows)
        left_out = self.snapshot.count(selection.rows_without_consent)
        user_id, user_name = identity_of(self.user)
        return ExportReceipt.objects.create(
            user_id_text=user_id,
            user_name=user_name,
            table=selection.table.name,
            format=self.format.name,
            definition={**selection.definition, "format": self.format.name},
            rows=self.rows,
            excluded={NO_CONSENT: left_out} if left_out else {},
            withheld=selection.withheld,
        )

    def chunks(self) -> Iterator[bytes]:
        note = f"receipt {self.receipt.uuid}"
        self.stream = TableStream(self.snapshot, self.selection, self.format, note, self.watch)
        return iter(self.stream)

    @property
    def done(self) -> int:
        return self.stream.seen if self.stream is not None else 0

    def is_whole(self) -> bool:
        return self.stream is not None and self.done == self.rows


__all__ = ["NO_CONSENT", "Export", "select"]
