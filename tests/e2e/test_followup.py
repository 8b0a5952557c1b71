"""The lists in a browser: a time point entered by mouse and by keyboard, nothing typed is lost, the place is kept."""

import datetime
import re

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from outcomes.models import Assessment, FollowUpStatus
from tests import factories
from tests.e2e.barriers import violations
from tests.e2e.conftest import sign_in
from tests.factories import AssessmentFactory, CaseFactory, PatientFactory

pytestmark = pytest.mark.e2e
LIST = reverse("followup")


def due_case(center, days=30, **values):
    case = CaseFactory(
        patient=PatientFactory(center=center),
        index_date=timezone.localdate() - datetime.timedelta(days=days),
        index_date_precision="day",
        **values,
    )
    for point in ("baseline", "day_1"):
        AssessmentFactory(case=case, time_point=point, vas_pain=7)
    return case


@pytest.fixture
def due(center):
    return due_case(center)


def line(page, case):
    return page.locator(f"#case-{case.uuid}")


def field(page, label):
    return page.get_by_role("textbox", name=re.compile(f"^{label}( in .*)?$"))


def at_month_1(case):
    return Assessment.objects.filter(case=case, time_point="month_1").first()


def test_a_time_point_is_entered_with_the_mouse(desk, live_server, due, center):
    other = due_case(center, 100)
    desk.goto(live_server.url + "/")
    desk.get_by_role("link", name="Follow-up", exact=True).first.click()
    desk.wait_for_load_state("networkidle")
    line(desk, due).get_by_role("link", name="Enter scores").click()
    expect(field(desk, "VAS pain")).to_be_focused()
    field(desk, "VAS pain").fill("3,5")
    desk.get_by_label("Ambulatory", exact=True).select_option("true")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(line(desk, due)).to_contain_text("1 month saved. Next: 3 months")
    expect(desk.locator("#followup-said")).to_contain_text("1 month saved.")
    expect(line(desk, due)).to_contain_text("upcoming")
    expect(line(desk, due).get_by_role("link", name="Enter scores")).to_be_focused()
    assert str(at_month_1(due).vas_pain) == "3.5"
    expect(line(desk, other)).to_contain_text("3 months")


