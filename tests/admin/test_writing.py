"""What the admin writes goes through the write door; what the door refuses stands on the page."""

import pytest

from cases.models import Case, Diagnosis, Lesion, Patient
from outcomes.models import Assessment, Complication
from procedures.models import BalloonInflation, Procedure, TreatedLesion
from registry.core import records
from tests import factories
from tests.admin.pages import add_row, as_sent, change, problems, url


def last(record):
    return record.history.first()


# -- what is written ---


def test_a_change_leaves_history_with_user(as_curator, case):
    response = as_curator.get(change(case))
    response = as_curator.post(change(case), as_sent(response, height_cm="170,5"))
    assert response.status_code == 302, problems(response)
    case.refresh_from_db()
    assert str(case.height_cm) == "170.5"
    assert case.version == 2
    assert (last(case).history_user_name, last(case).history_type) == ("curator", "~")
    assert case.modified_by.username == "curator"


def test_a_patient_and_a_case_are_added(as_curator, center):
    response = as_curator.get(url(Patient, "add"))
    assert response.context["adminform"].form.initial["center"] == center.pk
    response = as_curator.post(url(Patient, "add"), as_sent(response, sex="male", hospital_number="4711"))
    assert response.status_code == 302, problems(response)
    patient = Patient.objects.get()
    assert patient.registry_id == "HEI-00001"
    assert last(patient).history_user_name == "curator"
    response = as_curator.get(url(Case, "add"), {"patient": patient.pk})
    assert response.context["adminform"].form.initial["patient"] == str(patient.pk)
    response = as_curator.post(url(Case, "add"), as_sent(response, patient=patient.pk))
    assert response.status_code == 302, problems(response)
    case = Case.objects.get()
    assert (case.number, case.status, case.center) == (1, "draft", center)


def test_rows_are_added_changed_and_deleted(as_curator, case):
    keep, drop = factories.LesionFactory(case=case), factories.LesionFactory(case=case)
    sent = as_sent(as_curator.get(change(case)), **{"lesions-0-volume_ml": "6,8", "lesions-1-DELETE": "on"})
    add_row(sent, "lesions", levels=["S2", "S1"], side="left", case=case.pk)
    response = as_curator.post(change(case), sent)
    assert response.status_code == 302, problems(response)
    keep.refresh_from_db()
    assert str(keep.volume_ml) == "6.80"
    assert not Lesion.objects.filter(pk=drop.pk).exists()
    new = case.lesions.exclude(pk=keep.pk).get()
    assert (new.levels, new.side) == ("S1;S2", "left")
    for row, kind in ((last(keep), "~"), (last(new), "+"), (Lesion.history.filter(id=drop.pk).first(), "-")):
        assert (row.history_type, row.history_user_name) == (kind, "curator")
    assert Case.objects.get().version == 1, "the case itself was not touched"


def test_unchanged_rows_are_left_alone(as_curator, case):
    lesion = factories.LesionFactory(case=case, missing={"volume_ml": "not_done", "zone_ala": "unknown"})
    response = as_curator.post(change(case), as_sent(as_curator.get(change(case)), height_cm="170"))
    assert response.status_code == 302, problems(response)
    lesion.refresh_from_db()
    assert lesion.version == 1
    assert lesion.missing == {"volume_ml": "not_done", "zone_ala": "unknown"}


def test_a_code_without_its_select_in_the_table_survives_until_a_value_comes(as_curator, case):
    lesion = factories.LesionFactory(case=case, missing={"zone_ala": "unknown", "zone_central": "unknown"})
    sent = as_sent(as_curator.get(change(case)), **{"lesions-0-zone_ala": "true"})
    response = as_curator.post(change(case), sent)
    assert response.status_code == 302, problems(response)
    lesion.refresh_from_db()
    assert lesion.zone_ala is True
    assert lesion.missing == {"zone_central": "unknown"}


