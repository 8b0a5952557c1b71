"""Transarterial sessions under a vertebroplasty, and the drugs given in them."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.codes import IntervalUnit
from cases.models import Case
from procedures import codes
from procedures.models.procedure import Procedure
from registry.core import fields
from registry.core.dates import shown_date
from registry.core.models import Record
from registry.core.rules import Between, CodedMissing, OneOf, OnlyOne, Pair, SubsetOf


class TransarterialSession(Record):
    """One infusion or embolization session, on its own date or at an interval from the procedure."""

    center_path = "procedure__case__center"
    numbered_within = ("number", "procedure")
    immutable_fields = ("procedure",)

    procedure = models.ForeignKey(
        Procedure,
        models.CASCADE,
        related_name="transarterial_sessions",
        verbose_name=_("procedure"),
        db_index=False,
    )
    number = fields.IntegerField(_("session number"), blank=True)
    kind = fields.CodeField(_("kind"), choices=codes.TransarterialKind.choices)
    date = fields.DateField(_("date"), null=True, blank=True)
    interval_value = fields.DecimalField(
        _("interval"), null=True, blank=True, help_text=_("From the procedure.")
    )
    interval_unit = fields.CodeField(_("interval unit"), choices=IntervalUnit.choices, null=True, blank=True)
    arteries = fields.LineField(_("arteries"), max_length=200, identifying=False)
    agents = fields.CodeSetField(_("agents"), codes=codes.EmbolicAgent.choices, null=True, blank=True)

    class Meta:
        verbose_name = _("transarterial session")
        verbose_name_plural = _("transarterial sessions")
        ordering = ["procedure", "number"]
        constraints = [
            OnlyOne("procedure", "number", message=_("This procedure has a session of that number.")),
            Between("number", 1, 99),
            OneOf("kind", codes.TransarterialKind),
            Between("date", *fields.DATE_RANGE),
            Between("interval_value", -1000, 1000),
            OneOf("interval_unit", IntervalUnit),
            Pair("interval_value", "interval_unit"),
            SubsetOf("agents", codes.EmbolicAgent),
            CodedMissing("date", "interval_value", "agents"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"

    def aggregate_root(self) -> Case:
        return self.procedure.case

    def check_across_rows(self) -> None:
        if self.procedure.kind != codes.Kind.VERTEBROPLASTY:
            raise ValidationError(
                {"procedure": _("Procedure: only a vertebroplasty has transarterial sessions.")}
            )
        details = self.procedure.details
        if details is not None and details.transarterial_therapy == codes.TransarterialTherapy.NONE:
            raise ValidationError(
                {
                    "procedure": _(
                        "Procedure: says that there was no transarterial therapy. Change that answer first."
                    )
                }
            )
        if self.date and self.date > timezone.localdate():
            raise ValidationError(
                {"date": _("Date: %(date)s is in the future.") % {"date": shown_date(self.date)}}
            )


class TransarterialDrug(Record):
    """One drug given in a session."""

    center_path = "session__procedure__case__center"
    immutable_fields = ("session",)

    session = models.ForeignKey(
        TransarterialSession, models.CASCADE, related_name="drugs", verbose_name=_("session"), db_index=False
    )
    name = fields.LineField(_("drug"), max_length=80, blank=False, identifying=False)
    dose_mg = fields.DecimalField(_("dose"), decimal_places=2, null=True, blank=True)

    class Meta:
        verbose_name = _("transarterial drug")
        verbose_name_plural = _("transarterial drugs")
        ordering = ["session", "id"]
        constraints = [
            OnlyOne("session", "name", message=_("This session has that drug already.")),
            Between("dose_mg", 0, 100_000, above=True),
            CodedMissing("dose_mg"),
        ]

    def __str__(self) -> str:
        return self.name

    def aggregate_root(self) -> Case:
        return self.session.procedure.case
