"""Two people edit one record: both values side by side, a choice per field, nothing lost."""

import pytest
from django.urls import reverse

from cases.models import Lesion, Patient
from procedures.models import Procedure
from tests.factories import LesionFactory, PatientFactory, ProcedureFactory, SacroplastyDetailsFactory
from tests.pages.conftest import form_data


@pytest.fixture
def lesion(case):
    return LesionFactory(case=case, volume_ml="6.80", side="left")


@pytest.fixture
def as_curator(curator):
    from tests.pages.conftest import _signed_in

    return _signed_in(curator)


def url(record):
    return reverse(f"{record._meta.model_name}-edit", args=[record.uuid])


def both(as_clinician, as_curator, record, mine, theirs):
    """Both open the form; the curator saves first, then the clinician."""
    my_form, their_form = form_data(as_clinician.get(url(record))), form_data(as_curator.get(url(record)))
    assert as_curator.post(url(record), {**their_form, **theirs}).status_code == 302
    return as_clinician.post(url(record), {**my_form, **mine})


def choices(page):
    return {name: value for name, value in form_data(page).items() if name.startswith("choice__")}


def test_both_values_are_shown_and_nothing_is_written(as_clinician, as_curator, lesion):
    page = both(as_clinician, as_curator, lesion, {"volume_ml": "9,1"}, {"volume_ml": "7.5"})
    html = page.content.decode()
    assert page.status_code == 409
    assert "curator saved this while you were editing" in html
    assert "9.1" in html and "7.5" in html
    assert str(Lesion.objects.get().volume_ml) == "7.50"


def test_mine_is_proposed_where_i_changed_the_field_and_theirs_elsewhere(as_clinician, as_curator, lesion):
    page = both(
        as_clinician,
        as_curator,
        lesion,
        {"volume_ml": "9.1"},
        {"volume_ml": "7.5", "side": "right", "levels": ["S2"]},
    )
    assert choices(page) == {
        "choice__volume_ml": "mine",
        "choice__side": "theirs",
        "choice__levels": "theirs",
    }


def test_saving_the_choices_merges_both(as_clinician, as_curator, lesion):
    page = both(
        as_clinician, as_curator, lesion, {"volume_ml": "9.1"}, {"side": "right", "levels": ["S2", "S3"]}
    )
    assert as_clinician.post(url(lesion), form_data(page)).status_code == 302
    merged = Lesion.objects.get()
    assert (str(merged.volume_ml), merged.side, merged.levels) == ("9.10", "right", "S2;S3")
    assert merged.version == 3
    assert merged.history.first().history_user_name == "clinician"


def test_the_other_choice_is_taken_too(as_clinician, as_curator, lesion):
    page = both(as_clinician, as_curator, lesion, {"volume_ml": "9.1"}, {"volume_ml": "7.5", "side": ""})
    data = {**form_data(page), "choice__volume_ml": "theirs", "choice__side": "mine"}
    assert as_clinician.post(url(lesion), data).status_code == 302
    merged = Lesion.objects.get()
    assert (str(merged.volume_ml), merged.side) == ("7.50", "left")


def test_a_missing_code_goes_with_its_value(as_clinician, as_curator, lesion):
    page = both(
        as_clinician,
        as_curator,
        lesion,
        {"side": "right"},
        {"volume_ml": "", "volume_ml__missing": "not_done"},
    )
    assert "(not done)" in page.content.decode()
    assert as_clinician.post(url(lesion), form_data(page)).status_code == 302
    merged = Lesion.objects.get()
    assert (merged.side, merged.volume_ml, merged.missing) == ("right", None, {"volume_ml": "not_done"})


def test_text_that_could_not_be_read_is_not_lost(as_clinician, as_curator, lesion):
    page = both(as_clinician, as_curator, lesion, {"volume_ml": "about nine"}, {"side": "right"})
    assert page.status_code == 409 and "about nine" in page.content.decode()
    again = as_clinician.post(url(lesion), form_data(page))
    assert again.status_code == 422 and 'value="about nine"' in again.content.decode()


def test_a_third_save_in_between_is_a_conflict_again(as_clinician, as_curator, lesion):
    page = both(as_clinician, as_curator, lesion, {"volume_ml": "9.1"}, {"volume_ml": "7.5"})
    as_curator.post(url(lesion), {**form_data(as_curator.get(url(lesion))), "volume_ml": "7.7"})
    again = as_clinician.post(url(lesion), form_data(page))
    assert again.status_code == 409 and "7.7" in again.content.decode() and "9.1" in again.content.decode()


def test_the_same_change_by_both_is_no_conflict(as_clinician, as_curator, lesion):
    response = both(as_clinician, as_curator, lesion, {"volume_ml": "9.1"}, {"volume_ml": "9.1"})
    assert response.status_code == 302
    assert Lesion.objects.get().version == 2


def test_a_reason_for_an_unusual_value_survives_the_conflict(as_clinician, as_curator, case):
    form = form_data(as_clinician.get(url(case)))
    as_curator.post(url(case), {**form_data(as_curator.get(url(case))), "height_cm": "170"})
    page = as_clinician.post(url(case), {**form, "age_years": "17", "confirm__age_years": "passport"})
    assert page.status_code == 409
    assert as_clinician.post(url(case), form_data(page)).status_code == 302
    case.refresh_from_db()
    assert (case.age_years, case.height_cm) == (17, 170)
    assert case.confirmed["age_years"]["reason"] == "passport"


def test_a_conflict_in_the_details_of_a_procedure(as_clinician, as_curator, case):
    procedure = ProcedureFactory(case=case)
    SacroplastyDetailsFactory(procedure=procedure)
    page = both(
        as_clinician,
        as_curator,
        procedure,
        {"duration_min": "55", "details-technique": "needle"},
        {"details-technique": "balloon"},
    )
    assert page.status_code == 409
    assert choices(page) == {"choice__details-technique": "mine"}
    data = {**form_data(page), "choice__details-technique": "theirs"}
    assert as_clinician.post(url(procedure), data).status_code == 302
    stored = Procedure.objects.get()
    assert (stored.duration_min, stored.sacroplasty_details.technique) == (55, "balloon")


def test_a_hospital_number_in_conflict(as_clinician, as_curator, case):
    patient = case.patient
    page = both(
        as_clinician, as_curator, patient, {"hospital_number": "1"}, {"hospital_number": "2", "sex": "male"}
    )
    assert page.status_code == 409
    assert as_clinician.post(url(patient), form_data(page)).status_code == 302
    stored = Patient.objects.get()
    assert (stored.hospital_number, stored.sex) == ("1", "male")


def test_an_outsider_gets_no_conflict_page(as_outsider, lesion):
    response = as_outsider.post(url(lesion), {"version": 0, "volume_ml": "1"})
    assert response.status_code == 404


def test_a_hospital_number_nobody_touched_is_no_difference(as_clinician, as_curator, center):
    from tests.factories import CaseFactory

    patient = PatientFactory(center=center, hospital_number="4711")
    CaseFactory(patient=patient)
    page = both(as_clinician, as_curator, patient, {"birth_year": "1950"}, {"sex": "male"})
    assert set(choices(page)) == {"choice__sex", "choice__birth_year"}
