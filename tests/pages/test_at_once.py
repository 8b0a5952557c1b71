"""Several requests in the same instant: one record, no deadlock, no error."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from cases.models import Case, Lesion, Patient
from procedures.models import Procedure
from tests.factories import CaseFactory, PatientFactory
from tests.pages.conftest import form_data

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor == "sqlite", reason="the test database is in memory, with one writer at a time"
    ),
]


def at_once(user, url, forms):
    """Post each of the forms from a thread of its own; the status codes."""

    def post(data):
        client = Client(raise_request_exception=False)
        client.force_login(user)
        try:
            return client.post(url, data).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(forms)) as pool:
        return list(pool.map(post, forms))


def blank(user, url):
    client = Client()
    client.force_login(user)
    return form_data(client.get(url))


def test_one_form_six_times_is_one_case(clinician, center):
    CaseFactory(patient=PatientFactory(center=center))
    url = reverse("case-new")
    assert at_once(clinician, url, [blank(clinician, url)] * 6) == [302] * 6
    assert Case.objects.count() == Patient.objects.count() == 2


def test_six_forms_are_six_cases_with_ids_of_their_own(clinician, center):
    CaseFactory(patient=PatientFactory(center=center))
    url = reverse("case-new")
    assert at_once(clinician, url, [blank(clinician, url) for _ in range(6)]) == [302] * 6
    assert len(set(Patient.objects.values_list("registry_id", flat=True))) == 7


def test_six_lesions_of_one_case_are_numbered_one_after_the_other(clinician, case):
    url = reverse("lesion-new", args=[case.uuid])
    forms = [{**blank(clinician, url), "levels": "S1"} for _ in range(6)]
    assert at_once(clinician, url, forms) == [302] * 6
    assert sorted(Lesion.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]


def test_procedures_with_details_of_one_case(clinician, case):
    url = reverse("procedure-new", args=[case.uuid]) + "?kind=sacroplasty"
    same, other = blank(clinician, url), blank(clinician, url)
    assert at_once(clinician, url, [same, same, same, other, other]) == [302] * 5
    assert Procedure.objects.count() == 2
