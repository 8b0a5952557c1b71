"""What is computed for a treated lesion: how far cement fills it, whether it leaked, whether ablation was complete."""

from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Case as Switch
from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import NullIf
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from procedures import codes
from registry.core.derived import Derived, Input
from registry.core.expressions import as_float
from registry.core.units import rounded, shown_number

#: tian-2022: complete by a mean of 85 °C held for at least 10 minutes, or by two impedance roll-offs.
TARGET_CELSIUS = 85
TARGET_MINUTES = 10
TARGET_ROLLOFFS = 2


def filling_percent(row: Any) -> float | None:
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


def _filling_inputs(row: Any) -> list[Input]:
    """Two diameters; what was only reported stands beside them."""
    return [
        Input(row, "cement_diameter_mm"),
        Input(row.lesion, "diameter_longest_mm"),
        Input(row, "cement_filling_percent_reported", needed=False),
    ]


def _filling_working(row: Any) -> str:
    filling = filling_percent(row)
    if filling is None:
        return ""
    cement, lesion = shown_number(row.cement_diameter_mm), shown_number(row.lesion.diameter_longest_mm)
    return f"100 × {cement} mm / {lesion} mm = {shown_number(rounded(filling, 1))} %"


def _leak(row: Any) -> bool | None:
    return None if row.leak_sites is None else row.leak_sites != codes.LeakSite.NONE


def _leak_sql() -> Any:
    return Switch(
        When(leak_sites__isnull=True, then=Value(None)),
        When(leak_sites=codes.LeakSite.NONE.value, then=Value(False)),
        default=Value(True),
        output_field=models.BooleanField(),
    )


def _reached_temperature(cycle: Any) -> bool:
    return (
        cycle.temperature_mean_celsius is not None
        and cycle.temperature_mean_celsius >= TARGET_CELSIUS
        and cycle.minutes_at_target_min is not None
        and cycle.minutes_at_target_min >= TARGET_MINUTES
    )


def temperature_open(cycle: Any) -> bool:
    """Whether the cycle may have held the temperature, by all it says; too low or too short rules it out.

    The time at target is no longer than the ablation (a rule of the cycle), so a short ablation is too short as well.
    """
    mean, minutes = cycle.temperature_mean_celsius, cycle.minutes_at_target_min
    if minutes is None:
        minutes = cycle.ablation_time_min
    may_have = (mean is None or mean >= TARGET_CELSIUS) and (minutes is None or minutes >= TARGET_MINUTES)
    return may_have and not _reached_temperature(cycle)


def rolloffs_open(cycle: Any) -> bool:
    return cycle.rolloff_count is None


def ablation_state(row: Any) -> codes.AblationCompletion | None:
    """How the ablation of a treated lesion ended by what its cycles say; ``None`` while they do not say enough."""
    cycles = list(row.ablations.all()) if row.pk else []
    if any(_reached_temperature(cycle) for cycle in cycles):
        return codes.AblationCompletion.TEMPERATURE
    if sum(cycle.rolloff_count or 0 for cycle in cycles) >= TARGET_ROLLOFFS:
        return codes.AblationCompletion.ROLLOFF
    if not cycles or any(temperature_open(cycle) or rolloffs_open(cycle) for cycle in cycles):
        return None
    return codes.AblationCompletion.NOT_COMPLETE


def _rfa_complete(row: Any) -> bool | None:
    state = ablation_state(row)
    return None if state is None else state != codes.AblationCompletion.NOT_COMPLETE


def _rfa_inputs(row: Any) -> list[Input]:
    """Of every cycle either way to be complete; while neither is met, a cycle that may meet one is to be asked."""
    unknown = ablation_state(row) is None
    return [
        Input(cycle, name, needed=unknown and is_open(cycle))
        for cycle in row.ablations.all()
        for name, is_open in (
            ("temperature_mean_celsius", temperature_open),
            ("ablation_time_min", lambda _cycle: False),
            ("minutes_at_target_min", temperature_open),
            ("rolloff_count", rolloffs_open),
        )
    ]


def _rfa_working(row: Any) -> str:
    """Complete by temperature or by roll-off, or why not."""
    cycles = list(row.ablations.all()) if row.pk else []
    held = next((cycle for cycle in cycles if _reached_temperature(cycle)), None)
    if held is not None:
        return gettext("By temperature: cycle %(cycle)s held %(mean)s °C for %(minutes)s min.") % {
            "cycle": held.cycle,
            "mean": shown_number(held.temperature_mean_celsius),
            "minutes": shown_number(held.minutes_at_target_min),
        }
    rolloffs = sum(cycle.rolloff_count or 0 for cycle in cycles)
    if rolloffs >= TARGET_ROLLOFFS:
        return gettext("By roll-off: %(count)s of %(needed)s needed.") % {
            "count": rolloffs,
            "needed": TARGET_ROLLOFFS,
        }
    if ablation_state(row) is None:
        return ""
    return gettext(
        "Not complete: no cycle held %(target)s °C for %(minutes)s min, and roll-offs were %(count)s of "
        "%(needed)s needed."
    ) % {
        "target": TARGET_CELSIUS,
        "minutes": TARGET_MINUTES,
        "count": rolloffs,
        "needed": TARGET_ROLLOFFS,
    }


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
    # Those that reached the temperature have answered before.
    may_have = (
        Q(temperature_mean_celsius__isnull=True) | Q(temperature_mean_celsius__gte=TARGET_CELSIUS)
    ) & (
        Q(minutes_at_target_min__gte=TARGET_MINUTES)
        | Q(minutes_at_target_min__isnull=True, ablation_time_min__isnull=True)
        | Q(minutes_at_target_min__isnull=True, ablation_time_min__gte=TARGET_MINUTES)
    )
    unknown = Exists(cycles.filter(may_have | Q(rolloff_count__isnull=True)))
    return Switch(
        When(by_temperature, then=Value(True)),
        When(GreaterThanOrEqual(rolloffs, Value(TARGET_ROLLOFFS)), then=Value(True)),
        When(Exists(cycles) & ~unknown, then=Value(False)),
        default=Value(None),
        output_field=models.BooleanField(),
    )


DERIVED = (
    Derived(
        "cement_filling_percent",
        _("cement filling"),
        _(
            "100 × largest diameter of the cement deposit / longest diameter of the lesion (tian-2022); a ratio of "
            "diameters, not of volumes"
        ),
        filling_percent,
        _filling_sql,
        inputs=_filling_inputs,
        working=_filling_working,
    ),
    Derived(
        "leak",
        _("cement leak"),
        _("any leak site other than “none”"),
        _leak,
        _leak_sql,
        kind="boolean",
        inputs=("leak_sites",),
    ),
    Derived(
        "rfa_complete",
        _("ablation complete"),
        _("mean of 85 °C held for at least 10 min, or two impedance roll-offs (tian-2022)"),
        _rfa_complete,
        _rfa_complete_sql,
        kind="boolean",
        inputs=_rfa_inputs,
        working=_rfa_working,
    ),
)
