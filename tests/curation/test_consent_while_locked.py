"""Consent may be withdrawn whatever is signed or frozen; nothing else of the patient comes in with it."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from registry.core import records
from registry.curation import content, freezing


def consent_page(patient):
    return reverse("patient-consent", args=[patient.uuid])


def send(client, patient, **more):
    return client.post(
        consent_page(patient),
        {
            "version": patient.version,
            "consent_status": "withdrawn",
            "reason": "letter of the patient",
            **more,
        },
    )


def test_consent_is_withdrawn_while_a_case_is_signed_and_the_signature_holds(as_user, signed_case, clinician):
    patient, before = signed_case.patient, content.digest(signed_case)
    client = as_user(clinician)
    assert (
        consent_page(patient) in client.get(reverse("case-detail", args=[signed_case.uuid])).content.decode()
    )
    assert client.get(consent_page(patient)).status_code == 200
    assert send(client, patient, birth_year="1931", sex="male").status_code == 302
    patient.refresh_from_db()
    assert patient.consent_status == "withdrawn"
    assert patient.birth_year != 1931 and patient.sex != "male", "the page takes consent and nothing else"
    row = patient.history.first()
    assert (row.history_user_name, row.history_change_reason) == ("clinician", "letter of the patient")
    assert content.digest(signed_case) == before


def test_consent_is_withdrawn_while_the_centre_is_frozen(as_user, case, clinician, curator, center):
    freezing.freeze_center(center, by=curator, reason="database lock")
    assert send(as_user(clinician), case.patient).status_code == 302
    case.patient.refresh_from_db()
    assert case.patient.consent_status == "withdrawn"


def test_what_comes_with_consent_is_refused(signed_case, clinician):
    patient = signed_case.patient
    patient.consent_status, patient.birth_year = "withdrawn", 1931
    with pytest.raises(ValidationError, match="signed"):
        records.save(patient, by=clinician, reason="x", expected_version=patient.version)


def test_the_consent_page_of_another_centre_is_not_there(as_user, case, outsider, researcher):
    assert as_user(outsider).get(consent_page(case.patient)).status_code == 404
    assert as_user(researcher).get(consent_page(case.patient)).status_code == 403
