"""Two people change one record; and what a complete case asks for."""

from types import SimpleNamespace

import pytest

from cases.api import LesionSerializer
from cases.models import Lesion
from registry.core import records
from registry.core.api.problems import Problem
from registry.core.api.serializers import Change
from tests import factories
from tests.factories import TESTS

pytestmark = pytest.mark.django_db


@pytest.fixture
def lesion(case):
    return factories.LesionFactory(case=case, volume_ml=6)


@pytest.fixture
def address(lesion):
    return f"lesions/{lesion.uuid}/"


def test_a_stale_version_is_a_conflict_with_both_values(api, lesion, address):
    other = Lesion.objects.get(pk=lesion.pk)
    other.volume_ml, other.side = 8, "left"
    records.save(other, by=TESTS)
    answer = api.patch(address, {"version": 1, "volume_ml": "7,5", "levels__missing": ""})
    assert answer.status_code == 409 and answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["differences"] == [
        {"field": "volume_ml", "label": "lesion volume", "yours": 7.5, "theirs": 8.0}
    ]
    assert problem["current"]["version"] == 2 and problem["current"]["side"] == "left"
    assert Lesion.objects.get(pk=lesion.pk).volume_ml == 8

    again = api.patch(address, {"version": problem["current"]["version"], "volume_ml": 7.5})
    assert again.status_code == 200 and again.json()["version"] == 3


def test_a_conflict_shows_values_that_could_not_be_read(api, lesion, address):
    records.save(_with(lesion, side="left"), by=TESTS)
    answer = api.patch(address, {"version": 1, "volume_ml": "six", "side__missing": "unknown"})
    assert {each["field"]: each["yours"] for each in answer.json()["differences"]} == {
        "volume_ml": "six",
        "side__missing": "unknown",
    }


def _with(record, **values):
    for name, value in values.items():
        setattr(record, name, value)
    return record


def test_a_stale_version_does_not_delete(api, lesion, address):
    records.save(_with(lesion, side="left"), by=TESTS)
    assert api.delete(address, {"version": 1}).status_code == 409
    assert Lesion.objects.filter(pk=lesion.pk).exists()


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_a_change_without_a_version_is_428(api, lesion, address, method):
    answer = getattr(api, method)(address, {})
    assert answer.status_code == 428
    assert answer.json()["errors"] == {"version": ["This field is required."]}
    any_version = getattr(api, method)(address, {}, **{"If-Match": "*"})
    assert any_version.status_code == 428


def test_the_version_may_stand_in_if_match(api, lesion, address):
    etag = api.get(address)["ETag"]
    answer = api.patch(address, {"side": "left"}, **{"If-Match": etag})
    assert answer.status_code == 200 and answer["ETag"] == '"2"'
    assert api.patch(address, {"side": "right"}, **{"If-Match": etag}).status_code == 409
    assert api.delete(address, **{"If-Match": 'W/"2"'}).status_code == 204


def test_the_version_of_a_delete_may_stand_in_the_query(api, lesion, address):
    assert api.delete(address + "?version=1&reason=twice").status_code == 204
    assert Lesion.history.filter(history_type="-").get().history_change_reason == "twice"


@pytest.mark.parametrize("header", ["1", '"x"', '"1", "2"', '"99999999999999999999"'])
def test_a_broken_if_match_is_refused_at_version(api, lesion, address, header):
    answer = api.patch(address, {"side": "left"}, **{"If-Match": header})
    assert answer.status_code == 400 and list(answer.json()["errors"]) == ["version"]


@pytest.mark.parametrize("version", ["x", 1.5, True, [], {}, "1" * 50])
def test_a_broken_version_is_refused_at_version(api, lesion, address, version):
    answer = api.patch(address, {"side": "left", "version": version})
    assert answer.status_code == 400 and list(answer.json()["errors"]) == ["version"]


def test_body_and_header_must_name_the_same_version(api, lesion, address):
    answer = api.patch(address, {"side": "left", "version": 2}, **{"If-Match": '"1"'})
    assert answer.status_code == 400 and "version" in answer.json()["errors"]


def test_an_unchanged_record_keeps_its_version(api, lesion, address):
    answer = api.patch(address, {"version": 1, "volume_ml": "6,0"})
    assert answer.status_code == 200 and answer.json()["version"] == 1
    assert Lesion.history.count() == 1


