"""The balloon in the browser: by buttons and by rows, on a second device, through a reload."""

import datetime
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from procedures.models import (
    BalloonInflation,
)
from registry.core import records
from tests import factories
from tests.e2e.conftest import sign_in, soon
from tests.e2e.test_procedures import choose, control, fill, fresh, is_saved, prefix

pytestmark = pytest.mark.e2e


@pytest.fixture
def reboa(case):
    procedure = factories.ProcedureFactory(case=case, kind="reboa")
    factories.ReboaDetailsFactory(procedure=procedure)
    return procedure


def times():
    return list(BalloonInflation.objects.order_by("number").values_list("inflated_min", "deflated_min"))


def press(page, name):
    with page.expect_response(lambda answer: "/occlusion/" in answer.url and answer.request.method == "POST"):
        page.get_by_role("button", name=name, exact=True).click()


def later(procedure, minutes):
    """As if so many minutes had gone by: everything that was stamped lies further back."""
    procedure.refresh_from_db()
    procedure.incision_at -= datetime.timedelta(minutes=minutes)
    records.save(procedure, by=factories.TESTS)


def test_three_inflations_by_button(section, case, reboa):
    page = section()
    expect(page.get_by_role("button", name="Inflate")).to_have_attribute("aria-disabled", "true")
    press(page, "Incision now")
    expect(control(page, reboa, "incision_at")).not_to_have_value("")
    expect(control(page, reboa, "date")).to_have_value(timezone.localdate().isoformat())
    expect(page.locator(f"#index-{prefix(reboa)}")).to_contain_text("Index date of the case.")
    for cycle in range(3):
        press(page, "Inflate")
        expect(page.locator(".now-occluded")).to_be_visible()
        row = BalloonInflation.objects.last()
        expect(page.locator(f"#{prefix(row)}")).to_be_visible()
        if not cycle:
            choose(page, row, "aortic_zone", "zone_iii")
            expect(page.locator(".now-occluded")).to_contain_text("zone III")
        later(reboa, 20)
        press(page, "Deflate")
        expect(page.locator(".now-reperfused")).to_be_visible()
        expect(control(page, row, "deflated_min")).not_to_have_value("")
        later(reboa, 15)
    is_saved(page)
    assert [round(end - start) for start, end in times()] in (
        [20, 20, 20],
        [20, 20, 21],
        [20, 21, 20],
        [21, 20, 20],
    )
    assert {row.aortic_zone for row in BalloonInflation.objects.all()} == {"zone_iii"}
    page.reload()
    expect(page.locator(".bar-occlusion")).to_have_count(3)
    expect(page.locator(".bar-reperfusion")).to_have_count(2)
    expect(page.locator(".bar-sums")).to_contain_text(re.compile(r"total 6[01]\s*min"))


def test_three_inflations_by_rows(section, case, reboa):
    reboa.date = datetime.date(2024, 3, 11)
    records.save(reboa, by=factories.TESTS)
    page = section()
    expect(page.get_by_role("button", name="Inflate")).to_have_count(0)
    fill(page, reboa, "incision_at", "23:40")
    for number, (start, end) in enumerate((("23:52", "01:10"), ("110", "150"), ("155", "170")), 1):
        page.get_by_role("button", name="Add inflation").click()
        expect(page.locator(".cells-inflations .cells-item")).to_have_count(number)
        row = BalloonInflation.objects.last()
        expect(control(page, row, "inflated_min")).to_be_focused()
        page.keyboard.type(start)
        page.keyboard.press("Tab")
        page.keyboard.type(end)
        page.keyboard.press("Tab")
        if number == 1:
            choose(page, row, "aortic_zone", "zone_iii")
            expect(control(page, row, "inflated_min")).to_have_value("12")
            expect(page.locator(f"#spell-{prefix(row)}")).to_contain_text("78")
            expect(page.locator(f"#notes-{prefix(row)}-deflated_min")).to_contain_text(
                "usual 60 min for zone III"
            )
    is_saved(page)
    assert soon(lambda: times() == [(12, 90), (110, 150), (155, 170)])
    expect(page.locator(".bar-excess")).to_have_count(1)
    expect(page.locator(".bar-sums")).to_contain_text("above 60 min for zone III")
    third = BalloonInflation.objects.last()
    expect(page.locator(f"#notes-{prefix(third)}-inflated_min")).to_contain_text("Reperfusion: 5 min")
    fill(page, third, "inflated_min", "140")
    expect(page.locator("#unsaved")).to_contain_text("overlaps inflation 2 (110 to 150 min)")
    assert times()[2] == (155, 170)


def test_a_zone_that_was_taken_over_is_kept_when_it_is_pressed(section, case, reboa):
    factories.BalloonInflationFactory(
        procedure=reboa, inflated_min=0, deflated_min=20, aortic_zone="zone_iii"
    )
    page = section()
    page.get_by_role("button", name="Add inflation").click()
    expect(page.locator(".cells-inflations .cells-item")).to_have_count(2)
    row = BalloonInflation.objects.last()
    chosen = control(page, row, "aortic_zone").and_(page.locator('[value="zone_iii"]'))
    expect(chosen).to_be_checked()
    fill(page, row, "inflated_min", "40")
    choose(page, row, "aortic_zone", "zone_iii")
    fill(page, row, "deflated_min", "50")
    assert soon(lambda: fresh(row).deflated_min == 50)
    expect(chosen).to_be_checked()
    assert fresh(row).aortic_zone == "zone_iii"
    choose(page, row, "aortic_zone", "zone_iii")
    assert soon(lambda: fresh(row).aortic_zone is None), "from then on as everywhere"


