"""Exports in the browser: the form, the page that waits, and the receipts."""

import json
import re

import pytest
from django.urls import reverse

from registry.research import jobs
from registry.research.cohorts import keeping
from registry.research.cohorts.checking import read
from registry.research.models import ExportJob, ExportReceipt
from registry.research.orders import Order
from tests import factories as make
from tests.research.test_export import GOLDEN, body

FORM = {"target": "cases", "format": "csv", "profile": "pseudonymised", "dates": "days"}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.EXPORT_DIR = tmp_path / "exports"


@pytest.fixture
def page_of(client):
    def signed_in(user):
        client.force_login(user)
        return client

    return signed_in


def html(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def test_the_form_gives_the_file_of_the_api(world, page_of):
    client = page_of(world.researcher)
    assert "identified" not in html(client.get(reverse("export-new")))
    response = client.post(reverse("export-new"), FORM)
    assert response["Content-Disposition"].startswith("attachment")
    assert body(response) == (GOLDEN / "cases.csv").read_bytes()
    archive = client.post(reverse("export-new"), {**FORM, "target": "archive", "format": "ndjson"})
    assert archive["Content-Type"] == "application/zip" and body(archive).startswith(b"PK")


def test_the_form_offers_identity_to_those_who_may_see_it(world, page_of):
    curator = make.member(world.own, "curator")
    client = page_of(curator)
    assert "identified" in html(client.get(reverse("export-new")))
    response = client.post(
        reverse("export-new"), {**FORM, "profile": "identified", "dates": "exact", "center": "OWN"}
    )
    assert b"2024-03-11" in body(response)


def test_filters_of_the_address_go_along(world, page_of):
    client = page_of(world.researcher)
    page = html(client.get(reverse("export-new"), {"sex": "female", "target": "cases"}))
    assert "sex = female" in page and 'name="sex" value="female"' in page
    response = client.post(reverse("export-new"), {**FORM, "sex": "female"})
    assert response["X-Rows"] == "1"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"target": "nothing"}, "id_target"),
        ({"format": "pdf"}, "id_format"),
        ({"center": "FOR"}, "id_center"),
        ({"profile": "identified"}, "Who the patients are"),
        ({"dates": "exact"}, "id_dates"),
        ({"sex": "x"}, "sex: “x”"),
        ({"cohort_of": "1"}, "cohort_of: This parameter is not known"),
        ({"target": "archive", "strategy": "reboa"}, "strategy: patients cannot be narrowed"),
    ],
)
def test_what_cannot_be_stands_on_the_page(world, page_of, changed, said):
    page = html(page_of(world.researcher).post(reverse("export-new"), {**FORM, **changed}), 422)
    assert "error-summary" in page and said in page
    assert not ExportReceipt.objects.exists()


def test_the_page_waits_until_the_file_is_there(world, page_of):
    client = page_of(world.researcher)
    response = client.post(reverse("export-new"), {**FORM, "background": "on"})
    job = ExportJob.objects.get()
    assert response.url == reverse("export-progress", args=[job.uuid])
    page = html(client.get(response.url))
    assert "Waiting for the worker" in page and "every 1s" in page
    assert "not ready" not in page and client.get(reverse("export-file", args=[job.uuid])).status_code == 409
    jobs.carry_out(job)
    part = html(client.get(response.url, headers={"HX-Request": "true"}))
    assert "The file is ready" in part and "every 1s" not in part and "<html" not in part
    file = client.get(reverse("export-file", args=[job.uuid]))
    assert body(file) == (GOLDEN / "cases.csv").read_bytes()


def test_an_export_can_be_cancelled_with_and_without_script(world, page_of):
    client = page_of(world.researcher)
    for table, headers in (("cases", {}), ("lesions", {"HX-Request": "true"})):
        job = jobs.submit(Order.read(table, "csv", {}), world.researcher)
        address = reverse("export-cancel", args=[job.uuid])
        assert client.get(address).status_code == 405
        response = client.post(address, headers=headers)
        if headers:
            assert "The export was cancelled" in html(response)
        else:
            assert response.url == reverse("export-progress", args=[job.uuid])
            assert "The export was cancelled" in html(client.get(response.url))
        assert "The export was cancelled" in html(client.get(reverse("export-file", args=[job.uuid])), 410)


def test_why_an_export_failed_stands_on_its_page(world, page_of):
    client = page_of(world.researcher)
    job = jobs.submit(Order.read("cases", "csv", {}), world.researcher)
    ExportJob.objects.update(state="failed", failure="disk_full")
    assert "The disk is full." in html(client.get(reverse("export-progress", args=[job.uuid])))


def test_the_list_has_the_users_own_and_nothing_else(world, page_of, client_of):
    body(client_of(world.outsider).get("/api/v1/export/lesions.csv"))
    body(client_of(world.researcher).get("/api/v1/export/cases.csv"))
    job = jobs.submit(Order.read("assessments", "csv", {}), world.researcher)
    client = page_of(world.researcher)
    mine, others = ExportReceipt.objects.get(table="cases"), ExportReceipt.objects.get(table="lesions")
    page = html(client.get(reverse("exports")))
    assert str(mine.uuid) in page and str(others.uuid) not in page and str(job.uuid) in page
    recent = html(client.get(reverse("exports") + "?recent", headers={"HX-Request": "true"}))
    assert str(mine.uuid) in recent and str(job.uuid) in recent and "<html" not in recent
    assert client.get(reverse("export-receipt-page", args=[others.uuid])).status_code == 404
    stranger = page_of(world.outsider)
    for name in ("export-progress", "export-file"):
        assert stranger.get(reverse(name, args=[job.uuid])).status_code == 404
    assert stranger.post(reverse("export-cancel", args=[job.uuid])).status_code == 404
    assert ExportJob.objects.get().state == "queued"


