"""The form of every record: opens, saves, refuses in words, keeps what was typed, is closed to strangers."""

import pytest
from django.urls import reverse

from cases.models import Case, Lesion
from outcomes.models import Assessment, FollowUpStatus
from registry.access.models import Center, Membership
from registry.core import records
from tests.factories import (
    FACTORIES,
    AssessmentFactory,
    LesionFactory,
    ProcedureFactory,
    SacroplastyDetailsFactory,
    TreatedLesionFactory,
    UserFactory,
)
from tests.pages.conftest import form_data

HUGE = "9" * 400
CLINICAL = sorted(
    (model for model in FACTORIES if model.center_path is not None), key=lambda model: model._meta.model_name
)


def edit_url(record):
    return reverse(f"{record._meta.model_name}-edit", args=[record.uuid])


def of_center(record, center, other):
    """Move a record's patient into the centre by giving its members the centre the factory made."""
    made = Center.objects.get(pk=record.center_id_of())
    Membership.objects.filter(center=center).update(center=made)
    return record


@pytest.fixture
def lesion(case):
    return LesionFactory(case=case, volume_ml="6.80")


def send(client, record, **changes):
    page = client.get(edit_url(record))
    assert page.status_code == 200
    return client.post(edit_url(record), {**form_data(page), **changes})


# -- every model ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", CLINICAL, ids=lambda model: model.__name__)
def test_every_record_has_a_form_that_opens_and_saves(model, as_clinician, clinician, center, other_center):
    record = of_center(FACTORIES[model](), center, other_center)
    page = as_clinician.get(edit_url(record))
    assert page.status_code == 200
    response = as_clinician.post(edit_url(record), form_data(page))
    assert response.status_code == 302, response.content.decode()
    record.refresh_from_db()
    assert record.version == 1, "an unchanged form changes nothing"


@pytest.mark.parametrize("model", CLINICAL, ids=lambda model: model.__name__)
def test_an_outsider_finds_no_form(model, as_outsider):
    record = FACTORIES[model]()
    assert as_outsider.get(edit_url(record)).status_code == 404
    assert as_outsider.post(edit_url(record), {"version": 1}).status_code == 404


@pytest.mark.parametrize("model", CLINICAL, ids=lambda model: model.__name__)
def test_a_published_record_is_read_only(model, as_clinician):
    record = FACTORIES[model]()
    Center.objects.filter(pk=record.center_id_of()).update(kind=Center.Kind.PUBLISHED)
    assert as_clinician.get(edit_url(record)).status_code == 403
    assert as_clinician.post(edit_url(record), {"version": 1}).status_code == 403


@pytest.mark.parametrize("model", CLINICAL, ids=lambda model: model.__name__)
def test_a_researcher_may_not_open_a_form(model, as_researcher, researcher, center, other_center):
    record = of_center(FACTORIES[model](), center, other_center)
    assert as_researcher.get(edit_url(record)).status_code == 403


@pytest.mark.parametrize("model", CLINICAL, ids=lambda model: model.__name__)
@pytest.mark.parametrize("odd", ["\x00", "😀\u202eمرحبا", HUGE, "6,8,9", "-", "NaN", "[]"])
def test_odd_values_in_every_field_get_a_message_and_never_an_error(
    model, odd, as_clinician, center, other_center
):
    record = of_center(FACTORIES[model](), center, other_center)
    page = as_clinician.get(edit_url(record))
    data = {name: odd for name in form_data(page) if name.rpartition("-")[2] not in ("version", "token")}
    data["version"] = record.version
    response = as_clinician.post(edit_url(record), data)
    assert response.status_code in (302, 422), response.status_code


@pytest.mark.parametrize("odd", ["\x00", HUGE, "abc", "-1", ""])
def test_an_odd_version_is_no_way_around_the_conflict(odd, as_clinician, lesion):
    response = send(as_clinician, lesion, version=odd, volume_ml="7")
    assert response.status_code in (409, 422)
    assert Lesion.objects.get().version == 1


def test_the_code_list_of_diagnoses_is_for_administrators(as_clinician, client, case):
    assert as_clinician.get(edit_url(case.diagnosis)).status_code == 403
    client.force_login(UserFactory(is_superuser=True))
    assert client.get(edit_url(case.diagnosis)).status_code == 200


# -- what a form says and keeps ------------------------------------------------------------------------------


def test_decimal_comma_is_understood_and_shown(as_clinician, lesion):
    response = send(as_clinician, lesion, volume_ml="7,25")
    assert response.status_code == 302
    assert str(Lesion.objects.get().volume_ml) == "7.25"
    assert 'value="7.25"' in as_clinician.get(edit_url(lesion)).content.decode()


def test_trailing_zeros_are_not_shown(as_clinician, lesion):
    lesion.refresh_from_db()
    assert 'name="volume_ml" value="6.8"' in as_clinician.get(edit_url(lesion)).content.decode()


