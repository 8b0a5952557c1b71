"""Bad input: a clear message at the field (or 404, 409, 413, 415), nothing written, never a 500."""

import datetime
import json
import uuid

import pytest
from django.core.exceptions import ValidationError
from rest_framework.test import APIClient

from cases.models import Lesion
from outcomes.models import Assessment
from registry.core.rules import CodedMissing, rules_of
from tests import declared, factories
from tests.api.test_values import ROWS, row_in

pytestmark = pytest.mark.django_db
KEYS = {"type", "title", "status", "detail"}


def problem(answer, status):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert KEYS <= set(body) <= {*KEYS, "errors", "differences", "current"}
    assert body["status"] == status and body["detail"]
    return body


def errors(answer):
    return problem(answer, 400)["errors"]


def send(user, text, path="lesions/", method="post", content_type="application/json"):
    client = APIClient()
    client.force_authenticate(user)
    data = text.encode("utf-8") if isinstance(text, str) else text
    return client.generic(method.upper(), f"/api/v1/{path}", data, content_type=content_type)


# -- every declared rule -----------------------------------------------------------------------------------------------


def _rules():
    for model in factories.FACTORIES:
        if model.center_path is None:
            continue
        for rule in rules_of(model):
            yield pytest.param(model, rule, id=rule.name)


@pytest.mark.parametrize(("model", "rule"), list(_rules()))
def test_every_rule_is_refused_with_the_models_message(model, rule, api, center):
    record = row_in(model, center)
    serializer = _serializer(model)
    # Missing codes break alike for every field; a few of each model stand for all.
    for values in declared.breakages(rule, record)[:6]:
        if any(name not in _writeable(serializer) for name in values):
            continue
        trial = type(record).objects.get(pk=record.pk)
        for name, value in values.items():
            setattr(trial, name, value)
        try:
            trial.full_clean()
        except ValidationError as refused:
            expected = serializer.errors_of(refused)
        else:
            raise AssertionError(f"{values} breaks nothing")
        sent = _as_json(serializer, values)
        if isinstance(rule, CodedMissing) and "no_such_field" in values["missing"]:
            continue  # at the API that is an unknown field
        if model.__name__ in ROWS:
            answer = api.patch(f"{ROWS[model.__name__]}/{record.uuid}/", {"version": record.version, **sent})
        else:
            inner = {"version": record.version, **sent}
            answer = api.patch(f"procedures/{record.procedure.uuid}/", {"version": 1, "details": inner})
            expected = {f"details.{name}": said for name, said in expected.items()}
        assert errors(answer) == expected
        assert type(record).objects.get(pk=record.pk).version == record.version


def _serializer(model):
    from procedures import kinds
    from registry.api import RESOURCES

    if model.__name__ in ROWS:
        return RESOURCES[ROWS[model.__name__]].serializer_class
    return kinds.KINDS[str(model.kind)].serializer


def _writeable(serializer):
    return {column.name for column in serializer.columns()} | {"missing"}


def _as_json(serializer, values):
    sent = {}
    for name, value in values.items():
        if name == "missing":
            sent |= {f"{serializer.named(each)}__missing": code for each, code in value.items()}
        else:
            sent[serializer.named(name)] = str(value) if isinstance(value, datetime.date) else value
    return json.loads(json.dumps(sent, default=float))


