"""Filters of patients, cases, lesions and treatments, and those that every row of a case shares."""

from collections.abc import Callable
from typing import Any

import django_filters
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q

from cases import codes
from cases.models import Case, Diagnosis, Lesion, Patient
from cases.models.lesion import has_level
from registry.core.api.filters import (
    RecordFilter,
    by_boolean,
    by_code,
    by_date,
    by_id,
    by_integer,
    by_name,
    by_text,
    where_any,
)
from registry.core.models import Record
from registry.literature.filters import by_publication


def keys_over(case_path: str) -> Any:
    """A filter set with what every row of a case can be filtered by; ``case_path`` leads from the row to the case."""
    at = f"{case_path}__" if case_path else ""
    return type(
        "CaseKeysFilterSet",
        (django_filters.FilterSet,),
        {
            "publication": by_publication(f"{at}patient__publication"),
            "center": by_text(f"{at}center__code", "The centre’s code."),
            "patient_id": by_id(f"{at}patient__uuid", "Public id of the patient."),
            "case_id": by_id(f"{at}uuid", "Public id of the case."),
        },
    )


class PatientFilterSet(django_filters.FilterSet):
    publication = by_publication()
    center = by_text("center__code", "The centre’s code.")
    patient_id = by_id("uuid", "Public id of the patient.")
    registry_id = by_text("registry_id", "Registry id, such as HEI-00012.")
    source_label = by_text("source_label", "Label in the paper, such as Case 3.")
    sex = by_code("sex", codes.Sex.values)
    consent_status = by_code("consent_status", codes.ConsentStatus.values)


class CaseFilterSet(keys_over("")):  # type: ignore[misc]
    registry_id = by_text("patient__registry_id", "Registry id of the patient.")
    source_label = by_text("patient__source_label", "Label in the paper, such as Case 3.")
    case_status = by_code("status", codes.CaseStatus.values)
    status = by_code("status", codes.CaseStatus.values, text="The same as case_status.")
    diagnosis = by_name("diagnosis", Diagnosis.objects.all, "slug", "diagnosis")
    disease_status = by_code("disease_status", codes.DiseaseStatus.values)
    recurrent = by_boolean("recurrent")
    sex = by_code("patient__sex", codes.Sex.values)
    age_years_min = by_integer("age_years__gte", "Youngest age in years.")
    age_years_max = by_integer("age_years__lte", "Oldest age in years.")
    index_date_from = by_date("index_date__gte", "First index date.")
    index_date_to = by_date("index_date__lte", "Last index date.")
    level = by_code(
        "",
        codes.LEVELS,
        condition=lambda level: where_any(Lesion, "case")(has_level(level)),
        text="A level that one of the lesions reaches.",
    )
    side = by_code(
        "",
        codes.Side.values,
        condition=lambda side: where_any(Lesion, "case")(Q(side=side)),
        text="Side of one of the lesions.",
    )


class LesionFilterSet(keys_over("case")):  # type: ignore[misc]
    lesion_id = by_id("uuid", "Public id of the lesion.")
    level = by_code("", codes.LEVELS, condition=has_level, text="A level that the lesion reaches.")
    side = by_code("side", codes.Side.values)
    bone_lesion = by_code("bone_lesion", codes.BoneLesion.values)


class TreatmentFilterSet(keys_over("case")):  # type: ignore[misc]
    kind = by_code("kind", codes.TreatmentKind.values)
    timing = by_code("timing", codes.TreatmentTiming.values)


class DiagnosisFilterSet(django_filters.FilterSet):
    diagnosis = by_text("slug", "The diagnosis’ slug.")
    malignant = by_boolean("malignant")


# -- whose values a source is about ------------------------------------------------------------------------------------


def provenance_of_case() -> RecordFilter:
    """Sources of the values of one case, its patient's included."""
    return by_id_of(lambda value: _sources(Q(uuid=value), Q(cases__uuid=value)), "Public id of the case.")


def provenance_of_patient() -> RecordFilter:
    """Sources of the values of one patient and of all the cases."""
    return by_id_of(
        lambda value: _sources(Q(patient__uuid=value), Q(uuid=value)), "Public id of the patient."
    )


def by_id_of(condition: Callable[[Any], Q], text: str) -> RecordFilter:
    made = by_id("", text)
    made.condition = condition
    return made


def _sources(of_case: Q, of_patient: Q) -> Q:
    """Sources of the values of these patients, their cases, and every row that hangs on the cases."""
    cases = Case.objects.filter(of_case).values("pk")
    found = _records(Patient, Patient.objects.filter(of_patient)) | _records(Case, cases)
    for model in apps.get_models():
        path = getattr(model, "center_path", None) if issubclass(model, Record) else None
        if path and path.endswith("case__center"):
            rows = model._base_manager.filter(**{f"{path.removesuffix('__center')}__in": cases})
            found |= _records(model, rows)
    return found


def _records(model: Any, rows: Any) -> Q:
    return Q(content_type=ContentType.objects.get_for_model(model), object_id__in=rows.values("pk"))
