"""Freezes: a curator closes a centre, or a list of cases, to every change until it is thawed."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from registry.access.models import Center
from registry.core.dates import shown_datetime
from registry.curation.models.kept import KeptQuerySet, KeptRow


class FreezeQuerySet(KeptQuerySet):
    """Freezes within the reader's centres."""

    def in_force(self) -> "FreezeQuerySet":
        return self.filter(thaw__isnull=True)


class Freeze(KeptRow):
    """Nothing of a whole centre, or of the cases listed, is changed from this row on until its ``Thaw``."""

    center = models.ForeignKey(
        Center, models.PROTECT, related_name="freezes", verbose_name=_("centre"), db_index=False
    )
    whole_center = models.BooleanField(_("the whole centre"))
    title = models.CharField(_("what is frozen"), max_length=200, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=400)

    objects = FreezeQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("freeze")
        verbose_name_plural = _("freezes")
        ordering = ["-id"]
        indexes = [models.Index(fields=["center", "-id"])]
        constraints = [models.CheckConstraint(condition=models.Q(reason__gt=""), name="freeze_says_why")]

    def __str__(self) -> str:
        return f"{shown_datetime(self.at)} {self.center} {self.title}".strip()

    @property
    def thawed(self) -> Any:
        """The row that ends it, if there is one."""
        return getattr(self, "thaw", None)


class FrozenCase(models.Model):
    """A case of a freeze that holds a list of cases."""

    insert_only = True
    erasure_empties = False

    freeze = models.ForeignKey(
        Freeze, models.PROTECT, related_name="cases", verbose_name=_("freeze"), db_index=False
    )
    # No constraint in the database: the row outlives the case.
    case = models.ForeignKey(
        Case, models.DO_NOTHING, db_constraint=False, related_name="freezes", verbose_name=_("case")
    )

    objects = KeptQuerySet.as_manager()

    class Meta:
        verbose_name = _("frozen case")
        verbose_name_plural = _("frozen cases")
        constraints = [models.UniqueConstraint(fields=["freeze", "case"], name="frozen_case_once")]

    def __str__(self) -> str:
        return f"{self.freeze_id}: {self.case_id}"


class Thaw(KeptRow):
    """The end of a freeze."""

    freeze = models.OneToOneField(Freeze, models.PROTECT, related_name="thaw", verbose_name=_("freeze"))
    reason = models.CharField(_("reason"), max_length=400)

    class Meta:
        verbose_name = _("thaw")
        verbose_name_plural = _("thaws")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=models.Q(reason__gt=""), name="thaw_says_why")]

    def __str__(self) -> str:
        return f"{shown_datetime(self.at)} {self.freeze}"
