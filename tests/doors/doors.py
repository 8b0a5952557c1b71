"""The doors by which a wrong value may come: each takes a record and values, and answers what it said, by field."""

from collections.abc import Mapping
from typing import Any

import yaml
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.test import RequestFactory
from rest_framework.test import APIClient

from cases.forms import FORMS as CASE_FORMS
from cases.models import Case, Lesion, Patient, Treatment
from outcomes.forms import FORMS as OUTCOME_FORMS
from outcomes.models import Assessment, Complication, FollowUpStatus
from procedures.forms import FORMS as PROCEDURE_FORMS
from procedures.models import BalloonInflation, Procedure, TreatedLesion
from procedures.models.details import Details
from registry.core import records
from registry.core.forms.record import RecordForm
from registry.core.models import Record
from registry.curation.forms import AscertainmentForm
from registry.curation.models import AscertainmentMonth
from registry.interchange.load_publications import load
from registry.interchange.patient_plan import settable
from registry.interchange.publication_document import Refused

Refusal = dict[str, list[str]]
FORMS = {**CASE_FORMS, **PROCEDURE_FORMS, **OUTCOME_FORMS, AscertainmentMonth: AscertainmentForm}


class Unreachable(Exception):
    """This door cannot express the value at all: the field is not there."""


def write_door(record: Record, values: Mapping[str, Any], user: Any) -> Refusal:
    """What the write door itself says: the reference for all others."""
    for name, value in values.items():
        setattr(record, name, value)
    try:
        records.check(record, by=user, expected_version=record.version)
    except ValidationError as refused:
        return refused.message_dict
    return {}


def _form_refusal(
    form_class: type[RecordForm], record: Record, values: Mapping[str, Any], user: Any
) -> Refusal:
    shown = form_class(instance=record, by=user)
    data: dict[str, Any] = {}
    for name, field in shown.fields.items():
        value = field.prepare_value(shown.get_initial_for_field(field, name))
        if isinstance(value, bool):
            value = str(value).lower()
        data[name] = "" if value is None else value
    for name, value in values.items():
        if name == "missing":
            for missing, code in value.items():
                if f"{missing}__missing" not in data:
                    raise Unreachable
                data[f"{missing}__missing"] = code
            continue
        if name not in data:
            raise Unreachable
        text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        data[name] = text.split(";") if isinstance(data[name], list) or _is_set(record, name) else text
    form = form_class(data, instance=record, by=user)
    form.is_valid()
    return {field: list(errors) for field, errors in form.errors.items()}


def _is_set(record: Record, name: str) -> bool:
    return hasattr(record._meta.get_field(name), "codes")


def browser_form(record: Record, values: Mapping[str, Any], user: Any) -> Refusal:
    if type(record) not in FORMS:
        raise Unreachable
    return _form_refusal(FORMS[type(record)], record, values, user)


def admin_form(record: Record, values: Mapping[str, Any], user: Any) -> Refusal:
    if type(record) not in admin.site._registry:
        raise Unreachable
    request = RequestFactory().get("/admin/")
    request.user = user
    form_class = admin.site._registry[type(record)].get_form(request, record, change=True)
    return _form_refusal(form_class, record, values, user)


#: Model → its resource; details are written inside their procedure.
RESOURCES = {
    "patient": "patients",
    "case": "cases",
    "lesion": "lesions",
    "treatment": "treatments",
    "procedure": "procedures",
    "treatedlesion": "treated-lesions",
    "ablation": "ablations",
    "ballooninflation": "balloon-inflations",
    "transarterialsession": "transarterial-sessions",
    "transarterialdrug": "transarterial-drugs",
    "assessment": "assessments",
    "complication": "complications",
    "followupstatus": "follow-up-status",
}
API_NAMES = {"status": "case_status"}


