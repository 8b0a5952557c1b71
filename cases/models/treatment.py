"""Treatments before and after the index procedure."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases import codes
from cases.models.case import Case
from registry.core import fields
from registry.core.models import Record
from registry.core.rules import Between, CodedMissing, OneOf, Pair


class Treatment(Record):
    """One treatment beside the registry's own procedures, before or after them."""

    center_path = "case__center"
    immutable_fields = ("case",)
    grows_after_completion = True

    case = models.ForeignKey(Case, models.CASCADE, related_name="treatments", verbose_name=_("case"))
    timing = fields.CodeField(_("before or after"), choices=codes.TreatmentTiming.choices)
    kind = fields.CodeField(_("treatment"), choices=codes.TreatmentKind.choices)
    detail = fields.LineField(
        _("detail"), max_length=120, help_text=_("Substance, dose or field; no names of persons.")
    )
    interval_value = fields.DecimalField(
        _("interval"), null=True, blank=True, help_text=_("From the index procedure.")
    )
    interval_unit = fields.CodeField(
        _("interval unit"), choices=codes.IntervalUnit.choices, null=True, blank=True
    )

    class Meta:
        verbose_name = _("treatment")
        verbose_name_plural = _("treatments")
        ordering = ["case", "-timing", "id"]
        constraints = [
            OneOf("timing", codes.TreatmentTiming),
            OneOf("kind", codes.TreatmentKind),
            Between("interval_value", 0, 1000),
            OneOf("interval_unit", codes.IntervalUnit),
            Pair("interval_value", "interval_unit"),
            CodedMissing("interval_value"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.get_timing_display()}"

    def aggregate_root(self) -> Case:
        return self.case
