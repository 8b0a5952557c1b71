"""Scores computed from an assessment: ODI from its sections and its band, ECOG from KPS, pain responders."""

from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Case as Switch
from django.db.models import F, Q, Value, When
from django.db.models.functions import NullIf
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual, IsNull
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from outcomes import codes
from registry.core.derived import Derived, Input
from registry.core.expressions import as_float
from registry.core.units import rounded, shown_number

SECTION_NAMES = tuple(name for name, _label in codes.ODI_SECTIONS)

# -- Oswestry Disability Index: 100 · sum / (5 · answered) (Fairbank & Pynsent, Spine 2000) ----------------------------


def odi_from_sections(row: Any) -> float | None:
    answered = [getattr(row, name) for name in SECTION_NAMES if getattr(row, name) is not None]
    return 100 * sum(answered) / (5 * len(answered)) if answered else None


def _odi_inputs(row: Any) -> list[Input]:
    """The ten sections; the score stands on those answered, so one of them is needed."""
    answered = any(getattr(row, name) is not None for name in SECTION_NAMES)
    return [Input(row, name, needed=not answered) for name in SECTION_NAMES]


def _odi_working(row: Any) -> str:
    answered = [getattr(row, name) for name in SECTION_NAMES if getattr(row, name) is not None]
    if not answered:
        return ""
    score = shown_number(rounded(odi_from_sections(row) or 0.0, 1))
    return f"100 × {sum(answered)} / (5 × {len(answered)}) = {score} %"


def _odi_sums() -> tuple[Any, Any]:
    total: Any = Value(0)
    count: Any = Value(0)
    for name in SECTION_NAMES:
        total = total + Switch(When(**{f"{name}__isnull": False}, then=F(name)), default=Value(0))
        count = count + Switch(When(**{f"{name}__isnull": False}, then=Value(1)), default=Value(0))
    return total, count


def _odi_from_sections_sql() -> Any:
    total, count = _odi_sums()
    return Value(100.0) * as_float(total) / NullIf(Value(5.0) * as_float(count), 0.0)


def odi_band(odi: float | None) -> str | None:
    """Disability band of an ODI in per cent."""
    if odi is None:
        return None
    for limit, band in ((20, "minimal"), (40, "moderate"), (60, "severe"), (80, "crippled")):
        if odi <= limit:
            return band
    return "bed_bound"


def _odi_band_sql() -> Any:
    return Switch(
        When(odi__lte=20, then=Value("minimal")),
        When(odi__lte=40, then=Value("moderate")),
        When(odi__lte=60, then=Value("severe")),
        When(odi__lte=80, then=Value("crippled")),
        When(odi__isnull=False, then=Value("bed_bound")),
        default=Value(None),
        output_field=models.CharField(),
    )


# -- ECOG from KPS: 100–90→0, 80–70→1, 60–50→2, 40–30→3, 20–10→4, 0→5 --------------------------------------------------


def _ecog_from_kps(row: Any) -> int | None:
    if row.kps is None:
        return None
    return next(ecog for ecog, floor in enumerate((90, 70, 50, 30, 10, 0)) if row.kps >= floor)


def _ecog_from_kps_sql() -> Any:
    whens = [When(kps__gte=floor, then=Value(ecog)) for ecog, floor in enumerate((90, 70, 50, 30, 10, 0))]
    return Switch(*whens, default=Value(None), output_field=models.IntegerField())


# -- responder: at least 2 points or at least 30 % of baseline (Farrar et al., Pain 2001) ------------------------------


def _baseline(row: Any) -> Any:
    """The assessment before the procedure; of itself it has none."""
    if row.time_point == codes.TimePoint.BASELINE or row.case_id is None:
        return None
    return next(
        (other for other in row.case.assessments.all() if other.time_point == codes.TimePoint.BASELINE), None
    )


def _baseline_vas(row: Any) -> Any:
    baseline = _baseline(row)
    return None if baseline is None else baseline.vas_pain


def _responder_inputs(row: Any) -> list[Input]:
    if row.time_point == codes.TimePoint.BASELINE:
        return []
    baseline = _baseline(row)
    before = [Input(baseline, "vas_pain")] if baseline is not None else []
    return [*before, Input(row, "vas_pain")]


def pain_change(row: Any) -> tuple[Any, Decimal | None] | None:
    """How far pain has changed since baseline: in points, and in per cent where baseline is above 0."""
    baseline = _baseline_vas(row)
    if baseline is None or row.vas_pain is None:
        return None
    change = row.vas_pain - baseline
    return change, rounded(100 * change / baseline) if baseline else None


