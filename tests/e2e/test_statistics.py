"""The statistics of a cohort in the browser: from its page to a number, its formula, a file and a figure."""

import csv
import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests import factories

pytestmark = pytest.mark.e2e

ARMS = [
    {"code": "A", "label": "from 60", "where": {"all": [{"variable": "cases.age_years", "is": ">=", "value": 60}]}},
    {"code": "B", "label": "", "where": {"all": [{"variable": "cases.age_years", "is": "<", "value": 60}]}},
]  # fmt: skip


@pytest.fixture
def cohort(center, clinician):
    """Four patients in each arm with pain before and after, and who died at which day."""
    for number in range(8):
        case = factories.CaseFactory(patient=factories.PatientFactory(center=center), age_years=56 + number)
        factories.ProcedureFactory(case=case, complications_answered="none")
        factories.LesionFactory(case=case, volume_ml=4 + number)
        for point, pain in (("baseline", 6 + number % 4), ("day_1", 2 + number % 3), ("month_6", 3)):
            factories.AssessmentFactory(case=case, time_point=point, vas_pain=pain)
    return factories.CohortFactory(owner=clinician, title="By age", arms=ARMS)


def test_a_number_opens_to_its_formula_and_tables_and_figures_are_downloaded(
    desk, live_server, cohort, tmp_path
):
    page = desk
    page.goto(live_server.url + cohort.get_absolute_url())
    page.get_by_role("link", name="Statistics").click()
    table = page.get_by_role("group", name="Outcomes over time: VAS pain")
    expect(table.get_by_role("columnheader", name="A against B")).to_be_visible()
    # Every time point stands by its name, that of a responder too.
    expect(table.get_by_role("rowheader", name="Day 1", exact=True)).to_have_count(3)
    number = table.get_by_role("row", name="Day 1").first.get_by_role("button").first
    number.focus()
    page.keyboard.press("Enter")
    card = page.get_by_role("dialog")
    expect(card).to_contain_text("VAS pain, Day 1, All cases")
    expect(card).to_contain_text("Σ")
    expect(card).to_contain_text("scipy")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(number).to_be_focused()
    # A P value stands beside its effect and interval.
    row = page.get_by_role("group", name="Baseline").get_by_role("row", name="Age at the index procedure")
    expect(row).to_contain_text("4.00 (1.77 to 6.23)")
    with page.expect_download() as told:
        page.get_by_role("link", name=re.compile("Table as CSV ?: Outcomes over time")).click()
    told.value.save_as(tmp_path / "table.csv")
    rows = list(csv.DictReader((tmp_path / "table.csv").open(encoding="utf-8")))
    first = next(row for row in rows if (row["time_point"], row["group"]) == ("baseline", "A"))
    assert (first["n"], first["mean"]) == ("4", "7.5")
    drawing = page.get_by_role("img", name="VAS pain over time of from 60, B")
    expect(drawing).to_be_visible()
    with page.expect_download() as told:
        page.get_by_role("link", name=re.compile("Figure as SVG ?: VAS pain over time")).click()
    told.value.save_as(tmp_path / "figure.svg")
    lines = re.findall(r"<polyline [^>]*>", (tmp_path / "figure.svg").read_text("utf-8"))
    assert ["stroke-dasharray" in line for line in lines] == [False, True]


def test_groups_are_told_apart_without_colour_and_paper_holds_every_column(desk, live_server, cohort):
    page = desk
    page.goto(live_server.url + reverse("cohort-statistics", args=[cohort.slug]))
    lines = page.locator(".figure-wide").first.locator("polyline")
    assert [line.get_attribute("stroke-dasharray") for line in lines.all()] == [None, "9 4"]
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 900})  # A4 within its margins
    assert page.evaluate("document.documentElement.scrollWidth") <= 680
    assert page.evaluate(
        "[...document.querySelectorAll('.table-scroll')].every((one) => one.scrollWidth <= 680)"
    )


def test_statistics_have_no_barrier(visit, cohort, clinician):
    address = reverse("cohort-statistics", args=[cohort.slug])
    page = visit.open(address)
    visit.look("statistics of two arms")
    page.locator(".number").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    visit.look("an opened number", part=".opened:popover-open")
    visit.look("statistics to pass on", path=f"{address}?profile=aggregate", width=390)
    nobody = {"all": [{"variable": "cases.age_years", "is": "<", "value": 1}]}
    empty = factories.CohortFactory(owner=clinician, title="Nobody", where=nobody, arms=ARMS)
    visit.look("statistics of nobody", path=reverse("cohort-statistics", args=[empty.slug]), width=390)
