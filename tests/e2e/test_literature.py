"""Publications in the browser: cells that open, checks that are filtered, and own cases beside the papers."""

import pytest
from django.core.management import call_command
from django.urls import reverse
from playwright.sync_api import expect

from registry.literature.models import Publication
from tests import factories

pytestmark = pytest.mark.e2e


@pytest.fixture
def papers(_rows_are_committed):
    call_command("load_publications", "tian-2022", "andresen-2014", verbosity=0)


@pytest.fixture
def own_cases(center):
    for number in range(3):
        case = factories.CaseFactory(patient=factories.PatientFactory(center=center), age_years=60 + number)
        for point, pain in (("baseline", 7 + number), ("day_1", 3), ("month_6", 2)):
            factories.AssessmentFactory(case=case, time_point=point, vas_pain=pain)


def test_pages_of_the_literature_have_no_barrier(visit, papers, own_cases):
    paper = Publication.objects.get(slug="tian-2022")
    page = visit.open(reverse("publication-detail", args=[paper.slug]))
    page.locator(".check > summary").first.click()
    visit.look("tables and checks")
    page.locator("[data-cell]").nth(2).click()
    page.locator("dialog[open] h2").wait_for()
    visit.look("card of a cell", part="dialog")
    visit.look("card of a cell as a page", path=reverse("printed-cell", args=[paper.slug]) + "?value=1")
    visit.look("own cases beside the papers", path=reverse("compare"))


def test_a_cell_opens_and_closes_by_keyboard(desk, live_server, papers):
    desk.goto(live_server.url + reverse("publication-detail", args=["tian-2022"]))
    cell = desk.get_by_role("link", name="62.11 (SD, 13.37)")
    cell.focus()
    desk.keyboard.press("Enter")
    card = desk.get_by_role("dialog")
    expect(card.get_by_role("heading", name="62.11 (SD, 13.37)")).to_be_visible()
    expect(card.get_by_role("row").nth(1)).to_contain_text("patient")
    expect(card.locator(".check").first).to_be_visible()
    desk.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(cell).to_be_focused()


def test_checks_are_filtered_without_leaving_the_page(desk, live_server, papers):
    desk.goto(live_server.url + reverse("publication-detail", args=["tian-2022"]))
    checks = desk.locator("#checks")
    expect(checks.locator(".check")).to_have_count(21)
    checks.get_by_role("link", name="Whole series against its arms, consistent: 1").click()
    expect(checks.locator(".check")).to_have_count(1)
    assert desk.url.endswith("?family=pooled&verdict=consistent")
    checks.locator("summary").click()
    expect(checks.locator(".check-facts")).to_contain_text("Σ n·mean / Σ n")
    desk.go_back()
    expect(desk.locator("#checks .check")).to_have_count(21)


def test_the_comparison_is_chosen_and_shows_its_numbers(desk, live_server, papers, own_cases):
    desk.goto(live_server.url + reverse("literature"))
    desk.get_by_role("link", name="Compare with own cases").click()
    vas = desk.get_by_role("region", name="VAS pain")
    expect(vas.get_by_role("img")).to_be_visible()
    expect(vas.get_by_role("row", name="Day 1")).to_contain_text("3.0 (0.0)")
    expect(vas.get_by_role("row", name="6 months")).to_contain_text("≤ 8")
    desk.get_by_label("Andresen 2014").uncheck()
    desk.get_by_role("button", name="Compare").click()
    expect(desk.get_by_text("2 published groups")).to_be_visible()
    assert "andresen" not in desk.url
