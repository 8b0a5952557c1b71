"""A signed case is read-only at every door: refused in words, and nothing is written."""

import json

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from rest_framework.test import APIClient

from cases.models import Case, Lesion, Patient, Treatment
from outcomes.models import Assessment
from procedures.models import BalloonInflation, Procedure, ReboaDetails
from registry.core import bulk, records
from registry.curation import content
from tests import factories
from tests.admin.pages import url as admin_url
from tests.curation.conftest import UNKNOWN, completed, sign
from tests.factories import TESTS

SENTENCE = "This case is signed and cannot be changed."


@pytest.fixture
def signed(case, clinician):
    """A signed case with a REBOA besides, and what must still be there after every attempt."""
    reboa = factories.ProcedureFactory(
        case=case,
        kind="reboa",
        date="2024-03-11",
        missing=UNKNOWN | {"incision_at": "unknown"},
        complications_answered="none",
    )
    details = ReboaDetails.missable_fields()
    factories.ReboaDetailsFactory(procedure=reboa, missing=dict.fromkeys(details, "unknown"))
    factories.BalloonInflationFactory(
        procedure=reboa, inflated_min=0, deflated_min=30, aortic_zone="zone_iii", completeness="complete"
    )
    completed(case)
    sign(case, clinician)
    found = Case.objects.get(pk=case.pk)
    before = (content.digest(found), Lesion.objects.count(), Assessment.objects.count())
    yield found
    after = Case.objects.get(pk=case.pk)
    assert after.status == "signed"
    assert (content.digest(after), Lesion.objects.count(), Assessment.objects.count()) == before


@pytest.fixture
def client(as_user, clinician):
    return as_user(clinician)


def said(answer):
    return answer.content.decode().replace("&#x27;", "'")


# -- browser ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["case-edit", "case-delete", "case-draft", "case-complete"])
def test_forms_of_the_case_say_why_and_show_no_field(client, signed, name):
    address = reverse(name, args=[signed.uuid])
    for answer, status in (
        (client.get(address), 200),
        (client.post(address, {"version": 9, "reason": "x"}), 409),
    ):
        assert answer.status_code == status
        assert SENTENCE in said(answer)
        assert reverse("case-detail", args=[signed.uuid]) + "#signature" in said(answer)
        assert 'name="version"' not in said(answer)


def test_forms_of_what_is_beneath_say_why(client, signed):
    lesion, procedure = Lesion.objects.get(), Procedure.objects.get(kind="reboa")
    assessment = Assessment.objects.get()
    addresses = [
        reverse("patient-edit", args=[signed.patient.uuid]),
        reverse("lesion-edit", args=[lesion.uuid]),
        reverse("lesion-delete", args=[lesion.uuid]),
        reverse("lesion-new", args=[signed.uuid]),
        reverse("procedure-edit", args=[procedure.uuid]),
        reverse("assessment-edit", args=[assessment.uuid]),
        reverse("assessment-new", args=[signed.uuid]),
        reverse("followup-entry", args=[signed.uuid, "month_1"]),
        reverse("followupstatus-new", args=[signed.uuid]),
    ]
    for address in addresses:
        assert "signed" in said(client.get(address)), address
        answer = client.post(address, {"version": 1, "reason": "x"})
        assert answer.status_code == 409 and "signed" in said(answer), address


@pytest.mark.parametrize(
    "slug", ["patient", "lesions", "procedures", "outcomes", "complications", "followup"]
)
def test_the_editor_says_why_instead_of_fields(client, signed, slug):
    page = said(client.get(reverse("case-section", args=[signed.uuid, slug])))
    assert SENTENCE in page
    assert "<input" not in page.partition("<main")[2]


def test_autosave_answers_409_with_the_sentence(client, signed):
    for record in (Lesion.objects.get(), signed, Assessment.objects.get()):
        body = {"fields": {"side": ["left"], "age_years": ["61"], "kps": ["80"]}, "base": {}, "reason": "x"}
        address = reverse("record-save", args=[record._meta.model_name, record.uuid])
        answer = client.post(address, json.dumps(body), content_type="application/json")
        assert answer.status_code == 409
        assert answer.json()["detail"] == SENTENCE
    address = reverse("assessment-point-save", args=[signed.uuid, "month_1"])
    answer = client.post(
        address, json.dumps({"fields": {"vas_pain": ["2"]}}), content_type="application/json"
    )
    assert answer.status_code == 409


def test_rows_neither_come_nor_go(client, signed):
    answer = client.post(reverse("lesion-add", args=[signed.uuid]), {"reason": "x"})
    assert answer.status_code == 422 and SENTENCE in said(answer)
    lesion = Lesion.objects.get()
    answer = client.post(
        reverse("record-remove", args=["lesion", lesion.uuid]), {"reason": "x", "version": 1}
    )
    assert answer.status_code == 422 and SENTENCE in said(answer)


def test_the_stamps_of_the_occlusion_timer_are_refused(client, signed):
    procedure = Procedure.objects.get(kind="reboa")
    before = list(BalloonInflation.objects.values_list("version", "deflated_min"))
    for what in ("incision", "inflate", "deflate"):
        answer = client.post(reverse("procedure-stamp", args=[procedure.uuid, what]), {"reason": "x"})
        assert answer.status_code == 422, what
    answer = client.post(reverse("procedure-shift", args=[procedure.uuid]), {"minutes": "5", "reason": "x"})
    assert answer.status_code == 422 and "signed" in said(answer)
    assert list(BalloonInflation.objects.values_list("version", "deflated_min")) == before


