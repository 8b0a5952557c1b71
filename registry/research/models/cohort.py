"""Cohorts: named definitions of which cases a question is about, with every version that there was."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Prefetch, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from registry.research.cohorts.checking import restored
from registry.research.cohorts.document import LONGEST_TITLE, Definition

LONGEST_SLUG = 80


class CohortQuerySet(models.QuerySet["Cohort"]):
    def for_user(self, user: Any) -> Self:
        """A user's own cohorts and those shared with everyone signed in."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        return self.filter(Q(owner=user) | Q(shared=True))

    def with_latest(self) -> Self:
        """Each with the version in force, for lists."""
        latest = CohortVersion.objects.filter(number=F("cohort__latest_number"))
        return self.select_related("owner").prefetch_related(
            Prefetch("versions", queryset=latest, to_attr="prefetched_latest")
        )


class Cohort(models.Model):
    """A definition with a title, a permanent address and an owner; what it says stands in its versions.

    A shared cohort can be read by everyone signed in. What is shared is the definition: which cases are counted and
    exported is decided by the rights of whoever reads.
    """

    slug = models.SlugField(gettext_lazy("short name"), max_length=LONGEST_SLUG, unique=True)
    title = models.CharField(gettext_lazy("title"), max_length=LONGEST_TITLE)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="cohorts",
        verbose_name=gettext_lazy("owner"),
    )
    shared = models.BooleanField(gettext_lazy("shared with everyone signed in"), default=False)
    #: The number of the version in force.
    latest_number = models.PositiveIntegerField(gettext_lazy("version"), default=1)
    created_at = models.DateTimeField(gettext_lazy("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(gettext_lazy("updated at"), default=timezone.now)

    objects = CohortQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("cohort")
        verbose_name_plural = gettext_lazy("cohorts")
        ordering = ["-updated_at", "-id"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("cohort-detail", args=[self.slug])

    @property
    def latest(self) -> "CohortVersion":
        """The version in force."""
        prefetched = getattr(self, "prefetched_latest", None)
        return prefetched[0] if prefetched else self.versions.get(number=self.latest_number)

    def version(self, number: int | None) -> "CohortVersion | None":
        """One version by its number, the latest without one; ``None`` where there is no such version."""
        return self.latest if number is None else self.versions.filter(number=number).first()

    def may_change(self, user: Any) -> bool:
        return self.owner_id == user.pk


class CohortVersion(models.Model):
    """What a cohort said from one moment on. Never changed: a changed definition is a new version."""

    cohort = models.ForeignKey(
        Cohort, models.CASCADE, related_name="versions", verbose_name=gettext_lazy("cohort")
    )
    number = models.PositiveIntegerField(gettext_lazy("version"))
    definition = models.JSONField(gettext_lazy("definition"))
    sha256 = models.CharField(gettext_lazy("SHA-256"), max_length=64)
    at = models.DateTimeField(gettext_lazy("at"), auto_now_add=True)
    # Text, not a foreign key: who made a version is said as long as the version is there.
    by_id_text = models.CharField(gettext_lazy("user id"), max_length=64)
    by_name = models.CharField(gettext_lazy("user"), max_length=150)

    class Meta:
        verbose_name = gettext_lazy("version of a cohort")
        verbose_name_plural = gettext_lazy("versions of cohorts")
        ordering = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cohort", "number"], name="cohort_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.cohort_id} · {self.number}"

    def definition_document(self) -> Definition:
        """The definition, ready to be compiled.

        Raises ``ValidationError`` where it names a variable that the catalogue no longer has.
        """
        return restored(self.definition)
