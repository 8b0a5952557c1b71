"""The section editor over HTTP: who may, what is answered per field, rows that come and go, and a bounded cost."""

import json
import uuid

import pytest
from django.urls import reverse

from cases import editor
from cases.models import Case, Lesion, Patient, Treatment
from procedures.models import Procedure
from registry.access.models import AccessEvent
from registry.core import records
from tests import factories
from tests.core.test_write_door import complete
from tests.factories import TESTS, LesionFactory

SECTIONS = ("patient", "lesions", "procedures", "outcomes", "complications", "followup", "review")


def section(case, slug="patient"):
    return reverse("case-section", args=[case.uuid, slug])


def save(client, record, fields, **more):
    body = {"fields": {name: [value] if value else [] for name, value in fields.items()}, **more}
    return client.post(
        reverse("record-save", args=[record._meta.model_name, record.uuid]),
        json.dumps(body),
        content_type="application/json",
    )


@pytest.fixture
def lesion(case):
    return LesionFactory(case=case)


# -- who may -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", SECTIONS)
def test_a_section_is_shown_to_those_who_write(
    slug, as_clinician, as_researcher, as_outsider, as_anonymous, case
):
    assert as_clinician.get(section(case, slug)).status_code == 200
    assert as_researcher.get(section(case, slug)).status_code == 403
    assert as_outsider.get(section(case, slug)).status_code == 404
    assert as_anonymous.get(section(case, slug)).status_code == 302


def test_the_sections_are_complete_and_in_order(as_clinician, case):
    assert [found.slug for found in editor.sections()] == list(SECTIONS)
    assert as_clinician.get(section(case, "nothing")).status_code == 404


def test_a_record_is_saved_by_those_who_write(as_researcher, as_outsider, as_anonymous, lesion):
    assert save(as_researcher, lesion, {"volume_ml": "5"}).status_code == 403
    assert save(as_outsider, lesion, {"volume_ml": "5"}).status_code == 404
    assert save(as_anonymous, lesion, {"volume_ml": "5"}).status_code == 302
    assert Lesion.objects.get(pk=lesion.pk).volume_ml is None


def test_an_ended_session_answers_401_to_a_page_that_must_stay(as_anonymous, lesion):
    answer = as_anonymous.post(
        reverse("record-save", args=["lesion", lesion.uuid]),
        "{}",
        content_type="application/json",
        headers={"X-Stay-On-Page": "1"},
    )
    assert answer.status_code == 401


def test_signing_in_again_answers_with_json(as_anonymous, clinician):
    address = reverse("sign-in-again")
    refused = as_anonymous.post(address, {"username": "clinician", "password": "wrong"})
    assert refused.status_code == 422
    assert refused.json()["errors"]
    taken = as_anonymous.post(address, {"username": "clinician", "password": factories.PASSWORD})
    assert taken.json() == {"user": "clinician"}
    assert as_anonymous.get(address).status_code == 405


def test_a_section_of_a_complete_case_asks_why(as_clinician, case):
    page = as_clinician.get(section(complete(case)))
    assert b'id="change-reason"' in page.content


def test_the_editor_begins_where_something_is_lacking(as_clinician, case):
    address = reverse("case-editor", args=[case.uuid])
    assert as_clinician.get(address).url == section(case, "lesions")
    case.disease_status = None
    records.save(case, by=TESTS)
    assert as_clinician.get(address).url == section(case, "patient")


def test_reading_who_the_patient_is_leaves_a_note(as_clinician, case):
    as_clinician.get(section(case))
    assert AccessEvent.objects.filter(kind="identity_read", subject=str(case)).count() == 1


def test_a_page_with_patients_is_not_kept_by_the_browser(as_clinician, case):
    assert "no-store" in as_clinician.get(section(case))["Cache-Control"]


# -- saving ------------------------------------------------------------------------------------------------------------


