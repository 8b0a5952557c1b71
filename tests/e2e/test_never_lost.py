"""Nothing that was typed is lost: killed browsers, ended sessions, cut lines, two people, two tabs, double clicks."""

import os
import random
import signal
import subprocess
from decimal import Decimal

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

from cases.models import Case, Lesion
from registry.core import records
from tests import factories
from tests.e2e.conftest import CHROMIUM, QUIET, SAVED, sign_in, soon, watch

pytestmark = pytest.mark.e2e


def section(live_server, case, slug="patient"):
    return live_server.url + reverse("case-section", args=[case.uuid, slug])


def control(page, case, name):
    return page.locator(f'[name="case-{case.uuid}-{name}"]')


def stored(case):
    return Case.objects.get(pk=case.pk)


def test_a_field_is_saved_when_it_is_left_and_the_page_says_when(desk, live_server, case):
    desk.goto(section(live_server, case))
    control(desk, case, "height_cm").fill("171,5")
    control(desk, case, "height_cm").press("Tab")
    expect(desk.locator("#save-state")).to_have_text(SAVED)
    assert soon(lambda: stored(case).height_cm is not None)
    assert str(stored(case).height_cm) == "171.5"
    expect(desk.locator(f"#notes-case-{case.uuid}-height_cm")).to_contain_text("171.5 cm")


def test_typing_pauses_are_saved_without_moving_the_cursor(desk, live_server, case):
    desk.goto(section(live_server, case))
    field = control(desk, case, "weight_kg")
    field.click()
    desk.keyboard.type("70")
    assert soon(lambda: stored(case).weight_kg == 70)
    desk.keyboard.type(".5")
    expect(field).to_be_focused()
    expect(field).to_have_value("70.5")
    assert soon(lambda: str(stored(case).weight_kg) == "70.5")


def test_a_half_typed_value_is_no_error_until_the_field_is_left(desk, live_server, case):
    desk.goto(section(live_server, case))
    notes = desk.locator(f"#notes-case-{case.uuid}-height_cm")
    control(desk, case, "height_cm").click()
    desk.keyboard.type("1")  # on the way to 171; 1 cm is refused
    with desk.expect_response(lambda answer: "/save/" in answer.url):
        desk.wait_for_timeout(2300)
    expect(notes).not_to_contain_text("below")
    desk.keyboard.press("Tab")
    expect(notes).to_contain_text("below")
    expect(desk.locator("#unsaved")).to_be_visible()
    control(desk, case, "height_cm").fill("171")
    control(desk, case, "height_cm").press("Tab")
    expect(desk.locator("#unsaved")).to_be_hidden()
    assert soon(lambda: stored(case).height_cm == 171)


def test_one_key_says_why_a_value_is_missing(desk, live_server, case):
    desk.goto(section(live_server, case))
    control(desk, case, "inr").click()
    desk.keyboard.press("!")
    assert soon(lambda: stored(case).missing.get("inr") == "not_done")
    control(desk, case, "inr").fill("1.1")
    control(desk, case, "inr").press("Tab")
    assert soon(lambda: stored(case).inr is not None)
    assert "inr" not in stored(case).missing
    expect(control(desk, case, "inr__missing")).to_have_value("")


def test_the_key_for_unknown_chooses_an_answer_of_that_name(desk, live_server, case):
    desk.goto(section(live_server, case))
    desk.locator(f'[name="patient-{case.patient.uuid}-sex"]').first.focus()
    desk.keyboard.press("?")
    assert soon(lambda: stored(case).patient.sex == "unknown")
    assert stored(case).patient.missing == {}


def test_an_ended_session_is_renewed_in_place(desk, live_server, case):
    desk.goto(section(live_server, case))
    Session.objects.all().delete()
    control(desk, case, "height_cm").fill("171")
    control(desk, case, "height_cm").press("Tab")
    dialog = desk.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(desk.locator("#save-state")).to_contain_text("your session has ended")
    dialog.get_by_label("Password").fill("wrong")
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog.get_by_role("alert")).not_to_be_empty()
    dialog.get_by_label("Password").fill(factories.PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog).to_be_hidden()
    expect(desk.locator("#save-state")).to_have_text(SAVED)
    assert stored(case).height_cm == 171
    control(desk, case, "weight_kg").fill("70")
    control(desk, case, "weight_kg").press("Tab")
    assert soon(lambda: stored(case).weight_kg == 70)


