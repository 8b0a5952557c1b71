"""Receipts of exports."""

import uuid
from typing import Any

from django.db import models
from django.utils import timezone

from registry.core.actors import identity_of


class ExportReceiptQuerySet(models.QuerySet["ExportReceipt"]):
    def for_user(self, user: Any) -> "ExportReceiptQuerySet":
        """A user's own receipts; nobody else's, whatever the role."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        return self.filter(user_id_text=identity_of(user)[0])


class ExportReceipt(models.Model):
    """What an export gave out: who, when, the definition, rows, what was withheld and why, and the file's hash.

    Written before the first byte; ``finished`` and the hash follow after the last one, so that a download that was cut
    off can be told from a whole one.
    """

    uuid = models.UUIDField("receipt", default=uuid.uuid4, unique=True, editable=False)
    # Text, not a foreign key: the receipt outlives the user.
    user_id_text = models.CharField("user id", max_length=64)
    user_name = models.CharField("user", max_length=150)
    at = models.DateTimeField("at", auto_now_add=True)
    table = models.CharField("table", max_length=60)
    format = models.CharField("format", max_length=20)
    definition = models.JSONField(
        "definition", default=dict, help_text="Table, profile and filters as asked for."
    )
    rows = models.PositiveBigIntegerField("rows")
    excluded = models.JSONField("rows left out", default=dict, help_text="Reason → number of rows.")
    withheld = models.JSONField("columns withheld", default=list, help_text="Each with the reason.")
    sha256 = models.CharField("SHA-256", max_length=64, blank=True, default="")
    bytes = models.PositiveBigIntegerField("bytes", null=True, blank=True)
    finished = models.BooleanField("finished", default=False)
    finished_at = models.DateTimeField("finished at", null=True, blank=True)

    objects = ExportReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = "export receipt"
        ordering = ["-id"]
        indexes = [models.Index(fields=["user_id_text", "-id"])]

    def __str__(self) -> str:
        return f"{self.table}.{self.format} {self.at:%Y-%m-%d %H:%M}"

    def finish(self, sha256: str, size: int) -> None:
        """The last byte has been handed over."""
        self.sha256, self.bytes, self.finished, self.finished_at = sha256, size, True, timezone.now()
        self.save(update_fields=["sha256", "bytes", "finished", "finished_at"])