def test_zero_is_a_value(as_curator, case):
    row = factories.AssessmentFactory(case=case)
    response = as_curator.post(change(row), as_sent(as_curator.get(change(row)), vas_pain="0", kps="0"))
    assert response.status_code == 302, problems(response)
    row.refresh_from_db()
    assert (row.vas_pain, row.kps) == (0, 0)
    assert as_sent(as_curator.get(change(row)))["kps"] == 0


def test_details_of_the_kind_are_entered_on_the_procedure(as_curator, case):
    procedure = factories.ProcedureFactory(case=case, kind="reboa")
    sent = as_sent(as_curator.get(change(procedure)), **{"reboa_details-0-aortic_diameter_mm": "17"})
    add_row(sent, "balloon_inflations", inflated_min="-5", deflated_min="55", procedure=procedure.pk)
    response = as_curator.post(change(procedure), sent)
    assert response.status_code == 302, problems(response)
    assert Procedure.objects.get().reboa_details.aortic_diameter_mm == 17
    assert BalloonInflation.objects.get().inflated_min == -5
    prefixes = [row.formset for row in as_curator.get(change(procedure)).context["inline_admin_formsets"]]
    assert next(rows for rows in prefixes if rows.prefix == "reboa_details").total_form_count() == 1


def test_an_open_sheet_that_is_left_empty_is_not_saved(as_curator, case):
    procedure = factories.ProcedureFactory(case=case, kind="reboa")
    response = as_curator.post(change(procedure), as_sent(as_curator.get(change(procedure)), notes="x"))
    assert response.status_code == 302, problems(response)
    assert Procedure.objects.get().details is None


def test_becoming_complete_together_with_what_was_lacking(as_curator, center):
    from tests.admin.conftest import complete_case

    case = complete_case(center)
    case.status = "draft"
    records.save(case, by=factories.TESTS, reason="again")
    row = case.assessments.get()
    row.vas_pain = None
    records.save(row, by=factories.TESTS)
    sent = as_sent(as_curator.get(change(case)), status="complete", **{"assessments-0-vas_pain": "7"})
    response = as_curator.post(change(case), sent)
    assert response.status_code == 302, problems(response)
    assert Case.objects.get().status == "complete"


# -- what is refused ---


def test_a_broken_rule_stands_at_its_field_and_nothing_typed_is_lost(as_curator, case):
    sent = as_sent(as_curator.get(change(case)), height_cm="999", notes="typed with care 😀 ‮אבג")
    response = as_curator.post(change(case), sent)
    assert response.status_code == 200
    assert "Height: 999 cm is above 250 cm. Accepted: 40 to 250 cm." in problems(response)
    assert "typed with care 😀" in response.content.decode()
    assert '<li><a href="#id_height_cm">Height: 999 cm is above' in response.content.decode()
    assert Case.objects.get().height_cm is None


def test_a_broken_rule_in_a_row_stands_in_the_row(as_curator, case):
    factories.LesionFactory(case=case)
    sent = as_sent(as_curator.get(change(case)), **{"lesions-0-volume_ml": "0"}, height_cm="170")
    response = as_curator.post(change(case), sent)
    assert response.status_code == 200
    assert "Lesion volume: 0 mL is not above 0 mL." in response.content.decode()
    assert Case.objects.get().height_cm is None, "nothing is written when a row is refused"


def test_rows_that_contradict_each_other_are_refused_on_the_page(as_curator, case):
    """Each row is right by itself; only writing both shows the clash."""
    procedure = factories.ProcedureFactory(case=case, kind="reboa")
    sent = as_sent(as_curator.get(change(procedure)))
    add_row(sent, "balloon_inflations", inflated_min="0", deflated_min="60", procedure=procedure.pk)
    add_row(sent, "balloon_inflations", inflated_min="30", deflated_min="90", procedure=procedure.pk)
    response = as_curator.post(change(procedure), sent)
    assert response.status_code == 200
    assert "overlaps inflation 1" in response.content.decode()
    assert not BalloonInflation.objects.exists()