def test_the_case_page_offers_nothing_to_enter(client, signed):
    page = said(client.get(reverse("case-detail", args=[signed.uuid]))).partition("<main")[2]
    assert reverse("case-section", args=[signed.uuid, "lesions"]) not in page
    assert reverse("case-delete", args=[signed.uuid]) not in page
    assert reverse("case-report", args=[signed.uuid]) in page


# -- admin ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def admin(as_user, curator):
    return as_user(curator)


def test_admin_pages_and_their_rows_are_read_only(admin, signed):
    for record in (signed, signed.patient, Lesion.objects.get(), Procedure.objects.get(kind="reboa")):
        address = admin_url(type(record), "change", record.pk)
        answer = admin.get(address)
        assert answer.status_code == 200 and "signed" in said(answer)
        assert not answer.context["has_change_permission"]
        for rows in answer.context["inline_admin_formsets"]:
            assert not (rows.has_add_permission or rows.has_change_permission or rows.has_delete_permission)
        assert admin.post(address, {"version": record.version, "reason": "x"}).status_code == 403
        assert admin.post(admin_url(type(record), "delete", record.pk), {"post": "yes"}).status_code == 403


def test_a_new_row_of_a_signed_case_is_refused_in_the_admin(admin, signed):
    data = {"case": signed.pk, "timing": "before", "kind": "radiotherapy", "reason": "x"}
    answer = admin.post(admin_url(Treatment, "add"), data)
    assert answer.status_code == 200 and SENTENCE in said(answer)
    assert not Treatment.objects.exists()


def test_bulk_deletion_in_the_admin_is_refused_in_words(admin, signed):
    row = Assessment.objects.get()
    data = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes", "reason": "x"}
    answer = admin.post(admin_url(Assessment, "changelist"), data)
    assert answer.status_code == 200 and SENTENCE in said(answer)


def test_setting_a_field_of_several_records_leaves_the_signed_one_as_it_is(admin, signed):
    data = {"action": "set_disease_status", "_selected_action": [signed.pk], "value": "benign", "reason": "x"}
    shown = admin.post(admin_url(Case, "changelist"), data | {"step": "show"})
    assert [line.record for line in shown.context["refused"]] == [signed] and SENTENCE in said(shown)
    refused = admin.post(
        admin_url(Case, "changelist"), data | {"step": "change", f"version-{signed.pk}": signed.version}
    )
    assert refused.status_code == 200 and SENTENCE in said(refused)


# -- API --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def api(clinician):
    client = APIClient()
    client.force_authenticate(clinician)
    return client


def test_the_api_answers_423(api, signed):
    lesion = Lesion.objects.get()
    attempts = [
        api.patch(
            f"/api/v1/cases/{signed.uuid}/", {"version": 9, "age_years": 61, "reason": "x"}, format="json"
        ),
        api.delete(
            f"/api/v1/cases/{signed.uuid}/", {"version": signed.version, "reason": "x"}, format="json"
        ),
        api.patch(
            f"/api/v1/lesions/{lesion.uuid}/", {"version": 1, "side": "left", "reason": "x"}, format="json"
        ),
        api.delete(f"/api/v1/lesions/{lesion.uuid}/?version=1&reason=x"),
        api.post(
            "/api/v1/lesions/", {"case_id": str(signed.uuid), "levels": "L3", "reason": "x"}, format="json"
        ),
        api.post(
            "/api/v1/assessments/", {"case_id": str(signed.uuid), "time_point": "month_1"}, format="json"
        ),
        api.patch(
            f"/api/v1/patients/{signed.patient.uuid}/",
            {"version": 1, "sex": "male", "reason": "x"},
            format="json",
        ),
    ]
    for answer in attempts:
        assert answer.status_code == 423, answer.content
        assert answer.json()["title"] == "Locked" and "signed" in answer.json()["detail"]
    assert api.put(f"/api/v1/lesions/{lesion.uuid}/", {}, format="json").status_code == 405


def test_the_description_names_423(api):
    schema = api.get("/api/schema/?format=json").json()
    for method in ("patch", "delete"):
        assert "423" in schema["paths"]["/api/v1/lesions/{id}/"][method]["responses"]
    assert "423" in schema["paths"]["/api/v1/lesions/"]["post"]["responses"]


# -- commands, loaders, the wide door ----------------------------------------------------------------------------------


def test_the_write_door_refuses_the_registrys_own_parts_too(signed):
    lesion, patient = Lesion.objects.get(), Patient.objects.get()
    lesion.side, patient.sex = "left", "male"
    for record in (lesion, patient):
        with pytest.raises(ValidationError, match="signed"):
            records.save(record, by=TESTS, reason="import")
    for record in (lesion, signed):
        with pytest.raises(ValidationError, match="signed"):
            records.delete(record, by=TESTS, reason="import")
    with pytest.raises(ValidationError, match="signed"):
        records.save(Lesion(case=signed), by=TESTS, reason="import")


def test_the_wide_door_refuses_rows_beneath_a_signed_case(signed):
    other = factories.CaseFactory(patient__center=signed.center)
    count = Lesion.objects.count()
    with pytest.raises(ValidationError, match="signed"):
        bulk.load([Lesion(case=other, levels="S1"), Lesion(case=signed, levels="S2")], by=TESTS, reason="x")
    with pytest.raises(ValidationError, match="not signed by setting"):
        bulk.load([Case(patient=other.patient, status="signed")], by=TESTS, reason="x")
    assert Lesion.objects.count() == count
