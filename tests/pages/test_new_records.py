"""Forms that make something new: rows, a procedure with the details of its kind, a case."""

import uuid

import pytest
from django.urls import reverse

from cases.models import Case, Lesion, Patient
from procedures.models import Procedure, ReboaDetails, SacroplastyDetails
from registry.access.models import Center, Membership
from tests.factories import (
    CaseFactory,
    CenterFactory,
    LesionFactory,
    PatientFactory,
    ProcedureFactory,
    PublicationFactory,
    UserFactory,
)
from tests.pages.conftest import form_data
from tests.pages.test_record_forms import HUGE, send

# -- new rows ------------------------------------------------------------------------------------------------


def new_lesion(case):
    return reverse("lesion-new", args=[case.uuid])


def test_a_new_row_is_numbered_and_belongs_to_its_parent(as_clinician, case):
    page = as_clinician.get(new_lesion(case))
    response = as_clinician.post(new_lesion(case), {**form_data(page), "levels": ["L3", "L4"]})
    assert response.status_code == 302
    lesion = Lesion.objects.get()
    assert (lesion.case, lesion.number, lesion.levels) == (case, 1, "L3;L4")
    assert response.url == reverse("case-detail", args=[case.uuid]) + "#lesions"


def test_save_and_add_another_opens_the_next_form(as_clinician, case):
    page = as_clinician.get(new_lesion(case))
    response = as_clinician.post(new_lesion(case), {**form_data(page), "levels": "S1", "add_another": "1"})
    assert response.status_code == 302 and response.url == new_lesion(case)


def test_an_outsider_cannot_add_to_a_foreign_case(as_outsider, case):
    assert as_outsider.get(new_lesion(case)).status_code == 404
    assert as_outsider.post(new_lesion(case), {"levels": "S1"}).status_code == 404
    assert not Lesion.objects.exists()


def test_the_same_form_sent_twice_makes_one_record(as_clinician, case):
    data = {**form_data(as_clinician.get(new_lesion(case))), "levels": "S1", "volume_ml": "7"}
    first, second = as_clinician.post(new_lesion(case), data), as_clinician.post(new_lesion(case), data)
    assert (first.status_code, second.status_code) == (302, 302)
    assert first.url == second.url
    assert Lesion.objects.get().version == 1


def test_the_same_form_sent_again_with_other_values_is_a_choice(as_clinician, case):
    data = {**form_data(as_clinician.get(new_lesion(case))), "levels": "S1", "volume_ml": "7"}
    as_clinician.post(new_lesion(case), data)
    again = as_clinician.post(new_lesion(case), {**data, "volume_ml": "8"})
    assert again.status_code == 409
    assert "saved before" in again.content.decode()
    chosen = as_clinician.post(new_lesion(case), {**form_data(again), "choice__volume_ml": "mine"})
    assert chosen.status_code == 302
    assert str(Lesion.objects.get().volume_ml) in ("8", "8.00")


def test_a_token_of_a_foreign_record_reveals_and_changes_nothing(as_clinician, case):
    foreign = LesionFactory()
    data = {**form_data(as_clinician.get(new_lesion(case))), "levels": "S1", "token": str(foreign.uuid)}
    assert as_clinician.post(new_lesion(case), data).status_code == 302
    assert Lesion.objects.count() == 2
    foreign.refresh_from_db()
    assert foreign.version == 1


@pytest.mark.parametrize("token", ["", "no-uuid", HUGE])
def test_a_broken_token_does_no_harm(as_clinician, case, token):
    data = {**form_data(as_clinician.get(new_lesion(case))), "levels": "S1", "token": token}
    assert as_clinician.post(new_lesion(case), data).status_code == 302


