"""Releases: cohorts frozen with their data."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.research.models.cohort import LONGEST_SLUG, LONGEST_TITLE, CohortVersion
from registry.research.models.receipt import ExportReceipt

LONGEST_NOTES = 4000


class ReleaseQuerySet(models.QuerySet["Release"]):
    def for_user(self, user: Any) -> "ReleaseQuerySet":
        """A user's own releases; nobody else's, whatever the role."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        return self.filter(owner=user)


class Release(models.Model):
    """What a cohort held after one change of the registry: its data, its definition, and how to find both again.

    Nothing that goes into the files changes once the release is there: title and authors, the definition, the change,
    the centres that its owner could read then, the version of the software. The files lie in
    ``settings.RELEASE_DIR``, in a folder of the release's name.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        WRITING = "writing", _("being written")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")

    class Failure(models.TextChoices):
        """Why there are no files, in words that say what to do."""

        DISK_FULL = "disk_full", _("The disk is full. Ask the administrator for room, then try again.")
        NOT_WRITTEN = (
            "not_written",
            _("The files could not be written. The administrator can see why in the log."),
        )
        UNREADABLE = "unreadable", _("The definition names what the catalogue no longer has.")
        UNACCOUNTED = (
            "unaccounted",
            _(
                "History does not account for all that the registry shows now, so it could not be rebuilt. The "
                "administrator can see in the log which tables are meant."
            ),
        )
        STOPPED = "stopped", _("The writer stopped before the files were whole. Try again.")
        BROKE_OFF = "broke_off", _("Writing broke off. The administrator can see why in the log.")

    UNDER_WAY = (State.QUEUED, State.WRITING)

    #: Made by whoever asks, so that the same request twice makes one release; also the id of its receipt.
    token = models.UUIDField(_("receipt"), default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(_("short name"), max_length=LONGEST_SLUG, unique=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="releases", verbose_name=_("owner")
    )
    # Text beside the key: the files name who made them, whatever the account is called later.
    owner_name = models.CharField(_("made by"), max_length=150)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    title = models.CharField(_("title"), max_length=LONGEST_TITLE)
    authors = models.JSONField(_("authors"), default=list, help_text=_("Family, Given; in their order."))
    notes = models.TextField(_("notes"), max_length=LONGEST_NOTES, blank=True, default="")
    address = models.URLField(_("address"), blank=True, default="")

    cohort_version = models.ForeignKey(
        CohortVersion, models.PROTECT, related_name="releases", verbose_name=_("version of the cohort")
    )
    definition = models.JSONField(_("definition"))
    sentence = models.TextField(_("definition in words"))
    sequence = models.BigIntegerField(
        _("change"), help_text=_("The data are as they were after this change.")
    )
    centers = models.JSONField(_("centres"), help_text=_("The rows of the centres that could be read."))
    left_out = models.JSONField(
        _("patients left out"),
        default=list,
        blank=True,
        help_text=_("Those who withdrew their consent later."),
    )
    replaces = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
        verbose_name=_("replaces"),
    )
    form = models.PositiveSmallIntegerField(
        _("form of the files"), default=1, help_text=_("Which files a release consists of.")
    )
    small_cell = models.PositiveSmallIntegerField(_("limit of small cells"), default=0)
    ascertainment = models.JSONField(_("registered of eligible procedures"), null=True, blank=True)
    profile = models.CharField(_("profile"), max_length=20)
    software = models.CharField(_("software"), max_length=60)

    state = models.CharField(_("state"), max_length=20, choices=State.choices, default=State.QUEUED)
    failure = models.CharField(
        _("why it failed"), max_length=20, choices=Failure.choices, blank=True, default=""
    )
    files = models.JSONField(_("files"), default=list, blank=True)
    rows = models.PositiveBigIntegerField(_("rows"), default=0)
    manifest_sha256 = models.CharField(_("SHA-256 of the manifest"), max_length=64, blank=True, default="")
    results = models.JSONField(_("main results"), default=list, blank=True)
    receipt = models.OneToOneField(
        ExportReceipt,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="release",
        verbose_name=_("receipt"),
    )
    rerun = models.JSONField(
        _("last rerun"), null=True, blank=True, help_text=_("When it was rebuilt last, and what that gave.")
    )

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.slug

    def get_absolute_url(self) -> str:
        return reverse("release-detail", args=[self.slug])

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY

    @property
    def is_under_way(self) -> bool:
        return self.state in self.UNDER_WAY

    def file(self, name: str) -> dict[str, Any] | None:
        """What is known of one of the files; ``None`` where there is none of that name."""
        return next((file for file in self.files if file["file"] == name), None)
