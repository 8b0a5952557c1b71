"""Batches of imports: what came when from whom, and what became of it."""

import uuid
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from registry.access.models import Center, Membership
from registry.access.scope import curated_centers


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    def for_user(self, user: Any) -> "ImportBatchQuerySet":
        """The batches of centres that the user curates, and their own; none that holds another centre's rows."""
        own = curated_centers(user)
        if not own:
            return self.none()
        links = ImportBatch.centers.through.objects.filter(importbatch=OuterRef("pk"))
        return self.filter(~Exists(links.exclude(center__in=own))).filter(Q(user=user) | Exists(links))

    def under_way(self) -> "ImportBatchQuerySet":
        return self.filter(state__in=ImportBatch.UNDER_WAY)

    def may_name(self, center_id: int) -> "ImportBatchQuerySet":
        """Batches whose files are kept and may name a patient of the centre.

        Of one that has errors, or has not been checked, nobody knows whom it names, beyond what its user may import.
        """
        kept = self.filter(state__in=ImportBatch.OPEN)
        links = ImportBatch.centers.through.objects.filter(importbatch=OuterRef("pk"))
        curators = Membership.objects.filter(center=center_id, role=Membership.Role.CURATOR).values("user")
        unknown = ~Exists(links) & (Q(user__in=curators) | Q(user__is_superuser=True) | Q(user=None))
        return kept.filter(Exists(links.filter(center=center_id)) | unknown)


class ImportBatch(models.Model):
    """Some files on their way into the registry. The files lie in ``settings.IMPORT_DIR`` until the batch has ended."""

    class State(models.TextChoices):
        CHECKING = "checking", _("being checked")
        REFUSED = "refused", _("has errors")
        READY = "ready", _("checked")
        WRITING = "writing", _("being written")
        DONE = "done", _("imported")
        UNDONE = "undone", _("undone")
        FAILED = "failed", _("failed")
        DISCARDED = "discarded", _("discarded")
        EXPIRED = "expired", _("expired")

    UNDER_WAY = (State.CHECKING, State.WRITING)
    #: States in which files and report are kept.
    OPEN = (State.CHECKING, State.REFUSED, State.READY, State.WRITING)

    uuid = models.UUIDField(_("batch"), default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("user"),
    )
    user_name = models.CharField(_("by"), max_length=150)
    #: Messages are worded for whoever uploaded, also by a worker.
    language = models.CharField(_("language"), max_length=10, default="en")
    at = models.DateTimeField(_("at"), auto_now_add=True)
    centers = models.ManyToManyField(Center, related_name="+", blank=True, verbose_name=_("centres"))
    files = models.JSONField(_("files"), default=list, help_text=_("Name, size and SHA-256 of each file."))
    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.CHECKING)
    counts = models.JSONField(
        _("counts"), default=dict, blank=True, help_text=_("New, changed and unchanged rows of each table.")
    )
    error_count = models.PositiveIntegerField(_("errors"), default=0)
    warning_count = models.PositiveIntegerField(_("warnings"), default=0)
    reason_needed = models.BooleanField(_("needs a reason"), default=False)
    only_new = models.BooleanField(_("only new records"), default=False)
    reason = models.CharField(_("reason"), max_length=400, blank=True, default="")
    message = models.CharField(_("message"), max_length=400, blank=True, default="")
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    #: One of the records that were written, which leads to the change that wrote them all.
    written = models.JSONField(_("written record"), default=list, blank=True, editable=False)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.CharField(_("undone by"), max_length=150, blank=True, default="")

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]
        indexes = [models.Index(fields=["user", "-id"]), models.Index(fields=["state"])]

    def __str__(self) -> str:
        return f"{self.title} {self.get_state_display()}"

    @property
    def title(self) -> str:
        """The files, the first of them by name."""
        names, more = [each["name"] for each in self.files[:2]], len(self.files) - 2
        if more <= 0:
            return ", ".join(names)
        return ngettext("%(names)s and %(more)d more", "%(names)s and %(more)d more", more) % {
            "names": ", ".join(names),
            "more": more,
        }

    @property
    def is_under_way(self) -> bool:
        return self.state in self.UNDER_WAY

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def total(self) -> dict[str, int]:
        found = {"new": 0, "changed": 0, "unchanged": 0}
        for counted in self.counts.values():
            for name, number in counted.items():
                found[name] += number
        return found

    def change(self) -> int | None:
        """The number of the change that wrote the records; ``None`` where nothing was written."""
        if not self.written:
            return None
        label, key, version = self.written
        history: Any = apps.get_model(label).history
        found = history.filter(id=key, version=version).order_by("history_id").first()
        return found.change_sequence if found is not None else None