def test_the_answer_says_what_became_of_each_field(as_clinician, case):
    answer = save(as_clinician, case, {"height_cm": "171,5", "weight_kg": "x", "age_years": "12"}).json()
    prefix = f"case-{case.uuid}"
    assert answer["written"]
    assert list(answer["errors"]) == [f"{prefix}-weight_kg"]
    assert answer["saved"][f"{prefix}-height_cm"] == ["171.5"]
    assert "171.5 cm" in answer["slots"][f"notes-{prefix}-height_cm"]
    assert "not a number" in answer["slots"][f"notes-{prefix}-weight_kg"]
    assert "confirm__age_years" in answer["slots"][f"notes-{prefix}-age_years"]
    assert "editor-nav" in answer["slots"]


def test_a_sacral_lesion_of_68_ml_is_asked_about(as_clinician, lesion):
    """The decimal separator was left out; the slip is stored and does not pass unnoticed."""
    lesion.levels = "S1"
    records.save(lesion, by=TESTS)
    answer = save(as_clinician, lesion, {"volume_ml": "68"}).json()
    notes = answer["slots"][f"notes-lesion-{lesion.uuid}-volume_ml"]
    assert "68 mL is above the usual 15 mL of a sacral lesion" in notes
    assert "confirm__volume_ml" in notes
    assert (
        "confirm__"
        not in save(as_clinician, lesion, {"volume_ml": "6.8"}).json()["slots"][
            f"notes-lesion-{lesion.uuid}-volume_ml"
        ]
    )


def test_computed_values_come_with_the_answer(as_clinician, case):
    answer = save(as_clinician, case, {"height_cm": "170", "weight_kg": "70"}).json()
    assert "24.2" in answer["slots"][f"derived-case-{case.uuid}"]


def test_a_conflict_names_both_values_and_who(as_clinician, case, curator):
    theirs = Case.objects.get(pk=case.pk)
    theirs.height_cm = 180
    records.save(theirs, by=curator)
    answer = save(as_clinician, case, {"height_cm": "171"}, base={"height_cm": []}).json()
    name = f"case-{case.uuid}-height_cm"
    assert answer["conflicts"] == [name]
    notes = answer["slots"][f"notes-{name}"]
    assert all(text in notes for text in ("171", "180", curator.username))


def test_a_conflict_names_who_changed_the_field_not_who_saved_last(as_clinician, clinician, case, curator):
    theirs = Case.objects.get(pk=case.pk)
    theirs.height_cm = 180
    records.save(theirs, by=curator)
    save(as_clinician, case, {"inr": "1.1"})
    both = {"height_cm": "171", "weight_kg": "70"}
    answer = save(as_clinician, case, both, base={"height_cm": [], "weight_kg": []}).json()
    assert Case.objects.get(pk=case.pk).weight_kg == 70
    notes = answer["slots"][f"notes-case-{case.uuid}-height_cm"]
    assert curator.username in notes
    assert clinician.username not in notes


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        "{",
        '{"fields": 1}',
        '{"fields": {"a": 1}}',
        '{"fields": {"height_cm": null}}',
        '{"confirm": []}',
        '{"reason": "\\u0000"}',
        json.dumps({"fields": {f"f{n}": ["x"] for n in range(300)}}),
    ],
)
def test_a_body_that_no_page_sends_is_refused(as_clinician, case, body):
    answer = as_clinician.post(
        reverse("record-save", args=["case", case.uuid]), body, content_type="application/json"
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "value", ["1e9", "-1", "999999999999999999999", "6.8.1", "６８", "a" * 19_000, "\x00", "NaN", "∞", " "]
)
def test_no_text_in_a_number_breaks_anything(as_clinician, case, value):
    answer = save(as_clinician, case, {"height_cm": value})
    assert answer.status_code == 200
    assert Case.objects.get(pk=case.pk).height_cm is None


