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
from outcomes.intervals import Moment, days_after_index
from outcomes.scores import DERIVED, SECTION_NAMES, odi_from_sections
from registry.core import fields
from registry.core.dates import shown_date
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
    WholeUnless,
)
from registry.core.units import rounded, shown_number

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

#: What an assessment can say: nothing of it can have been observed after death.
OBSERVED = (
    "vas_pain",
    "odi",
    *SECTION_NAMES,
    "kps",
    "ecog",
    "analgesic_scale",
    "barthel",
    "analgesic_class",
    "pain_relief",
    "ambulatory",
    "satisfaction",
)
#: Time points that may lie on either side of the index procedure.
BEFORE_OR_AFTER = (codes.TimePoint.BASELINE, codes.TimePoint.UNSCHEDULED)


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
    return _("ODI: %(entered)s %% differs from the sections (%(computed)s %%).") % {
        "entered": shown_number(row.odi),
        "computed": shown_number(rounded(computed, 1)),
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
        Case, models.CASCADE, related_name="assessments", verbose_name=_("case"), db_index=False
    )
    time_point = fields.CodeField(_("time point"), choices=codes.TimePoint.choices)
    date = fields.DateField(_("date"), null=True, blank=True)
    interval_value = fields.DecimalField(
        _("interval"), null=True, blank=True, help_text=_("From the index procedure, where no date is known.")
    )
    interval_unit = fields.CodeField(_("interval unit"), choices=IntervalUnit.choices, null=True, blank=True)
    vas_pain = fields.DecimalField(_("VAS pain"), null=True, blank=True)
    pain_instrument = fields.CodeField(
        _("pain instrument"), choices=codes.PainInstrument.choices, null=True, blank=True
    )
    odi = fields.DecimalField(
        _("ODI"), decimal_places=2, null=True, blank=True, help_text=_("Total in per cent.")
    )
    odi_pain_intensity = fields.IntegerField(_("ODI 1, pain intensity"), null=True, blank=True)
    odi_personal_care = fields.IntegerField(_("ODI 2, personal care"), null=True, blank=True)
    odi_lifting = fields.IntegerField(_("ODI 3, lifting"), null=True, blank=True)
    odi_walking = fields.IntegerField(_("ODI 4, walking"), null=True, blank=True)
    odi_sitting = fields.IntegerField(_("ODI 5, sitting"), null=True, blank=True)
    odi_standing = fields.IntegerField(_("ODI 6, standing"), null=True, blank=True)
    odi_sleeping = fields.IntegerField(_("ODI 7, sleeping"), null=True, blank=True)
    odi_sex_life = fields.IntegerField(_("ODI 8, sex life"), null=True, blank=True)
    odi_social_life = fields.IntegerField(_("ODI 9, social life"), null=True, blank=True)
    odi_travelling = fields.IntegerField(_("ODI 10, travelling"), null=True, blank=True)
    kps = fields.IntegerField(_("KPS"), null=True, blank=True)
    ecog = fields.IntegerField(_("ECOG"), null=True, blank=True)
    analgesic_scale = fields.DecimalField(_("analgesic scale"), null=True, blank=True)
    analgesic_scale_version = fields.CodeField(
        _("version of the analgesic scale"),
        choices=codes.AnalgesicScaleVersion.choices,
        null=True,
        blank=True,
    )
    analgesic_class = fields.CodeField(
        _("analgesic class"), choices=codes.AnalgesicClass.choices, null=True, blank=True
    )
    analgesic_adjuvant = fields.BooleanField(_("adjuvant analgesic"))
    pain_relief = fields.CodeField(_("pain relief"), choices=codes.PainRelief.choices, null=True, blank=True)
    barthel = fields.IntegerField(_("Barthel index"), null=True, blank=True)
    barthel_version = fields.CodeField(
        _("version of the Barthel index"), choices=codes.BarthelVersion.choices, null=True, blank=True
    )
    ambulatory = fields.BooleanField(_("ambulatory"))
    satisfaction = fields.CodeField(
        _("satisfaction"), choices=codes.Satisfaction.choices, null=True, blank=True
    )

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        ordering = ["case", "id"]
        # The unique index leaves unscheduled visits out, so that it serves no look-up of all rows of a case.
        indexes = [models.Index(fields=["case", "time_point"])]
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
            WholeUnless(
                "analgesic_scale",
                0,
                5,
                unless="analgesic_scale_version",
                equals=codes.AnalgesicScaleVersion.AS_PUBLISHED,
            ),
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

    def moment(self) -> Moment:
        """When it was taken; without any date the first day of its window, so only what must lie later is later."""
        day = self.day()
        if day is None and self.date is None and self.time_point in codes.WINDOWS:
            day = float(codes.WINDOWS[codes.TimePoint(self.time_point)].first)
        return Moment(self.date, day)

    def check_across_rows(self) -> None:
        errors: dict[str, Any] = {}
        if self.date is not None:
            if self.date > timezone.localdate():
                errors["date"] = _("Date: %(date)s is in the future.") % {"date": shown_date(self.date)}
            birth_year = self.case.patient.birth_year
            if birth_year and self.date.year < birth_year:
                errors["date"] = _("Date: %(date)s is before the year of birth (%(year)s).") % {
                    "date": shown_date(self.date),
                    "year": birth_year,
                }
            index_day = self.case.index_day()
            if self.time_point not in BEFORE_OR_AFTER and index_day is not None and self.date < index_day:
                errors["date"] = _("Date: %(date)s is before the index procedure (%(index)s).") % {
                    "date": shown_date(self.date),
                    "index": shown_date(index_day),
                }
        after_death = self._after_death()
        if after_death:
            errors.setdefault("date" if self.date else "time_point", after_death)
        if errors:
            raise ValidationError(errors)

    def _after_death(self) -> Any:
        """A patient who has died cannot be scored."""
        followup = getattr(self.case, "followup_status", None)
        if followup is None or not self.has_values() or not self.moment().is_after(followup.moment("death")):
            return None
        return _("Scored %(when)s, after the death of the patient (%(death)s).") % {
            "when": self.moment().words(),
            "death": followup.moment("death").words(),
        }
