"""A clinician signs a case and sees the signature; a curator signs off a month of the log."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from registry.curation.models import AscertainmentMonth, Signature
from tests import factories
from tests.curation.conftest import completed
from tests.e2e.barriers import violations
from tests.e2e.conftest import sign_in

pytestmark = pytest.mark.e2e


def test_a_clinician_signs_a_case_and_sees_the_signature(desk, live_server, center):
    case = completed(factories.CaseFactory(patient__center=center))
    desk.goto(live_server.url + reverse("case-detail", args=[case.uuid]))
    desk.get_by_role("link", name="Sign this case…").click()
    assert violations(desk) == []
    desk.get_by_label("I reviewed this case").check()
    desk.get_by_label("Password of").fill(factories.PASSWORD)
    desk.get_by_role("button", name="Sign", exact=True).click()
    expect(desk.get_by_text("Content unchanged since it was signed")).to_be_visible()
    expect(desk.locator("#signature")).to_contain_text("I reviewed this case as a second person")
    assert Signature.objects.get().case_id == case.pk


def test_a_curator_signs_off_a_month(page, live_server, curator, center):
    last = timezone.localdate().replace(day=1) - datetime.timedelta(days=1)
    factories.ProcedureFactory(case__patient__center=center, kind="rfa", date=last)
    sign_in(page, live_server.url, curator)
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("link", name="Open the log").click()
    assert violations(page) == []
    page.locator("tr", has_text="due").first.get_by_role("link").click()
    for number, eligible in enumerate(("0", "0", "0", "3")):
        page.get_by_label("Eligible", exact=True).nth(number).fill(eligible)
    page.get_by_label("Consent refused").nth(3).fill("1")
    page.get_by_label("Missed").nth(3).fill("1")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("3 eligible = 1 registered + 2 with a reason.")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Sign off", exact=True).click()
    expect(page.get_by_text("Signed off by curator")).to_be_visible()
    assert AscertainmentMonth.objects.get().is_closed
    assert violations(page) == []