def test_a_refusal_at_a_hidden_field_is_seen(as_curator, case):
    procedure = factories.ProcedureFactory(case=case, complications_answered="none")
    sent = as_sent(as_curator.get(change(procedure)))
    add_row(sent, "complications", kind="bleeding", procedure=procedure.pk)
    response = as_curator.post(change(procedure), sent)
    assert response.status_code == 200
    assert "says that there was no complication" in response.content.decode()
    assert not Complication.objects.exists()


@pytest.mark.parametrize("typed", ["<b>", "6.8.1", "6,8,1", "1e3", "NaN", "−7", "6 8"])
def test_what_is_no_number_is_said_to_be_none(typed, as_curator, case):
    response = as_curator.post(change(case), as_sent(as_curator.get(change(case)), weight_kg=typed))
    if response.status_code == 302:
        pytest.fail(f"{typed!r} was taken as {Case.objects.get().weight_kg}")
    assert "weight_kg" in response.context["adminform"].form.errors


@pytest.mark.parametrize("name", ["notes", "diagnosis_text", "weight_kg", "status", "index_date", "reason"])
def test_null_characters_are_refused_everywhere(name, as_curator, case):
    sent = as_sent(as_curator.get(change(case)), **{name: "a\x00b"})
    response = as_curator.post(change(case), sent)
    assert response.status_code in (200, 302)
    if name != "reason":
        assert response.status_code == 200
        assert name in response.context["adminform"].form.errors


def test_a_wrong_code_is_named_with_the_list(as_curator, case):
    sent = as_sent(as_curator.get(change(case)), disease_status="wild", imaging=["ct", "x-ray"])
    response = as_curator.post(change(case), sent)
    found = problems(response)
    assert "“wild” is not one of: primary, metastasis, systemic, benign" in found
    assert "“x-ray” is not one of" in found


def test_a_value_and_a_missing_code_are_refused_together(as_curator, case):
    sent = as_sent(as_curator.get(change(case)), inr="1.1", inr__missing="unknown")
    assert "has a value and a missing code" in problems(as_curator.post(change(case), sent))


def test_a_wrong_missing_code_is_refused(as_curator, case):
    sent = as_sent(as_curator.get(change(case)), inr__missing="perhaps")
    assert "is not one of the missing codes" in problems(as_curator.post(change(case), sent))


def test_a_complete_case_that_lacks_something_says_what(as_curator, case):
    response = as_curator.post(change(case), as_sent(as_curator.get(change(case)), status="complete"))
    assert response.status_code == 200
    errors = response.context["adminform"].form.errors["status"]
    assert "Lesions: enter at least one lesion." in errors
    assert "Procedures: enter at least one procedure." in errors
    assert Case.objects.get().status == "draft"


def test_a_complete_case_asks_for_the_reason_and_keeps_it(as_curator, settled):
    response = as_curator.get(change(settled))
    assert "reason" in response.context["adminform"].form.fields
    response = as_curator.post(change(settled), as_sent(response, weight_kg="70"))
    assert response.context["adminform"].form.errors["reason"] == [
        "This case is complete. Say why you change it."
    ]
    response = as_curator.post(
        change(settled), as_sent(response, weight_kg="70", reason="found in the chart")
    )
    assert response.status_code == 302, problems(response)
    assert last(Case.objects.get()).history_change_reason == "found in the chart"


def test_the_reason_of_the_page_serves_its_rows(as_curator, settled):
    sent = as_sent(as_curator.get(change(settled)), **{"lesions-0-volume_ml": "7"})
    response = as_curator.post(change(settled), sent)
    assert response.status_code == 200
    assert "Say why you change it" in response.content.decode()
    response = as_curator.post(change(settled), {**sent, "reason": "measured again"})
    assert response.status_code == 302, problems(response)
    assert last(settled.lesions.get()).history_change_reason == "measured again"