def test_a_lesion_of_another_case_is_refused_in_the_rule_s_words(as_clinician, case, center):
    procedure = ProcedureFactory(case=case)
    other = LesionFactory(case=CaseFactory(patient=PatientFactory(center=center)))
    url = reverse("treatedlesion-new", args=[procedure.uuid])
    page = as_clinician.get(url)
    assert f'<option value="{other.pk}"' not in page.content.decode()
    html = as_clinician.post(url, {**form_data(page), "lesion": other.pk}).content.decode()
    assert "Lesion: belongs to another case." in html
    foreign = as_clinician.post(url, {**form_data(page), "lesion": LesionFactory().pk})
    assert foreign.status_code == 422


# -- a procedure with the details of its kind ----------------------------------------------------------------


def new_procedure(case, kind=""):
    return reverse("procedure-new", args=[case.uuid]) + (f"?kind={kind}" if kind else "")


def test_the_kind_is_chosen_first(as_clinician, case):
    html = as_clinician.get(new_procedure(case)).content.decode()
    for kind in ("reboa", "sacroplasty", "vertebroplasty", "rfa"):
        assert f'href="?kind={kind}"' in html


def test_procedure_and_details_are_saved_together(as_clinician, case):
    page = as_clinician.get(new_procedure(case, "reboa"))
    data = {**form_data(page), "duration_min": "240", "details-blood_loss_ml": "1600"}
    response = as_clinician.post(new_procedure(case, "reboa"), data)
    assert response.status_code == 302
    procedure = Procedure.objects.get()
    assert procedure.kind == "reboa" and procedure.reboa_details.blood_loss_ml == 1600


def test_neither_is_saved_when_one_is_refused_and_both_say_why(as_clinician, case):
    page = as_clinician.get(new_procedure(case, "reboa"))
    data = {**form_data(page), "duration_min": "99999", "details-blood_loss_ml": "-5"}
    html = as_clinician.post(new_procedure(case, "reboa"), data).content.decode()
    assert "99999 min is above 1800 min" in html and "-5 mL is below 0 mL" in html
    assert 'value="99999"' in html and 'value="-5"' in html
    assert not Procedure.objects.exists() and not ReboaDetails.objects.exists()
    data |= {"duration_min": "200"}
    assert as_clinician.post(new_procedure(case, "reboa"), data).status_code == 422
    assert not Procedure.objects.exists()
    data |= {"details-blood_loss_ml": "5"}
    assert as_clinician.post(new_procedure(case, "reboa"), data).status_code == 302
    assert Procedure.objects.count() == 1


def test_procedure_forms_sent_twice_make_one_procedure(as_clinician, case):
    data = form_data(as_clinician.get(new_procedure(case, "sacroplasty")))
    for _ in range(2):
        assert as_clinician.post(new_procedure(case, "sacroplasty"), data).status_code == 302
    assert Procedure.objects.count() == SacroplastyDetails.objects.count() == 1


def test_a_wrong_kind_is_refused(as_clinician, case):
    data = form_data(as_clinician.get(new_procedure(case, "sacroplasty")))
    response = as_clinician.post(new_procedure(case), {**data, "kind": "surgery"})
    assert response.status_code == 422 and "“surgery” is not one of" in response.content.decode()


def test_the_kind_never_changes(as_clinician, case):
    procedure = ProcedureFactory(case=case, kind="sacroplasty")
    response = send(as_clinician, procedure, kind="rfa")
    assert response.status_code == 422
    assert "Kind never changes." in response.content.decode()
    assert Procedure.objects.get().kind == "sacroplasty"


def test_details_that_are_not_there_yet_are_made_on_edit(as_clinician, case):
    procedure = ProcedureFactory(case=case, kind="sacroplasty")
    assert send(as_clinician, procedure, **{"details-technique": "balloon"}).status_code == 302
    assert Procedure.objects.get().sacroplasty_details.technique == "balloon"


# -- new cases -----------------------------------------------------------------------------------------------

NEW = reverse("case-new")


def test_a_case_needs_nothing_but_its_centre(as_clinician, center):
    response = as_clinician.post(NEW, form_data(as_clinician.get(NEW)))
    case = Case.objects.get()
    assert response.status_code == 302
    assert (case.patient.center, case.status, case.number) == (center, "draft", 1)
    assert case.patient.registry_id == "HEI-00001"


