"""The page of one case: header, patient and diagnosis, lesions, treatments; higher floors fill in the rest."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views import View

from cases import codes
from cases.identity import HIGHEST_SHOWN_AGE_YEARS
from cases.models import Case, Lesion, Treatment
from cases.views.base import CaseContext, by_reason, case_or_404, note_identity, unusual_values
from cases.views.case_list import person_age
from registry.core.dates import shown_datetime
from registry.core.models import Record
from registry.core.views.computed import computed_of
from registry.core.views.display import DERIVED_LABELS, Reader, Shown

DERIVED_LABELS.update(
    denis_zone=dict(codes.DenisZone.choices),
    sins_class=dict(codes.SinsClass.choices),
)

PATIENT = ("sex", "birth_year", "hospital_number", "consent_status", "consent_date")
DIAGNOSIS = (
    "diagnosis",
    "diagnosis_text",
    "disease_status",
    "icd10_secondary",
    "recurrent",
    "distant_metastases",
    "indications",
    "index_date",
    "age_years",
    "height_cm",
    "weight_kg",
    "body_habitus",
    "asa_class",
    "inr",
    "platelets_10e9_l",
    "neuro_scale",
    "neuro_grade",
    "imaging",
    "vascular_imaging",
    "vascular_findings",
)
#: Shown even when nothing has been said about them: what a reader looks for first.
ALWAYS = frozenset({"sex", "diagnosis", "disease_status", "index_date", "age_years"})
LESION_COLUMNS = ("levels", "side", "volume_ml", "bone_lesion")
LESION_MORE = (
    "zone_ala",
    "zone_foraminal",
    "zone_central",
    "volume_method",
    "diameter_longest_mm",
    "diameter_perpendicular_mm",
    "diameter_craniocaudal_mm",
    "cortical_breach",
    "fractured_levels",
    "kyphotic_levels",
    "epidural_grade",
    "epidural_extension",
    "neural_compression",
    "compressed_root_levels",
    "compressed_root_side",
    "foraminal_erosion",
    "sins_pain",
    "sins_alignment",
    "sins_collapse",
    "sins_posterolateral",
)
#: What is computed from a lesion, and the inputs that stand with it and need no second mention.
LESION_COMPUTED = ("sins_score", "denis_zone", "abc2_volume_ml")
IN_COMPUTED = frozenset({"sins_pain", "sins_alignment", "sins_collapse", "sins_posterolateral"})


def given(values: list[Shown]) -> list[Shown]:
    """The values worth a line: given ones, and those a reader looks for."""
    return [value for value in values if not value.empty or value.name in ALWAYS]


def _rest(values: list[Shown]) -> list[Shown]:
    return [value for value in values if value.empty and value.name not in ALWAYS]


class CasePage(View):
    """The case page. Procedures, outcomes and history are fragments from their own addresses."""

    def get(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        case = case_or_404(request, uuid, "lesions", "treatments")
        note_identity(request, case)
        lesions, treatments = list(case.lesions.all()), list(case.treatments.all())
        own: list[Record] = [case.patient, case, *lesions, *treatments]
        context = CaseContext(request, case, own)
        reader = context.reader
        patient = reader.show(case.patient, *PATIENT)
        diagnosis = _age_capped(reader.show(case, *DIAGNOSIS), case, reader)
        others = [other for other in _other_cases(case) if other.pk != case.pk]
        return render(
            request,
            "cases/case_detail.html",
            context.as_dict(
                age=person_age(case, reader.identify),
                patient_values=given(patient),
                diagnosis_values=given(diagnosis),
                gathered=by_reason(_rest(patient) + _rest(diagnosis)),
                notes=reader.value(case, "notes") if reader.identify and case.notes else None,
                computed=computed_of(reader, [case], "bmi"),
                lesions=[_lesion(reader, lesion) for lesion in lesions],
                lesion_records=lesions,
                treatments=[_treatment(reader, row) for row in treatments],
                unusual=_tellable(case, own, reader),
                other_cases=others,
                index_date=reader.date(case.index_date) if reader.identify else "",
                printed_at=shown_datetime(timezone.now()),
            ),
        )


def _other_cases(case: Case) -> Any:
    return Case.objects.filter(patient=case.patient_id).select_related("patient").order_by("number")


def _age_capped(values: list[Shown], case: Case, reader: Reader) -> list[Shown]:
    """The age as this reader may see it; the sentence about an unusual age would say it all the same."""
    if reader.identify or case.age_years is None or case.age_years < HIGHEST_SHOWN_AGE_YEARS:
        return values
    age = person_age(case, reader.identify)
    return [replace(value, text=age, warnings=()) if value.name == "age_years" else value for value in values]


def _tellable(case: Case, own: list[Record], reader: Reader) -> list[tuple[str, str]]:
    """Unusual values, less those whose sentence would tell an age that this reader may not see."""
    capped = not reader.identify and case.age_years is not None and case.age_years >= HIGHEST_SHOWN_AGE_YEARS
    hidden = frozenset({"age_years"}) if capped else frozenset()
    return unusual_values(own, leave_out=hidden, identify=reader.identify)


def _lesion(reader: Reader, lesion: Lesion) -> dict[str, Any]:
    shown = {value.name: value for value in reader.show(lesion, *LESION_COLUMNS)}
    more = reader.show(lesion, *LESION_MORE)
    return {
        "record": lesion,
        "values": shown,
        "more": [value for value in more if not value.empty and value.name not in IN_COMPUTED],
        "computed": computed_of(reader, [lesion], *LESION_COMPUTED),
        "gathered": by_reason(value for value in more if value.empty),
    }


def _treatment(reader: Reader, row: Treatment) -> dict[str, Any]:
    values = {value.name: value for value in reader.show(row, "timing", "kind", "detail", "interval_value")}
    return {"record": row, "values": values, "unit": row.get_interval_unit_display() or ""}
