"""The section editor over HTTP: who may see and change what, and what is noted of it."""

import json

import pytest
from django.urls import reverse

from cases import editor
from cases.models import Lesion
from registry.access.models import AccessEvent
from registry.core import records
from tests import factories
from tests.core.test_write_door import complete
from tests.factories import TESTS, LesionFactory
from tests.pages.editor_pages import SECTIONS, save, section


@pytest.fixture
def lesion(case):
    return LesionFactory(case=case)


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


def test_a_row_of_another_centre_is_not_found_by_its_public_id(as_clinician, case, other_center):
    theirs = LesionFactory(
        case=factories.CaseFactory(patient=factories.PatientFactory(center=other_center)), volume_ml=77
    )
    answer = as_clinician.post(reverse("lesion-add", args=[case.uuid]), {"token": str(theirs.uuid)})
    assert str(theirs.uuid) not in answer.content.decode()
    assert Lesion.objects.get(case=case).uuid != theirs.uuid
    assert Lesion.objects.get(pk=theirs.pk).version == 1


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