def signed(number: Any) -> str:
    """``−2.5``, ``+1``, ``0`` for the reader."""
    return f"{'−' if number < 0 else '+' if number else ''}{shown_number(abs(number))}"


def _responder_working(row: Any) -> str:
    """How far pain fell, in points and in per cent of baseline."""
    changed = pain_change(row)
    if changed is None:
        return ""
    change, percent = changed
    numbers = {
        "now": shown_number(row.vas_pain),
        "baseline": shown_number(_baseline_vas(row)),
        "change": signed(change),
    }
    if percent is None:
        return gettext("%(now)s against %(baseline)s: %(change)s points") % numbers
    return gettext("%(now)s against %(baseline)s: %(change)s points, %(percent)s %%") % {
        **numbers,
        "percent": signed(percent),
    }


def _baseline_vas_sql() -> Any:
    rows = apps.get_model("outcomes", "Assessment").objects.filter(
        case=models.OuterRef("case"), time_point=codes.TimePoint.BASELINE
    )
    return models.Subquery(rows.values("vas_pain")[:1])


def _responder_points(row: Any) -> bool | None:
    baseline = _baseline_vas(row)
    if baseline is None or row.vas_pain is None:
        return None
    return bool(baseline - row.vas_pain >= 2)


def _responder_percent(row: Any) -> bool | None:
    baseline = _baseline_vas(row)
    if not baseline or row.vas_pain is None:
        return None
    return bool(10 * (baseline - row.vas_pain) >= 3 * baseline)


def _responder_sql(reached: Any, needs: Q) -> Any:
    return Switch(
        When(
            ~Q(time_point=codes.TimePoint.BASELINE.value) & Q(vas_pain__isnull=False) & needs & reached,
            then=Value(True),
        ),
        When(
            ~Q(time_point=codes.TimePoint.BASELINE.value) & Q(vas_pain__isnull=False) & needs,
            then=Value(False),
        ),
        default=Value(None),
        output_field=models.BooleanField(),
    )


def _responder_points_sql() -> Any:
    baseline = _baseline_vas_sql()
    reached = Q(GreaterThanOrEqual(as_float(baseline) - as_float(F("vas_pain")), Value(1.9999999)))
    return _responder_sql(reached, Q(IsNull(baseline, False)))


def _responder_percent_sql() -> Any:
    baseline = as_float(_baseline_vas_sql())
    lost = Value(10.0) * (baseline - as_float(F("vas_pain"))) - Value(3.0) * baseline
    return _responder_sql(Q(GreaterThanOrEqual(lost, Value(-1e-7))), Q(GreaterThan(baseline, Value(0.0))))


DERIVED = (
    Derived(
        "odi_from_sections",
        _("ODI from its sections"),
        _("100 × sum / (5 × sections answered), Fairbank & Pynsent, Spine 2000"),
        odi_from_sections,
        _odi_from_sections_sql,
        inputs=_odi_inputs,
        working=_odi_working,
    ),
    Derived(
        "odi_band",
        _("ODI band"),
        _(
            "≤ 20 minimal, ≤ 40 moderate, ≤ 60 severe, ≤ 80 crippled, else bed-bound (Fairbank & Pynsent 2000)"
        ),
        lambda row: odi_band(row.odi),
        _odi_band_sql,
        kind="code",
        codes=tuple(codes.OdiBand.values),
        inputs=("odi",),
    ),
    Derived(
        "ecog_from_kps",
        _("ECOG derived from KPS"),
        "100–90 → 0, 80–70 → 1, 60–50 → 2, 40–30 → 3, 20–10 → 4, 0 → 5",
        _ecog_from_kps,
        _ecog_from_kps_sql,
        inputs=("kps",),
    ),
    Derived(
        "responder_points",
        _("responder (2 points)"),
        _("VAS at least 2 points below baseline (Farrar et al., Pain 2001)"),
        _responder_points,
        _responder_points_sql,
        kind="boolean",
        inputs=_responder_inputs,
        working=_responder_working,
    ),
    Derived(
        "responder_30_percent",
        _("responder (30 %)"),
        _("VAS at least 30 % below a baseline above 0 (Farrar et al., Pain 2001)"),
        _responder_percent,
        _responder_percent_sql,
        kind="boolean",
        inputs=_responder_inputs,
        working=_responder_working,
    ),
)
