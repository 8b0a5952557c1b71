"""What was done to each lesion: needle, cement, leak, ablation."""

from decimal import Decimal
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.models import Case, Lesion
from procedures import codes
from procedures.models.procedure import Procedure
from procedures.scores import DERIVED, TARGET_MINUTES, filling_percent
from registry.core import fields
from registry.core.limits import SoftLimit, usual
from registry.core.models import Record
from registry.core.rules import AtMost, Between, CodedMissing, Excludes, OneOf, OnlyOne, Requires, SubsetOf
from registry.core.units import shown_number

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def _cement_for_lesion(row: "TreatedLesion") -> "StrOrPromise | None":
    volume = row.lesion.volume_ml if row.lesion_id else None
    if row.cement_volume_ml is None or volume is None or row.cement_volume_ml <= Decimal("1.2") * volume:
        return None
    return _("Cement volume: %(cement)s mL is more than 1.2 times the lesion volume (%(lesion)s mL).") % {
        "cement": shown_number(row.cement_volume_ml),
        "lesion": shown_number(volume),
    }


def _computed_filling_unusual(row: "TreatedLesion") -> "StrOrPromise | None":
    filling = filling_percent(row)
    if filling is None or 50 <= filling <= 100:
        return None
    return _("Cement filling: %(value).0f %% is outside the usual 50 to 100 %%.") % {"value": filling}


def _completion_without_minutes(row: "TreatedLesion") -> "StrOrPromise | None":
    """Marked complete by temperature, though no cycle held the target temperature for ten minutes."""
    if row.pk is None or row.ablation_completion != codes.AblationCompletion.TEMPERATURE:
        return None
    times = [
        cycle.ablation_time_min if cycle.minutes_at_target_min is None else cycle.minutes_at_target_min
        for cycle in row.ablations.all()
    ]
    held = [minutes for minutes in times if minutes is not None]
    if not held or max(held) >= TARGET_MINUTES:
        return None
    return _("Marked complete by temperature with %(minutes)s min at target; %(needed)s min are needed.") % {
        "minutes": shown_number(max(held)),
        "needed": TARGET_MINUTES,
    }


