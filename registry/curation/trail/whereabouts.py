"""To which case, patient and centre a row of history belongs, and where that is looked at.

Read with a fixed number of queries for a page of rows, and from history where the record is gone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from cases.models import Case, MergedPatient, Patient
from registry.access.models import Center
from registry.curation.trail.kinds import first_step, parent_of


@dataclass(frozen=True)
class Whereabouts:
    """The name of the case or patient, its address, and the code of the centre."""

    name: str = ""
    url: str = ""
    center: str = ""


NOWHERE = Whereabouts()


def whereabouts(rows: Iterable[Any]) -> dict[tuple[Any, int], Whereabouts]:
    """By model and key of the record."""
    rows = list(rows)
    tops = _tops({(row.instance_type, row.id): _above(row.instance_type, row) for row in rows})
    cases = {key for model, key in tops.values() if model is Case}
    patients = {key for model, key in tops.values() if model is Patient}
    found = {**_cases(cases), **_patients(patients)}
    return {record: found.get(top, NOWHERE) for record, top in tops.items()}


def _above(model: Any, row: Any) -> tuple[Any, int]:
    """The record itself where it is a case or a patient, else what it stands beneath."""
    if model in (Case, Patient) or model.center_path is None or first_step(model) == "center":
        return (model, row.id)
    return (parent_of(model), getattr(row, f"{first_step(model)}_id"))


def _tops(at: dict[Any, tuple[Any, int]]) -> dict[Any, tuple[Any, int]]:
    """Each record with the case or patient that it belongs to: one query for each kind in between."""
    while True:
        between: dict[Any, set[int]] = {}
        for model, key in at.values():
            if (
                model not in (Case, Patient)
                and model.center_path is not None
                and first_step(model) != "center"
            ):
                between.setdefault(model, set()).add(key)
        if not between:
            return at
        for model, keys in between.items():
            step = f"{first_step(model)}_id"
            parents = dict(model.history.filter(id__in=keys).order_by().values_list("id", step))
            above = parent_of(model)
            at = {
                # A parent without history is from before there was one: the row belongs nowhere.
                record: ((above, parents[key]) if key in parents else (Case, 0))
                if own is model
                else (own, key)
                for record, (own, key) in at.items()
            }


def _centers() -> dict[int, str]:
    return dict(Center.objects.values_list("pk", "code"))


def _cases(keys: set[int]) -> dict[tuple[Any, int], Whereabouts]:
    if not keys:
        return {}
    centers = _centers()
    rows = Case.objects.filter(pk__in=keys).select_related("patient").defer("patient__hospital_number")
    found = {
        (Case, case.pk): Whereabouts(
            str(case), reverse("case-detail", args=[case.uuid]), centers[case.center_id]
        )
        for case in rows
    }
    gone: dict[int, Any] = {}
    for row in Case.history.filter(id__in=keys - {key for _model, key in found}).order_by("history_id"):
        gone[row.id] = row
    if gone:
        names = dict(
            Patient.history.filter(id__in={row.patient_id for row in gone.values()})
            .order_by()
            .values_list("id", "registry_id")
        )
        for key, row in gone.items():
            case = Case(number=row.number, patient=Patient(registry_id=names.get(row.patient_id, "")))
            found[Case, key] = Whereabouts(str(case), "", centers.get(row.center_id, ""))
    return found


def _patients(keys: set[int]) -> dict[tuple[Any, int], Whereabouts]:
    if not keys:
        return {}
    centers = _centers()
    rows = (
        Patient.history.filter(id__in=keys)
        .order_by("history_id")
        .values_list("id", "registry_id", "uuid", "center_id")
    )
    alive = set(Patient.objects.filter(pk__in=keys).values_list("pk", flat=True))
    alive |= set(MergedPatient.objects.filter(key__in=keys).values_list("key", flat=True))
    return {
        (Patient, key): Whereabouts(
            registry_id,
            reverse("patient-edit", args=[uuid]) if key in alive else "",
            centers.get(center_id, ""),
        )
        for key, registry_id, uuid, center_id in rows
    }
