"""Assessments: what was measured at a time point."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases.codes import IntervalUnit
from cases.models import Case
from outcomes import codes
from outcomes.intervals import days_after_index
from outcomes.scores import DERIVED, SECTION_NAMES, odi_from_sections
from registry.core import fields
from registry.core.limits import SoftLimit
from registry.core.models import Record
from registry.core.rules import (
    Between,
    CodedMissing,
    MultipleOf,
    OneOf,
    OnlyOne,
    Pair,
    RequiredWhen,
)

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

#: Values that count as a scored outcome: none of them can have been taken after death.
SCORES = ("vas_pain", "odi", *SECTION_NAMES, "kps", "ecog", "analgesic_scale", "barthel")
OBSERVED = (*SCORES, "analgesic_class", "pain_relief", "ambulatory", "satisfaction")


def _few_sections(row: "Assessment") -> "StrOrPromise | None":
    answered = sum(getattr(row, name) is not None for name in SECTION_NAMES)
    if answered == 0 or answered >= 8:
        return None
    return _("ODI: only %(count)s of 10 sections are answered; below 8 the score is uncertain.") % {
        "count": answered
    }


def _total_differs(row: "Assessment") -> "StrOrPromise | None":
    computed = odi_from_sections(row)
    if computed is None or row.odi is None or abs(float(row.odi) - computed) <= 0.5:
        return None
    return _("ODI: %(entered)s %% differs from the sections (%(computed).1f %%).") % {
        "entered": row.odi,
        "computed": computed,
    }


def _outside_window(row: "Assessment") -> "StrOrPromise | None":
    window = (
        codes.WINDOWS.get(codes.TimePoint(row.time_point))
        if row.time_point in codes.TimePoint.values
        else None
    )
    day = days_after_index(row.case.index_day(), row.date, row.interval_value, row.interval_unit)
    if window is None or day is None or window.first <= day <= window.last:
        return None
    return _("Date: day %(day)d is outside the window of this time point (day %(first)s to %(last)s).") % {
        "day": day,
        "first": window.first,
        "last": window.last,
    }


class Assessment(Record):
    """The scores of one case at one time point; an unscheduled visit may be repeated."""

    center_path = "case__center"
    immutable_fields = ("case",)
    grows_after_completion = True
    derived = DERIVED
    soft_limits = (
        SoftLimit("odi", "odi:sections≥8", _few_sections),
        SoftLimit("odi", "odi:total", _total_differs),
        SoftLimit("date", "window", _outside_window),
    )

    case = models.ForeignKey(
        Case, models.CASCADE, related_name="assessments", verbose_name="case", db_index=False
    )
    time_point = fields.CodeField("time point", choices=codes.TimePoint.choices)
    date = fields.DateField("date", null=True, blank=True)
    interval_value = fields.DecimalField(
        "interval", null=True, blank=True, help_text="From the index procedure, where no date is known."
    )
    interval_unit = fields.CodeField("interval unit", choices=IntervalUnit.choices, null=True, blank=True)
    vas_pain = fields.DecimalField("VAS pain", null=True, blank=True)
    pain_instrument = fields.CodeField(
        "pain instrument", choices=codes.PainInstrument.choices, null=True, blank=True
    )
    odi = fields.DecimalField("ODI", decimal_places=2, null=True, blank=True, help_text="Total in per cent.")
    odi_pain_intensity = fields.IntegerField("ODI 1, pain intensity", null=True, blank=True)
    odi_personal_care = fields.IntegerField("ODI 2, personal care", null=True, blank=True)
    odi_lifting = fields.IntegerField("ODI 3, lifting", null=True, blank=True)
    odi_walking = fields.IntegerField("ODI 4, walking", null=True, blank=True)
    odi_sitting = fields.IntegerField("ODI 5, sitting", null=True, blank=True)
    odi_standing = fields.IntegerField("ODI 6, standing", null=True, blank=True)
    odi_sleeping = fields.IntegerField("ODI 7, sleeping", null=True, blank=True)
    odi_sex_life = fields.IntegerField("ODI 8, sex life", null=True, blank=True)
    odi_social_life = fields.IntegerField("ODI 9, social life", null=True, blank=True)
    odi_travelling = fields.IntegerField("ODI 10, travelling", null=True, blank=True)
    kps = fields.IntegerField("KPS", null=True, blank=True)
    ecog = fields.IntegerField("ECOG", null=True, blank=True)
    analgesic_scale = fields.DecimalField("analgesic scale", null=True, blank=True)
    analgesic_scale_version = fields.CodeField(
        "version of the analgesic scale", choices=codes.AnalgesicScaleVersion.choices, null=True, blank=True
    )
    analgesic_class = fields.CodeField(
        "analgesic class", choices=codes.AnalgesicClass.choices, null=True, blank=True
    )
    analgesic_adjuvant = fields.BooleanField("adjuvant analgesic")
    pain_relief = fields.CodeField("pain relief", choices=codes.PainRelief.choices, null=True, blank=True)
    barthel = fields.IntegerField("Barthel index", null=True, blank=True)
    barthel_version = fields.CodeField(
        "version of the Barthel index", choices=codes.BarthelVersion.choices, null=True, blank=True
    )
    ambulatory = fields.BooleanField("ambulatory")
    satisfaction = fields.CodeField("satisfaction", choices=codes.Satisfaction.choices, null=True, blank=True)

    class Meta:
        verbose_name = "assessment"
        ordering = ["case", "id"]
        constraints = [
            OnlyOne(
                "case",
                "time_point",
                where=~Q(time_point="unscheduled"),
                message=_("This case has an assessment at that time point."),
            ),
            OneOf("time_point", codes.TimePoint),
            Between("date", *fields.DATE_RANGE),
            Between("interval_value", -1000, 1000),
            OneOf("interval_unit", IntervalUnit),
            Pair("interval_value", "interval_unit"),
            RequiredWhen("date", "interval_value", when="time_point", equals=codes.TimePoint.UNSCHEDULED),
            Between("vas_pain", 0, 10),
            OneOf("pain_instrument", codes.PainInstrument),
            MultipleOf("vas_pain", 1, when="pain_instrument", equals=codes.PainInstrument.NRS),
            Between("odi", 0, 100),
            *(Between(name, 0, 5) for name in SECTION_NAMES),
            OneOf("kps", range(0, 101, 10)),
            Between("ecog", 0, 5),
            Between("analgesic_scale", 0, 10),
            OneOf("analgesic_scale_version", codes.AnalgesicScaleVersion),
            OneOf("analgesic_class", codes.AnalgesicClass),
            OneOf("pain_relief", codes.PainRelief),
            Between("barthel", 0, 100),
            OneOf("barthel_version", codes.BarthelVersion),
            MultipleOf("barthel", 5, when="barthel_version", equals=codes.BarthelVersion.ORIGINAL),
            OneOf("satisfaction", codes.Satisfaction),
            CodedMissing(
                "date",
                "interval_value",
                "vas_pain",
                "odi",
                *SECTION_NAMES,
                "kps",
                "ecog",
                "analgesic_scale",
                "analgesic_class",
                "analgesic_adjuvant",
                "pain_relief",
                "barthel",
                "ambulatory",
                "satisfaction",
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_time_point_display())

    def aggregate_root(self) -> Case:
        return self.case

    def has_values(self) -> bool:
        """Whether anything was observed: an assessment without values may record that the patient had died."""
        return any(getattr(self, name) is not None for name in OBSERVED)

    def odi_from_sections_is_empty(self) -> bool:
        return all(getattr(self, name) is None for name in SECTION_NAMES)

    def day(self) -> float | None:
        """Days after the index procedure, when known."""
        return days_after_index(self.case.index_day(), self.date, self.interval_value, self.interval_unit)

    def check_across_rows(self) -> None:
        errors: dict[str, Any] = {}
        if self.date is not None:
            if self.date > timezone.localdate():
                errors["date"] = _("Date: %(date)s is in the future.") % {"date": self.date}
            birth_year = self.case.patient.birth_year
            if birth_year and self.date.year < birth_year:
                errors["date"] = _("Date: %(date)s is before the year of birth (%(year)s).") % {
                    "date": self.date,
                    "year": birth_year,
                }
        if (
            self.analgesic_scale is not None
            and self.analgesic_scale_version != codes.AnalgesicScaleVersion.AS_PUBLISHED
            and (self.analgesic_scale > 5 or self.analgesic_scale % 1)
        ):
            errors["analgesic_scale"] = _(
                "Analgesic scale: %(value)s is not on the registry's scale. Accepted: whole numbers 0 to 5."
            ) % {"value": self.analgesic_scale}
        after_death = self._after_death()
        if after_death:
            errors.setdefault("date" if self.date else "time_point", after_death)
        if errors:
            raise ValidationError(errors)

    def _after_death(self) -> Any:
        """A patient who has died cannot be scored."""
        if not any(getattr(self, name) is not None for name in SCORES):
            return None
        followup = getattr(self.case, "followup_status", None)
        died = followup.death_day() if followup is not None else None
        day = self.day()
        if day is None and self.time_point in codes.WINDOWS:
            # Without a date the earliest day of the window decides: only what must lie after death is refused.
            day = float(codes.WINDOWS[codes.TimePoint(self.time_point)].first)
        if died is None or day is None or day <= died:
            return None
        return _("Scored on day %(day)d, after the death of the patient (day %(death)d).") % {
            "day": day,
            "death": died,
        }
