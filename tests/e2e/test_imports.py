"""A curator imports files in a browser: an error, the corrected file, confirmation, and undoing."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from cases.models import Patient
from registry.interchange.code_lists import load_diagnoses
from registry.interchange.models import ImportBatch
from tests.e2e.conftest import sign_in, watch
from tests.interchange.importing import NEW, as_csv

pytestmark = pytest.mark.e2e


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.IMPORT_DIR = tmp_path / "imports"
    load_diagnoses()


def given(**files):
    return [
        {"name": f"{name}.csv", "mimeType": "text/csv", "buffer": as_csv(rows)}
        for name, rows in files.items()
    ]


def test_a_curator_imports_and_takes_it_back(page, live_server, curator):
    faults = watch(page, live_server.url)
    sign_in(page, live_server.url, curator)
    page.goto(live_server.url + reverse("admin:index"))
    page.get_by_role("link", name="Import", exact=True).click()
    wrong = {**NEW, "lesions": [{**NEW["lesions"][0], "volume_ml": "7000"}, NEW["lesions"][1]]}
    page.get_by_label("Files").set_input_files(given(**wrong))
    page.get_by_role("button", name="Check the files").click()
    expect(page.get_by_role("heading", name="1 error. Nothing has been written.")).to_be_visible()
    expect(page.get_by_role("row", name="lesions.csv 2 volume_ml")).to_contain_text("6000 mL")
    page.get_by_role("link", name="Choose corrected files").click()
    page.get_by_label("Files").set_input_files(given(**NEW))
    page.get_by_role("button", name="Check the files").click()
    page.get_by_role("button", name="Import 10 rows").click()
    expect(page.get_by_role("heading", name="Imported")).to_be_visible()
    assert Patient.objects.count() == 1
    page.get_by_text("Undo this import").click()
    page.get_by_label("Reason").fill("wrong centre")
    page.get_by_role("button", name="Undo the import").click()
    expect(page.get_by_role("heading", name="The import was undone")).to_be_visible()
    assert not Patient.objects.exists() and ImportBatch.objects.filter(state="undone").count() == 1
    assert faults == []


def test_the_pages_of_imports_have_no_barrier(visit, curator, clinician, center):
    from registry.access.models import Membership
    from registry.interchange.importing import batches

    Membership.objects.create(user=clinician, center=center, role="curator")
    visit.look("imports, none", path=reverse("imports"))
    files = {**NEW, "lesions": [{**NEW["lesions"][0], "volume_ml": "7000"}]}
    for rows in (files, NEW):
        batch = batches.take([(f"{name}.csv", [as_csv(each)]) for name, each in rows.items()], clinician)
        batches.start_check(batch)
        visit.look(f"an import that is {batch.state}", path=reverse("import-batch", args=[batch.uuid]))
    batches.confirm(batch, clinician, "")
    visit.look("an import that is done", path=reverse("import-batch", args=[batch.uuid]))
    visit.look("imports", path=reverse("imports"))