def test_a_record_that_was_read_can_be_sent_back_whole(api, lesion, address):
    record = api.get(address).json()
    answer = api.patch(address, {**record, "side": "left"})
    assert answer.status_code == 200, answer.json()
    assert answer.json()["side"] == "left"


def test_a_case_that_was_read_can_be_sent_back_whole(api, case, lesion):
    factories.ReboaDetailsFactory(procedure=factories.ProcedureFactory(case=case, kind="reboa"))
    record = api.get(f"cases/{case.uuid}/").json()
    answer = api.patch(f"cases/{case.uuid}/", {**record, "height_cm": 171.5})
    assert answer.status_code == 200, answer.json()
    whole = api.get(f"procedures/{record['procedures'][0]['id']}/").json()
    answer = api.patch(f"procedures/{whole['id']}/", whole | {"duration_min": 300})
    assert answer.status_code == 200, answer.json()


def test_a_computed_value_cannot_be_set(api, case):
    answer = api.patch(f"cases/{case.uuid}/", {"version": 1, "bmi": 21, "strategy": "rfa"})
    assert answer.json()["errors"] == {
        "bmi": ["This field cannot be set here."],
        "strategy": ["This field cannot be set here."],
    }


def test_a_change_of_a_complete_case_needs_a_reason(api, complete_case):
    lesion = complete_case.lesions.get()
    change = {"version": 1, "side": "left"}
    refused = api.patch(f"lesions/{lesion.uuid}/", change)
    assert refused.status_code == 400
    assert refused.json()["errors"] == {"reason": ["This case is complete. Say why you change it."]}
    assert api.patch(f"lesions/{lesion.uuid}/", change | {"reason": "MRI read again"}).status_code == 200
    assert lesion.history.first().history_change_reason == "MRI read again"


def test_deleting_from_a_complete_case_needs_a_reason(api, complete_case):
    extra = factories.LesionFactory(case=complete_case)
    refused = api.delete(f"lesions/{extra.uuid}/", {"version": 1})
    assert list(refused.json()["errors"]) == ["reason"]
    assert api.delete(f"lesions/{extra.uuid}/", {"version": 1, "reason": "not a lesion"}).status_code == 204


def test_follow_up_of_a_complete_case_is_added_without_a_reason(api, complete_case):
    body = {"case_id": str(complete_case.uuid), "time_point": "month_1", "vas_pain": 2}
    assert api.post("assessments/", body).status_code == 201


def test_a_case_that_lacks_something_is_not_completed_and_says_what(api, case):
    answer = api.patch(f"cases/{case.uuid}/", {"version": 1, "case_status": "complete"})
    assert answer.status_code == 400
    said = answer.json()["errors"]["case_status"]
    assert any(message.startswith("Lesions:") for message in said)
    assert any(message.startswith("Procedures:") for message in said)


def test_a_case_is_completed_and_reopened(api, complete_case):
    back = api.patch(
        f"cases/{complete_case.uuid}/",
        {"version": 2, "case_status": "draft", "reason": "second lesion found"},
    )
    assert back.status_code == 200 and back.json()["case_status"] == "draft"
    again = api.patch(f"cases/{complete_case.uuid}/", {"version": 3, "case_status": "complete"})
    assert again.status_code == 200 and again.json()["case_status"] == "complete"


def test_a_case_is_not_signed_by_api(api, complete_case):
    answer = api.patch(f"cases/{complete_case.uuid}/", {"version": 2, "case_status": "signed", "reason": "x"})
    assert list(answer.json()["errors"]) == ["case_status"]


def test_a_record_in_use_is_not_deleted(api, case, patient):
    answer = api.delete(f"patients/{patient.uuid}/", {"version": 1})
    assert answer.status_code == 400 and "case" in answer.json()["detail"]


def test_a_record_that_goes_while_it_is_changed_is_a_conflict(lesion, clinician):
    context = {"request": SimpleNamespace(user=clinician)}
    serializer = LesionSerializer(Lesion.objects.get(pk=lesion.pk), data={"side": "left"}, context=context)
    records.delete(Lesion.objects.get(pk=lesion.pk), by=TESTS)
    with pytest.raises(Problem, match="has deleted this record") as refused:
        serializer.write(Change(by=clinician, version=1))
    assert refused.value.status_code == 409 and not Lesion.objects.exists()