@pytest.mark.parametrize("model", ["user", "center", "diagnosis", "nothing"])
def test_only_records_of_a_case_are_saved_here(as_clinician, case, model):
    address = reverse("record-save", args=[model, case.uuid])
    assert as_clinician.post(address, "{}", content_type="application/json").status_code == 404


# -- rows --------------------------------------------------------------------------------------------------------------


def test_a_lesion_is_added_once_per_token(as_clinician, case):
    token = str(uuid.uuid4())
    for _click in range(2):
        answer = as_clinician.post(reverse("lesion-add", args=[case.uuid]), {"token": token})
        assert answer.status_code == 200
        assert b"data-row" in answer.content
    assert [str(lesion.uuid) for lesion in case.lesions.all()] == [token]


def test_a_treatment_is_added_with_its_kind(as_clinician, case):
    address = reverse("treatment-add", args=[case.uuid])
    as_clinician.post(address, {"kind": "radiotherapy", "timing": "before"})
    assert Treatment.objects.get(case=case).kind == "radiotherapy"
    refused = as_clinician.post(address, {"kind": "nothing", "timing": "before"})
    assert refused.status_code == 422
    assert Treatment.objects.filter(case=case).count() == 1


def test_a_row_is_removed_with_its_history_kept(as_clinician, as_outsider, lesion):
    address = reverse("record-remove", args=["lesion", lesion.uuid])
    assert as_outsider.post(address).status_code == 404
    assert as_clinician.get(address).status_code == 405
    assert as_clinician.post(address).status_code == 200
    assert not Lesion.objects.filter(pk=lesion.pk).exists()
    assert Lesion.history.filter(id=lesion.pk, history_type="-").exists()
    assert as_clinician.post(address).status_code == 404


def test_a_row_that_others_need_is_not_removed(as_clinician, case):
    case = complete(case)
    lesion = case.lesions.get()
    answer = as_clinician.post(
        reverse("record-remove", args=["lesion", lesion.uuid]), {"reason": "entered twice"}
    )
    assert answer.status_code == 422
    assert Lesion.objects.filter(pk=lesion.pk).exists()


# -- the start ---------------------------------------------------------------------------------------------------------


def test_a_case_begins_with_what_it_needs_to_exist(as_clinician, center):
    diagnosis = factories.DiagnosisFactory()
    answer = as_clinician.post(
        reverse("case-new"),
        {
            "patient-sex": "female",
            "patient-hospital_number": "4711",
            "age_years": "58",
            "diagnosis": diagnosis.pk,
            "procedure-kind": "sacroplasty",
            "token": str(uuid.uuid4()),
        },
    )
    case = Case.objects.get()
    assert answer.url == reverse("case-editor", args=[case.uuid])
    assert (case.status, case.age_years, case.diagnosis) == ("draft", 58, diagnosis)
    assert case.patient.sex == "female"
    procedure = Procedure.objects.get(case=case)
    assert procedure.kind == "sacroplasty"
    assert procedure.details is not None


def test_a_case_may_begin_with_nothing_known(as_clinician, center):
    as_clinician.post(reverse("case-new"), {"token": str(uuid.uuid4())})
    assert Case.objects.get().procedures.count() == 0


def test_what_is_refused_at_the_start_writes_nothing(as_clinician, center):
    answer = as_clinician.post(
        reverse("case-new"),
        {
            "age_years": "580",
            "procedure-kind": "rfa",
            "patient-birth_year": "1640",
            "token": str(uuid.uuid4()),
        },
    )
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "580" in text
    assert "1640" in text
    assert not Case.objects.exists()
    assert not Patient.objects.exists()
    assert not Procedure.objects.exists()


# -- how the sections stand --------------------------------------------------------------------------------------------


def states(case):
    loaded = editor.load(Case.objects.all()).get(pk=case.pk)
    return {found.section.slug: str(found.state) for found in editor.standings(loaded)}


