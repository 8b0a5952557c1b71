"""A drafted report is edited, copied, printed, drafted again; typed text is not given up without a question."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from registry.core import records
from tests.e2e.barriers import LOOKS, overflows, violations
from tests.e2e.conftest import sign_in, watch
from tests.factories import TESTS, CaseFactory, PatientFactory
from tests.outcomes.drafted import reboa_case

pytestmark = pytest.mark.e2e


@pytest.fixture
def written(center):
    return reboa_case(center)


@pytest.fixture
def report(desk, live_server, written):
    """A clinician before the report of a case."""
    desk.goto(live_server.url + reverse("case-report", args=[written.uuid]))
    return desk


def text_field(page):
    return page.get_by_label("Text, drafted from what was entered")


def status(page):
    return page.locator("#draft-status")


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def type_into(page, words):
    text_field(page).press("Control+Home")
    page.keyboard.type(words)


def enter_blood_loss(case, volume):
    details = case.procedures.get().reboa_details
    details.blood_loss_ml, details.missing = volume, {}
    records.save(details, by=TESTS, reason="test")


def test_the_edited_text_is_copied(report, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    type_into(report, "Checked by me. ")
    button(report, "Copy").click()
    expect(status(report)).to_have_text("Copied")
    copied = report.evaluate("navigator.clipboard.readText()")
    assert copied == text_field(report).input_value()
    assert copied.startswith("Checked by me. Procedure report")
    type_into(report, "x")
    expect(status(report)).to_have_text("")


def test_without_a_clipboard_interface_the_browsers_own_command_copies(report, context):
    context.grant_permissions(["clipboard-read"])
    report.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    type_into(report, "In a closed network. ")
    button(report, "Copy").click()
    expect(status(report)).to_have_text("Copied")
    expect(button(report, "Copy")).to_be_focused()
    before = text_field(report).input_value()
    report.keyboard.press("Tab")
    text_field(report).fill("")
    text_field(report).press("Control+v")
    assert text_field(report).input_value() == before


def test_a_refused_copy_is_said_and_leaves_the_text_selected(report):
    report.evaluate(
        "Object.defineProperty(navigator, 'clipboard', {value: undefined}); document.execCommand = () => false"
    )
    button(report, "Copy").click()
    expect(status(report)).to_contain_text("Not copied")
    selected = report.evaluate(
        "(f => f.selectionEnd - f.selectionStart)(document.getElementById('draft-text'))"
    )
    assert selected == len(text_field(report).input_value())


def test_only_the_text_is_printed_as_it_stands(report):
    type_into(report, "Printed as typed. ")
    report.evaluate("window.print = () => window.dispatchEvent(new Event('beforeprint'))")
    button(report, "Print").click()
    report.emulate_media(media="print")
    visible = report.evaluate(
        "[...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && e.children.length === 0"
        " && e.textContent.trim()).map(e => e.id || e.textContent.trim())"
    )
    assert visible == ["draft-paper"]
    assert report.locator("#draft-paper").inner_text() == text_field(report).input_value()
    assert report.pdf()[:5] == b"%PDF-"


def test_a_new_draft_replaces_edited_text_only_after_a_question(report, written):
    draft = text_field(report).input_value()
    type_into(report, "Mine. ")
    button(report, "Draft again").click()
    expect(report.get_by_text("You have changed the text.")).to_be_visible()
    expect(button(report, "Keep my text")).to_be_focused()
    report.keyboard.press("Escape")
    expect(report.get_by_text("You have changed the text.")).to_be_hidden()
    expect(button(report, "Draft again")).to_be_focused()
    assert text_field(report).input_value() == "Mine. " + draft

    enter_blood_loss(written, 1683)
    button(report, "Draft again").click()
    button(report, "Keep my text").click()
    assert text_field(report).input_value().startswith("Mine. ")
    button(report, "Draft again").click()
    button(report, "Replace my text").click()
    expect(status(report)).to_have_text("Drafted again from what is entered now.")
    expect(text_field(report)).to_have_value(re.compile(r"^Procedure report[\s\S]*Blood loss: 1683 mL\."))
    expect(report.locator(".draft-gaps")).not_to_contain_text("Blood loss")
    expect(button(report, "Draft again")).to_be_focused()


def test_an_unedited_text_is_drafted_again_at_once(report, written):
    enter_blood_loss(written, 400)
    button(report, "Draft again").click()
    expect(text_field(report)).to_have_value(re.compile(r"Blood loss: 400 mL\."))


@pytest.mark.parametrize("trouble", ["network", "session"])
def test_when_no_new_draft_can_be_had_the_text_stays(report, context, trouble):
    type_into(report, "Kept. ")
    if trouble == "network":
        context.set_offline(True)
    else:
        context.clear_cookies()
    button(report, "Draft again").click()
    button(report, "Replace my text").click()
    expect(status(report)).to_contain_text("Your text is still here.")
    assert text_field(report).input_value().startswith("Kept. ")


@pytest.mark.parametrize("edited", [True, False])
def test_leaving_asks_when_the_text_was_edited(report, live_server, written, edited):
    asked = []
    report.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    if edited:
        type_into(report, "Not stored. ")
    report.get_by_role("link", name="Discharge letter").click()
    report.wait_for_url(re.compile(f"/cases/{written.uuid}/letter/"))
    assert asked == (["beforeunload"] if edited else [])


def test_staying_keeps_the_text(report, written):
    report.on("dialog", lambda dialog: dialog.dismiss())
    type_into(report, "Still mine. ")
    report.get_by_role("link", name="Discharge letter").click(no_wait_after=True)
    report.wait_for_timeout(300)
    expect(report).to_have_url(re.compile(f"/cases/{written.uuid}/report/"))
    assert text_field(report).input_value().startswith("Still mine. ")


def test_text_that_was_taken_back_to_the_draft_needs_no_question(report, written):
    asked = []
    report.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    type_into(report, "x")
    report.keyboard.press("Backspace")
    report.get_by_role("link", name="Discharge letter").click()
    report.wait_for_url(re.compile(f"/cases/{written.uuid}/letter/"))
    assert asked == []


def test_a_gap_leads_to_its_field(report):
    link = report.locator(".draft-gaps").get_by_role("link", name="Hospital stay")
    expect(link).to_have_count(0)
    report.get_by_role("link", name="Discharge letter").click()
    link = report.locator(".draft-gaps").get_by_role("link", name="Hospital stay")
    anchor = link.get_attribute("href").partition("#")[2]
    link.click()
    expect(report.locator(f"#{anchor}")).to_be_attached()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_pages_are_accessible_at_every_width(
    page, live_server, clinician, center, written, width, scheme
):
    empty = CaseFactory(patient=PatientFactory(center=center))
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    faults = watch(page, live_server.url)
    sign_in(page, live_server.url, clinician)
    found = []
    for case in (written, empty):
        for name in ("case-report", "case-letter"):
            page.goto(live_server.url + reverse(name, args=[case.uuid]))
            found += violations(page, faults) + overflows(page)
    page.locator(".draft-reasons summary").first.click() if page.locator(".draft-reasons").count() else None
    type_into(page, "x")
    button(page, "Draft again").click()
    found += violations(page, faults) + overflows(page)
    assert found + faults == []
