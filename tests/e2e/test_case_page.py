"""The page of a case in a real browser: charts and their numbers, opened values, paper, and no barrier in any look."""

import datetime
import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from django.urls import reverse
from playwright.sync_api import expect

from tests.e2e.conftest import sign_in, watch
from tests.factories import (
    AblationFactory,
    AssessmentFactory,
    CaseFactory,
    ComplicationFactory,
    FollowUpStatusFactory,
    LesionFactory,
    PatientFactory,
    ProcedureFactory,
    RfaDetailsFactory,
    SacroplastyDetailsFactory,
    TreatedLesionFactory,
)

pytestmark = pytest.mark.e2e

LOOKS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]


@pytest.fixture
def case(center, clinician):
    """Sacroplasty and ablation of two lesions, three time points, a leak: something of everything the page draws."""
    call_command("load_publications", verbosity=0)
    today = datetime.date.today()
    day = today - datetime.timedelta(100)
    patient = PatientFactory(center=center, hospital_number="4711", by=clinician)
    case = CaseFactory(
        patient=patient,
        index_date=day,
        index_date_precision="day",
        age_years=60,
        height_cm=168,
        weight_kg=72,
        by=clinician,
    )
    right = LesionFactory(
        case=case,
        levels="S1;S2",
        side="right",
        zone_ala=True,
        volume_ml="7.9",
        diameter_longest_mm=31,
        diameter_perpendicular_mm=24,
        diameter_craniocaudal_mm=22,
        sins_pain="mechanical",
    )
    LesionFactory(case=case, levels="S1", side="left", zone_ala=True)
    sacroplasty = ProcedureFactory(case=case, kind="sacroplasty", date=day)
    SacroplastyDetailsFactory(procedure=sacroplasty)
    TreatedLesionFactory(procedure=sacroplasty, lesion=right, cement_volume_ml=5, cement_diameter_mm=26)
    ablation = ProcedureFactory(case=case, kind="rfa", date=day)
    RfaDetailsFactory(procedure=ablation)
    treated = TreatedLesionFactory(procedure=ablation, lesion=right)
    AblationFactory(treated_lesion=treated, temperature_mean_celsius=86, minutes_at_target_min=11)
    AssessmentFactory(case=case, date=day, vas_pain="8.5", odi=62, kps=50)
    AssessmentFactory(case=case, time_point="day_1", date=day + datetime.timedelta(1), vas_pain="3.0", kps=60)
    AssessmentFactory(
        case=case, time_point="month_1", date=day + datetime.timedelta(30), vas_pain="2.5", odi=34
    )
    ComplicationFactory(procedure=sacroplasty, lesion=right, sir_grade="a", onset_day=0)
    FollowUpStatusFactory(case=case, followup_state="under_follow_up", vital_status="alive")
    return case


def drawn(page):
    """Wait until every part has come and every chart is drawn."""
    expect(page.locator("#timeline .timeline, #timeline .panel")).not_to_have_count(0)
    for canvas in page.locator("canvas[data-chart]").all():
        expect(canvas).to_have_attribute("data-drawn", "")
    page.wait_for_load_state("networkidle")


def at(live_server, case):
    return live_server.url + reverse("case-detail", args=[case.uuid])


def test_every_score_is_drawn_and_its_numbers_stand_in_the_table(desk, live_server, case):
    desk.goto(at(live_server, case))
    expect(desk.locator("canvas[data-chart]")).to_have_count(3)
    drawn(desk)
    for number in range(3):
        figure = desk.locator("figure.chart").nth(number)
        chart = json.loads(figure.locator("canvas").get_attribute("data-chart"))
        on_canvas = desk.evaluate(
            """number => Chart.getChart(document.querySelectorAll("canvas[data-chart]")[number]).data.datasets
                 .filter(set => set.role !== "band").map(set => set.data.map(point => point.y))""",
            number,
        )
        assert on_canvas == [[point["y"] for point in one["points"]] for one in chart["series"]]
        scale = desk.evaluate(
            """number => { const y = Chart.getChart(document.querySelectorAll("canvas[data-chart]")[number]).scales.y;
                 return [y.min, y.max]; }""",
            number,
        )
        assert scale == [chart["low"], chart["high"]]
        cells = " ".join(figure.locator("tbody td").all_inner_texts()).split()
        for one in chart["series"]:
            for point in one["points"]:
                assert point["text"].split(" ")[0] in cells
        # Something is painted, and in the colour of the own series.
        assert desk.evaluate(
            """number => { const canvas = document.querySelectorAll("canvas[data-chart]")[number];
                 const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
                 for (let i = 0; i < data.length; i += 4)
                   if (data[i] === 0 && data[i + 1] === 114 && data[i + 2] === 178) return true;
                 return false; }""",
            number,
        )