def test_sections_say_how_they_stand(case):
    assert states(case)["lesions"] == "empty"
    lesion = LesionFactory(case=case, levels=None, side="left")
    assert states(case)["lesions"] == "in_progress"
    lesion.levels = "S1"
    records.save(lesion, by=TESTS)
    assert states(case)["lesions"] == "complete"
    case.age_years = 12
    records.save(case, by=TESTS)
    assert states(case)["patient"] == "warnings"


def test_a_complete_case_stands_complete(case):
    found = states(complete(case))
    assert found["review"] == "complete"
    assert set(found.values()) <= {"complete", "empty"}


# -- cost --------------------------------------------------------------------------------------------------------------

#: Queries of one save that changes a value, and of one section, whatever the size of the case.
SAVE_QUERIES = 40
SECTION_QUERIES = 50


def grow(case):
    lesion = LesionFactory(case=case, levels="S1")
    procedure = factories.ProcedureFactory(case=case)
    factories.SacroplastyDetailsFactory(procedure=procedure)
    factories.TreatedLesionFactory(procedure=procedure, lesion=lesion, leak_sites="venous")


def test_a_save_costs_the_same_whatever_the_size_of_the_case(
    as_clinician, case, lesion, django_assert_max_num_queries
):
    def cost(number):
        with django_assert_max_num_queries(SAVE_QUERIES) as counted:
            assert save(as_clinician, lesion, {"volume_ml": str(number)}).json()["written"]
        return len(counted)

    grow(case)
    cost(2)  # what is read once per process
    small = cost(3)
    for _more in range(4):
        grow(case)
    assert cost(4) == small


@pytest.mark.parametrize("slug", SECTIONS)
def test_a_section_costs_the_same_whatever_the_size_of_the_case(
    slug, as_clinician, case, django_assert_max_num_queries
):
    def cost():
        with django_assert_max_num_queries(SECTION_QUERIES) as counted:
            assert as_clinician.get(section(case, slug)).status_code == 200
        return len(counted)

    grow(case)
    cost()  # what is read once per process
    small = cost()
    for _more in range(3):
        grow(case)
    assert cost() == small


# -- other people, other centres, other cases --------------------------------------------------------------------------


def test_a_row_of_another_centre_is_not_found_by_its_public_id(as_clinician, case, other_center):
    theirs = LesionFactory(
        case=factories.CaseFactory(patient=factories.PatientFactory(center=other_center)), volume_ml=77
    )
    answer = as_clinician.post(reverse("lesion-add", args=[case.uuid]), {"token": str(theirs.uuid)})
    assert str(theirs.uuid) not in answer.content.decode()
    assert Lesion.objects.get(case=case).uuid != theirs.uuid
    assert Lesion.objects.get(pk=theirs.pk).version == 1


def test_a_patient_with_a_complete_case_asks_why_on_the_page_of_a_draft(as_clinician, case):
    complete(case)
    draft = factories.CaseFactory(patient=case.patient, number=2)
    assert b'id="change-reason"' in as_clinician.get(section(draft)).content
    assert b'id="change-reason"' not in as_clinician.get(section(draft, "lesions")).content


def test_the_side_list_stays_that_of_the_case_on_the_page(as_clinician, case):
    factories.CaseFactory(patient=case.patient, number=2)
    address = reverse("record-save", args=["patient", case.patient.uuid])
    answer = as_clinician.post(
        f"{address}?section=patient&case={case.uuid}",
        json.dumps({"fields": {"birth_year": ["1961"]}}),
        content_type="application/json",
    ).json()
    assert str(case.uuid) in answer["slots"]["editor-nav"]
    case.patient.sex = None
    records.save(case.patient, by=TESTS)
    groups = as_clinician.get(section(case, "review")).context["groups"]
    assert all(str(case.uuid) in url for group in groups for _message, url in group["missing"])