def test_rows_are_added_after_signing_in_again_too(desk, live_server, case):
    desk.goto(section(live_server, case, "lesions"))
    Session.objects.all().delete()
    desk.get_by_role("button", name="Add lesion").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("Password").fill(factories.PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()
    expect(desk.locator("#lesion-list > [data-row]")).to_have_count(1)


def test_a_cut_line_keeps_what_was_typed_and_sends_it_when_back(desk, live_server, case):
    desk.goto(section(live_server, case))
    desk.context.set_offline(True)
    for name, value in (("height_cm", "171"), ("weight_kg", "70")):
        control(desk, case, name).fill(value)
        control(desk, case, name).press("Tab")
    expect(desk.locator("#save-state")).to_contain_text("No connection")
    assert stored(case).height_cm is None
    desk.context.set_offline(False)
    expect(desk.locator("#save-state")).to_have_text(SAVED, timeout=20_000)
    assert (stored(case).height_cm, stored(case).weight_kg) == (171, 70)


@pytest.mark.parametrize("choice", ["mine", "theirs"])
def test_two_people_at_one_field_choose_which_value_stays(desk, live_server, case, curator, choice):
    desk.goto(section(live_server, case))
    theirs = stored(case)
    theirs.height_cm = 180
    records.save(theirs, by=curator)
    control(desk, case, "height_cm").fill("171")
    control(desk, case, "height_cm").press("Tab")
    control(desk, case, "weight_kg").fill("70")
    control(desk, case, "weight_kg").press("Tab")
    notes = desk.locator(f"#notes-case-{case.uuid}-height_cm")
    expect(notes).to_contain_text(curator.username)
    expect(notes).to_contain_text("171")
    expect(notes).to_contain_text("180")
    assert soon(lambda: stored(case).weight_kg == 70), "the other field is saved all the same"
    assert stored(case).height_cm == 180
    notes.locator(f'[data-choose="{choice}"]').click()
    wanted = 171 if choice == "mine" else 180
    expect(control(desk, case, "height_cm")).to_have_value(str(wanted))
    expect(desk.locator("#save-state")).to_have_text(SAVED)
    assert soon(lambda: stored(case).height_cm == wanted)
    expect(notes.locator(".field-clash")).to_have_count(0)


def test_two_tabs_of_one_person_do_no_harm(desk, live_server, case):
    first, second = desk, desk.context.new_page()
    first.goto(section(live_server, case))
    second.goto(section(live_server, case))
    control(first, case, "height_cm").fill("171")
    control(first, case, "height_cm").press("Tab")
    assert soon(lambda: stored(case).height_cm == 171)
    control(second, case, "weight_kg").fill("70")
    control(second, case, "weight_kg").press("Tab")
    assert soon(lambda: stored(case).weight_kg == 70)
    assert stored(case).height_cm == 171
    # The second tab has learnt what the first one saved.
    expect(control(second, case, "height_cm")).to_have_value("171")


def test_a_double_click_adds_one_lesion(desk, live_server, case):
    desk.goto(section(live_server, case, "lesions"))
    desk.get_by_role("button", name="Add lesion").dblclick()
    expect(desk.locator("#lesion-list > [data-row]")).to_have_count(1)
    desk.wait_for_timeout(400)
    assert Lesion.objects.filter(case=case).count() == 1


def test_a_double_click_begins_one_case(desk, live_server, center):
    desk.goto(live_server.url + reverse("case-new"))
    desk.get_by_label("female", exact=True).check()
    desk.get_by_role("button", name="Begin the case").dblclick()
    desk.wait_for_url("**/edit/**")
    assert Case.objects.filter(center=center).count() == 1


def test_following_a_link_waits_for_what_is_typed(desk, live_server, case):
    desk.goto(section(live_server, case))
    control(desk, case, "height_cm").fill("171")
    desk.get_by_role("link", name="Lesions").first.click()
    desk.wait_for_url("**/edit/lesions/")
    assert soon(lambda: stored(case).height_cm == 171)


def test_going_back_shows_what_was_saved(desk, live_server, case):
    desk.goto(section(live_server, case))
    control(desk, case, "height_cm").fill("171")
    control(desk, case, "height_cm").press("Tab")
    expect(desk.locator("#save-state")).to_have_text(SAVED)
    desk.get_by_role("link", name="Lesions").first.click()
    desk.wait_for_url("**/edit/lesions/")
    desk.go_back()
    expect(control(desk, case, "height_cm")).to_have_value("171")


def test_a_refused_value_is_not_left_behind_without_a_question(desk, live_server, case):
    desk.goto(section(live_server, case))
    control(desk, case, "weight_kg").fill("900")
    control(desk, case, "weight_kg").press("Tab")
    expect(desk.locator("#unsaved")).to_be_visible()
    asked = []
    desk.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    desk.evaluate("window.setTimeout(() => window.location.reload())")
    desk.wait_for_timeout(600)
    assert asked == ["beforeunload"]
    expect(control(desk, case, "weight_kg")).to_have_value("900")


def test_a_complete_case_asks_for_the_reason_once(desk, live_server, case):
    from tests.core.test_write_door import complete

    case = complete(case)
    desk.goto(section(live_server, case))
    control(desk, case, "height_cm").fill("171")
    control(desk, case, "height_cm").press("Tab")
    expect(desk.locator("#save-state")).to_contain_text("Say why")
    assert stored(case).height_cm is None
    desk.locator("#change-reason").fill("measured again")
    desk.locator("#change-reason").press("Tab")
    assert soon(lambda: stored(case).height_cm == 171)
    control(desk, case, "weight_kg").fill("70")
    control(desk, case, "weight_kg").press("Tab")
    assert soon(lambda: stored(case).weight_kg == 70)
    assert stored(case).history.first().history_change_reason == "measured again"


# -- the browser is killed ---------------------------------------------------------------------------------------------

TYPED = (
    ("age_years", "61"),
    ("height_cm", "171"),
    ("weight_kg", "70"),
    ("inr", "1.1"),
    ("platelets_10e9_l", "210"),
)


def start_browser(profile):
    """A browser of its own process group, so that it can be killed whole."""
    process = subprocess.Popen(
        [CHROMIUM, "--headless", *QUIET, "--remote-debugging-port=0", f"--user-data-dir={profile}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    port = profile / "DevToolsActivePort"
    assert soon(lambda: port.exists() and port.read_text().count("\n") >= 1, 20)
    return process, f"http://127.0.0.1:{port.read_text().splitlines()[0]}"


def connected(playwright, folder):
    """A browser that answers: one that hangs at its start is no part of what is tried here."""
    for attempt in range(3):
        process, address = start_browser(folder / f"profile-{attempt}")
        try:
            return process, playwright.chromium.connect_over_cdp(address, timeout=10_000)
        except PlaywrightTimeout:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    raise AssertionError("no browser answers")


def on_its_way(page, sent, name):
    page.wait_for_timeout(5)
    return any(f'"{name}"' in body for body in sent)


@pytest.mark.parametrize("seed", range(20))
def test_killing_the_browser_loses_at_most_the_field_being_typed(
    seed, playwright, live_server, clinician, patient, tmp_path, client
):
    moment = random.Random(seed)
    case = factories.CaseFactory(patient=patient, age_years=None)
    client.force_login(clinician)
    process, browser = connected(playwright, tmp_path)
    try:
        context = browser.contexts[0]
        context.add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
        )
        page = context.new_page()
        sent = []
        page.on("request", lambda request: sent.append(request.post_data or ""))
        page.goto(section(live_server, case))
        keys = [(name, key) for name, value in TYPED for key in value]
        last = moment.randrange(1, len(keys))
        left, current = [], None
        for name, key in keys[:last]:
            if name != current:
                control(page, case, name).focus()
                if current is not None:
                    # However slow the machine: leaving the field sends it, before the next one is typed.
                    assert soon(lambda: on_its_way(page, sent, current)), f"{current} was left and not sent"  # noqa: B023
                    left.append(current)
                current = name
                page.wait_for_timeout(moment.uniform(20, 120))
            page.keyboard.type(key)
            page.wait_for_timeout(moment.uniform(20, 120))
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    values = dict(TYPED)

    def missing():
        """Fields that were left and are not stored as they were typed."""
        held = {name: getattr(stored(case), name) for name in left}
        return [name for name in left if held[name] is None or Decimal(held[name]) != Decimal(values[name])]

    soon(lambda: not missing(), 3)
    assert missing() == [], f"left before the kill and lost; {current} was being typed"


def test_the_page_asks_no_other_host_and_says_nothing_in_the_console(page, live_server, clinician, case):
    faults = watch(page, live_server.url)
    sign_in(page, live_server.url, clinician)
    for slug in ("patient", "lesions", "procedures", "outcomes", "complications", "followup", "review"):
        page.goto(section(live_server, case, slug))
        page.wait_for_load_state("networkidle")
    assert faults == []
