"""Second factors in a real browser: setting up, signing in, in place too, and what stands in the way of nobody."""

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from tests import factories
from tests.access import signing_in
from tests.e2e.barriers import TELL_VIOLATIONS
from tests.e2e.conftest import SAVED, sign_in, watch

pytestmark = pytest.mark.e2e


@pytest.fixture
def at_home(browser, live_server):
    """A page at a host name, as passkeys belong to names and not to addresses."""
    host = live_server.url.replace("127.0.0.1", "localhost")
    context = browser.new_context()
    context.add_init_script(TELL_VIOLATIONS)
    page = context.new_page()
    faults = watch(page, host)
    page.host = host
    yield page
    context.close()
    assert [fault for fault in faults if "401" not in fault] == []


def first_step(page, user):
    page.goto(page.host + reverse("login"))
    page.get_by_label("User name").fill(user.username)
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def confirm(page):
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def sign_out(page):
    page.locator("header .dropdown-toggle").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"**{reverse('login')}")


def test_an_app_is_set_up_and_signs_in_and_signs_in_in_place(page, live_server, clinician, case):
    page.host = live_server.url
    sign_in(page, page.host, clinician)
    page.goto(page.host + reverse("mfa_index"))
    page.get_by_role("link", name="Set up an app").click()
    confirm(page)
    page.get_by_text("The app cannot read it?").click()
    secret = page.locator(".secret").inner_text()
    page.get_by_label("Code shown by the app").fill(signing_in.code(secret, -1))
    page.get_by_role("button", name="Set up").click()
    expect(page.locator(".codes li")).to_have_count(10)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    kept = download.value.path().read_text().split()
    assert kept == page.locator(".codes li").all_inner_texts()
    sign_out(page)
    first_step(page, clinician)
    page.get_by_label("Code").fill(signing_in.code(secret))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{page.host}/")
    page.goto(page.host + reverse("case-section", args=[case.uuid, "patient"]))
    Session.objects.all().delete()
    field = page.locator(f'[name="case-{case.pk}-height_cm"], [name$="height_cm"]').first
    field.fill("171")
    field.press("Tab")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Password").fill(factories.PASSWORD)
    dialog.get_by_role("button", name="Sign in").click()
    dialog.get_by_label("Code").fill("000000")
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog.get_by_role("alert")).not_to_be_empty()
    dialog.get_by_label("Code").fill(kept[0])
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#save-state")).to_have_text(SAVED)


def test_a_passkey_is_the_second_step_and_signs_in_alone(at_home, curator):
    page = at_home
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    device |= {"hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}
    line.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    first_step(page, curator)
    page.get_by_role("link", name="Set it up now").click()
    page.get_by_role("link", name="Add a passkey").click()
    confirm(page)
    page.get_by_label("Name of the passkey").fill("Key ring")
    page.get_by_role("button", name="Add").click()
    expect(page.locator(".codes li")).to_have_count(10)
    assert Authenticator.objects.filter(user=curator, type="webauthn").exists()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("rowheader", name="Key ring")).to_be_visible()
    sign_out(page)
    first_step(page, curator)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{page.host}/")
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{page.host}/")


def test_pages_of_signing_in_have_no_barrier(visit, clinician, curator):
    signing_in.app_of(clinician)
    signing_in.passkey_of(clinician)
    visit.sign_out()
    visit.look("reset the password", path=reverse("account_reset_password"))
    visit.look("link sent", path=reverse("account_reset_password_done"), part="main")
    page = visit.open(reverse("login"))
    page.locator("#id_username").fill("clinician")
    page.locator("#id_password").fill(factories.PASSWORD)
    visit.submit()
    visit.look("second step")
    page.locator("#id_code").fill(signing_in.recovery_codes(clinician)[0])
    with page.expect_navigation():
        page.locator("main form:has(#id_code) [type=submit]").click()
    visit.settle()
    visit.look("second factors", path=reverse("mfa_index"))
    page.goto(visit.host + reverse("mfa_reauthenticate") + "?next=" + reverse("mfa_generate_recovery_codes"))
    visit.look("confirm by code", part="main")
    page.locator("#id_code").fill(signing_in.recovery_codes(clinician)[0])
    visit.submit()
    visit.submit()
    visit.look("recovery codes")
    visit.look("add a passkey", path=reverse("mfa_add_webauthn"), part="main")
    visit.look("sessions", path=reverse("sessions"), part="main")
    for _time in range(5):
        signing_in.password(Client(), "clinician", "wrong")
    visit.sign_in(curator)
    visit.look("locked sign-ins", path=reverse("locks"), part="main")
    visit.look("notice of a missing second factor", path=reverse("mfa_index"))
    visit.look("set up an app, confirm first", path=reverse("mfa_activate_totp"), part="main")
    page.locator("#id_password").fill(factories.PASSWORD)
    visit.submit()
    visit.unfold()
    visit.look("set up an app", part="main")
