"""Exports in a browser: asked for by keyboard, waited for, fetched, and without barriers."""

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from registry.research import jobs
from registry.research.models import ExportJob, ExportReceipt
from registry.research.orders import Order
from tests import factories
from tests.research.test_export import body

pytestmark = pytest.mark.e2e


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.EXPORT_DIR = tmp_path / "exports"


def test_an_export_is_asked_for_waited_for_and_fetched(desk, live_server, center):
    factories.CaseFactory(patient=factories.PatientFactory(center=center))
    desk.goto(live_server.url + reverse("account"))
    desk.locator("#content").get_by_role("link", name="New export").click()
    desk.get_by_label("What").select_option("cases")
    with desk.expect_download() as at_once:
        desk.get_by_role("button", name="Export").click()
    assert at_once.value.suggested_filename.startswith("cases-")
    desk.get_by_label("Write it in the background").check()
    desk.get_by_role("button", name="Export").click()
    expect(desk.get_by_role("heading", name="Waiting for the worker")).to_be_visible()
    jobs.carry_out(ExportJob.objects.get())
    expect(desk.get_by_role("heading", name="The file is ready")).to_be_visible()
    with desk.expect_download() as later:
        desk.get_by_role("link", name="Download").click()
    assert Path(later.value.path()).read_bytes() == Path(at_once.value.path()).read_bytes()
    desk.get_by_role("link", name="Receipt").click()
    expect(desk.get_by_text(ExportReceipt.objects.latest("id").sha256)).to_be_visible()


def test_an_export_is_cancelled_where_it_is_waited_for(desk, live_server, clinician):
    job = jobs.submit(Order.read("cases", "csv", {}), clinician)
    desk.goto(live_server.url + reverse("export-progress", args=[job.uuid]))
    desk.get_by_role("button", name="Cancel the export").click()
    expect(desk.get_by_role("heading", name="The export was cancelled")).to_be_visible()
    assert ExportJob.objects.get().state == "cancelled"


def test_the_pages_of_exports_have_no_barrier(visit, clinician, center, client):
    factories.CaseFactory(patient=factories.PatientFactory(center=center, consent_status="refused"))
    visit.look("exports, none", path=reverse("exports"))
    visit.look("new export", path=reverse("export-new") + "?sex=female")
    client.force_login(clinician)
    body(client.get("/api/v1/export/archive.zip"))
    ready = jobs.submit(Order.read("cases", "csv", {}), clinician)
    jobs.carry_out(ready)
    waiting = jobs.submit(Order.read("lesions", "csv", {}), clinician)
    visit.look("exports", path=reverse("exports"))
    visit.look("account", path=reverse("account"))
    visit.look("an export that waits", path=reverse("export-progress", args=[waiting.uuid]))
    visit.look("an export that is ready", path=reverse("export-progress", args=[ready.uuid]))
    receipt = ExportReceipt.objects.get(table="archive")
    visit.look("receipt", path=reverse("export-receipt-page", args=[receipt.uuid]))