def test_a_refusal_stands_at_the_field_and_in_the_summary_and_keeps_the_text(as_clinician, lesion):
    response = send(as_clinician, lesion, volume_ml="68000", side="left")
    html = response.content.decode()
    assert response.status_code == 422
    assert html.count("68000 mL is above 6000 mL. Accepted: above 0 to 6000 mL.") == 2
    assert 'href="#field-volume_ml"' in html and 'id="field-volume_ml"' in html
    assert 'value="68000"' in html and '<option value="left" selected' in html
    assert Lesion.objects.get().version == 1


def test_wrong_codes_are_named(as_clinician, lesion):
    html = send(as_clinician, lesion, side="upside-down", levels=["S1", "S9"]).content.decode()
    assert "“upside-down” is not one of" in html and "“S9” is not one of" in html


def test_a_missing_code_is_kept_beside_the_empty_value(as_clinician, lesion):
    assert send(as_clinician, lesion, volume_ml="", volume_ml__missing="not_done").status_code == 302
    assert Lesion.objects.get().missing == {"volume_ml": "not_done"}
    assert '<option value="not_done" selected' in as_clinician.get(edit_url(lesion)).content.decode()


def test_a_complete_case_asks_for_a_reason(as_clinician, clinician, lesion, monkeypatch):
    monkeypatch.setattr("registry.core.policies.gaps", lambda root: [])
    case = lesion.case
    case.refresh_from_db()
    case.status = "complete"
    records.save(case, by=clinician)
    refused = send(as_clinician, lesion, volume_ml="7")
    assert refused.status_code == 422
    assert "Say why you change it" in refused.content.decode()
    assert send(as_clinician, lesion, volume_ml="7", reason="measured again").status_code == 302
    assert Lesion.objects.get().history.first().history_change_reason == "measured again"


@pytest.mark.parametrize("field", ["reason", "confirm__volume_ml"])
def test_null_characters_in_a_reason_are_refused(as_clinician, lesion, field):
    response = send(as_clinician, lesion, volume_ml="7", **{field: "a\x00b"})
    assert response.status_code == 422
    assert "Null characters are not allowed." in response.content.decode()
    assert Lesion.objects.get().version == 1


# -- unusual values ------------------------------------------------------------------------------------------


def test_an_unusual_value_is_saved_and_asked_about(as_clinician, case):
    response = send(as_clinician, case, age_years="17")
    assert response.status_code == 302 and response.url == edit_url(case)
    assert Case.objects.get().age_years == 17
    html = as_clinician.get(response.url).content.decode()
    assert "17 y is below the usual 18 y." in html
    assert 'name="confirm__age_years"' in html
    assert "One value is unusual" in html


def test_a_reason_confirms_the_unusual_value_until_it_changes(as_clinician, case):
    send(as_clinician, case, age_years="17")
    response = send(as_clinician, case, confirm__age_years="seen in the passport")
    assert response.status_code == 302 and response.url != edit_url(case)
    assert Case.objects.get().confirmed["age_years"]["reason"] == "seen in the passport"
    html = as_clinician.get(edit_url(case)).content.decode()
    assert "confirmed by clinician: seen in the passport" in html and "confirm__age_years" not in html
    send(as_clinician, case, age_years="16")
    assert "confirm__age_years" in as_clinician.get(edit_url(case)).content.decode()


def test_an_unusual_value_of_a_field_not_shown_is_asked_about_all_the_same(as_clinician, case):
    procedure = ProcedureFactory(case=case)
    SacroplastyDetailsFactory(procedure=procedure)
    for _ in range(4):
        TreatedLesionFactory(procedure=procedure, lesion=LesionFactory(case=case), cement_volume_ml=9)
    html = as_clinician.get(edit_url(procedure)).content.decode()
    assert "Cement of the whole session" in html and 'name="confirm__kind"' in html


# -- outcomes ------------------------------------------------------------------------------------------------


def test_an_assessment_of_a_time_point_that_exists_opens_it(as_clinician, case):
    there = AssessmentFactory(case=case, time_point="baseline")
    url = reverse("assessment-new", args=[case.uuid])
    assert as_clinician.get(url + "?time_point=baseline").url == edit_url(there)
    page = as_clinician.get(url + "?time_point=day_1")
    assert '<option value="day_1" selected' in page.content.decode()
    assert as_clinician.post(url, {**form_data(page), "vas_pain": "3,5"}).status_code == 302
    assert Assessment.objects.count() == 2


def test_follow_up_is_one_per_case(as_clinician, case):
    url = reverse("followupstatus-new", args=[case.uuid])
    for state in ("under_follow_up", "lost"):
        response = as_clinician.post(url, {**form_data(as_clinician.get(url)), "followup_state": state})
        assert response.status_code == 302
    assert FollowUpStatus.objects.get().followup_state == "lost"