def test_nothing_is_saved_under_another_name_than_the_page_was_opened_with(as_clinician, lesion, curator):
    def save_as(user):
        return as_clinician.post(
            reverse("record-save", args=["lesion", lesion.uuid]),
            json.dumps({"fields": {"volume_ml": ["5"]}}),
            content_type="application/json",
            headers={"X-Opened-By": str(user.pk)},
        )

    assert save_as(curator).status_code == 401
    assert Lesion.objects.get(pk=lesion.pk).volume_ml is None


def test_a_row_that_somebody_has_changed_is_not_removed_unseen(as_clinician, lesion, curator):
    seen = lesion.version
    theirs = Lesion.objects.get(pk=lesion.pk)
    theirs.volume_ml = 5
    records.save(theirs, by=curator)
    address = reverse("record-remove", args=["lesion", lesion.uuid])
    assert as_clinician.post(address, {"version": seen}).status_code == 409
    assert as_clinician.post(address, {"version": theirs.version}).status_code == 200


def test_a_long_text_is_kept_whole(as_clinician, case):
    text = "word " * 5000
    assert save(as_clinician, case, {"notes": text}).json()["written"]
    assert Case.objects.get(pk=case.pk).notes == text.strip()


@pytest.mark.parametrize("text", ["\\ud800", "\\u0000"])
def test_a_text_that_no_database_holds_is_refused_at_its_field(as_clinician, case, text):
    body = '{"fields": {"notes": ["x' + text.replace("\\\\", "\\") + '"], "height_cm": ["170"]}}'
    answer = as_clinician.post(
        reverse("record-save", args=["case", case.uuid]), body, content_type="application/json"
    )
    assert answer.status_code == 200
    assert f"case-{case.uuid}-notes" in answer.json()["errors"]
    assert Case.objects.get(pk=case.pk).height_cm == 170


def test_a_reason_that_no_database_holds_is_refused(as_clinician, case):
    answer = as_clinician.post(
        reverse("treatment-add", args=[case.uuid]),
        {"kind": "radiotherapy", "timing": "before", "reason": "a\x00b"},
    )
    assert answer.status_code == 422
    assert not Treatment.objects.filter(case=case).exists()


def test_a_value_that_a_complete_case_needs_is_refused_alone(as_clinician, case):
    case = complete(case)
    answer = save(as_clinician, case, {"age_years": "", "height_cm": "181.5"}, reason="measured again").json()
    assert answer["written"]
    assert list(answer["errors"]) == [f"case-{case.uuid}-age_years"]
    assert str(Case.objects.get(pk=case.pk).height_cm) == "181.5"


# -- links -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["reboa", "sacroplasty", "vertebroplasty", "rfa"])
def test_every_link_of_the_review_leads_to_something_on_its_page(kind, as_clinician, case):
    lesion = LesionFactory(case=case, levels=None)
    procedure = factories.ProcedureFactory(case=case, kind=kind)
    details = {
        "reboa": factories.ReboaDetailsFactory,
        "sacroplasty": factories.SacroplastyDetailsFactory,
        "vertebroplasty": factories.VertebroplastyDetailsFactory,
        "rfa": factories.RfaDetailsFactory,
    }[kind]
    details(procedure=procedure)
    if kind == "reboa":
        factories.BalloonInflationFactory(
            procedure=procedure, inflated_min=0, deflated_min=100, aortic_zone="zone_iii"
        )
    else:
        treated = factories.TreatedLesionFactory(procedure=procedure, lesion=lesion, cement_volume_ml=29)
        if kind == "rfa":
            factories.AblationFactory(treated_lesion=treated, power_w=200)
    factories.AssessmentFactory(case=case, time_point="baseline", vas_pain=None)
    review = as_clinician.get(section(case, "review"))
    links = [
        url for group in review.context["groups"] for _message, url in [*group["missing"], *group["unusual"]]
    ]
    assert len(links) > 5
    for link in links:
        address, _hash, anchor = link.partition("#")
        page = as_clinician.get(address)
        assert page.status_code == 200
        if anchor:
            assert f'id="{anchor}"' in page.content.decode(), link
