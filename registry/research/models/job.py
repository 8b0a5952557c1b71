"""Exports that are written to a file in the background."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.research.models.receipt import ExportReceipt


class ExportJobQuerySet(models.QuerySet["ExportJob"]):
    def for_user(self, user: Any) -> "ExportJobQuerySet":
        """A user's own jobs; nobody else's, whatever the role."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        return self.filter(user=user)

    def under_way(self) -> "ExportJobQuerySet":
        return self.filter(state__in=ExportJob.UNDER_WAY)


class ExportJob(models.Model):
    """An export that was too large to wait for: what was asked, how far it is, and how it ended.

    Its file lies in ``settings.EXPORT_DIR`` under the job's public id. Only whole files have their final name.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("ready")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        EXPIRED = "expired", _("expired")

    class Failure(models.TextChoices):
        """Why a job failed, in words that say what to do."""

        REFUSED = "refused", _("It was refused.")
        DISK_FULL = (
            "disk_full",
            _("The disk is full. Ask the administrator for room, then start the export again."),
        )
        NOT_WRITTEN = (
            "not_written",
            _("The file could not be written. The administrator can see why in the log."),
        )
        STOPPED = "stopped", _("The worker stopped before the file was whole. Start the export again.")
        BROKE_OFF = "broke_off", _("The export broke off. The administrator can see why in the log.")

    UNDER_WAY = (State.QUEUED, State.RUNNING)

    uuid = models.UUIDField(_("job"), default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("user")
    )
    at = models.DateTimeField(_("at"), auto_now_add=True)
    target = models.CharField(_("table"), max_length=60)
    format = models.CharField(_("format"), max_length=20)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    #: Hash of what was asked, so that a second click finds the job of the first.
    fingerprint = models.CharField(_("fingerprint"), max_length=64, editable=False)
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.QUEUED)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    rows = models.PositiveBigIntegerField(_("rows"), null=True, blank=True)
    rows_done = models.PositiveBigIntegerField(_("rows written"), default=0)
    failure = models.CharField(
        _("why it failed"), max_length=20, choices=Failure.choices, blank=True, default=""
    )
    message = models.CharField(_("message"), max_length=400, blank=True, default="")
    file_name = models.CharField(_("file"), max_length=120, blank=True, default="")
    rights = models.JSONField(
        _("rights"),
        default=dict,
        blank=True,
        help_text=_("Centres whose rows the file holds, and those whose patients it names."),
    )
    reach = models.JSONField(
        _("reach"),
        default=dict,
        blank=True,
        editable=False,
        help_text=_("What the API token that asked for it left of the user’s rights; empty without a token."),
    )
    receipt = models.OneToOneField(
        ExportReceipt, models.SET_NULL, null=True, blank=True, related_name="job", verbose_name=_("receipt")
    )

    objects = ExportJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("export job")
        verbose_name_plural = _("export jobs")
        ordering = ["-id"]
        indexes = [models.Index(fields=["user", "-id"])]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "fingerprint"],
                condition=models.Q(state__in=["queued", "running"]),
                name="exportjob_once_under_way",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target}.{self.format} {self.get_state_display()}"

    @property
    def why(self) -> str:
        """Why it failed, as a sentence."""
        return self.message or (str(self.get_failure_display()) if self.failure else "")

    @property
    def is_under_way(self) -> bool:
        return self.state in self.UNDER_WAY

    @property
    def is_ready(self) -> bool:
        """Whether the file can be fetched."""
        return self.state == self.State.DONE and not self.is_past

    @property
    def is_past(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def percent(self) -> int | None:
        """How far it is; ``None`` while nobody knows."""
        if self.state == self.State.DONE:
            return 100
        if self.rows is None or self.state != self.State.RUNNING:
            return None
        return min(99, 100 * self.rows_done // max(self.rows, 1))