# -- values ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "at", "message"),
    [
        (
            {"volume_ml": 6001},
            "volume_ml",
            "Lesion volume: 6001 mL is above 6000 mL. Accepted: above 0 to 6000 mL.",
        ),
        ({"volume_ml": "six"}, "volume_ml", "“six” is not a number."),
        ({"volume_ml": True}, "volume_ml", "Enter a number."),
        ({"volume_ml": [1]}, "volume_ml", "Enter one value, not a list."),
        ({"volume_ml": "1.000,5"}, "volume_ml", "“1.000,5” has more than one decimal separator."),
        ({"volume_ml": 6.789}, "volume_ml", "“6.789” has more than 2 decimal places."),
        ({"side": "lft"}, "side", "Side: “lft” is not one of: left, right, central, bilateral."),
        ({"side": 3}, "side", "Side: “3” is not one of: left, right, central, bilateral."),
        ({"levels": ["L3", "L9"]}, "levels", "Levels: “L9” is not one of:"),
        ({"zone_ala": "perhaps"}, "zone_ala", "Enter yes or no."),
        ({"number": "1.5"}, "number", "“1.5” is not a whole number."),
        ({"number": 10**19}, "number", "is above 99"),
        ({"number": None}, "number", "This field is required."),
        ({"volum_ml": 3}, "volum_ml", "This field is not known."),
        ({"sins_score": 3}, "sins_score", "This field cannot be set here."),
        ({"side": "left\x00"}, "side", "Null characters are not allowed."),
        ({"volume_ml": "6\x00"}, "volume_ml", "Null characters are not allowed."),
    ],
)
def test_a_wrong_value_has_its_message_at_its_field(api, case, change, at, message):
    lesion = factories.LesionFactory(case=case)
    answer = api.patch(f"lesions/{lesion.uuid}/", {"version": 1, **change})
    found = errors(answer)
    assert list(found) == [at] and message in found[at][0]
    assert Lesion.objects.get().version == 1


def test_a_decimal_comma_is_understood(api, body):
    assert api.post("lesions/", body | {"volume_ml": "6,8"}).json()["volume_ml"] == 6.8


def test_all_that_is_wrong_is_said_at_once(api, body):
    found = errors(api.post("lesions/", body | {"volume_ml": 0, "side": "x", "extra": 1, "number": "a"}))
    assert set(found) == {"volume_ml", "side", "extra", "number"}
    assert Lesion.objects.count() == 0


@pytest.mark.parametrize("text", ["🦴 5th rib", "כאב גב", "‮abc", "Ünïcode ≤ 5 %", "a\u200bb"])
def test_emoji_and_right_to_left_text_are_kept_as_they_are(api, case, text):
    answer = api.patch(f"cases/{case.uuid}/", {"version": 1, "notes": text})
    assert answer.status_code == 200 and answer.json()["notes"] == text
    assert api.get(f"cases/{case.uuid}/").json()["notes"] == text


def test_null_characters_are_refused_in_text(api, case):
    found = errors(api.patch(f"cases/{case.uuid}/", {"version": 1, "notes": "a\x00b"}))
    assert found == {"notes": ["Null characters are not allowed."]}


@pytest.mark.parametrize("value", [{"a": 1}, ["a"], True])
def test_text_must_be_text(api, case, value):
    assert errors(api.patch(f"cases/{case.uuid}/", {"version": 1, "notes": value})) == {
        "notes": ["Enter text."]
    }


@pytest.mark.parametrize("reason", [5, ["x"], "a\x00"])
def test_a_reason_must_be_text(api, case, reason):
    answer = api.patch(f"cases/{case.uuid}/", {"version": 1, "age_years": 5, "reason": reason})
    assert list(errors(answer)) == ["reason"]


@pytest.mark.parametrize("value", ["yesterday", "31.02.2024", "2024-13-01", 20240311, "\x00"])
def test_a_wrong_date_is_refused(api, case, value):
    found = errors(api.patch(f"cases/{case.uuid}/", {"version": 1, "index_date": value}))
    assert "is not a date. Enter it as 2024-03-11." in found["index_date"][0]