def test_the_library_comes_after_the_page_and_only_where_a_chart_is(desk, live_server, case, center):
    asked = []
    desk.on("request", lambda request: asked.append(request.url))
    empty = CaseFactory(patient=PatientFactory(center=center))
    desk.goto(at(live_server, empty))
    desk.wait_for_load_state("networkidle")
    assert not [address for address in asked if "chart.umd" in address]
    desk.goto(at(live_server, case))
    drawn(desk)
    loaded = [address for address in asked if "chart.umd" in address]
    assert len(loaded) == 1
    assert asked.index(loaded[0]) > max(n for n, address in enumerate(asked) if "published-bands" in address)


def test_a_computed_value_opens_and_leads_to_what_is_missing(desk, live_server, case):
    desk.goto(at(live_server, case))
    sins = desk.locator("#lesions .computed").filter(has_text="SINS").first
    expect(sins).to_contain_text("2 of 6 known")
    sins.locator("summary").press("Enter")
    expect(sins.get_by_text("Fisher et al.")).to_be_visible()
    sins.get_by_role("link", name="Enter").first.click()
    desk.wait_for_url("**/edit/lesions/**")


def test_the_menus_work_by_keyboard(desk, live_server, case):
    desk.goto(at(live_server, case))
    drawn(desk)
    more = desk.get_by_role("button", name="More")
    more.focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("link", name="Discharge letter")).to_be_visible()
    expect(desk.get_by_role("button", name="Print")).to_be_visible()
    desk.evaluate("window.print = () => { window.printed = true; }")
    desk.get_by_role("button", name="Print").press("Enter")
    assert desk.evaluate("window.printed") is True
    desk.get_by_role("link", name="Go on").click()
    desk.wait_for_url("**/edit/**")


def test_paper_is_a_summary_without_navigation(desk, live_server, case):
    desk.goto(at(live_server, case))
    drawn(desk)
    desk.emulate_media(media="print")
    for hidden in (".site-header", ".page-actions", ".breadcrumb", "#history", "#lesions .panel-head a"):
        expect(desk.locator(hidden).first).to_be_hidden()
    expect(desk.locator(".print-head")).to_contain_text(f"{case} · printed ")
    expect(desk.locator(".timeline-picture")).to_be_visible()
    desk.emulate_media(media="null")
    paper = desk.pdf(prefer_css_page_size=True)
    assert paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page ") <= 2


def test_charts_follow_the_colour_scheme(desk, live_server, case):
    desk.goto(at(live_server, case))
    drawn(desk)
    line = """Chart.getChart(document.querySelector("canvas[data-chart]")).options.scales.x.grid.color"""
    light = desk.evaluate(line)
    desk.emulate_media(color_scheme="dark")
    desk.wait_for_function(f"{line} !== '{light}'")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_page_has_no_barrier_closed_or_opened(browser, live_server, clinician, case, width, scheme):
    page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    faults = watch(page, live_server.url)
    sign_in(page, live_server.url, clinician)
    page.goto(at(live_server, case))
    drawn(page)
    assert not faults, "\n".join(faults)
    page.locator("#show-history").click()
    page.evaluate("document.querySelectorAll('main details').forEach((part) => (part.open = true))")
    page.get_by_role("button", name="More").click()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(200)
    found = Axe().run(page).response["violations"]
    assert not found, "\n".join(
        f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"][:3]
    )
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