def test_a_time_point_is_entered_by_keyboard_alone(desk, live_server, due):
    desk.goto(live_server.url + LIST)
    desk.wait_for_load_state("networkidle")
    line(desk, due).get_by_role("link", name="Enter scores").focus()
    desk.keyboard.press("Enter")
    expect(field(desk, "VAS pain")).to_be_focused()
    desk.keyboard.type("12")
    desk.keyboard.press("Enter")
    expect(line(desk, due)).to_contain_text("12 is above 10")
    expect(field(desk, "VAS pain")).to_be_focused()
    desk.keyboard.press("ControlOrMeta+a")
    desk.keyboard.type("2")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Tab")
    desk.keyboard.type("41")
    desk.keyboard.press("Enter")
    expect(line(desk, due)).to_contain_text("1 month saved.")
    assert str(at_month_1(due).odi) == "41.00"
    # The line says so before the cursor stands on the next time point.
    expect(line(desk, due).get_by_role("link", name="Enter scores")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(field(desk, "VAS pain")).to_be_focused()
    desk.keyboard.press("Escape")
    expect(line(desk, due).locator("[data-entry]")).to_have_count(0)
    expect(line(desk, due).get_by_role("link", name="Enter scores")).to_be_focused()


def test_an_unusual_date_is_asked_about_in_place(desk, live_server, due):
    desk.goto(live_server.url + LIST)
    line(desk, due).get_by_role("link", name="Enter scores").click()
    field(desk, "VAS pain").fill("3")
    early = timezone.localdate() - datetime.timedelta(days=20)
    desk.get_by_label("Date", exact=True).fill(early.isoformat())
    desk.get_by_role("button", name="Save", exact=True).click()
    why = desk.get_by_label("Correct it, or say why it is right:")
    expect(why).to_be_focused()
    why.fill("came early")
    desk.get_by_role("button", name="Save changes").click()
    expect(line(desk, due)).to_contain_text("1 month saved. Next")
    assert at_month_1(due).confirmed["date"]["reason"] == "came early"


def test_lost_for_all_ends_the_follow_up(desk, live_server, due):
    desk.goto(live_server.url + LIST)
    line(desk, due).get_by_role("link", name="Enter scores").click()
    desk.get_by_label("Reason for all scores left empty").select_option("lost")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(line(desk, due)).to_contain_text("Follow-up has ended: lost to follow-up")
    assert FollowUpStatus.objects.get(case=due).followup_state == "lost"
    desk.get_by_role("link", name=re.compile("^Lost to follow-up")).click()
    expect(line(desk, due)).to_contain_text("Lost to follow-up")


def test_two_people_enter_the_same_time_point(desk, live_server, due, curator):
    desk.goto(live_server.url + LIST)
    line(desk, due).get_by_role("link", name="Enter scores").click()
    field(desk, "VAS pain").fill("3")
    AssessmentFactory(case=due, time_point="month_1", vas_pain=6, kps=70, by=curator)
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(line(desk, due)).to_contain_text("curator has entered this time point meanwhile")
    assert violations(desk) == []
    desk.get_by_label("VAS pain, saved:").check()
    desk.get_by_role("button", name="Save these values").click()
    expect(line(desk, due)).to_contain_text("1 month saved.")
    row = at_month_1(due)
    assert (str(row.vas_pain), row.kps) == ("6.0", 70)


def test_typed_scores_are_not_replaced_by_other_rows(desk, live_server, due):
    desk.goto(live_server.url + LIST)
    line(desk, due).get_by_role("link", name="Enter scores").click()
    field(desk, "VAS pain").fill("3")
    desk.get_by_role("link", name=re.compile("^Upcoming")).click()
    expect(line(desk, due)).to_contain_text("These scores are not saved yet")
    expect(field(desk, "VAS pain")).to_have_value("3")
    desk.get_by_role("link", name="Cancel").click()
    expect(line(desk, due).locator("[data-entry]")).to_have_count(0)
    desk.get_by_role("link", name=re.compile("^Upcoming")).click()
    expect(desk).to_have_url(re.compile("state=upcoming"))


def test_typed_scores_survive_the_end_of_the_session(desk, live_server, due):
    desk.goto(live_server.url + LIST)
    line(desk, due).get_by_role("link", name="Enter scores").click()
    field(desk, "VAS pain").fill("3")
    Session.objects.all().delete()
    desk.get_by_role("button", name="Save", exact=True).click()
    desk.get_by_label("Password").fill(factories.PASSWORD)
    desk.get_by_role("button", name="Sign in").click()
    expect(line(desk, due)).to_contain_text("1 month saved.")
    assert str(at_month_1(due).vas_pain) == "3.0"


def test_typed_scores_survive_a_cut_of_the_network(page, live_server, clinician, due):
    sign_in(page, live_server.url, clinician)
    page.goto(live_server.url + LIST)
    line(page, due).get_by_role("link", name="Enter scores").click()
    field(page, "VAS pain").fill("3")
    page.context.set_offline(True)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#messages")).to_contain_text("cannot be reached")
    expect(field(page, "VAS pain")).to_have_value("3")
    page.context.set_offline(False)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(line(page, due)).to_contain_text("1 month saved.")


def test_filters_stand_in_the_address_and_the_list_comes_back_to_its_row(desk, live_server, center):
    cases = [due_case(center) for _ in range(3)]
    desk.goto(live_server.url + LIST)
    desk.get_by_label("Time point", exact=True).select_option("month_1")
    expect(desk).to_have_url(re.compile("time_point=month_1"))
    line(desk, cases[1]).get_by_role("link", name=cases[1].patient.registry_id, exact=True).click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text(cases[1].patient.registry_id)
    desk.go_back()
    expect(desk).to_have_url(re.compile(f"time_point=month_1.*#case-{cases[1].uuid}"))
    expect(line(desk, cases[1]).get_by_role("link").first).to_be_focused()


# -- the list of cases -------------------------------------------------------------------------------------------------


def test_more_cases_come_by_scrolling_and_the_place_is_kept(desk, live_server, center, monkeypatch):
    monkeypatch.setattr("registry.core.views.listing.PAGE_SIZE", 25)
    made = [CaseFactory(patient=PatientFactory(center=center)) for _ in range(60)]
    desk.goto(live_server.url + reverse("case-list") + "?sort=case")
    rows = desk.locator("#list-rows > tr")
    expect(rows).to_have_count(25)
    desk.get_by_role("link", name="Show more").scroll_into_view_if_needed()
    expect(rows).to_have_count(50)
    expect(desk).to_have_url(re.compile("to=2"))
    link = desk.get_by_role("link", name=made[28].patient.registry_id, exact=True)
    link.click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text(made[28].patient.registry_id)
    desk.go_back()
    expect(rows).to_have_count(50)
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    link.press("Enter")
    desk.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="Cases").click()
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()


def test_more_cases_come_by_keyboard(desk, live_server, center, monkeypatch):
    monkeypatch.setattr("registry.core.views.listing.PAGE_SIZE", 40)
    for _ in range(50):
        CaseFactory(patient=PatientFactory(center=center))
    desk.goto(live_server.url + reverse("case-list") + "?sort=case")
    desk.get_by_role("link", name="Show more").focus()
    rows = desk.locator("#list-rows > tr")
    expect(rows).to_have_count(50)
    expect(rows.nth(40).get_by_role("link")).to_be_focused()


def test_signing_out_forgets_the_place(desk, live_server, center):
    CaseFactory(patient=PatientFactory(center=center))
    desk.goto(live_server.url + reverse("case-list") + "?q=HEI")
    desk.goto(live_server.url + "/")
    places = "Object.keys(sessionStorage).filter((key) => key.startsWith('list:')).length"
    assert desk.evaluate(places) == 1
    desk.get_by_role("button", name=re.compile("clinician")).click()
    desk.get_by_role("button", name="Sign out").click()
    desk.wait_for_load_state()
    assert desk.evaluate(places) == 0