def test_patient_and_case_are_made_in_one_form_once(as_clinician, case):
    data = {
        **form_data(as_clinician.get(NEW)),
        "patient-sex": "female",
        "patient-birth_year": "1960",
        "diagnosis": case.diagnosis.pk,
        "age_years": "64",
    }
    for _ in range(2):
        assert as_clinician.post(NEW, data).status_code == 302
    made = Case.objects.exclude(pk=case.pk).get()
    assert (made.patient.sex, made.patient.birth_year, made.age_years) == ("female", 1960, 64)
    assert Patient.objects.count() == 2


def test_nothing_is_made_when_either_is_refused(as_clinician, center):
    data = {**form_data(as_clinician.get(NEW)), "patient-birth_year": "1600", "age_years": "200"}
    html = as_clinician.post(NEW, data).content.decode()
    assert "1600" in html and "200 y is above 120 y" in html and "Year of birth" in html
    assert not Patient.objects.exists() and not Case.objects.exists()


def test_the_centre_is_asked_for_where_there_are_several(as_clinician, clinician, center, other_center):
    assert "patient-center" not in form_data(as_clinician.get(NEW))
    Membership.objects.create(user=clinician, center=other_center, role="clinician")
    third = CenterFactory(code="MUC")
    data = form_data(as_clinician.get(NEW))
    assert data["patient-center"] == ""
    assert as_clinician.post(NEW, data).status_code == 422
    for foreign in (third.pk, HUGE, "\x00", "x"):
        refused = as_clinician.post(NEW, {**data, "patient-center": foreign, "patient-hospital_number": "1"})
        assert refused.status_code == 422, foreign
    assert as_clinician.post(NEW, {**data, "patient-center": other_center.pk}).status_code == 302
    assert Case.objects.get().center == other_center


def test_a_known_hospital_number_is_shown_before_a_second_patient_is_made(as_clinician, center):
    known = CaseFactory(patient=PatientFactory(center=center, hospital_number="4711"))
    data = {**form_data(as_clinician.get(NEW)), "patient-hospital_number": "47-11"}
    page = as_clinician.post(NEW, data)
    html = page.content.decode()
    assert page.status_code == 200
    assert reverse("case-detail", args=[known.uuid]) in html
    assert f"{NEW}?patient={known.patient.uuid}" in html
    assert Patient.objects.count() == 1
    assert as_clinician.post(NEW, form_data(page)).status_code == 302
    assert Patient.objects.count() == 2


def test_a_hospital_number_of_another_centre_is_nobody_s_business(as_clinician, other_center):
    PatientFactory(center=other_center, hospital_number="4711")
    data = {**form_data(as_clinician.get(NEW)), "patient-hospital_number": "4711"}
    assert as_clinician.post(NEW, data).status_code == 302


def test_a_further_case_of_a_known_patient(as_clinician, as_outsider, case):
    url = f"{NEW}?patient={case.patient.uuid}"
    assert as_outsider.get(url).status_code == 404
    assert as_clinician.get(f"{NEW}?patient={uuid.uuid4()}").status_code == 404
    assert as_clinician.get(f"{NEW}?patient=x").status_code == 404
    assert as_clinician.post(url, form_data(as_clinician.get(url))).status_code == 302
    assert [row.number for row in case.patient.cases.order_by("number")] == [1, 2]


def test_no_case_is_begun_without_a_centre_to_write_for(as_researcher, client, db):
    assert as_researcher.get(NEW).status_code == 403
    client.force_login(UserFactory())
    assert client.get(NEW).status_code == 403


def test_nobody_adds_a_case_to_a_published_patient(as_clinician):
    center = CenterFactory(kind=Center.Kind.PUBLISHED)
    patient = PatientFactory(center=center, publication=PublicationFactory(), source_label="Case 1")
    assert as_clinician.get(f"{NEW}?patient={patient.uuid}").status_code == 403
