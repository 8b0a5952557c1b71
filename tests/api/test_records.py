"""Every record that may be written: created, read, listed, changed, deleted – and by whom not."""

import uuid

import pytest

from registry.api import BESIDE, RESOURCES
from tests import factories
from tests.api.bodies import BODIES, CHANGES, OTHER, READ_ONLY

pytestmark = pytest.mark.django_db
WRITEABLE = sorted(BODIES)


def test_every_resource_is_either_written_or_read_only_in_these_tests():
    assert set(RESOURCES) == {*BODIES, *READ_ONLY, *OTHER} and set(BODIES) == set(CHANGES)


def test_the_root_lists_every_resource(api):
    answer = api.get("")
    assert list(answer.json()) == [*RESOURCES, *BESIDE]
    assert answer.json()["cases"].endswith("/api/v1/cases/")


@pytest.mark.parametrize("resource", WRITEABLE)
def test_a_clinician_creates_reads_lists_changes_and_deletes(resource, api, parents):
    body = BODIES[resource](parents)
    created = api.post(f"{resource}/", body)
    assert created.status_code == 201, created.json()
    record = created.json()
    details = body.pop("details", None)
    assert {name: record[name] for name in body} == body
    if details:
        assert {name: record["details"][name] for name in details} == details
    assert record["version"] == 1 and created["ETag"] == '"1"'
    assert created["Location"].endswith(f"/api/v1/{resource}/{record['id']}/")

    shown = api.get(created["Location"])
    assert shown.status_code == 200 and shown["ETag"] == '"1"'
    assert {**shown.json(), "hospital_number": ""} == {**record, "hospital_number": ""}
    listed = api.get(f"{resource}/").json()["results"]
    assert record["id"] in [each["id"] for each in listed]

    change = CHANGES[resource]
    changed = api.patch(created["Location"], {**change, "version": 1})
    assert changed.status_code == 200, changed.json()
    assert {name: changed.json()[name] for name in change} == change
    assert changed.json()["version"] == 2 and changed["ETag"] == '"2"'

    deleted = api.delete(created["Location"], {"version": 2, "reason": "entered twice"})
    assert deleted.status_code == 204, deleted.content
    assert api.get(created["Location"]).status_code == 404


@pytest.mark.parametrize("resource", WRITEABLE)
def test_history_says_who_and_why_for_writes_by_api(resource, api, parents, clinician):
    created = api.post(f"{resource}/", BODIES[resource](parents) | {"reason": "first entry"})
    api.patch(created["Location"], {**CHANGES[resource], "version": 1, "reason": "typing slip"})
    api.delete(created["Location"], {"version": 2, "reason": "entered twice"})
    model = RESOURCES[resource].serializer_class.model()
    rows = model.history.filter(uuid=uuid.UUID(created.json()["id"])).order_by("pk")
    assert [(row.history_type, row.history_change_reason) for row in rows] == [
        ("+", "first entry"),
        ("~", "typing slip"),
        ("-", "entered twice"),
    ]
    assert {(row.history_user_name, row.history_user_id) for row in rows} == {
        ("clinician", str(clinician.pk))
    }


@pytest.mark.parametrize("resource", WRITEABLE)
def test_an_outsider_gets_404_for_whatever_he_tries(resource, api, as_user, outsider, parents):
    address = api.post(f"{resource}/", BODIES[resource](parents))["Location"]
    stranger = as_user(outsider)
    assert stranger.get(address).status_code == 404
    assert stranger.patch(address, {**CHANGES[resource], "version": 1}).status_code == 404
    assert stranger.delete(address, {"version": 1}).status_code == 404
    assert stranger.get(f"{resource}/").json()["results"] == []


@pytest.mark.parametrize("resource", WRITEABLE)
def test_an_outsider_cannot_hang_rows_on_a_foreign_record_nor_learn_that_it_exists(
    resource, as_user, outsider, parents
):
    body = BODIES[resource](parents)
    foreign = as_user(outsider).post(f"{resource}/", body)
    reference = next(name for name in body if name.endswith("_id") or name == "center")
    unknown = as_user(outsider).post(f"{resource}/", body | {reference: str(uuid.uuid4())})
    assert foreign.status_code == unknown.status_code == 400
    assert foreign.json()["errors"][reference] == unknown.json()["errors"][reference]
    assert foreign.json()["errors"][reference][0].startswith("No such ")


@pytest.mark.parametrize("resource", WRITEABLE)
def test_a_researcher_reads_and_never_writes(resource, api, as_user, researcher, parents):
    body = BODIES[resource](parents)
    address = api.post(f"{resource}/", body)["Location"]
    reader = as_user(researcher)
    assert reader.get(address).status_code == 200
    assert reader.patch(address, {**CHANGES[resource], "version": 1}).status_code == 403
    assert reader.delete(address, {"version": 1}).status_code == 403
    assert reader.post(f"{resource}/", BODIES[resource](parents)).status_code == 403
    assert api.get(address).json()["version"] == 1


