"""What has been erased: which records of which tables, under the number of the change that erased them.

These rows stand in the chain themselves. A row of history without content is accepted only where one of them says so.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.core.chain.digests import Chained, covered, joined


class ErasedRecord(Chained):
    """History of this record, up to this change, has been emptied. Says nothing of what it held."""

    table = models.CharField(_("table"), max_length=63)
    record_id = models.BigIntegerField(_("record"))
    #: Digest over what is left of the rows: who and when. Their own digests cover what is gone, and cannot tell.
    remains = models.CharField(_("digest of what is left"), max_length=64, blank=True, default="")

    class Meta:
        verbose_name = _("erased record")
        verbose_name_plural = _("erased records")
        indexes = [models.Index(fields=["table", "record_id"], name="erased_record")]

    def __str__(self) -> str:
        return f"{self.table} {self.record_id}"


def erasures(table: str, record_ids: Any) -> dict[int, int]:
    """For each of the records that has been erased, the number of the change that did so last."""
    rows = ErasedRecord._base_manager.filter(table=table, record_id__in=record_ids).order_by(
        "change_sequence"
    )
    return dict(rows.values_list("record_id", "change_sequence"))


class Remains:
    """Digests over what is left of emptied rows, one for each record; rows are added in the order of their keys."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self._at = [attname for _name, attname in covered(model)].index("id")
        self._hashes: dict[int, Any] = {}

    def add(self, row: Iterable[Any]) -> None:
        """Key, salt, digest and the covered values."""
        key, _salt, digest, *values = row
        text = joined(zip((name for name, _attname in covered(self.model)), values, strict=True))
        found = self._hashes.setdefault(values[self._at], hashlib.sha256())
        found.update(f"{key}:{digest}:{text}\n".encode())

    def of(self, record_id: int) -> str:
        return self._hashes[record_id].hexdigest() if record_id in self._hashes else ""
