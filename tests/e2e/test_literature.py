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
    expect(checks.locator(".check")).to_have_count(22)
    checks.get_by_role("link", name="Whole series against its arms, consistent: 1").click()
    expect(checks.locator(".check")).to_have_count(1)
    assert desk.url.endswith("?family=pooled&verdict=consistent")
    checks.locator("summary").click()
    expect(checks.locator(".check-facts")).to_contain_text("Σ n·mean / Σ n")
    desk.go_back()
    expect(desk.locator("#checks .check")).to_have_count(22)


def test_the_comparison_is_chosen_and_shows_its_numbers(desk, live_server, papers, own_cases):
    desk.goto(live_server.url + reverse("literature"))
    desk.get_by_role("link", name="Compare with own cases").click()
    vas = desk.get_by_role("region", name="VAS pain")
    expect(vas.get_by_role("img")).to_be_visible()
    expect(vas.get_by_role("row", name="Day 1")).to_contain_text("3.0 (0.0)")
    expect(vas.get_by_role("row", name="6 months")).to_contain_text("≤ 8")
    desk.get_by_role("checkbox", name="Andresen 2014").uncheck()
    desk.get_by_role("button", name="Compare").click()
    expect(desk.get_by_text("2 published groups")).to_be_visible()
    assert "andresen" not in desk.url


def test_a_cohort_beside_the_papers_says_what_is_not_comparable_and_fits_paper(
    desk, live_server, papers, own_cases, clinician
):
    factories.CohortFactory(owner=clinician, title="From 61", where={
        "all": [{"variable": "cases.age_years", "is": ">=", "value": 61},
                {"variable": "cases.publication", "is": "missing"}]})  # fmt: skip
    desk.goto(live_server.url + reverse("compare"))
    desk.get_by_label("Cases", exact=True).select_option("From 61")
    desk.get_by_role("button", name="Compare").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("From 61 beside the literature")
    age = desk.get_by_role("row", name="Age y per patient")
    expect(age).to_contain_text("61.5 (0.7)")
    expect(age).to_contain_text("named by an inconsistent check")
    remarks = desk.get_by_role("region", name="What cannot be compared")
    expect(remarks).to_contain_text("no n and so no interval in Andresen 2014")
    age.get_by_role("link", name="62.11").click()
    expect(desk.get_by_text("62.11 (SD, 13.37)").first).to_be_visible()
    desk.go_back()
    # Published series are told apart by their dashes, own cases by marks of another shape.
    drawing = desk.get_by_role("region", name="VAS pain").locator(".course-drawing-wide")
    expect(drawing.locator("circle").first).to_be_visible()
    desk.emulate_media(media="print")
    desk.set_viewport_size({"width": 680, "height": 900})
    assert desk.evaluate("document.documentElement.scrollWidth") <= 680