def test_a_new_row_of_a_complete_case_can_give_its_reason_on_the_add_page(as_curator, settled):
    address = f"{url(Lesion, 'add')}?case={settled.pk}"
    sent = as_sent(as_curator.get(address), levels=["S3"], case=settled.pk)
    response = as_curator.post(address, sent)
    assert "reason" in response.context["adminform"].form.errors
    response = as_curator.post(address, {**sent, "reason": "seen on the later scan"})
    assert response.status_code == 302, problems(response)
    assert last(settled.lesions.get(levels="S3")).history_change_reason == "seen on the later scan"


def test_a_complete_case_can_change_its_only_treated_lesion_row(as_curator, settled):
    """The last row of a kind goes and another comes: the case is never without one."""
    procedure = settled.procedures.get()
    second = factories.LesionFactory(case=settled, levels="S2")
    sent = as_sent(
        as_curator.get(change(procedure)), **{"treated_lesions-0-DELETE": "on"}, reason="wrong lesion"
    )
    add_row(
        sent,
        "treated_lesions",
        lesion=second.pk,
        approach="transiliac",
        cement_volume_ml="5",
        leak_sites=["none"],
        procedure=procedure.pk,
    )
    response = as_curator.post(change(procedure), sent)
    assert response.status_code == 302, problems(response)
    assert TreatedLesion.objects.get().lesion == second


def test_taking_away_what_a_complete_case_needs_is_refused_on_the_page(as_curator, settled):
    sent = as_sent(as_curator.get(change(settled)), **{"assessments-0-DELETE": "on"}, reason="double")
    response = as_curator.post(change(settled), sent)
    assert response.status_code == 200
    assert "enter the scores before the procedure" in response.content.decode()
    assert Assessment.objects.count() == 1


def test_a_foreign_record_is_not_a_choice(as_curator, other_center, case):
    foreign = factories.PatientFactory(center=other_center)
    sent = as_sent(as_curator.get(url(Case, "add")), patient=foreign.pk)
    response = as_curator.post(url(Case, "add"), sent)
    assert "Select a valid choice" in response.context["adminform"].form.errors["patient"][0]
    lesion = factories.LesionFactory(case=factories.CaseFactory(patient=foreign))
    procedure = factories.ProcedureFactory(case=case)
    sent = add_row(as_sent(as_curator.get(change(procedure))), "treated_lesions", lesion=lesion.pk)
    response = as_curator.post(change(procedure), sent)
    assert "Select a valid choice" in problems(response)


def test_a_foreign_row_smuggled_into_the_table_is_refused(as_curator, other_center, case):
    factories.LesionFactory(case=case)
    foreign = factories.LesionFactory(
        case=factories.CaseFactory(patient=factories.PatientFactory(center=other_center))
    )
    sent = as_sent(as_curator.get(change(case)), **{"lesions-0-id": foreign.pk, "lesions-0-side": "left"})
    response = as_curator.post(change(case), sent)
    assert response.status_code == 200
    foreign.refresh_from_db()
    assert foreign.side is None
    sent = as_sent(as_curator.get(change(case)), **{"lesions-0-id": foreign.pk, "lesions-0-DELETE": "on"})
    as_curator.post(change(case), sent)
    assert Lesion.objects.filter(pk=foreign.pk).exists()


def test_a_published_parent_is_not_a_choice(as_curator, published_case):
    address = url(Lesion, "add")
    response = as_curator.post(address, as_sent(as_curator.get(address), case=published_case.pk))
    assert "Select a valid choice" in response.context["adminform"].form.errors["case"][0]


def test_suggestions_stay_within_the_centre(as_curator, case, other_center, published_case):
    foreign = factories.PatientFactory(center=other_center)
    query = {"app_label": "cases", "model_name": "case", "field_name": "patient", "term": ""}
    found = as_curator.get("/admin/autocomplete/", query).json()["results"]
    assert [entry["text"] for entry in found] == [case.patient.registry_id]
    assert str(foreign.pk) not in {entry["id"] for entry in found}