@pytest.mark.parametrize(
    "value", ["08:30", 5, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", [], "x\x00"]
)
def test_a_wrong_moment_is_refused(api, parents, value):
    procedure = parents.procedure("reboa")
    found = errors(api.patch(f"procedures/{procedure.uuid}/", {"version": 1, "incision_at": value}))
    assert "is not a date and time" in found["incision_at"][0]


def test_a_moment_without_zone_is_local_time(api, parents):
    procedure = parents.procedure("reboa")
    answer = api.patch(f"procedures/{procedure.uuid}/", {"version": 1, "incision_at": "2024-03-11T08:30"})
    assert answer.json()["incision_at"] == "2024-03-11T07:30:00+00:00"


# -- rules across rows -------------------------------------------------------------------------------------------------


def test_an_assessment_before_birth_is_refused(api, case):
    patient = case.patient
    api.patch(f"patients/{patient.uuid}/", {"version": 1, "birth_year": 1960})
    body = {"case_id": str(case.uuid), "time_point": "unscheduled", "date": "1959-05-01"}
    assert "before the year of birth" in errors(api.post("assessments/", body))["date"][0]
    assert Assessment.objects.count() == 0


def test_a_score_after_death_is_refused(api, case):
    factories.FollowUpStatusFactory(
        case=case, vital_status="dead", death_interval_value=3, death_interval_unit="months"
    )
    body = {"case_id": str(case.uuid), "time_point": "month_6", "vas_pain": 3}
    assert "after the death" in errors(api.post("assessments/", body))["time_point"][0]


def test_a_lesion_of_another_case_is_refused(api, case, patient):
    other = factories.LesionFactory(case=factories.CaseFactory(patient=patient))
    procedure = factories.ProcedureFactory(case=case)
    body = {"procedure_id": str(procedure.uuid), "lesion_id": str(other.uuid)}
    assert errors(api.post("treated-lesions/", body)) == {"lesion_id": ["Lesion: belongs to another case."]}


@pytest.mark.parametrize(
    ("resource", "name"), [("procedures", "kind"), ("procedures", "case_id"), ("lesions", "case_id")]
)
def test_what_is_fixed_at_creation_never_changes(api, case, patient, resource, name):
    record = (factories.ProcedureFactory if resource == "procedures" else factories.LesionFactory)(case=case)
    other = "rfa" if name == "kind" else str(factories.CaseFactory(patient=patient).uuid)
    found = errors(api.patch(f"{resource}/{record.uuid}/", {"version": 1, name: other}))
    assert list(found) == [name] and found[name][0].endswith("never changes.")


def test_an_assessment_that_exists_is_not_made_twice(api, case):
    factories.AssessmentFactory(case=case)
    found = errors(api.post("assessments/", {"case_id": str(case.uuid), "time_point": "baseline"}))
    assert found == {"time_point": ["This case has an assessment at that time point."]}


def test_rows_go_with_their_kind_of_procedure_only(api, parents):
    body = {"procedure_id": str(parents.procedure("rfa").uuid)}
    found = errors(api.post("balloon-inflations/", body))
    assert found == {"procedure_id": ["Procedure: only a REBOA has balloon inflations."]}


# -- references --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["x", 5, [], {}, True, str(uuid.UUID(int=1)), "\x00", "x" * 5000])
def test_an_unknown_reference_is_refused_at_its_field(api, value):
    assert errors(api.post("lesions/", {"case_id": value})) == {"case_id": ["No such case."]}


@pytest.mark.parametrize("value", [None, ""])
def test_an_empty_reference_is_required(api, value):
    assert errors(api.post("lesions/", {"case_id": value})) == {"case_id": ["This field is required."]}
    assert errors(api.post("lesions/", {})) == {"case_id": ["This field is required."]}


@pytest.mark.parametrize("value", ["no-such-diagnosis", 5, "\x00", {}])
def test_an_unknown_diagnosis_is_refused(api, case, value):
    found = errors(api.patch(f"cases/{case.uuid}/", {"version": 1, "diagnosis": value}))
    assert found == {"diagnosis": ["No such diagnosis."]}


@pytest.mark.parametrize("missing", ["time_point", "case_id"])
def test_what_is_required_is_named(api, case, missing):
    body = {"case_id": str(case.uuid), "time_point": "day_1"}
    del body[missing]
    assert errors(api.post("assessments/", body)) == {missing: ["This field is required."]}


# -- details of procedures ---------------------------------------------------------------------------------------------


def test_details_that_fail_take_the_procedure_with_them(api, case):
    body = {"case_id": str(case.uuid), "kind": "reboa", "details": {"blood_loss_ml": 70_000, "colour": "red"}}
    found = errors(api.post("procedures/", body))
    assert set(found) == {"details.blood_loss_ml", "details.colour"}
    assert case.procedures.count() == 0


def test_errors_of_procedure_and_details_come_together(api, case):
    body = {"case_id": str(case.uuid), "kind": "reboa", "duration_min": 0, "details": {"blood_loss_ml": -1}}
    assert set(errors(api.post("procedures/", body))) == {"duration_min", "details.blood_loss_ml"}


def test_details_of_another_kind_are_not_known(api, case):
    body = {"case_id": str(case.uuid), "kind": "rfa", "details": {"blood_loss_ml": 100}}
    assert errors(api.post("procedures/", body)) == {"details.blood_loss_ml": ["This field is not known."]}


@pytest.mark.parametrize("details", [[], "x", 5, True])
def test_details_are_an_object(api, case, details):
    body = {"case_id": str(case.uuid), "kind": "rfa", "details": details}
    assert list(errors(api.post("procedures/", body))) == ["details"]


def test_an_unknown_kind_is_refused_at_kind(api, case):
    body = {"case_id": str(case.uuid), "kind": "kyphoplasty", "details": {"technique": "needle"}}
    assert list(errors(api.post("procedures/", body))) == ["kind"]


def test_details_keep_their_own_version(api, case):
    made = api.post(
        "procedures/", {"case_id": str(case.uuid), "kind": "reboa", "details": {"blood_loss_ml": 800}}
    ).json()
    address = f"procedures/{made['id']}/"
    nameless = api.patch(address, {"version": 1, "details": {"blood_loss_ml": 900}})
    assert "details.version" in problem(nameless, 428)["errors"]
    changed = api.patch(address, {"version": 1, "details": {"version": 1, "blood_loss_ml": 900}}).json()
    assert (changed["version"], changed["details"]["version"], changed["details"]["blood_loss_ml"]) == (
        1,
        2,
        900,
    )
    stale = api.patch(
        address, {"version": 1, "duration_min": 300, "details": {"version": 1, "blood_loss_ml": 950}}
    )
    conflict = problem(stale, 409)
    assert conflict["differences"] == [
        {"field": "details.blood_loss_ml", "label": "blood loss", "yours": 950, "theirs": 900}
    ]
    assert conflict["current"]["details"]["version"] == 2
    assert api.get(address).json()["duration_min"] is None
    assert list(errors(api.patch(address, {"version": 1, "details": None}))) == ["details"]
    assert list(errors(api.patch(address, {"version": 1, "details": {"version": "x"}}))) == [
        "details.version"
    ]


def test_details_are_added_to_a_procedure_that_has_none(api, parents):
    address = f"procedures/{parents.procedure('reboa').uuid}/"
    assert api.get(address).json()["details"] is None
    answer = api.patch(address, {"version": 1, "details": {"blood_loss_ml": 0}})
    assert answer.json()["details"]["blood_loss_ml"] == 0


def test_unusual_details_are_named_and_confirmed_with_their_place(api, case):
    body = {"case_id": str(case.uuid), "kind": "reboa", "details": {"blood_loss_ml": 6000}}
    made = api.post("procedures/", body).json()
    assert [warning["field"] for warning in made["warnings"]] == ["details.blood_loss_ml"]
    confirm = {"details.blood_loss_ml": "as documented"}
    address = f"procedures/{made['id']}/"
    alone = errors(api.patch(address, {"version": 1, "confirm": confirm}))
    assert list(alone) == ["confirm.details.blood_loss_ml"]
    answer = api.patch(address, {"version": 1, "confirm": confirm, "details": {"version": 1}})
    assert answer.status_code == 200 and answer.json()["warnings"] == []
    wrong = api.patch(address, {"version": 1, "confirm": {"details.x": "y"}, "details": {"version": 2}})
    assert list(errors(wrong)) == ["details.confirm.x"]


@pytest.mark.parametrize("value", [[], {}, [1], {"d": 1}])
@pytest.mark.parametrize("field", ["index_date", "age_years", "weight_kg", "recurrent", "body_habitus"])
def test_a_list_or_an_object_is_no_value(api, case, field, value):
    found = errors(api.patch(f"cases/{case.uuid}/", {"version": 1, field: value}))
    assert field in found