def api(record: Record, values: Mapping[str, Any], user: Any) -> Refusal:
    owner: Any = record.procedure if isinstance(record, Details) else record
    resource = RESOURCES.get(owner._meta.model_name)
    if resource is None:
        raise Unreachable
    sent: dict[str, Any] = {}
    for name, value in values.items():
        if name == "missing":
            if not set(value) <= set(record.missable_fields()):
                raise Unreachable
            sent |= {f"{missing}__missing": code for missing, code in value.items()}
        else:
            sent[API_NAMES.get(name, name)] = _as_json(value)
    if isinstance(record, Details):
        sent = {"details": {**sent, "version": record.version}}
    client = APIClient()
    client.force_authenticate(user)
    answer = client.patch(
        f"/api/v1/{resource}/{owner.uuid}/", {**sent, "version": owner.version}, format="json"
    )
    assert answer.status_code in (200, 400), answer.content
    errors = answer.json().get("errors", {}) if answer.status_code == 400 else {}
    names = {api_name: name for name, api_name in API_NAMES.items()}
    return {
        names.get(name.removeprefix("details."), name.removeprefix("details.")): m
        for name, m in errors.items()
    }


def _as_json(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | str) else str(value)


# -- the loader takes a whole document: one patient for each wrong value ----------------------------------------------

_KINDS = {
    "reboadetails": "reboa",
    "sacroplastydetails": "sacroplasty",
    "vertebroplastydetails": "vertebroplasty",
}


def loader_patient(model: type[Record], values: Mapping[str, Any], label: str) -> dict[str, Any]:
    """A patient of a document in which one record holds these values."""
    if "missing" in values or not set(values) <= set(settable(model)):
        raise Unreachable
    entries = {
        name: {"value": _as_yaml(value), "printed": "x", "location": "Table 1"}
        for name, value in values.items()
        if value is not None
    }
    patient: dict[str, Any] = {"source_label": label}
    procedure: dict[str, Any] = {"kind": _KINDS.get(model._meta.model_name, "rfa")}
    lesion = {"number": 1}
    if model is Patient:
        patient["patient"] = entries
    elif model is Case:
        patient["case"] = entries
    elif model is Lesion:
        patient["lesions"] = [lesion | {"fields": entries}]
    elif model is Treatment:
        whole = {
            name: {"value": value, "printed": "x", "location": "x"} for name, value in _TREATMENT.items()
        }
        patient["treatments"] = [{"fields": whole | entries}]
    elif model is Assessment:
        patient["assessments"] = [{"time_point": "baseline", "fields": entries}]
    elif model is FollowUpStatus:
        patient["followup"] = entries
    elif model is Procedure:
        patient["procedures"] = [procedure | {"fields": entries}]
    elif issubclass(model, Details):
        patient["procedures"] = [procedure | {"details": entries}]
    elif model is TreatedLesion:
        patient["lesions"] = [lesion]
        patient["procedures"] = [procedure | {"treated_lesions": [{"lesion": 1, "fields": entries}]}]
    elif model is BalloonInflation:
        patient["procedures"] = [{"kind": "reboa", "balloon_inflations": [{"number": 1, "fields": entries}]}]
    elif model is Complication:
        whole = {"kind": {"value": "bleeding", "printed": "x", "location": "x"}}
        patient["procedures"] = [procedure | {"complications": [{"fields": whole | entries}]}]
    else:
        raise Unreachable
    return patient


_TREATMENT = {"timing": "before", "kind": "surgery"}


def _as_yaml(value: Any) -> Any:
    return value if isinstance(value, bool | int) else str(value)


def loader(patients: list[dict[str, Any]], folder: Any) -> list[str]:
    """What the loader says of a document with these patients, line by line."""
    document = {
        "format": "publication/1",
        "publication": {"slug": "paper", "title": "T", "authors": ["A"], "journal": "J", "year": 2020},
        "center": {"code": "PAPER", "name": "H", "country": "DE"},
        "patients": patients,
    }
    path = folder / "paper.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    try:
        load(path)
    except Refused as refused:
        return str(refused).splitlines()
    return []
