"""What has been erased: which records of which tables, under the number of the change that erased them.

These rows stand in the chain themselves. A row of history without content is accepted only where one of them says so.
"""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.core.chain.digests import Chained


class ErasedRecord(Chained):
    """History of this record, up to this change, has been emptied. Says nothing of what it held."""

    table = models.CharField(_("table"), max_length=63)
    record_id = models.BigIntegerField(_("record"))

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
