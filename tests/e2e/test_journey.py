"""What a clinician does: from sign-in to a case with lesion, procedure and assessment."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from cases.models import Case, Lesion
from outcomes.models import Assessment
from procedures.models import Procedure
from tests.e2e.conftest import sign_in
from tests.factories import CaseFactory, DiagnosisFactory, LesionFactory, PatientFactory

pytestmark = pytest.mark.e2e


def typed(page, label):
    """The text field of that label; its unit is part of its name."""
    return page.get_by_role("textbox", name=re.compile(f"^{label}( in .*)?$"))


def save(page):
    page.get_by_role("button", name=re.compile("^Save( changes)?$")).click()
    page.wait_for_load_state()


def test_a_case_from_sign_in_to_its_page(desk, live_server):
    DiagnosisFactory(slug="multiple-myeloma", label="Multiple myeloma")
    desk.get_by_role("link", name="New case").first.click()
    desk.get_by_label("Sex", exact=True).select_option("female")
    typed(desk, "Year of birth").fill("1961")
    desk.get_by_label("Hospital number").fill("4711")
    desk.get_by_label("Diagnosis", exact=True).select_option(label="Multiple myeloma")
    desk.get_by_label("Disease status", exact=True).select_option("systemic")
    desk.get_by_label("Index date", exact=True).fill("2024-03-11")
    typed(desk, "Age at the index procedure").fill("62")
    save(desk)
    expect(desk.get_by_role("heading", level=1)).to_contain_text("HEI-00001")
    case = Case.objects.get()

    desk.get_by_role("link", name="Add the first lesion").click()
    desk.get_by_label("S1", exact=True).first.check()
    desk.get_by_label("Side", exact=True).select_option("right")
    desk.get_by_label("Zone I (ala)", exact=True).select_option("true")
    typed(desk, "Lesion volume").fill("6,8")
    desk.get_by_label("Why Cortical boundary exceeded is missing").select_option("not_done")
    save(desk)
    lesion = Lesion.objects.get()
    assert (lesion.levels, str(lesion.volume_ml), lesion.missing) == (
        "S1",
        "6.80",
        {"cortical_breach": "not_done"},
    )
    expect(desk.locator("#lesions")).to_contain_text("6.8")
    expect(desk.locator("#lesions")).to_contain_text("zone I, ala")

    desk.get_by_role("link", name="Add a procedure").click()
    desk.get_by_role("link", name="Sacroplasty").click()
    desk.get_by_label("Date", exact=True).fill("2024-03-11")
    typed(desk, "Duration").fill("47")
    desk.get_by_label("Anaesthesia", exact=True).select_option("general")
    desk.get_by_label("CT", exact=True).check()
    desk.get_by_label("Technical success", exact=True).select_option("true")
    desk.get_by_label("Complications", exact=True).select_option("none")
    desk.get_by_label("Technique", exact=True).select_option("balloon")
    save(desk)
    procedure = Procedure.objects.get()
    assert (procedure.duration_min, procedure.sacroplasty_details.technique) == (47, "balloon")

    desk.get_by_role("link", name="Add the first treated lesion").click()
    desk.get_by_label("Approach", exact=True).select_option("transiliac")
    typed(desk, "Cement volume").fill("6.5")
    desk.get_by_label("none", exact=True).first.check()
    save(desk)
    expect(desk.locator("#procedures")).to_contain_text("transiliac")

    desk.get_by_role("link", name="Enter the scores before the procedure").click()
    typed(desk, "VAS pain").fill("8,5")
    typed(desk, "KPS").fill("60")
    save(desk)
    assert Assessment.objects.get().time_point == "baseline"
    expect(desk.locator("#outcomes")).to_contain_text("8.5")

    desk.get_by_role("link", name="Review and complete").click()
    desk.get_by_role("button", name="Complete the case").click()
    desk.wait_for_load_state()
    case.refresh_from_db()
    assert case.status == "complete"
    expect(desk.locator(".page-header")).to_contain_text("complete")

    desk.get_by_role("link", name="Show all changes").click()
    expect(desk.locator("#history-body")).to_contain_text("clinician added lesion 1")


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


def test_a_double_click_makes_one_case(desk, live_server):
    desk.goto(live_server.url + reverse("case-new"))
    desk.get_by_role("button", name="Save", exact=True).dblclick()
    desk.wait_for_load_state("networkidle")
    assert Case.objects.count() == 1


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