class TreatedLesion(Record):
    """One lesion treated in one procedure. Lesions reached through one puncture share ``access_no``."""

    center_path = "procedure__case__center"
    immutable_fields = ("procedure", "lesion")
    derived = DERIVED
    soft_limits = (
        usual("cement_volume_ml", 1, 10),
        SoftLimit("cement_volume_ml", "lesion×1.2", _cement_for_lesion),
        usual("cement_filling_percent_reported", 50, 100),
        SoftLimit("cement_diameter_mm", "filling:50–100", _computed_filling_unusual),
        usual("needle_gauge", 10, 18),
        usual("needle_count", None, 3),
        SoftLimit("ablation_completion", "temperature:10", _completion_without_minutes),
    )

    procedure = models.ForeignKey(
        Procedure, models.CASCADE, related_name="treated_lesions", verbose_name=_("procedure"), db_index=False
    )
    lesion = models.ForeignKey(Lesion, models.RESTRICT, related_name="treated", verbose_name=_("lesion"))
    access_no = fields.IntegerField(_("puncture number"), null=True, blank=True)
    approach = fields.CodeField(_("approach"), choices=codes.NeedleApproach.choices, null=True, blank=True)
    needle_gauge = fields.IntegerField(_("needle"), null=True, blank=True)
    needle_count = fields.IntegerField(_("number of needles"), null=True, blank=True)
    cement_volume_ml = fields.DecimalField(_("cement volume"), decimal_places=2, null=True, blank=True)
    cement_diameter_mm = fields.DecimalField(_("largest diameter of the cement"), null=True, blank=True)
    cement_filling_percent_reported = fields.DecimalField(
        _("cement filling as reported"), decimal_places=2, null=True, blank=True
    )
    leak_sites = fields.CodeSetField(_("leak"), codes=codes.LeakSite.choices, null=True, blank=True)
    leak_symptomatic = fields.BooleanField(_("leak with symptoms"))
    ablation_completion = fields.CodeField(
        _("ablation ended"), choices=codes.AblationCompletion.choices, null=True, blank=True
    )

    class Meta:
        verbose_name = _("treated lesion")
        verbose_name_plural = _("treated lesions")
        ordering = ["procedure", "id"]
        constraints = [
            OnlyOne("procedure", "lesion", message=_("This lesion is listed in the procedure already.")),
            Between("access_no", 1, 99),
            OneOf("approach", codes.NeedleApproach),
            Between("needle_gauge", 6, 25),
            Between("needle_count", 1, 10),
            Between("cement_volume_ml", 0, 30),
            Between("cement_diameter_mm", 0, 400),
            Between("cement_filling_percent_reported", 0, 150),
            SubsetOf("leak_sites", codes.LeakSite, alone="none"),
            Requires("leak_symptomatic", "leak_sites"),
            Excludes("leak_symptomatic", True, "leak_sites", codes.LeakSite.NONE),
            OneOf("ablation_completion", codes.AblationCompletion),
            CodedMissing(
                "access_no",
                "approach",
                "needle_gauge",
                "needle_count",
                "cement_volume_ml",
                "cement_diameter_mm",
                "cement_filling_percent_reported",
                "leak_sites",
                "leak_symptomatic",
                "ablation_completion",
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(kind)s of lesion %(number)s") % {
            "kind": self.procedure.get_kind_display(),
            "number": self.lesion.number,
        }

    def aggregate_root(self) -> Case:
        return self.procedure.case

    def check_across_rows(self) -> None:
        if self.lesion.case_id != self.procedure.case_id:
            raise ValidationError({"lesion": _("Lesion: belongs to another case.")})
        filling = filling_percent(self)
        if filling is not None and filling > 150:
            raise ValidationError(
                {
                    "cement_diameter_mm": _(
                        "Largest diameter of the cement: %(cement)s mm gives a filling of %(value).0f %%. "
                        "Accepted: 0 to 150 %%."
                    )
                    % {"cement": shown_number(self.cement_diameter_mm), "value": filling}
                }
            )


class Ablation(Record):
    """One ablation cycle in a lesion."""

    center_path = "treated_lesion__procedure__case__center"
    numbered_within = ("cycle", "treated_lesion")
    immutable_fields = ("treated_lesion",)
    soft_limits = (
        usual("power_w", 5, 100),
        usual("temperature_mean_celsius", 60, 95),
        usual("temperature_min_celsius", 60, 95),
        usual("temperature_max_celsius", 60, 95),
        usual("ablation_time_min", 1, 30),
        usual("active_tip_cm", 1, 3),
    )

    treated_lesion = models.ForeignKey(
        TreatedLesion,
        models.CASCADE,
        related_name="ablations",
        verbose_name=_("treated lesion"),
        db_index=False,
    )
    cycle = fields.IntegerField(_("cycle"), blank=True)
    active_tip_cm = fields.DecimalField(_("active tip"), null=True, blank=True)
    power_w = fields.DecimalField(_("power"), null=True, blank=True)
    ablation_time_min = fields.DecimalField(_("time"), null=True, blank=True)
    temperature_mean_celsius = fields.DecimalField(_("mean temperature"), null=True, blank=True)
    temperature_min_celsius = fields.DecimalField(_("lowest temperature"), null=True, blank=True)
    temperature_max_celsius = fields.DecimalField(_("highest temperature"), null=True, blank=True)
    minutes_at_target_min = fields.DecimalField(_("time at target"), null=True, blank=True)
    rolloff_count = fields.IntegerField(_("impedance roll-offs"), null=True, blank=True)

    class Meta:
        verbose_name = _("ablation cycle")
        verbose_name_plural = _("ablation cycles")
        ordering = ["treated_lesion", "cycle"]
        constraints = [
            OnlyOne("treated_lesion", "cycle", message=_("This lesion has a cycle of that number.")),
            Between("cycle", 1, 99),
            Between("active_tip_cm", Decimal("0.3"), 7),
            Between("power_w", 0, 250, above=True),
            Between("ablation_time_min", 0, 60, above=True),
            Between("temperature_mean_celsius", 37, 120),
            Between("temperature_min_celsius", 37, 120),
            Between("temperature_max_celsius", 37, 120),
            AtMost("temperature_min_celsius", "temperature_mean_celsius"),
            AtMost("temperature_mean_celsius", "temperature_max_celsius"),
            AtMost("temperature_min_celsius", "temperature_max_celsius"),
            Between("minutes_at_target_min", 0, 60),
            AtMost("minutes_at_target_min", "ablation_time_min"),
            Between("rolloff_count", 0, 20),
            CodedMissing(
                "active_tip_cm",
                "power_w",
                "ablation_time_min",
                "temperature_mean_celsius",
                "temperature_min_celsius",
                "temperature_max_celsius",
                "minutes_at_target_min",
                "rolloff_count",
            ),
        ]

    def __str__(self) -> str:
        return gettext("cycle %(number)s") % {"number": self.cycle}

    def aggregate_root(self) -> Case:
        return self.treated_lesion.procedure.case

    def check_across_rows(self) -> None:
        if self.treated_lesion.procedure.kind != codes.Kind.RFA:
            raise ValidationError({"treated_lesion": _("Treated lesion: only an RFA has ablation cycles.")})
