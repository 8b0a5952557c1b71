"""How follow-up stands: last contact, death, local recurrence."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.codes import LEVEL_CHOICES, LEVELS, IntervalUnit, TreatmentKind
from cases.models import Case
from outcomes import codes
from outcomes.intervals import Moment, days_after_index
from registry.core import fields
from registry.core.dates import shown_date
from registry.core.models import Record
from registry.core.rules import Between, CodedMissing, Excludes, OneOf, OnlyWhen, Pair, SubsetOf, label_of

EVENTS = ("last_contact", "death", "recurrence")


class FollowUpStatus(Record):
    """The state of follow-up of one case; each event is a date, or an interval as printed."""

    center_path = "case__center"
    immutable_fields = ("case",)
    grows_after_completion = True

    case = models.OneToOneField(Case, models.CASCADE, related_name="followup_status", verbose_name=_("case"))
    followup_state = fields.CodeField(
        _("follow-up"), choices=codes.FollowupState.choices, null=True, blank=True
    )
    last_contact_date = fields.DateField(_("last contact"), null=True, blank=True)
    last_contact_interval_value = fields.DecimalField(_("last contact, interval"), null=True, blank=True)
    last_contact_interval_unit = fields.CodeField(
        _("last contact, interval unit"), choices=IntervalUnit.choices, null=True, blank=True
    )
    vital_status = fields.CodeField(
        _("vital status"), choices=codes.VitalStatus.choices, null=True, blank=True
    )
    death_date = fields.DateField(_("date of death"), null=True, blank=True)
    death_interval_value = fields.DecimalField(_("death, interval"), null=True, blank=True)
    death_interval_unit = fields.CodeField(
        _("death, interval unit"), choices=IntervalUnit.choices, null=True, blank=True
    )
    death_cause = fields.CodeField(
        _("cause of death"), choices=codes.DeathCause.choices, null=True, blank=True
    )
    local_recurrence = fields.BooleanField(_("local recurrence"))
    recurrence_date = fields.DateField(_("date of recurrence"), null=True, blank=True)
    recurrence_interval_value = fields.DecimalField(_("recurrence, interval"), null=True, blank=True)
    recurrence_interval_unit = fields.CodeField(
        _("recurrence, interval unit"), choices=IntervalUnit.choices, null=True, blank=True
    )
    recurrence_levels = fields.CodeSetField(
        _("levels of the recurrence"), codes=LEVEL_CHOICES, null=True, blank=True
    )
    recurrence_treatment = fields.CodeField(
        _("treatment of the recurrence"), choices=TreatmentKind.choices, null=True, blank=True
    )
    recurrence_treatment_detail = fields.LineField(_("treatment of the recurrence, detail"), max_length=120)

    class Meta:
        verbose_name = _("follow-up status")
        verbose_name_plural = _("follow-up status")
        constraints = [
            OneOf("followup_state", codes.FollowupState),
            OneOf("vital_status", codes.VitalStatus),
            OneOf("death_cause", codes.DeathCause),
            OneOf("recurrence_treatment", TreatmentKind),
            SubsetOf("recurrence_levels", LEVELS),
            Excludes("vital_status", codes.VitalStatus.ALIVE, "followup_state", codes.FollowupState.DIED),
            *(Between(f"{event}_date", *fields.DATE_RANGE) for event in EVENTS),
            *(Between(f"{event}_interval_value", 0, 1000) for event in EVENTS),
            *(OneOf(f"{event}_interval_unit", IntervalUnit) for event in EVENTS),
            *(Pair(f"{event}_interval_value", f"{event}_interval_unit") for event in EVENTS),
            *(
                OnlyWhen(name, when="vital_status", equals=[codes.VitalStatus.DEAD])
                for name in ("death_date", "death_interval_value", "death_cause")
            ),
            *(
                OnlyWhen(name, when="local_recurrence", equals=[True])
                for name in (
                    "recurrence_date",
                    "recurrence_interval_value",
                    "recurrence_levels",
                    "recurrence_treatment",
                )
            ),
            CodedMissing(
                "followup_state",
                "last_contact_date",
                "last_contact_interval_value",
                "vital_status",
                "death_date",
                "death_interval_value",
                "death_cause",
                "local_recurrence",
                "recurrence_date",
                "recurrence_interval_value",
                "recurrence_levels",
                "recurrence_treatment",
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_followup_state_display() or _("follow-up"))

    def aggregate_root(self) -> Case:
        return self.case

    def event_day(self, event: str) -> float | None:
        """Days from the index procedure to an event (``last_contact``, ``death``, ``recurrence``)."""
        return days_after_index(
            self.case.index_day(),
            getattr(self, f"{event}_date"),
            getattr(self, f"{event}_interval_value"),
            getattr(self, f"{event}_interval_unit"),
        )

    def moment(self, event: str) -> Moment:
        return Moment(getattr(self, f"{event}_date"), self.event_day(event))

    def check_across_rows(self) -> None:
        errors: dict[str, Any] = {}
        today, index_day = timezone.localdate(), self.case.index_day()
        for event in EVENTS:
            date = getattr(self, f"{event}_date")
            label = label_of(type(self), f"{event}_date")
            if date is not None and date > today:
                errors[f"{event}_date"] = _("%(label)s: %(date)s is in the future.") % {
                    "label": label,
                    "date": shown_date(date),
                }
            elif date is not None and index_day is not None and date < index_day:
                errors[f"{event}_date"] = _(
                    "%(label)s: %(date)s is before the index procedure (%(index)s)."
                ) % {
                    "label": label,
                    "date": shown_date(date),
                    "index": shown_date(index_day),
                }
        death = self.moment("death")
        at = "death_date" if self.death_date else "death_interval_value"
        for event, text in (
            ("last_contact", _("Death: %(death)s is before last contact (%(when)s).")),
            ("recurrence", _("Death: %(death)s is before the recurrence (%(when)s).")),
        ):
            if self.moment(event).is_after(death):
                errors.setdefault(at, text % {"death": death.words(), "when": self.moment(event).words()})
        for row in self.case.assessments.all():
            row.case = self.case
            if row.has_values() and row.moment().is_after(death):
                errors.setdefault(
                    at,
                    _("Death: %(death)s is before the assessment “%(row)s” (%(when)s), which has scores.")
                    % {"death": death.words(), "row": row, "when": row.moment().words()},
                )
        if errors:
            raise ValidationError(errors)
