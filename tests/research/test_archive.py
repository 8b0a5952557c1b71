"""The archive: all tables of one snapshot, with codebook, definition, loader, and the receipt as its last member."""

import csv
import hashlib
import io
import json
import shutil
import subprocess
import zipfile

import pytest
from django.db import connection

from registry.research.archive import Archive
from registry.research.formats import FORMATS
from registry.research.models import ExportReceipt
from registry.research.orders import Order, plan
from registry.research.tables import tables
from tests import factories as make
from tests.research.test_export import GOLDEN, body
from tests.research.world import World

ADDRESS = "/api/v1/export/archive.zip"
PAPERS = ["definition.json", "codebook.csv", "load.R"]


#: Tables of which the world has no row.
WITHOUT_ROWS = {"transarterial_sessions", "transarterial_drugs"}


def opened(data):
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    return archive


def fetched(client, **parameters):
    response = client.get(ADDRESS, parameters)
    assert response.status_code == 200, response.content
    return response, body(response)


def test_every_table_is_in_it_as_it_is_alone(world, client_of):
    response, data = fetched(client_of(world.researcher))
    assert response["Content-Type"] == "application/zip"
    assert response["Content-Disposition"].startswith('attachment; filename="archive-')
    archive = opened(data)
    assert archive.namelist() == [*PAPERS, *(f"{name}.csv" for name in tables()), "receipt.json"]
    for name in set(tables()) - WITHOUT_ROWS:
        assert archive.read(f"{name}.csv") == (GOLDEN / f"{name}.csv").read_bytes(), name


