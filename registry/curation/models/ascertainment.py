"""The log of eligible procedures: what a centre did in a month, against what it registered."""

import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.dateformat import format as format_moment
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from procedures.codes import Kind
from registry.access.models import Center
from registry.core import fields
from registry.core.models import Record
from registry.core.rules import Between, CodedMissing, OneOf, OnlyOne

#: Why an eligible procedure was not registered, in the order of the form.
REASONS = ("refused", "missed", "not_eligible", "other")
#: No centre does more of one kind in a month.
MOST = 999


class MonthState(models.TextChoices):
    """Whether the month still takes figures."""

    OPEN = "open", _("open")
    CLOSED = "closed", _("signed off")


class AscertainmentMonth(Record):
    """Of one centre and month, by kind: eligible procedures, and why some of them were not registered.

    Registered ones are counted from the procedures, never typed; ``registered`` keeps what was counted when the month
    was signed off (kind → number). Who signed off, and when, is who changed the record last: a closed month takes no
    other change than its reopening.
    """

    center_path = "center"
    immutable_fields = ("center", "month")

    center = models.ForeignKey(
        Center, models.PROTECT, related_name="ascertainment", verbose_name=_("centre"), db_index=False
    )
    month = fields.DateField(_("month"), help_text=_("Its first day."))
    state = fields.CodeField(_("state"), choices=MonthState.choices, default=MonthState.OPEN)
    reboa_eligible = fields.IntegerField(_("REBOA: eligible procedures"), null=True, blank=True)
    reboa_refused = fields.IntegerField(_("REBOA: consent refused"), default=0)
    reboa_missed = fields.IntegerField(_("REBOA: missed"), default=0)
    reboa_not_eligible = fields.IntegerField(_("REBOA: not eligible after all"), default=0)
    reboa_other = fields.IntegerField(_("REBOA: other reason"), default=0)
    reboa_text = fields.LineField(_("REBOA: which reason, or what explains a difference"))
    vertebroplasty_eligible = fields.IntegerField(
        _("vertebroplasty: eligible procedures"), null=True, blank=True
    )
    vertebroplasty_refused = fields.IntegerField(_("vertebroplasty: consent refused"), default=0)
    vertebroplasty_missed = fields.IntegerField(_("vertebroplasty: missed"), default=0)
    vertebroplasty_not_eligible = fields.IntegerField(_("vertebroplasty: not eligible after all"), default=0)
    vertebroplasty_other = fields.IntegerField(_("vertebroplasty: other reason"), default=0)
    vertebroplasty_text = fields.LineField(_("vertebroplasty: which reason, or what explains a difference"))
    sacroplasty_eligible = fields.IntegerField(_("sacroplasty: eligible procedures"), null=True, blank=True)
    sacroplasty_refused = fields.IntegerField(_("sacroplasty: consent refused"), default=0)
    sacroplasty_missed = fields.IntegerField(_("sacroplasty: missed"), default=0)
    sacroplasty_not_eligible = fields.IntegerField(_("sacroplasty: not eligible after all"), default=0)
    sacroplasty_other = fields.IntegerField(_("sacroplasty: other reason"), default=0)
    sacroplasty_text = fields.LineField(_("sacroplasty: which reason, or what explains a difference"))
    rfa_eligible = fields.IntegerField(_("RFA: eligible procedures"), null=True, blank=True)
    rfa_refused = fields.IntegerField(_("RFA: consent refused"), default=0)
    rfa_missed = fields.IntegerField(_("RFA: missed"), default=0)
    rfa_not_eligible = fields.IntegerField(_("RFA: not eligible after all"), default=0)
    rfa_other = fields.IntegerField(_("RFA: other reason"), default=0)
    rfa_text = fields.LineField(_("RFA: which reason, or what explains a difference"))
    registered = models.JSONField(_("registered at the sign-off"), default=dict, blank=True, editable=False)

    class Meta:
        verbose_name = _("month of the ascertainment log")
        verbose_name_plural = _("months of the ascertainment log")
        ordering = ["center", "-month"]
        constraints = [
            OnlyOne("center", "month", message=_("This centre has an entry for that month.")),
            Between("month", *fields.DATE_RANGE),
            OneOf("state", MonthState),
            *(Between(f"{kind}_{name}", 0, MOST) for kind in Kind.values for name in ("eligible", *REASONS)),
            CodedMissing(*(f"{kind}_eligible" for kind in Kind.values)),
        ]

    def __str__(self) -> str:
        return f"{self.center.code} · {month_words(self.month)}" if self.month else self.center.code

    @property
    def is_closed(self) -> bool:
        return self.state == MonthState.CLOSED

    def is_settled(self) -> bool:
        return self.is_closed

    def roots_beneath(self) -> list[Record]:
        return [self]

    def eligible(self, kind: str) -> int | None:
        """Eligible procedures of a kind; ``None`` while nothing is said."""
        found: int | None = getattr(self, f"{kind}_eligible")
        return found

    def reasons(self, kind: str) -> int:
        """How many of a kind were not registered for a reason that is named."""
        return sum(getattr(self, f"{kind}_{name}") or 0 for name in REASONS)

    def text(self, kind: str) -> str:
        return str(getattr(self, f"{kind}_text"))

    def check_across_rows(self) -> None:
        errors: dict[str, Any] = {}
        if self.month and self.month.day != 1:
            errors["month"] = gettext("Month: give its first day.")
        elif self.month and self.month > timezone.localdate():
            errors["month"] = gettext("Month: %(month)s has not begun yet.") % {
                "month": month_words(self.month)
            }
        if self.center_id and self.center.kind != Center.Kind.CLINICAL:
            errors["center"] = gettext("Centre: published series keep no log.")
        for kind in Kind.values:
            if getattr(self, f"{kind}_other") and not self.text(kind):
                errors[f"{kind}_text"] = gettext("%(kind)s: say which other reason.") % {
                    "kind": Kind(kind).label
                }
        if errors:
            raise ValidationError(errors)


def month_words(month: datetime.date) -> str:
    """``March 2024``, in the active language."""
    return format_moment(month, "F Y")
