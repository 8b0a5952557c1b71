"""The admin in a browser: no barrier, nothing the content security policy would stop, and rows that can be added."""

import pytest
from django.urls import reverse

from cases.models import Lesion
from registry.core import records
from tests import factories
from tests.admin.conftest import complete_case
from tests.admin.pages import change, url
from tests.e2e.barriers import LOOKS, overflows, violations
from tests.e2e.conftest import sign_in

pytestmark = pytest.mark.e2e


@pytest.fixture
def case(center):
    case = factories.CaseFactory(
        patient=factories.PatientFactory(center=center), age_years=17, missing={"inr": "unknown"}
    )
    lesion = factories.LesionFactory(case=case, volume_ml=68)
    procedure = factories.ProcedureFactory(case=case, kind="rfa")
    treated = factories.TreatedLesionFactory(procedure=procedure, lesion=lesion, leak_sites="none")
    factories.AblationFactory(treated_lesion=treated)
    factories.AssessmentFactory(case=case, vas_pain=7)
    factories.ComplicationFactory(procedure=procedure)
    return case


def test_no_page_of_the_admin_has_a_barrier(visit, center, curator, case):
    visit.sign_in(curator)
    settled = complete_case(center)
    published = factories.CaseFactory(
        patient=factories.PatientFactory(center=factories.CenterFactory(code="PAPER", kind="published"))
    )
    factories.LesionFactory(case=published)
    cases = url(type(case), "changelist")
    for path in (
        reverse("admin:index"),
        cases,
        f"{cases}?status=draft&q=HEI",
        url(type(case), "add"),
        change(case),
        change(case.patient),
        change(published),
        change(settled),
        change(case.procedures.get()),
        url(type(case), "history", case.pk),
        url(type(case), "delete", settled.pk),
        url(Lesion, "changelist"),
    ):
        visit.look(path, path=path)


@pytest.mark.parametrize(("width", "scheme"), [LOOKS[0], LOOKS[3]])
def test_refusal_conflict_and_open_menus_have_no_barrier(browser, live_server, curator, case, width, scheme):
    page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    sign_in(page, live_server.url, curator)
    page.goto(live_server.url + change(case))
    stored = type(case).objects.get(pk=case.pk)
    stored.weight_kg = 80
    records.save(stored, by=factories.TESTS)
    page.locator("#id_weight_kg").fill("70")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("saved this record while you were editing it").wait_for()
    found = violations(page) + overflows(page)
    page.get_by_label("I have seen the stored values").check()
    page.locator("#id_height_cm").fill("999")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="999 cm is above 250 cm").wait_for()
    found += violations(page) + overflows(page)
    page.goto(live_server.url + url(type(case), "changelist"))
    page.locator("#changelist-filter summary").first.click()
    found += violations(page) + overflows(page)
    assert not found, "\n".join(found)


def test_a_lesion_is_added_beneath_a_case(page, live_server, curator, case):
    sign_in(page, live_server.url, curator)
    page.goto(live_server.url + change(case))
    page.get_by_role("button", name="Add another lesion").click()
    row = page.locator("#lesions-1")
    row.locator("summary").click()
    row.get_by_label("S3", exact=True).check()
    row.get_by_label("Lesion volume", exact=True).fill("6,8")
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_text("was changed successfully").wait_for()
    lesion = case.lesions.get(number=2)
    assert (lesion.levels, str(lesion.volume_ml)) == ("S3", "6.80")
    assert lesion.history.get().history_user_name == "curator"


def test_a_value_of_a_complete_case_is_mended_with_a_reason(page, live_server, curator, center):
    settled = complete_case(center)
    sign_in(page, live_server.url, curator)
    page.goto(live_server.url + change(settled))
    page.get_by_role("textbox", name="Age at the index procedure").fill("61")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("This case is complete. Say why you change it.").first.wait_for()
    assert page.get_by_role("textbox", name="Age at the index procedure").input_value() == "61", (
        "nothing typed is lost"
    )
    page.get_by_label("Reason for the change").first.fill("birth certificate seen")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(live_server.url + url(type(settled), "changelist") + "*")
    page.goto(live_server.url + url(type(settled), "history", settled.pk))
    page.get_by_text("birth certificate seen").first.wait_for()
    changed = page.get_by_role("main").inner_text()
    assert "60" in changed and "61" in changed


def test_a_patient_is_found_while_typing(page, live_server, curator, case, other_center):
    factories.PatientFactory(center=other_center)
    sign_in(page, live_server.url, curator)
    page.goto(live_server.url + url(type(case), "add"))
    page.locator(".select2-selection").click()
    page.locator(".select2-results__option", has_text="HEI-00001").wait_for()
    assert page.locator(".select2-results__option").count() == 1