@pytest.mark.parametrize("tampered", [{"lesions-TOTAL_FORMS": "abc"}, {"version": ""}])
def test_tampered_forms_are_refused_or_taken_without_harm(tampered, as_curator, case):
    factories.LesionFactory(case=case)
    sent = as_sent(as_curator.get(change(case)), height_cm="170", **tampered)
    response = as_curator.post(change(case), sent)
    assert response.status_code == 200
    assert Case.objects.get().height_cm is None


def test_no_more_rows_are_built_than_any_record_has(as_curator, case):
    sent = as_sent(as_curator.get(change(case)), **{"lesions-TOTAL_FORMS": "100000"})
    formsets = as_curator.post(change(case), sent).context["inline_admin_formsets"]
    lesions = next(one.formset for one in formsets if one.formset.prefix == "lesions")
    assert len(lesions.forms) == 100
    assert lesions.non_form_errors()


def test_what_never_changes_is_not_offered(as_curator, case, other_center):
    form = as_curator.get(change(case)).context["adminform"].form
    assert "patient" not in form.fields
    other = factories.PatientFactory(center=other_center)
    as_curator.post(change(case), as_sent(as_curator.get(change(case)), patient=other.pk, height_cm="170"))
    case.refresh_from_db()
    assert case.patient_id != other.pk
    procedure = factories.ProcedureFactory(case=case, kind="rfa")
    assert "kind" not in as_curator.get(change(procedure)).context["adminform"].form.fields


def test_an_e_mail_and_codes_of_diagnoses_are_kept_by_superusers_only(as_curator, boss, client):
    diagnosis = factories.DiagnosisFactory()
    assert as_curator.get(change(diagnosis)).status_code == 200
    assert as_curator.post(change(diagnosis), {"label": "x"}).status_code == 403
    client.force_login(boss)
    response = client.post(change(diagnosis), as_sent(client.get(change(diagnosis)), label="Chordoma"))
    assert response.status_code == 302, problems(response)
    assert Diagnosis.objects.get().label == "Chordoma"


# -- unusual values ---


def test_an_unusual_value_is_saved_and_named(as_curator, case):
    response = as_curator.post(
        change(case), as_sent(as_curator.get(change(case)), height_cm="120"), follow=True
    )
    assert Case.objects.get().height_cm == 120
    assert "Height: 120 cm is below the usual 130 cm." in response.content.decode()


def test_a_reason_explains_the_unusual_values_of_the_page_and_its_rows(as_curator, case):
    factories.LesionFactory(
        case=case,
        volume_ml=50,
        diameter_longest_mm=30,
        diameter_perpendicular_mm=30,
        diameter_craniocaudal_mm=30,
    )
    sent = as_sent(as_curator.get(change(case)), height_cm="120", unusual_reason="measured twice")
    response = as_curator.post(change(case), sent, follow=True)
    assert "unusual" not in response.content.decode().split("<main")[1].split("messagelist")[-1][:400]
    case = Case.objects.get()
    assert case.confirmed["height_cm"]["reason"] == "measured twice"
    assert case.confirmed["height_cm"]["who"] == "curator"
    assert case.lesions.get().confirmed["volume_ml"]["reason"] == "measured twice"


def test_the_page_names_what_nobody_has_explained(as_curator, center):
    case = factories.CaseFactory(patient=factories.PatientFactory(center=center), inr="3")
    assert "INR: 3 is above the usual 1.5." in as_curator.get(change(case)).content.decode()


def test_the_same_hospital_number_is_a_hint_never_a_refusal(as_curator, center):
    first = factories.PatientFactory(center=center, hospital_number="47-11")
    response = as_curator.get(url(Patient, "add"))
    response = as_curator.post(url(Patient, "add"), as_sent(response, hospital_number="4711"), follow=True)
    assert Patient.objects.count() == 2
    assert first.registry_id in response.content.decode()
    found = as_curator.get(url(Patient, "changelist"), {"q": "4711"}).context["cl"].result_list
    assert len(found) == 2