def test_a_second_device_follows_and_both_press_at_once(
    section, case, reboa, browser, live_server, clinician
):
    start = timezone.now() - datetime.timedelta(minutes=30)
    reboa.date, reboa.incision_at = timezone.localdate(start), start
    records.save(reboa, by=factories.TESTS)
    page = section()
    other = browser.new_context().new_page()
    sign_in(other, live_server.url, clinician)
    press(page, "Inflate")
    section(other)
    row = BalloonInflation.objects.get()
    expect(other.locator(".now-occluded")).to_be_visible()
    volume = control(other, row, "volume_ml")
    volume.focus()
    other.keyboard.type("8")
    press(page, "Deflate")
    expect(other.locator(".now-reperfused")).to_be_visible(timeout=12_000)
    expect(control(other, row, "deflated_min")).not_to_have_value("")
    expect(volume).to_be_focused()
    for what, count in (("inflate", 2), ("deflate", 2)):
        for device in (page, other):
            device.evaluate(f"document.querySelector('[id^={what}-]').click()")
        for device in (page, other):
            expect(device.locator(".now-occluded")).to_have_count(count - 1 if what == "inflate" else 0)
            expect(device.locator(".cells-inflations .cells-item")).to_have_count(count)
        assert len(times()) == count
    press(page, "Inflate")
    # The other device looks again when its window comes to the front.
    other.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(other.locator(".cells-inflations .cells-item")).to_have_count(3)
    expect(volume).to_be_focused()
    assert fresh(row).volume_ml == 8
    page.get_by_role("button", name=re.compile("Undo: inflated")).click()
    expect(page.locator(".cells-inflations .cells-item")).to_have_count(2)
    expect(other.locator(".cells-inflations .cells-item")).to_have_count(2, timeout=12_000)
    other.context.close()


def test_minutes_count_up_and_warn_when_the_limit_is_passed(section, case, reboa):
    start = timezone.now() - datetime.timedelta(minutes=70)
    reboa.date, reboa.incision_at = timezone.localdate(start), start
    records.save(reboa, by=factories.TESTS)
    factories.BalloonInflationFactory(procedure=reboa, inflated_min=10, aortic_zone="zone_iii")
    page = section()
    minutes = page.locator("[data-minutes]")
    expect(minutes).to_have_text("60")
    expect(page.locator(".now-warning:visible")).to_have_count(0)
    # The next minute, without the server.
    page.context.set_offline(True)
    page.evaluate("document.querySelector('[data-since]').dataset.since -= 60000")
    expect(minutes).to_have_text("61")
    expect(page.locator(".now-warning:visible")).to_have_text("Above 60 min, the usual limit in zone III.")
    expect(page.locator("[data-alarm]")).to_have_text("Above 60 min, the usual limit in zone III.")
    page.context.set_offline(False)


def test_a_press_that_the_server_never_got_is_said_at_the_buttons(section, case, reboa):
    page = section()
    press(page, "Incision now")
    page.context.set_offline(True)
    page.get_by_role("button", name="Inflate", exact=True).click()
    expect(page.locator("[data-unstamped]")).to_contain_text(re.compile(r"^Not stamped at \d\d:\d\d"))
    page.context.set_offline(False)
    press(page, "Inflate")
    expect(page.locator("[data-unstamped]")).to_be_hidden()
    assert len(times()) == 1


def test_a_corrected_incision_asks_what_is_right(section, case, reboa):
    reboa.date = datetime.date(2024, 3, 11)
    reboa.incision_at = datetime.datetime(2024, 3, 11, 8, 0, tzinfo=timezone.get_default_timezone())
    records.save(reboa, by=factories.TESTS)
    row = factories.BalloonInflationFactory(procedure=reboa, inflated_min=10, deflated_min=30)
    page = section()
    fill(page, reboa, "incision_at", "08:05")
    ask = page.locator(".occlusion-shift")
    expect(ask).to_be_visible()
    page.get_by_role("button", name="Keep their times of day instead").click()
    expect(control(page, row, "inflated_min")).to_have_value("5")
    expect(ask).to_be_hidden()
    assert times() == [(5, 25)]
    fill(page, reboa, "incision_at", "08:00")
    expect(ask).to_be_visible()
    page.get_by_role("button", name="The minutes are right").click()
    expect(ask).to_be_hidden()
    assert times() == [(5, 25)]


def test_the_focus_stays_on_the_button_that_was_pressed(section, case, reboa):
    page = section()
    for name in ("Incision now", "Inflate"):
        button = page.get_by_role("button", name=name, exact=True)
        button.focus()
        with page.expect_response(lambda answer: "/occlusion/" in answer.url):
            page.keyboard.press("Enter")
        expect(page.locator(".now-occluded" if name == "Inflate" else ".stamp-undo")).to_be_visible()
    expect(page.get_by_role("button", name="Inflate", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert len(times()) == 1
