"""The outcomes of a case: scores by time point, complications, follow-up. A page of its own, and a fragment."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from cases.models import Case
from cases.views.base import CaseContext, by_reason, case_or_404, note_identity, unusual_values
from outcomes import codes
from outcomes.models import Assessment, Complication, FollowUpStatus
from registry.core.models import Record
from registry.core.units import shown_number
from registry.core.views.computed import computed_of
from registry.core.views.display import DERIVED_LABELS, Reader, Shown, missing_label

DERIVED_LABELS.update(odi_band=dict(codes.OdiBand.choices))

#: The rows of the grid: stored values, then what is derived from them.
ROWS = (
    "vas_pain",
    "pain_instrument",
    "responder_points",
    "responder_30_percent",
    "pain_relief",
    "analgesic_class",
    "analgesic_adjuvant",
    "analgesic_scale",
    "analgesic_scale_version",
    "odi",
    "odi_from_sections",
    "odi_band",
    "kps",
    "ecog",
    "ecog_from_kps",
    "barthel",
    "barthel_version",
    "ambulatory",
    "satisfaction",
)
#: What opens to its inputs beneath the grid.
COMPUTED = ("responder_points", "responder_30_percent", "odi_from_sections", "ecog_from_kps")
BRIEF = frozenset({"pain_instrument", "barthel_version"})
ALWAYS = ("vas_pain", "odi", "kps")
FOLLOWUP = (
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
    "recurrence_treatment_detail",
)
COMPLICATION = (
    "sir_grade",
    "cirse_grade",
    "clavien_dindo",
    "onset_day",
    "symptomatic",
    "treatment",
    "resolved",
)

_ORDER = {code: position for position, code in enumerate(codes.TimePoint.values)}


def assessments_of(case: Case) -> list[Assessment]:
    """In the order of the time points; unscheduled visits by day at the end."""
    rows = list(case.assessments.all())
    return sorted(rows, key=lambda row: (_ORDER.get(row.time_point, 99), row.day() or 0, row.pk))


def _grid(reader: Reader, rows: list[Assessment]) -> dict[str, Any]:
    columns = [{value.name: _brief(value) for value in reader.show(row, *ROWS)} for row in rows]
    lines: list[dict[str, Any]] = []
    for name in ROWS:
        values = [column[name] for column in columns]
        if name in ALWAYS or any(not value.empty or value.reason for value in values):
            lines.append(
                {
                    "label": values[0].label,
                    "unit": _unit(values),
                    "derived": values[0].derived,
                    "values": values,
                }
            )
    silent = [line for line in lines if all(value.empty for value in line["values"])]
    kept = [line for line in lines if line not in silent or line["values"][0].name in ALWAYS]
    return {
        "columns": [
            {"record": row, "date": _when(reader, row), "label": str(row.get_time_point_display())}
            for row in rows
        ],
        "lines": kept,
        "gathered": by_reason(line["values"][0] for line in silent if line not in kept),
    }


def _brief(value: Shown) -> Shown:
    """In a grid “VAS” says enough of “VAS (100 mm line, one decimal)”."""
    return replace(value, text=value.text.partition(" (")[0]) if value.name in BRIEF else value


def _unit(values: list[Shown]) -> str:
    return next((value.unit for value in values if value.unit), "")


def _when(reader: Reader, row: Assessment) -> str:
    if row.date is not None:
        return reader.date(row.date)
    if row.interval_value is not None:
        return interval_words(row.interval_value, row.get_interval_unit_display())
    return ""


def interval_words(value: Any, unit: Any) -> str:
    return f"{shown_number(value)} {unit or ''}".strip()


def _followup(reader: Reader, followup: FollowUpStatus | None) -> dict[str, Any]:
    if followup is None:
        return {"values": [], "gathered": []}
    values = []
    for value in reader.show(followup, *FOLLOWUP):
        if value.name.endswith("_interval_value") and not value.empty:
            unit = getattr(followup, f"get_{value.name.removesuffix('value')}unit_display")()
            value = replace(value, unit=str(unit or ""))
        values.append(value)
    return {
        "values": [value for value in values if not value.empty],
        "gathered": by_reason(value for value in values if value.empty),
    }


def complications_reason(procedures: list[Any]) -> str:
    """Why nothing is said about complications, where a reason is given."""
    codes_given = {procedure.missing.get("complications_answered") for procedure in procedures}
    return missing_label(codes_given.pop()) if len(codes_given) == 1 else ""


class OutcomesSection(View):
    """With htmx the section alone, else a page around it."""

    def get(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        case = case_or_404(request, uuid, "assessments")
        rows = assessments_of(case)
        followup = FollowUpStatus.objects.filter(case=case).first()
        if followup is not None:
            followup.case = case
        complications = list(
            Complication.objects.filter(procedure__case=case)
            .select_related("procedure", "lesion")
            .order_by("pk")
        )
        for row in complications:
            row.procedure.case = case
        own: list[Record] = [*rows, *complications]
        if followup is not None:
            own.append(followup)
        context = CaseContext(request, case, own)
        reader = context.reader
        htmx: Any = getattr(request, "htmx", None)
        if not htmx:
            note_identity(request, case)
        there = {row.time_point for row in rows}
        procedures = list(case.procedures.all())
        return render(
            request,
            "outcomes/_section.html" if htmx else "outcomes/section.html",
            context.as_dict(
                grid=_grid(reader, rows) if rows else None,
                computed=computed_of(reader, rows, *COMPUTED),
                open_points=[
                    (point.value, point.label)
                    for point in codes.TimePoint
                    if point.value not in there or point == codes.TimePoint.UNSCHEDULED
                ],
                complications_reason=complications_reason(procedures),
                complications=[
                    {"record": row, "values": reader.show(row, *COMPLICATION)} for row in complications
                ],
                procedures=procedures,
                answered_none=bool(procedures)
                and all(procedure.complications_answered == "none" for procedure in procedures),
                followup=followup,
                followup_block=_followup(reader, followup),
                unusual=unusual_values(own, identify=reader.identify),
            ),
        )
