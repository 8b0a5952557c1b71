"""Receipts of exports."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.core.actors import identity_of
from registry.core.dates import shown_datetime


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

    uuid = models.UUIDField(_("receipt"), default=uuid.uuid4, unique=True, editable=False)
    # Text, not a foreign key: the receipt outlives the user.
    user_id_text = models.CharField(_("user id"), max_length=64)
    user_name = models.CharField(_("user"), max_length=150)
    at = models.DateTimeField(_("at"), auto_now_add=True)
    table = models.CharField(_("table"), max_length=60)
    format = models.CharField(_("format"), max_length=20)
    definition = models.JSONField(
        _("definition"), default=dict, help_text=_("Table, profile and filters as asked for.")
    )
    rows = models.PositiveBigIntegerField(_("rows"))
    excluded = models.JSONField(_("rows left out"), default=dict, help_text=_("Reason → number of rows."))
    withheld = models.JSONField(_("columns withheld"), default=list, help_text=_("Each with the reason."))
    files = models.JSONField(
        _("files"),
        default=list,
        blank=True,
        help_text=_("What an archive holds: name, rows, bytes, SHA-256."),
    )
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True, default="")
    bytes = models.PositiveBigIntegerField(_("bytes"), null=True, blank=True)
    finished = models.BooleanField(_("finished"), default=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = ExportReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = _("export receipt")
        verbose_name_plural = _("export receipts")
        ordering = ["-id"]
        indexes = [models.Index(fields=["user_id_text", "-id"])]

    def __str__(self) -> str:
        return f"{self.table}.{self.format} {shown_datetime(self.at)}"

    def finish(self, sha256: str, size: int, files: Sequence[Mapping[str, Any]] = ()) -> None:
        """The last byte has been handed over."""
        self.sha256, self.bytes, self.finished, self.finished_at = sha256, size, True, timezone.now()
        self.files = list(files)
        self.save(update_fields=["sha256", "bytes", "files", "finished", "finished_at"])