@pytest.mark.parametrize("resource", [name for name in WRITEABLE if name != "patients"])
def test_published_records_are_read_by_everyone_and_written_by_no_one(
    resource, api, as_user, published_case, outsider
):
    from tests.api.bodies import Parents

    parents = Parents(published_case)
    assert api.post(f"{resource}/", BODIES[resource](parents)).status_code == 403
    assert as_user(outsider).get(f"cases/{published_case.uuid}/").status_code == 200
    assert api.patch(f"cases/{published_case.uuid}/", {"age_years": 1, "version": 1}).status_code == 403
    assert api.delete(f"cases/{published_case.uuid}/", {"version": 1}).status_code == 403


def test_a_user_without_rights_anywhere_sees_published_records_only(as_user, case, published_case):
    nobody = factories.UserFactory()
    found = as_user(nobody).get("cases/").json()["results"]
    assert [each["id"] for each in found] == [str(published_case.uuid)]


@pytest.mark.parametrize("resource", READ_ONLY)
@pytest.mark.parametrize("method", ["post", "patch", "delete"])
def test_code_lists_and_literature_are_not_written_by_api(resource, method, api):
    address = f"{resource}/" if method == "post" else f"{resource}/anything/"
    answer = getattr(api, method)(address, {})
    assert answer.status_code == 405
    assert answer["Content-Type"] == "application/problem+json" and "GET" in answer["Allow"]


@pytest.mark.parametrize("resource", WRITEABLE)
def test_put_is_not_offered(resource, api):
    assert api.client.put(f"/api/v1/{resource}/{uuid.uuid4()}/", {}, format="json").status_code == 405


def test_literature_is_found_by_slug_and_by_id(api):
    paper = factories.PublicationFactory(slug="zhao-2021")
    assert api.get("publications/zhao-2021/").json() == api.get(f"publications/{paper.uuid}/").json()
    assert api.get("publications/zhao-2020/").status_code == 404


def test_reported_values_keep_number_text_and_place(api):
    arm = factories.StudyArmFactory(code="A")
    factories.ReportedValueFactory(
        publication=arm.publication, arm=arm, value="6.80", value_text="6.80", printed="6.80 ± 1.1"
    )
    factories.ReportedValueFactory(publication=arm.publication, statistic="sd", value=0)
    rows = api.get("reported-values/", publication=arm.publication.slug).json()["results"]
    assert [(row["arm"], row["value"], row["value_text"]) for row in rows] == [
        ("A", 6.8, "6.80"),
        ("", 0.0, ""),
    ]
    assert rows[0]["location"] == "Table 1" and rows[0]["publication"] == arm.publication.slug
    only = api.get("reported-values/", arm="").json()["results"]
    assert [row["statistic"] for row in only] == ["sd"]


def test_sources_of_a_case_include_those_of_its_patient_and_its_rows(api, published_case):
    paper = published_case.patient.publication
    lesion = factories.LesionFactory(case=published_case)
    ablation = factories.AblationFactory(
        treated_lesion=factories.TreatedLesionFactory(
            procedure=factories.ProcedureFactory(case=published_case, kind="rfa"), lesion=lesion
        )
    )
    other = factories.LesionFactory()
    for record in (published_case, published_case.patient, lesion, ablation, other):
        factories.SourceValueFactory(publication=paper, record=record)
    rows = api.get("source-values/", case_id=str(published_case.uuid)).json()["results"]
    assert [row["record_type"] for row in rows] == ["case", "patient", "lesion", "ablation"]
    assert {row["case_id"] for row in rows} == {str(published_case.uuid), None}
    assert {row["patient_id"] for row in rows} == {str(published_case.patient.uuid)}
    by_patient = api.get("source-values/", patient_id=str(published_case.patient.uuid)).json()["results"]
    assert by_patient == rows
    typed = api.get("source-values/", record_type="ablation").json()["results"]
    assert [row["record_id"] for row in typed] == [str(ablation.uuid)]


def test_centers_say_what_the_user_may_do(api, as_user, researcher, center, other_center, published_case):
    mine = api.get("centers/").json()["results"]
    assert [(row["center"], row["may_write"], row["may_identify"]) for row in mine] == [
        ("HEI", True, True),
        ("ZHAO", False, True),
    ]
    granted = as_user(researcher).get("centers/HEI/").json()
    assert (granted["may_write"], granted["may_identify"]) == (False, False)
    assert api.get(f"centers/{other_center.code}/").status_code == 404
