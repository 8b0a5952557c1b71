"""The procedures of a case: a page of its own, and the fragment of the case page."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from cases.models import Case
from cases.views.base import CaseContext, by_reason, case_or_404, note_identity, unusual_values
from procedures import kinds
from procedures.models import Procedure
from procedures.occlusion import timeline
from procedures.tree import beneath
from registry.core.views.computed import computed_of
from registry.core.views.display import Reader, Shown

PROCEDURE = (
    "date",
    "duration_min",
    "anesthesia",
    "position",
    "guidance",
    "technical_success",
    "antibiotic_prophylaxis",
    "complications_answered",
    "hospital_stay_days",
    "incision_at",
    "notes",
)
DETAILS = {
    "reboa": (
        "access_side",
        "access_anesthesia",
        "sheath_fr",
        "aortic_diameter_mm",
        "balloon_diameter_mm",
        "occlusion_confirmed_by",
        "closure",
        "closure_device",
        "surgical_approach",
        "anterior_route",
        "resection",
        "margin",
        "reconstruction",
        "blood_loss_ml",
        "transfused_units",
        "urine_output_ml",
    ),
    "sacroplasty": ("technique", "cement_product"),
    "vertebroplasty": ("technique", "cement_product", "transarterial_therapy"),
    "rfa": ("electrode", "stopped_for_neurologic_symptoms"),
}
TREATED = (
    "approach",
    "needle_gauge",
    "needle_count",
    "access_no",
    "cement_volume_ml",
    "cement_diameter_mm",
    "cement_filling_percent",
    "cement_filling_percent_reported",
    "leak_sites",
    "leak_symptomatic",
    "ablation_completion",
    "rfa_complete",
)
#: What is computed for the treated lesions of a kind, if not how far cement fills them.
COMPUTED = {"rfa": "rfa_complete"}
ABLATION = (
    "active_tip_cm",
    "power_w",
    "ablation_time_min",
    "temperature_mean_celsius",
    "temperature_min_celsius",
    "temperature_max_celsius",
    "minutes_at_target_min",
    "rolloff_count",
)
INFLATION = ("inflated_min", "deflated_min", "occlusion_min", "aortic_zone", "completeness", "volume_ml")
SESSION = ("date", "interval_value", "arteries", "agents")


def procedures_of(*cases: Case) -> list[Procedure]:
    """The procedures of the cases with everything beneath them, in a fixed number of queries."""
    by_id = {case.pk: case for case in cases}
    found = list(
        Procedure.objects.filter(case__in=by_id)
        .select_related(*(kind.accessor for kind in kinds.KINDS.values()))
        .prefetch_related(
            "treated_lesions__lesion",
            "treated_lesions__ablations",
            "balloon_inflations",
            "transarterial_sessions__drugs",
        )
    )
    for row in found:
        row.case = by_id[row.case_id]
        for treated in row.treated_lesions.all():
            treated.procedure = row
    return found


def _table(reader: Reader, rows: list[Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Rows with the columns in which at least one of them says something."""
    lines = [(row, reader.show(row, *names)) for row in rows]
    used = [
        position
        for position in range(len(names))
        if any(not values[position].empty or values[position].reason for _row, values in lines)
    ]
    # A column of nothing but reasons is named once beneath the table.
    spoken = [position for position in used if any(not values[position].empty for _row, values in lines)]
    silent: list[Shown] = (
        [lines[0][1][position] for position in used if position not in spoken] if lines else []
    )
    return {
        "head": [lines[0][1][position] for position in spoken] if lines else [],
        "rows": [
            {"record": row, "values": [values[position] for position in spoken]} for row, values in lines
        ],
        "gathered": by_reason(silent),
    }


def _block(reader: Reader, procedure: Procedure) -> dict[str, Any]:
    details = procedure.details
    values = reader.show(procedure, *PROCEDURE)
    if procedure.duration_qualifier and procedure.duration_qualifier != "exact":
        values = [_qualified(value, procedure) for value in values]
    values += reader.show(details, *DETAILS[procedure.kind]) if details is not None else []
    treated = list(procedure.treated_lesions.all())
    sessions = [
        {
            "record": row,
            "values": reader.show(row, *SESSION),
            "drugs": list(row.drugs.all()),
            "reader": reader,
        }
        for row in procedure.transarterial_sessions.all()
    ]
    return {
        "record": procedure,
        "template": kinds.KINDS[procedure.kind].template,
        "date": reader.date(procedure.date),
        "values": [value for value in values if not value.empty],
        "gathered": by_reason(value for value in values if value.empty),
        "treated": _table(reader, treated, TREATED),
        "ablations": [
            (row, _table(reader, list(row.ablations.all()), ABLATION))
            for row in treated
            if row.ablations.all()
        ],
        "timeline": timeline(procedure),
        "inflations": _table(reader, list(procedure.balloon_inflations.all()), INFLATION),
        "computed": computed_of(reader, [procedure], "occlusion_longest_min", "occlusion_total_min")
        + computed_of(reader, treated, COMPUTED.get(procedure.kind, "cement_filling_percent")),
        "sessions": sessions,
        "unusual": unusual_values(beneath(procedure), identify=reader.identify),
    }


def _qualified(value: Shown, procedure: Procedure) -> Shown:
    if value.name != "duration_min" or value.empty:
        return value
    return replace(value, text=f"{procedure.get_duration_qualifier_display()} {value.text}")


class ProceduresSection(View):
    """With htmx the section alone, else a page around it."""

    def get(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        case = case_or_404(request, uuid)
        procedures = procedures_of(case)
        context = CaseContext(request, case, [record for row in procedures for record in beneath(row)])
        htmx: Any = getattr(request, "htmx", None)
        if not htmx:
            note_identity(request, case)
        return render(
            request,
            "procedures/_section.html" if htmx else "procedures/section.html",
            context.as_dict(blocks=[_block(context.reader, row) for row in procedures]),
        )