def test_the_receipt_inside_vouches_for_every_file(world, client_of):
    client = client_of(world.researcher)
    response, data = fetched(client)
    archive = opened(data)
    trailer = json.loads(archive.read("receipt.json"))
    assert trailer["receipt"] == response["X-Receipt"] and trailer["user"] == "world-researcher"
    assert [file["file"] for file in trailer["files"]] == archive.namelist()[:-1]
    for file in trailer["files"]:
        content = archive.read(file["file"])
        assert (file["bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        if file["table"]:
            assert file["rows"] == len(list(csv.DictReader(io.StringIO(content.decode(), newline=""))))
            assert file["rows"] or file["table"] in WITHOUT_ROWS
    assert int(response["X-Rows"]) == trailer["rows"] == sum(file["rows"] or 0 for file in trailer["files"])
    stored = client.get(f"/api/v1/export/receipts/{response['X-Receipt']}/").json()
    assert stored["finished"] and stored["sha256"] == hashlib.sha256(data).hexdigest()
    assert stored["files"] == trailer["files"] and stored["table"] == "archive" and stored["format"] == "zip"
    assert stored["excluded"]["cases: consent refused or withdrawn"] == 1
    assert {"column": "cases.index_date", "reason": trailer["withheld"][0]["reason"]}.keys() == {
        "column",
        "reason",
    }
    assert "patients.hospital_number" in {entry["column"] for entry in stored["withheld"]}


def test_tables_and_their_format_can_be_chosen(world, client_of):
    for table_format in FORMATS:
        _response, data = fetched(
            client_of(world.researcher), tables="lesions, cases", table_format=table_format
        )
        names = opened(data).namelist()
        assert names == [*PAPERS, f"cases.{table_format}", f"lesions.{table_format}", "receipt.json"]


def test_its_codebook_is_that_of_the_api_and_says_what_is_withheld(world, client_of):
    client = client_of(world.researcher)
    _response, data = fetched(client, tables="cases,patients", dates="year")
    archive = opened(data)
    rows = list(csv.DictReader(io.StringIO(archive.read("codebook.csv").decode(), newline="")))
    reasons = {row["variable"]: row.pop("withheld") for row in rows}
    published = client.get("/api/v1/codebook.csv").content.decode()
    told = [
        row
        for row in csv.DictReader(io.StringIO(published, newline=""))
        if row["table"] in ("cases", "patients")
    ]
    known = {row["variable"] for row in told}
    assert [row for row in rows if row["variable"] in known] == told
    assert set(reasons) - known == {"cases.index_year", "patients.consent_year"}

    shown = set()
    for table in ("cases", "patients"):
        head = next(csv.reader(io.StringIO(archive.read(f"{table}.csv").decode())))
        shown |= {f"{table}.{name}" for name in head if not name.endswith("__missing")}
    assert shown <= set(reasons)
    assert all(reasons[name] for name in set(reasons) - shown)
    assert reasons["patients.hospital_number"] == "identifies the patient; left out"
    assert reasons["cases.age_years"] == "ages above 90 are shown as 90" and not reasons["cases.sex"]
    (year,) = [row for row in rows if row["variable"] == "cases.index_year"]
    assert (year["type"], year["definition"][-16:]) == ("integer", " The year alone.")


def test_the_definition_says_what_was_asked(world, client_of):
    _response, data = fetched(client_of(world.researcher), center="OWN", tables="cases,reported_values")
    definition = json.loads(opened(data).read("definition.json"))
    assert definition == {
        "table": "archive",
        "tables": ["cases", "reported_values"],
        "profile": "pseudonymised",
        "dates": "days",
        "filters": {"cases": {"center": ["OWN"]}, "reported_values": {}},
        "table_format": "csv",
    }


def test_the_definition_keeps_that_of_the_cohort(world, client_of):
    cohort = make.CohortFactory(
        owner=world.researcher,
        where={"all": [{"variable": "cases.age_years", "is": ">=", "value": 60}]},
    )
    _response, data = fetched(client_of(world.researcher), cohort=cohort.slug, tables="cases,lesions")
    kept = json.loads(opened(data).read("definition.json"))["cohort"]
    assert (kept["slug"], kept["version"], kept["sha256"]) == (cohort.slug, 1, cohort.latest.sha256)
    assert kept["definition"]["where"]["all"][0]["value"] == 60


def test_a_filter_narrows_every_table_of_patients(world, client_of):
    _response, data = fetched(client_of(world.researcher), center="OWN")
    archive = opened(data)
    for name in tables():
        if name != "reported_values":
            for row in csv.DictReader(io.StringIO(archive.read(f"{name}.csv").decode(), newline="")):
                assert row["center"] == "OWN"


@pytest.mark.parametrize(
    ("parameters", "status", "field"),
    [
        ({"tables": "cases,nothing"}, 400, "tables"),
        ({"tables": ""}, 400, "tables"),
        ({"tables": ["cases", "lesions"]}, 400, "tables"),
        ({"table_format": "pdf"}, 400, "table_format"),
        ({"table_format": "zip"}, 400, "table_format"),
        ({"strategy": "reboa"}, 400, "strategy"),
        ({"nothing": "1"}, 400, "nothing"),
        ({"tables": "cases", "sex": "m"}, 400, "sex"),
        ({"profile": "identified"}, 403, None),
        ({"profile": "aggregate"}, 400, "profile"),
    ],
)
def test_what_cannot_be_is_refused_before_the_first_byte(world, client_of, parameters, status, field):
    response = client_of(world.researcher).get(ADDRESS, parameters)
    assert response.status_code == status and response["Content-Type"] == "application/problem+json"
    assert set(response.json().get("errors", {})) == ({field} if field else set())
    assert not ExportReceipt.objects.exists()


def test_nobody_gets_an_archive_without_signing_in(client, db):
    assert client.get(ADDRESS).status_code == 401


def test_a_parameter_of_archives_is_none_of_a_table(world, client_of):
    response = client_of(world.researcher).get("/api/v1/export/cases.csv", {"tables": "cases"})
    assert response.status_code == 400 and "tables" in response.json()["errors"]


def test_an_interrupted_archive_has_no_receipt_inside_and_none_outside(world):
    archive = plan(Order.read("archive", "zip", {}), world.researcher).start()
    assert isinstance(archive, Archive)
    got = b""
    for chunk in archive:
        got += chunk
        if b"lesions.csv" in got:
            break
    archive.close()
    assert b"receipt.json" not in got
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(got))
    archive.receipt.refresh_from_db()
    assert not archive.receipt.finished and archive.receipt.sha256 == ""


@pytest.mark.skipif(connection.vendor != "postgresql", reason="one connection of its own needs a server")
@pytest.mark.django_db(transaction=True)
def test_all_tables_are_of_one_snapshot():
    world = World()
    archive = plan(Order.read("archive", "zip", {}), world.researcher).start()
    chunks = iter(archive)
    got = next(chunks)
    make.LesionFactory(case=world.b, levels="L5")
    make.AssessmentFactory(case=world.b, time_point="month_3", vas_pain=1)
    got += b"".join(chunks)
    read = opened(got)
    for name in ("lesions", "assessments", "case_summary"):
        assert read.read(f"{name}.csv") == (GOLDEN / f"{name}.csv").read_bytes()
    archive.receipt.refresh_from_db()
    assert archive.receipt.finished


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_r_loads_every_table_with_types_labels_and_factors(world, client_of, tmp_path):
    _response, data = fetched(client_of(world.researcher))
    opened(data).extractall(tmp_path)
    check = """
    source("load.R")
    stopifnot(nrow(cases) == 2, is.integer(cases$age_years), is.numeric(lesions$volume_ml))
    stopifnot(is.logical(lesions$zone_ala), identical(lesions$zone_ala[3], TRUE), is.na(lesions$zone_ala[1]))
    stopifnot(is.factor(lesions$side), "left" %in% levels(lesions$side))
    stopifnot(identical(attr(lesions$volume_ml, "label"), "lesion volume (mL)"))
    stopifnot(identical(as.character(lesions$side__missing[2]), "not reported in the paper"))
    stopifnot(0 %in% assessments$vas_pain, is.character(lesions$levels))
    stopifnot(grepl("\\u201cquotes\\u201d, commas\\nand lines", cases$diagnosis_text[1], fixed = TRUE))
    empty <- names(tables)[vapply(names(tables), function(n) nrow(get(n)) == 0, logical(1))]
    stopifnot(setequal(empty, c("transarterial_sessions", "transarterial_drugs")))
    cat("all read")
    """
    done = subprocess.run(
        ["Rscript", "-e", check],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )
    assert done.stdout.endswith("all read"), done.stderr
