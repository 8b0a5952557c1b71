"""Whatever shows who a patient is leaves one line in the access log, at every door; what shows it not leaves none."""

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from registry.access.models import AccessEvent
from tests import factories as make


@pytest.fixture
def known(center):
    patient = make.PatientFactory(center=center, birth_year=1963, hospital_number="4711")
    case = make.CaseFactory(patient=patient, index_date="2024-03-11", index_date_precision="day")
    make.ProcedureFactory(case=case, date="2024-03-11", notes="by Dr X")
    return case


def addresses(case):
    patient, procedure = case.patient, case.procedures.get()
    return {
        "case list": "/cases/",
        "dashboard": "/",
        "case page": reverse("case-detail", args=[case.uuid]),
        "patient form": reverse("patient-edit", args=[patient.uuid]),
        "history": reverse("case-history", args=[case.uuid]),
        "letter": reverse("case-letter", args=[case.uuid]),
        "patients in the admin": reverse("admin:cases_patient_changelist"),
        "patient in the admin": reverse("admin:cases_patient_change", args=[patient.pk]),
        "history in the admin": reverse("admin:cases_patient_history", args=[patient.pk]),
        "cases in the admin": reverse("admin:cases_case_changelist"),
        "procedure in the admin": reverse("admin:procedures_procedure_change", args=[procedure.pk]),
        "patients by API": "/api/v1/patients/",
        "patient by API": f"/api/v1/patients/{patient.uuid}/",
        "cases by API": "/api/v1/cases/",
        "case by API": f"/api/v1/cases/{case.uuid}/",
        "procedures by API": "/api/v1/procedures/",
        "erasure": reverse("patient-erase", args=[patient.uuid]),
    }


def test_every_door_leaves_one_line(known, curator):
    client = APIClient()
    client.force_login(curator)
    for door, address in addresses(known).items():
        before = AccessEvent.objects.filter(kind="identity_read").count()
        assert client.get(address).status_code == 200, door
        events = AccessEvent.objects.filter(kind="identity_read").order_by("pk")[before:]
        assert len(events) == 1, door
        said = f"{events[0].subject} {events[0].detail}"
        assert known.patient.registry_id in said and address.partition("?")[0] in said, door
        assert events[0].user_name == "curator"


def test_a_reader_without_identity_leaves_none(known, researcher):
    client = APIClient()
    client.force_login(researcher)
    for address in addresses(known).values():
        client.get(address)
    assert not AccessEvent.objects.filter(kind="identity_read").exists()


def test_published_patients_are_nobody(curator):
    case = make.CaseFactory(
        patient=make.PatientFactory(
            center=make.CenterFactory(kind="published"),
            birth_year=1950,
            publication=make.PublicationFactory(),
            source_label="1",
        ),
        index_date="2010-01-01",
    )
    client = APIClient()
    client.force_login(curator)
    for address in ("/cases/", f"/cases/{case.uuid}/", "/api/v1/cases/", "/api/v1/patients/"):
        assert client.get(address).status_code == 200
    assert not AccessEvent.objects.filter(kind="identity_read").exists()


def test_a_whole_list_is_one_line(center, curator, client):
    patients = [make.PatientFactory(center=center, birth_year=1950 + n) for n in range(50)]
    client.force_login(curator)
    client.get(reverse("admin:cases_patient_changelist"))
    event = AccessEvent.objects.get(kind="identity_read")
    assert all(patient.registry_id in event.detail for patient in patients)