def test_the_account_page_fetches_the_exports(world, page_of):
    page = html(page_of(world.researcher).get(reverse("account")))
    assert f'hx-get="{reverse("exports")}?recent"' in page


def test_a_receipt_says_what_was_withheld_and_why(world, page_of, client_of):
    client = client_of(world.researcher)
    body(client.get("/api/v1/export/cases.csv", {"center": "OWN"}))
    archive = client.get("/api/v1/export/archive.zip")
    whole = ExportReceipt.objects.get(table="cases")
    page = html(page_of(world.researcher).get(reverse("export-receipt-page", args=[whole.uuid])))
    assert whole.sha256 in page and "index_date" in page and "exact date; left out" in page
    assert "consent refused or withdrawn" in page and "OWN" in page and "whole" in page
    cut_off = ExportReceipt.objects.get(table="archive")
    page = html(client.get(reverse("export-receipt-page", args=[cut_off.uuid])))
    assert "cut off" in page and "not whole" in page
    body(archive)
    page = html(client.get(reverse("export-receipt-page", args=[cut_off.uuid])))
    cut_off.refresh_from_db()
    assert all(file["sha256"] in page for file in cut_off.files) and json.dumps("load.R")[1:-1] in page


def test_a_receipt_says_which_cohort_and_what_narrowed_which_table(world, page_of):
    """Of an archive as of a table, in words; the cohort as it was, also when it has been deleted since."""
    women = {"title": "Women", "where": {"all": [{"variable": "cases.sex", "is": "=", "value": "female"}]}}
    cohort = keeping.create(read(women, world.researcher), world.researcher)
    client = page_of(world.researcher)
    narrowed = {"cohort": "women", "publication": "paper-2021"}
    body(client.get("/api/v1/export/archive.zip", narrowed))
    address = reverse("export-receipt-page", args=[ExportReceipt.objects.get().uuid])
    page = html(client.get(address))
    assert "{&#x27;" not in page and page.count("paper-2021") == 1
    assert f'href="{cohort.get_absolute_url()}?version=1"' in page
    assert "version 1" in page and "Cases with sex female." in page
    assert "women" in html(client.get(reverse("exports")))
    keeping.delete(cohort)
    page = html(client.get(address))
    assert "Women" in page and "Cases with sex female." in page and cohort.get_absolute_url() not in page


def test_a_job_says_what_was_asked_for_and_can_be_asked_again(world, page_of):
    client = page_of(world.researcher)
    asked = {"sex": ["female"], "table_format": ["ndjson"], "dates": ["year"]}
    job = jobs.submit(Order.read("archive", "zip", asked), world.researcher)
    page = html(client.get(reverse("export-progress", args=[job.uuid])))
    assert "archive.zip · dates = year, sex = female, table_format = ndjson" in page
    jobs.cancel(job)
    page = html(client.get(reverse("export-progress", args=[job.uuid])))
    again = re.search(r'href="([^"]+)">Ask for it again', page)[1].replace("&amp;", "&")
    form = html(client.get(again))
    assert 'value="archive" selected' in form and 'value="ndjson" selected' in form
    assert 'value="year" selected' in form and "sex = female" in form


def test_a_cohort_leads_to_its_archive_and_to_the_form(world, page_of):
    men = {"title": "Men", "where": {"all": [{"variable": "cases.sex", "is": "=", "value": "male"}]}}
    cohort = keeping.create(read(men, world.researcher), world.researcher)
    client = page_of(world.researcher)
    page = html(client.get(cohort.get_absolute_url()))
    archive = re.search(r'href="([^"]+)">ZIP', page)[1].replace("&amp;", "&")
    assert body(client.get(archive)).startswith(b"PK")
    receipt = ExportReceipt.objects.get()
    # Every table of the archive is the cohort's: what no cohort narrows is not in it.
    assert receipt.definition["cohort"]["slug"] == "men"
    assert all("cohort" in asked for asked in receipt.definition["filters"].values())
    assert f'href="{reverse("export-new")}?cohort=men"' in page


def test_receipts_are_paged(world, page_of):
    ExportReceipt.objects.bulk_create(
        ExportReceipt(
            user_id_text=str(world.researcher.pk), user_name="x", table="cases", format="csv", rows=n
        )
        for n in range(120)
    )
    client = page_of(world.researcher)
    first, third = html(client.get(reverse("exports"))), html(client.get(reverse("exports") + "?page=3"))
    assert first.count("data-href") == 50 and third.count("data-href") == 20
    assert "1–50 of 120" in first
    part = html(client.get(reverse("exports") + "?page=2&from=1", headers={"HX-Request": "true"}))
    assert part.count("data-href") == 50 and "<html" not in part


def test_exports_need_a_sign_in(client, db):
    for name in ("exports", "export-new"):
        assert client.get(reverse(name)).status_code == 302


def test_the_number_of_queries_does_not_grow_with_the_list(world, page_of, django_assert_max_num_queries):
    client = page_of(world.researcher)
    for table in ("cases", "lesions", "patients"):
        jobs.submit(Order.read(table, "csv", {}), world.researcher)
    ExportReceipt.objects.bulk_create(
        ExportReceipt(
            user_id_text=str(world.researcher.pk), user_name="x", table="cases", format="csv", rows=n
        )
        for n in range(60)
    )
    with django_assert_max_num_queries(12):
        client.get(reverse("exports"))
