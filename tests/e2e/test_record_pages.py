"""Beside the editor: the record forms that need no script, lists, and what an outsider finds."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.e2e.conftest import sign_in
from tests.factories import CaseFactory, LesionFactory, PatientFactory

pytestmark = pytest.mark.e2e


def typed(page, label):
    """The text field of that label; its unit is part of its name."""
    return page.get_by_role("textbox", name=re.compile(f"^{label}( in .*)?$"))


def save(page):
    page.get_by_role("button", name=re.compile("^Save( changes)?$")).click()
    page.wait_for_load_state()


def test_two_people_change_the_same_lesion(desk, live_server, browser, curator, center):
    lesion = LesionFactory(case=CaseFactory(patient=PatientFactory(center=center)), volume_ml=6)
    url = live_server.url + reverse("lesion-edit", args=[lesion.uuid])
    desk.goto(url)
    other = browser.new_context().new_page()
    sign_in(other, live_server.url, curator)
    other.goto(url)
    typed(other, "Lesion volume").fill("7.5")
    other.get_by_label("Side", exact=True).select_option("left")
    save(other)
    typed(desk, "Lesion volume").fill("9,1")
    save(desk)
    expect(desk.get_by_role("heading", level=1)).to_contain_text("curator saved this while you were editing")
    expect(desk.get_by_role("row", name=re.compile("Lesion volume"))).to_contain_text("9.1")
    expect(desk.get_by_role("row", name=re.compile("Lesion volume"))).to_contain_text("7.5")
    desk.get_by_role("button", name="Save these values").click()
    desk.wait_for_load_state()
    lesion.refresh_from_db()
    assert (str(lesion.volume_ml), lesion.side) == ("9.10", "left")


def test_a_slip_is_saved_asked_about_and_explained(desk, live_server, case):
    desk.goto(live_server.url + reverse("case-edit", args=[case.uuid]))
    typed(desk, "Age at the index procedure").fill("17")
    save(desk)
    expect(desk.locator("#field-age_years")).to_contain_text("17 y is below the usual 18 y.")
    desk.get_by_label("Correct it, or say why it is right:").fill("seen in the passport")
    save(desk)
    expect(desk).to_have_url(re.compile(f"/cases/{case.uuid}/"))
    case.refresh_from_db()
    assert case.confirmed["age_years"]["reason"] == "seen in the passport"


def test_the_list_narrows_as_one_types_and_its_address_can_be_shared(desk, live_server, center):
    first, second = (CaseFactory(patient=PatientFactory(center=center)) for _ in range(2))
    desk.goto(live_server.url + reverse("case-list"))
    desk.get_by_label("Search").press_sequentially(first.patient.registry_id, delay=5)
    expect(desk.locator("#case-results")).not_to_contain_text(second.patient.registry_id)
    expect(desk).to_have_url(re.compile(f"q={first.patient.registry_id}"))
    desk.reload()
    expect(desk.locator("#case-results")).to_contain_text(first.patient.registry_id)
    desk.locator("tr[data-href]").first.locator("td").last.click()
    expect(desk).to_have_url(re.compile(str(first.uuid)))
    desk.go_back()
    expect(desk.get_by_label("Search")).to_have_value(first.patient.registry_id)


def test_without_script_every_part_of_a_case_is_a_link_away(browser, live_server, clinician, case):
    LesionFactory(case=case)
    page = browser.new_context(java_script_enabled=False).new_page()
    sign_in(page, live_server.url, clinician)
    page.goto(live_server.url + reverse("case-detail", args=[case.uuid]))
    page.get_by_role("link", name="Show the procedures").click()
    expect(page.locator("main")).to_contain_text("No procedure yet.")
    page.go_back()
    page.get_by_role("link", name="Show the outcomes").click()
    expect(page.locator("main")).to_contain_text("No scores yet.")
    page.go_back()
    page.get_by_role("link", name="Show all changes").click()
    expect(page.locator("main")).to_contain_text("added")


def test_an_outsider_finds_nothing(page, live_server, outsider, case):
    sign_in(page, live_server.url, outsider)
    page.goto(live_server.url + reverse("case-detail", args=[case.uuid]))
    expect(page.get_by_role("heading", level=1)).to_have_text("Not found")
