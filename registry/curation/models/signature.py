"""Signatures of cases, and their withdrawals."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from registry.core.dates import shown_datetime
from registry.curation.models.kept import KeptRow


class Signature(KeptRow):
    """Somebody signed a case, or a curator withdrew a signature: a row each, never changed.

    A signature states name, moment, role and meaning (as 21 CFR 11.50 asks) and the hash of what was signed. The row
    is no longer alive once another one withdraws it.
    """

    erasure_empties = True

    class Act(models.TextChoices):
        SIGN = "sign", _("signed")
        WITHDRAW = "withdraw", _("signature withdrawn")

    class Meaning(models.TextChoices):
        COMPLETE = "complete", _("I entered or checked this case. The data are complete and correct.")
        REVIEWED = "reviewed", _("I reviewed this case as a second person. I found nothing to object to.")
        APPROVED = "approved", _("I am responsible for this case. I approve it for analysis.")

    # No constraint in the database: the row outlives the case.
    case = models.ForeignKey(
        Case, models.DO_NOTHING, db_constraint=False, related_name="signatures", verbose_name=_("case")
    )
    case_uuid = models.UUIDField(_("public id of the case"))
    act = models.CharField(_("act"), max_length=20, choices=Act.choices)
    role = models.CharField(_("role"), max_length=40)
    meaning = models.CharField(_("meaning"), max_length=20, choices=Meaning.choices, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=400, blank=True, default="")
    content_sha256 = models.CharField(_("SHA-256 of the content"), max_length=64)
    content_version = models.PositiveSmallIntegerField(_("version of the reckoning of the content"))
    case_version = models.PositiveIntegerField(_("version of the case"))
    withdraws = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="withdrawn_by",
        verbose_name=_("withdraws"),
    )

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(act="sign", withdraws__isnull=True, meaning__gt="", reason="")
                | models.Q(act="withdraw", withdraws__isnull=False, meaning="", reason__gt=""),
                name="signature_says_what",
            ),
        ]

    def __str__(self) -> str:
        return f"{shown_datetime(self.at)} {self.user_name} {self.get_act_display()}"

    @property
    def withdrawal(self) -> Any:
        """The row that withdraws this one, if there is one."""
        return getattr(self, "withdrawn_by", None)
