"""Procedures: one row for whatever kind; what only one kind has stands in its details."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from procedures import codes
from procedures.strategy import OCCLUSION
from registry.core import fields
from registry.core.dates import shown_date
from registry.core.limits import SoftLimit, usual
from registry.core.models import Record
from registry.core.rules import Between, CodedMissing, OneOf, OnlyOne, Requires, SubsetOf
from registry.core.units import shown_number

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def _is_open(procedure: "Procedure") -> bool:
    return procedure.kind == codes.Kind.REBOA


def _is_percutaneous(procedure: "Procedure") -> bool:
    return procedure.kind in codes.PERCUTANEOUS


def _shorter_than_occlusion(procedure: "Procedure") -> "StrOrPromise | None":
    if procedure.duration_min is None or procedure.pk is None:
        return None
    total = procedure.derived_value("occlusion_total_min")
    if total is None or total <= procedure.duration_min:
        return None
    return _("Duration %(duration)s min is shorter than the occlusions together (%(total)s min).") % {
        "duration": procedure.duration_min,
        "total": total,
    }


def _cement_of_session(procedure: "Procedure") -> "StrOrPromise | None":
    if procedure.pk is None:
        return None
    total = sum((row.cement_volume_ml or 0) for row in procedure.treated_lesions.all())
    if total <= 25:
        return None
    return _("Cement of the whole session: %(total)s mL is above the usual 25 mL.") % {
        "total": shown_number(total)
    }


class Procedure(Record):
    """One procedure of a case."""

    center_path = "case__center"
    numbered_within = ("sequence", "case")
    immutable_fields = ("case", "kind")
    # A moment tells the day, as a date does.
    identifying_fields = frozenset({"incision_at"})
    derived = OCCLUSION
    soft_limits = (
        usual("duration_min", 15, 120, when=_is_percutaneous, why=_("For a percutaneous procedure.")),
        usual("duration_min", 120, 900, when=_is_open, why=_("For an open resection.")),
        SoftLimit("duration_min", "occlusions", _shorter_than_occlusion),
        SoftLimit("kind", "cement:session≤25", _cement_of_session),
        usual("hospital_stay_days", None, 14, when=_is_percutaneous, why=_("For a percutaneous procedure.")),
        usual("hospital_stay_days", None, 60, when=_is_open, why=_("For an open resection.")),
    )

    case = models.ForeignKey(
        Case, models.CASCADE, related_name="procedures", verbose_name=_("case"), db_index=False
    )
    kind = fields.CodeField(_("kind"), choices=codes.Kind.choices)
    sequence = fields.IntegerField(_("procedure number"), blank=True)
    date = fields.DateField(_("date"), null=True, blank=True)
    incision_at = models.DateTimeField(_("incision at"), null=True, blank=True)
    anesthesia = fields.CodeField(_("anaesthesia"), choices=codes.Anesthesia.choices, null=True, blank=True)
    position = fields.CodeField(_("position"), choices=codes.Position.choices, null=True, blank=True)
    guidance = fields.CodeSetField(_("guidance"), codes=codes.Guidance.choices, null=True, blank=True)
    duration_min = fields.IntegerField(_("duration"), null=True, blank=True)
    duration_qualifier = fields.CodeField(
        _("how exact the duration is"), choices=codes.DurationQualifier.choices, null=True, blank=True
    )
    technical_success = fields.BooleanField(
        _("technical success"),
        help_text=_("Puncture, ablation and injection done without major complication."),
    )
    antibiotic_prophylaxis = fields.BooleanField(_("antibiotic prophylaxis"))
    complications_answered = fields.CodeField(
        _("complications"), choices=codes.Answer.choices, null=True, blank=True
    )
    hospital_stay_days = fields.IntegerField(_("hospital stay"), null=True, blank=True)
    notes = fields.TextField(_("notes"))

    class Meta:
        verbose_name = _("procedure")
        verbose_name_plural = _("procedures")
        ordering = ["case", "sequence"]
        indexes = [models.Index(fields=["kind", "case"])]
        constraints = [
            OnlyOne("case", "sequence", message=_("This case has a procedure of that number.")),
            OneOf("kind", codes.Kind),
            Between("sequence", 1, 99),
            Between("date", *fields.DATE_RANGE),
            OneOf("anesthesia", codes.Anesthesia),
            OneOf("position", codes.Position),
            SubsetOf("guidance", codes.Guidance),
            Between("duration_min", 1, 1800),
            OneOf("duration_qualifier", codes.DurationQualifier),
            Requires("duration_qualifier", "duration_min"),
            OneOf("complications_answered", codes.Answer),
            Between("hospital_stay_days", 0, 365),
            CodedMissing(
                "date",
                "incision_at",
                "anesthesia",
                "position",
                "guidance",
                "duration_min",
                "technical_success",
                "antibiotic_prophylaxis",
                "complications_answered",
                "hospital_stay_days",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.sequence})"

    def aggregate_root(self) -> Case:
        return self.case

    @property
    def details(self) -> Any:
        """The details row of this procedure's kind, or ``None``."""
        return getattr(self, f"{self.kind}_details", None)

    def check_across_rows(self) -> None:
        if self.complications_answered == codes.Answer.NONE and self.pk and self.complications.exists():
            raise ValidationError(
                {
                    "complications_answered": _(
                        "Complications: “none” contradicts the complications that are listed."
                    )
                }
            )
        if self.date is None:
            return
        if self.date > timezone.localdate():
            raise ValidationError(
                {"date": _("Date: %(date)s is in the future.") % {"date": shown_date(self.date)}}
            )
        birth_year = self.case.patient.birth_year
        if birth_year and self.date.year < birth_year:
            raise ValidationError(
                {
                    "date": _("Date: %(date)s is before the year of birth (%(year)s).")
                    % {"date": shown_date(self.date), "year": birth_year}
                }
            )
