"""The choice of language in a browser: by keyboard, without script, and back on the page where it was made."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests import factories
from tests.e2e.barriers import overflows, violations
from tests.e2e.conftest import sign_in, watch

pytestmark = pytest.mark.e2e

ENGLISH, GERMAN = "en", "de"


def speaks(page, language):
    expect(page.locator("html")).to_have_attribute("lang", language)


def test_a_german_browser_is_answered_in_german_until_the_reader_chooses(browser, live_server, clinician):
    page = browser.new_context(locale="de-DE").new_page()
    faults = watch(page, live_server.url)
    page.goto(live_server.url + reverse("login"))
    speaks(page, GERMAN)
    expect(page.locator(".language [aria-current]")).to_have_text("Deutsch")
    page.get_by_role("button", name="English").focus()
    page.keyboard.press("Enter")
    speaks(page, ENGLISH)
    sign_in(page, live_server.url, clinician)
    speaks(page, ENGLISH)
    assert faults == []


def test_the_choice_leads_back_to_the_list_as_it_was_filtered(desk, live_server, case):
    desk.goto(live_server.url + reverse("case-list"))
    desk.get_by_label("Search").fill("nothing of the kind")
    desk.get_by_label("Search").press("Enter")
    desk.wait_for_url("**q=nothing*")
    desk.locator("header .dropdown-toggle").click()
    desk.get_by_role("button", name="Deutsch").click()
    speaks(desk, GERMAN)
    assert "q=nothing" in desk.url
    expect(desk.locator("[name=q]")).to_have_value("nothing of the kind")


def test_the_choice_works_without_script(browser, live_server, clinician):
    page = browser.new_context(java_script_enabled=False).new_page()
    sign_in(page, live_server.url, clinician)
    page.goto(live_server.url + reverse("account"))
    page.get_by_role("button", name="Deutsch").click()
    speaks(page, GERMAN)
    assert page.url == live_server.url + reverse("account")


def test_scripts_speak_the_language_of_the_page(desk, live_server):
    words = (
        "[django.gettext('x'), interpolate('%(n)s', {n: 3}, true), django.get_format('DECIMAL_SEPARATOR')]"
    )
    assert desk.evaluate(words) == ["x", "3", "."]
    desk.locator("header .dropdown-toggle").click()
    desk.get_by_role("button", name="Deutsch").click()
    speaks(desk, GERMAN)
    desk.wait_for_load_state()  # the page may speak before its scripts have come
    assert desk.evaluate(words) == ["x", "3", ","]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_choice_has_no_barrier(browser, live_server, clinician, width, scheme):
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, locale="de-DE"
    )
    page = context.new_page()
    page.goto(live_server.url + reverse("login"))
    found = violations(page) + overflows(page)
    page.locator("#id_username").fill(clinician.username)
    page.locator("#id_password").fill(factories.PASSWORD)
    page.locator("main button.btn-primary[type=submit]").click()
    page.wait_for_url(f"{live_server.url}/")
    if width < 768:
        page.locator(".navbar-toggler").click()
        page.wait_for_timeout(400)
    page.locator("header .dropdown-toggle").click()
    page.wait_for_load_state("networkidle")
    found += violations(page) + overflows(page)
    assert not found, "\n".join(found)
