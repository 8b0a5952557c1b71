"""What was done to each lesion: needle, cement, leak, ablation."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case as Switch
from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import NullIf
from django.utils.translation import gettext_lazy as _

from cases.models import Case, Lesion
from procedures import codes
from procedures.models.procedure import Procedure
from registry.core import fields
from registry.core.derived import Derived
from registry.core.expressions import as_float
from registry.core.limits import SoftLimit, usual
from registry.core.models import Record
from registry.core.rules import AtMost, Between, CodedMissing, Excludes, OneOf, OnlyOne, Requires, SubsetOf

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

#: tian-2022: complete by a mean of 85 °C held for at least 10 minutes, or by two impedance roll-offs.
TARGET_CELSIUS = 85
TARGET_MINUTES = 10
TARGET_ROLLOFFS = 2


def _filling(row: "TreatedLesion") -> float | None:
    lesion_mm = row.lesion.diameter_longest_mm if row.lesion_id else None
    if row.cement_diameter_mm is None or not lesion_mm:
        return None
    return 100 * float(row.cement_diameter_mm) / float(lesion_mm)


def _filling_sql() -> Any:
    return (
        Value(100.0)
        * as_float(F("cement_diameter_mm"))
        / NullIf(as_float(F("lesion__diameter_longest_mm")), 0.0)
    )


def _leak(row: "TreatedLesion") -> bool | None:
    return None if row.leak_sites is None else row.leak_sites != codes.LeakSite.NONE


def _leak_sql() -> Any:
    return Switch(
        When(leak_sites__isnull=True, then=Value(None)),
        When(leak_sites=codes.LeakSite.NONE.value, then=Value(False)),
        default=Value(True),
        output_field=models.BooleanField(),
    )


def _reached_temperature(cycle: "Ablation") -> bool:
    return (
        cycle.temperature_mean_celsius is not None
        and cycle.temperature_mean_celsius >= TARGET_CELSIUS
        and cycle.minutes_at_target_min is not None
        and cycle.minutes_at_target_min >= TARGET_MINUTES
    )


def _answers(cycle: "Ablation") -> bool:
    """Whether the cycle says enough to be judged not complete."""
    return cycle.rolloff_count is not None or (
        cycle.temperature_mean_celsius is not None and cycle.minutes_at_target_min is not None
    )


def _rfa_complete(row: "TreatedLesion") -> bool | None:
    cycles = list(row.ablations.all()) if row.pk else []
    if any(_reached_temperature(cycle) for cycle in cycles):
        return True
    if sum(cycle.rolloff_count or 0 for cycle in cycles) >= TARGET_ROLLOFFS:
        return True
    return False if any(_answers(cycle) for cycle in cycles) else None


def _rfa_complete_sql() -> Any:
    cycles = apps.get_model("procedures", "Ablation").objects.filter(treated_lesion=OuterRef("pk")).order_by()
    rolloffs = Subquery(
        cycles.values("treated_lesion").annotate(total=Sum("rolloff_count")).values("total"),
        output_field=models.IntegerField(),
    )
    from django.db.models.lookups import GreaterThanOrEqual

    by_temperature = Exists(
        cycles.filter(temperature_mean_celsius__gte=TARGET_CELSIUS, minutes_at_target_min__gte=TARGET_MINUTES)
    )
    judged = Exists(
        cycles.filter(
            Q(rolloff_count__isnull=False)
            | Q(temperature_mean_celsius__isnull=False, minutes_at_target_min__isnull=False)
        )
    )
    return Switch(
        When(by_temperature, then=Value(True)),
        When(GreaterThanOrEqual(rolloffs, Value(TARGET_ROLLOFFS)), then=Value(True)),
        When(judged, then=Value(False)),
        default=Value(None),
        output_field=models.BooleanField(),
    )


def _cement_for_lesion(row: "TreatedLesion") -> "StrOrPromise | None":
    volume = row.lesion.volume_ml if row.lesion_id else None
    if row.cement_volume_ml is None or volume is None or row.cement_volume_ml <= Decimal("1.2") * volume:
        return None
    return _("Cement volume: %(cement)s mL is more than 1.2 times the lesion volume (%(lesion)s mL).") % {
        "cement": row.cement_volume_ml,
        "lesion": volume,
    }


def _computed_filling_unusual(row: "TreatedLesion") -> "StrOrPromise | None":
    filling = _filling(row)
    if filling is None or 50 <= filling <= 100:
        return None
    return _("Cement filling: %(value).0f %% is outside the usual 50 to 100 %%.") % {"value": filling}


def _large_for_sacroplasty(row: "TreatedLesion") -> "StrOrPromise | None":
    if row.procedure_id is None or row.lesion_id is None or row.procedure.kind != codes.Kind.SACROPLASTY:
        return None
    volume = row.lesion.volume_ml
    if volume is None or volume <= 15:
        return None
    return _("Lesion volume: %(value)s mL is above the usual 15 mL of a lesion treated by sacroplasty.") % {
        "value": volume
    }


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
        "minutes": max(held),
        "needed": TARGET_MINUTES,
    }


class TreatedLesion(Record):
    """One lesion treated in one procedure. Lesions reached through one puncture share ``access_no``."""

    center_path = "procedure__case__center"
    immutable_fields = ("procedure", "lesion")
    derived = (
        Derived(
            "cement_filling_percent",
            "cement filling",
            "100 × largest diameter of the cement deposit / longest diameter of the lesion (tian-2022); a ratio of "
            "diameters, not of volumes",
            _filling,
            _filling_sql,
        ),
        Derived("leak", "cement leak", "any leak site other than “none”", _leak, _leak_sql, kind="boolean"),
        Derived(
            "rfa_complete",
            "ablation complete",
            "mean of 85 °C held for at least 10 min, or two impedance roll-offs (tian-2022)",
            _rfa_complete,
            _rfa_complete_sql,
            kind="boolean",
        ),
    )
    soft_limits = (
        usual("cement_volume_ml", 1, 10),
        SoftLimit("cement_volume_ml", "lesion×1.2", _cement_for_lesion),
        usual("cement_filling_percent_reported", 50, 100),
        SoftLimit("cement_diameter_mm", "filling:50–100", _computed_filling_unusual),
        SoftLimit("lesion", "sacroplasty:15", _large_for_sacroplasty),
        usual("needle_gauge", 10, 18),
        usual("needle_count", None, 3),
        SoftLimit("ablation_completion", "temperature:10", _completion_without_minutes),
    )

    procedure = models.ForeignKey(
        Procedure, models.CASCADE, related_name="treated_lesions", verbose_name="procedure", db_index=False
    )
    lesion = models.ForeignKey(Lesion, models.RESTRICT, related_name="treated", verbose_name="lesion")
    access_no = fields.IntegerField("puncture number", null=True, blank=True)
    approach = fields.CodeField("approach", choices=codes.NeedleApproach.choices, null=True, blank=True)
    needle_gauge = fields.IntegerField("needle", null=True, blank=True)
    needle_count = fields.IntegerField("number of needles", null=True, blank=True)
    cement_volume_ml = fields.DecimalField("cement volume", decimal_places=2, null=True, blank=True)
    cement_diameter_mm = fields.DecimalField("largest diameter of the cement", null=True, blank=True)
    cement_filling_percent_reported = fields.DecimalField(
        "cement filling as reported", decimal_places=2, null=True, blank=True
    )
    leak_sites = fields.CodeSetField("leak", codes=codes.LeakSite.choices, null=True, blank=True)
    leak_symptomatic = fields.BooleanField("leak with symptoms")
    ablation_completion = fields.CodeField(
        "ablation ended", choices=codes.AblationCompletion.choices, null=True, blank=True
    )

    class Meta:
        verbose_name = "treated lesion"
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
        return f"{self.procedure.get_kind_display()} of lesion {self.lesion.number}"

    def aggregate_root(self) -> Case:
        return self.procedure.case

    def check_across_rows(self) -> None:
        if self.lesion.case_id != self.procedure.case_id:
            raise ValidationError({"lesion": _("Lesion: belongs to another case.")})
        filling = _filling(self)
        if filling is not None and filling > 150:
            raise ValidationError(
                {
                    "cement_diameter_mm": _(
                        "Largest diameter of the cement: %(cement)s mm gives a filling of %(value).0f %%. "
                        "Accepted: 0 to 150 %%."
                    )
                    % {"cement": self.cement_diameter_mm, "value": filling}
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
        TreatedLesion, models.CASCADE, related_name="ablations", verbose_name="treated lesion", db_index=False
    )
    cycle = fields.IntegerField("cycle", blank=True)
    active_tip_cm = fields.DecimalField("active tip", null=True, blank=True)
    power_w = fields.DecimalField("power", null=True, blank=True)
    ablation_time_min = fields.DecimalField("time", null=True, blank=True)
    temperature_mean_celsius = fields.DecimalField("mean temperature", null=True, blank=True)
    temperature_min_celsius = fields.DecimalField("lowest temperature", null=True, blank=True)
    temperature_max_celsius = fields.DecimalField("highest temperature", null=True, blank=True)
    minutes_at_target_min = fields.DecimalField("time at target", null=True, blank=True)
    rolloff_count = fields.IntegerField("impedance roll-offs", null=True, blank=True)

    class Meta:
        verbose_name = "ablation cycle"
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
        return f"cycle {self.cycle}"

    def aggregate_root(self) -> Case:
        return self.treated_lesion.procedure.case

    def check_across_rows(self) -> None:
        if self.treated_lesion.procedure.kind != codes.Kind.RFA:
            raise ValidationError({"treated_lesion": _("Treated lesion: only an RFA has ablation cycles.")})
