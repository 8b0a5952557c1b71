"""A curator merges two patients in a browser, on pages without a barrier."""

import pytest
from django.urls import reverse

from cases.models import Patient
from registry.core import records
from tests import factories
from tests.e2e.conftest import sign_in, soon, watch

pytestmark = pytest.mark.e2e


def test_a_curator_merges_two_patients(page, live_server, center, curator):
    first = factories.PatientFactory(center=center, sex="female", hospital_number="4711")
    second = factories.PatientFactory(center=center, sex="male", birth_year=1960)
    for patient in (first, second):
        factories.CaseFactory(patient=patient)
    faults = watch(page, live_server.url)
    sign_in(page, live_server.url, curator)
    page.get_by_role("button", name="curator").click()
    page.get_by_role("link", name="Administration").click()
    page.get_by_role("link", name="Merge two patients").click()
    page.get_by_label("First patient").fill("4711")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=first.registry_id).click()
    page.get_by_label("Second patient").fill(second.registry_id)
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=second.registry_id).click()
    page.get_by_role("button", name="Show what will happen").click()
    page.get_by_role("link", name="Sex: the two differ. Choose one.").wait_for()
    page.get_by_label(f"Sex, {first.registry_id}:").check()
    page.get_by_role("button", name="Show what will happen").click()
    page.get_by_text(f"{second.registry_id} · case 1 → {first.registry_id} · case 2").wait_for()
    assert Patient.objects.count() == 2
    page.get_by_label("Reason").fill("same person, says the chart")
    page.get_by_role("button", name="Merge", exact=True).click()
    page.get_by_text(f"{second.registry_id} has been merged into {first.registry_id}.").wait_for()
    assert soon(lambda: Patient.objects.count() == 1)
    assert Patient.objects.get().birth_year == 1960
    page.locator("#show-history").click()
    page.get_by_text(f"deleted patient {second.registry_id}").wait_for()
    assert [fault for fault in faults if "422" not in fault] == []


def test_the_pages_of_merging_and_of_history_have_no_barrier(visit, center, curator):
    first = factories.PatientFactory(center=center, sex="female")
    second = factories.PatientFactory(center=center, sex="male", consent_status="given")
    case = factories.CaseFactory(patient=second)
    case.weight_kg = 71
    records.save(case, by=curator, reason="weighed again")
    visit.sign_in(curator)
    merge = reverse("patient-merge")
    for address in (
        f"{merge}?q={first.registry_id[:3]}",
        f"{merge}?a={first.uuid}&b={second.uuid}",
        reverse("history"),
        f"{reverse('history')}?kind=cases.case&field=weight_kg",
    ):
        visit.look(address, path=address)
