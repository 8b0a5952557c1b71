"""Imports in the browser: who may, what the pages say, and how files are taken in."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.translation import trans_real

from cases.models import Lesion, Patient
from registry.interchange.code_lists import load_diagnoses
from registry.interchange.importing import batches
from registry.interchange.models import ImportBatch
from registry.interchange.tasks import check_import
from tests import factories as make
from tests.interchange.importing import NEW, as_csv
from tests.pages.test_german import WideLetters, plain_words


@pytest.fixture(autouse=True)
def folder(settings, tmp_path, db):
    settings.IMPORT_DIR = tmp_path / "imports"
    load_diagnoses()
    return tmp_path / "imports"


def upload(client, **files):
    given = [SimpleUploadedFile(f"{name}.csv", as_csv(rows)) for name, rows in files.items()]
    return client.post(reverse("imports"), {"files": given})


def test_a_file_is_checked_confirmed_and_undone(client, center, curator):
    client.force_login(curator)
    assert b"Nothing imported yet" in client.get(reverse("imports")).content
    answer = upload(client, **{**NEW, "lesions": [{"case_ref": "A1", "volume_ml": "7000", "levels": "S1"}]})
    page = client.get(answer.url).content.decode()
    assert "errors. Nothing has been written" in page and "6000 mL" in page
    listed = client.get(answer.url + "errors.csv").content.decode("utf-8-sig")
    assert "error,lesions.csv,2,volume_ml" in listed
    answer = upload(client, **NEW)
    page = client.get(answer.url).content.decode()
    assert "No error was found" in page and "Import 10 rows" in page
    assert client.post(answer.url + "confirm/").status_code == 302
    assert "Imported" in client.get(answer.url).content.decode() and Patient.objects.exists()
    assert client.post(answer.url + "undo/", {"reason": ""}).status_code == 422
    assert client.post(answer.url + "undo/", {"reason": "wrong"}).status_code == 302
    assert "undone" in client.get(answer.url).content.decode() and not Patient.objects.exists()
    assert client.post(answer.url + "confirm/").status_code == 422


@pytest.mark.parametrize("role", ["clinician", "researcher"])
def test_others_than_curators_do_not_import(client, center, role):
    client.force_login(make.member(center, role))
    assert client.get(reverse("imports")).status_code == 403
    assert upload(client, **NEW).status_code == 403
    assert client.get(reverse("import-template", args=["cases", "csv"])).status_code == 403


def test_batches_of_another_centre_are_not_there(client, center, curator, other_center):
    client.force_login(curator)
    url = upload(client, **NEW).url
    client.force_login(make.member(other_center, "curator"))
    assert b"patients.csv, cases.csv and 6 more" not in client.get(reverse("imports")).content
    assert client.get(url).status_code == client.get(url + "errors.csv").status_code == 404
    for step in ("confirm", "again", "discard", "undo"):
        assert client.post(f"{url}{step}/", {"reason": "x"}).status_code == 404
    client.force_login(make.member(center, "curator"))
    assert client.get(url).status_code == 200


def test_what_cannot_be_taken_is_said_at_the_field(client, center, curator, settings):
    client.force_login(curator)
    answer = client.post(reverse("imports"), {})
    assert answer.status_code == 422 and b"Choose at least one file" in answer.content
    answer = client.post(reverse("imports"), {"files": SimpleUploadedFile("cases.exe", b"x")})
    assert answer.status_code == 422 and b"Accepted: .csv" in answer.content
    settings.IMPORT_MAX_BYTES = 10
    assert upload(client, **NEW).status_code == 422
    settings.IMPORT_MAX_BYTES = -(1024**2)
    assert upload(client, **NEW).status_code in (400, 413)
    assert not ImportBatch.objects.exists()


def test_large_files_wait_for_the_worker(client, center, curator, settings):
    settings.IMPORT_INLINE_BYTES = 0
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    client.force_login(curator)
    url = upload(client, **NEW).url
    part = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "being checked" in part and "every 1s" in part
    check_import.call(str(ImportBatch.objects.get().uuid))
    page = client.get(url).content.decode()
    assert "No error was found" in page and "every 1s" not in page
    client.post(url + "confirm/")
    assert "being written" in client.get(url).content.decode() and not Patient.objects.exists()
    batches.carry_out(ImportBatch.objects.get())
    assert Lesion.objects.count() == 2


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_template_that_is_filled_in_is_imported(client, center, curator, suffix):
    client.force_login(curator)
    for table in ("patients", "procedures", "wide", "followup_status"):
        answer = client.get(reverse("import-template", args=[table, suffix]))
        assert answer.status_code == 200
        given = SimpleUploadedFile(f"{table}.{suffix}", answer.content)
        page = client.get(client.post(reverse("imports"), {"files": given}).url).content.decode()
        assert "The files hold no rows" in page and "not known" not in page
    assert client.get("/import/templates/nothing.csv").status_code == 404


def test_html_in_a_file_stays_text(client, center, curator):
    client.force_login(curator)
    url = upload(client, patients=[{"<script>alert(1)</script>": "<img src=x>"}]).url
    page = client.get(url).content.decode()
    assert "&lt;script&gt;" in page and "<script>alert" not in page


def test_no_page_of_imports_shows_a_word_that_is_not_translated(client, center, curator, monkeypatch):
    client.force_login(curator)
    upload(client, **NEW)  # labels of codes are read once, while they are in plain letters
    monkeypatch.setitem(trans_real._translations, "de", WideLetters("de"))
    client = Client(headers={"accept-language": "de"})
    client.force_login(curator)
    wrong = {
        "lesions": [{"volume_ml": "7000"}],
        "cases": [{"case_id": "x"}],
        "patients": [{"sx": 1, "sex": "x"}],
    }
    pages = [client.get(reverse("imports")), client.post(reverse("imports"), {}), upload(client, **wrong)]
    done = upload(client, **NEW)
    pages += [done, client.post(done.url + "confirm/")]
    change = {"lesion_id": Lesion.objects.first().uuid, "volume_ml": 68}
    pages += [
        upload(client, lesions=[change]),
        client.post(done.url + "confirm/"),
        client.get(reverse("imports")),
    ]
    for answer in pages:
        page = client.get(answer.url) if answer.status_code == 302 else answer
        found = {text for text in plain_words(page.content.decode()) if not SAID_AS_IT_IS.search(text)}
        assert not found, found


#: Names of files, columns and codes.
SAID_AS_IT_IS = re.compile(r"\w\.csv|[a-z]_id\b|\b(curator|sx|sex\?|xlsx)$|male, female|SHA|CSV")
