"""Releases over HTTP: made, read, rebuilt, compared and fetched, and every way in which that is refused."""

import hashlib
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from rest_framework.test import APIClient

from registry.access.models import Membership
from registry.core import records
from registry.research.cohorts import keeping
from registry.research.cohorts.checking import read
from registry.research.models import ExportReceipt, Release
from registry.research.releases import shelf
from tests.factories import TESTS
from tests.research.releases.conftest import EVERYONE, frozen
from tests.research.test_export import body

AT = "/api/v1/releases/"
TABLES_AND_RESULTS = ("lesions.csv", "results.json")


@pytest.fixture
def api(world, client_of):
    return client_of(world.researcher)


@pytest.fixture
def cohort(world):
    return keeping.create(read(EVERYONE, world.researcher), world.researcher)


def asked(cohort, **more):
    return {"cohort": cohort.slug, "authors": ["Curie, Marie"], **more}


def post(client, data, path=AT):
    return client.post(path, data, format="json")


def withdraw(world):
    patient = world.b.patient
    patient.consent_status = "withdrawn"
    records.save(patient, by=TESTS, reason="letter of the patient")


# -- the way through -----------------------------------------------------------------------------------------------


def test_a_cohort_is_frozen_read_fetched_rebuilt_and_compared(api, world, cohort):
    made = post(api, asked(cohort, title="As submitted", notes="For the journal."))
    assert made.status_code == 201, made.json()
    assert made["Location"].endswith("/api/v1/releases/everyone-r1/")
    said = made.json()
    assert said == api.get(made["Location"]).json()
    assert (said["state"], said["cohort"], said["version"]) == ("ready", "everyone", 1)
    assert said["citation"].endswith(f"{said['manifest_sha256']}. http://testserver/releases/everyone-r1/")
    for file in said["files"]:
        answer = api.get(file["url"])
        data = body(answer)
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])
        assert answer["Content-Disposition"] == f'attachment; filename="everyone-r1-{file["file"]}"'
    rerun = api.post(f"{AT}everyone-r1/rerun/").json()["rerun"]
    assert rerun["same"] and rerun["whole"] and rerun["manifest_sha256"] == said["manifest_sha256"]
    world.lesion_a.side = "right"
    records.save(world.lesion_a, by=TESTS, reason="read again")
    assert post(api, asked(cohort)).json()["title"] == "Everyone"
    diff = api.get(f"{AT}everyone-r1/diff/everyone-r2/", {"table": "lesions"}).json()
    assert diff["tables"][0]["cells"] == [
        {"key": str(world.lesion_a.uuid), "column": "side", "before": "left", "after": "right"}
    ]
    assert len(diff["tables"]) == 1 and diff["same_definition"] and not diff["same"]
    itself = api.get(f"{AT}everyone-r1/diff/everyone-r1/").json()
    assert itself["same"] and not itself["results"]
    assert [one["slug"] for one in api.get(AT).json()["results"]] == ["everyone-r2", "everyone-r1"]


def test_another_version_and_another_cohort_are_frozen_and_compared(api, world, cohort):
    older = {**EVERYONE, "where": {"all": [{"variable": "cases.age_years", "is": ">", "value": 90}]}}
    keeping.change(cohort, read(older, world.researcher), world.researcher)
    first = post(api, asked(cohort, version=1)).json()
    assert (first["version"], first["results"][0]["n"]) == (1, 2)
    assert post(api, asked(cohort)).json()["version"] == 2
    other = keeping.create(read({**older, "title": "Others"}, world.researcher), world.researcher)
    assert post(api, asked(other)).json()["slug"] == "others-r1"
    for slug, same in (("everyone-r2", False), ("others-r1", False)):
        diff = api.get(f"{AT}everyone-r1/diff/{slug}/").json()
        cases = next(table for table in diff["tables"] if table["table"] == "cases")
        assert (diff["same_definition"], cases["rows_removed"]) == (same, [str(world.b.uuid)])
    assert api.get(f"{AT}everyone-r2/diff/others-r1/").json()["same"]


def test_the_same_request_twice_is_one_release(api, world, cohort):
    token = str(uuid.uuid4())
    first, again = (post(api, asked(cohort, token=token)) for _ in range(2))
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    assert Release.objects.count() == ExportReceipt.objects.count() == 1


def test_the_same_request_twice_at_once_is_one_release(kept):
    if connection.vendor == "sqlite":
        connections.settings["default"]["OPTIONS"]["timeout"] = 20
    cohort = keeping.create(read(EVERYONE, kept.researcher), kept.researcher)
    data = asked(cohort, token=str(uuid.uuid4()))

    def ask(_number):
        client = APIClient()
        client.force_login(kept.researcher)
        try:
            return post(client, data)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(ask, range(3)))
    assert {answer.status_code for answer in answers} <= {201, 202}
    assert {answer.json()["slug"] for answer in answers} == {"everyone-r1"}
    assert Release.objects.get().is_ready


# -- requests that cannot be ---------------------------------------------------------------------------------------


def test_what_cannot_be_frozen_is_refused_by_name(api, cohort):
    for wrong in (
        {"cohort": "nobody-knows"},
        {"cohort": None},
        {"cohort": ["everyone"]},
        {"cohort": "a\x00b"},
        {"version": 2},
        {"version": 0},
        {"version": 10**30},
        {"version": "1"},
        {"version": True},
        {"version": 1.5},
        {"title": ""},
        {"title": "x" * 151},
        {"title": "a\x00b"},
        {"title": {"a": 1}},
        {"authors": None},
        {"authors": []},
        {"authors": [["Curie"]]},
        {"authors": ["a\x00b"]},
        {"authors": 7},
        {"notes": 7},
        {"notes": "x" * 4001},
        {"token": "no"},
        {"token": 7},
        {"token": []},
        {"tittle": "x"},
    ):
        answer = post(api, asked(cohort) | wrong)
        assert (answer.status_code, set(answer.json()["errors"])) == (400, set(wrong)), answer.json()
    assert not Release.objects.exists()


def test_every_field_that_is_wrong_is_named_at_once(api):
    errors = post(api, {"cohort": 1, "title": "x" * 151, "authors": []}).json()["errors"]
    assert set(errors) == {"cohort", "title", "authors"}


def test_requests_that_are_no_object(api, cohort, world):
    frozen(world.researcher, cohort=cohort)
    for path in (AT, f"{AT}everyone-r1/rerun/"):
        for data in ("[]", '["cohort"]', "7", "null", "{", '"x"'):
            assert api.post(path, data, content_type="application/json").status_code == 400, (path, data)
        assert api.post(path, "<x/>", content_type="text/xml").status_code == 415
        assert api.post(f"{path}?force=1", {}, format="json").status_code == 400
    assert post(api, {"again": 1}, f"{AT}everyone-r1/rerun/").status_code == 400
    for method in (api.put, api.patch, api.delete):
        assert method(f"{AT}everyone-r1/").status_code == 405


def test_a_cohort_without_a_case_is_not_frozen(api, world):
    nobody = {"title": "Nobody", "where": {"all": [{"variable": "cases.age_years", "is": "=", "value": 1}]}}
    answer = post(api, asked(keeping.create(read(nobody, world.researcher), world.researcher)))
    assert answer.status_code == 400 and "nothing to freeze" in answer.json()["errors"]["cohort"][0]


def test_a_comparison_that_cannot_be(api, world, cohort):
    frozen(world.researcher, cohort=cohort)
    diff = f"{AT}everyone-r1/diff/everyone-r1/"
    for wrong in (
        {"limit": "many"},
        {"limit": -1},
        {"limit": 10**6},
        {"table": "x"},
        {"table": ""},
        {"tabel": "x"},
    ):
        answer = api.get(diff, wrong)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, list(wrong)), wrong
    assert api.get(diff, {"limit": 0}).status_code == 200
    assert api.get(f"{AT}everyone-r1/diff/nobody/").status_code == 404
    assert api.get(f"{AT}everyone-r1/files/nobody.csv/").status_code == 404


def test_a_token_that_somebody_else_has_used_changes_nothing_of_theirs(world, cohort, client_of):
    """The token is the id of the receipt: neither a release nor a receipt of anybody else may answer to it."""
    theirs = frozen(world.outsider)
    export = client_of(world.outsider).get("/api/v1/export/cases.csv")["X-Receipt"]
    body(client_of(world.outsider).get("/api/v1/export/cases.csv"))
    before = list(ExportReceipt.objects.order_by("id").values())
    for token in (str(theirs.token), export):
        answer = post(client_of(world.researcher), asked(cohort, token=token))
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["token"]), answer.json()
    assert list(ExportReceipt.objects.order_by("id").values()) == before
    assert not Release.objects.filter(owner=world.researcher).exists()


def test_a_token_means_one_request_and_no_other(api, world, cohort):
    token = str(uuid.uuid4())
    post(api, asked(cohort, token=token))
    other = keeping.create(read({**EVERYONE, "title": "Others"}, world.researcher), world.researcher)
    answer = post(api, asked(other, token=token))
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["token"])


# -- rights --------------------------------------------------------------------------------------------------------


def test_a_release_is_its_owners_alone(world, cohort, client_of):
    release = frozen(world.researcher, cohort=cohort)
    own = frozen(world.outsider)
    outsider, at = client_of(world.outsider), f"{AT}{release.slug}/"
    for path in (
        at,
        f"{at}files/lesions.csv/",
        f"{at}diff/{own.slug}/",
        f"{AT}{own.slug}/diff/{release.slug}/",
    ):
        assert outsider.get(path).status_code == 404, path
    assert outsider.post(f"{at}rerun/").status_code == 404
    assert [one["slug"] for one in outsider.get(AT).json()["results"]] == [own.slug]
    assert post(outsider, asked(cohort)).json()["errors"].keys() == {"cohort"}
    assert APIClient().get(at).status_code == 401


def test_who_has_lost_a_centre_gets_nothing_of_it(api, world, cohort):
    release = frozen(world.researcher, cohort=cohort)
    Membership.objects.filter(user=world.researcher).delete()
    at = f"{AT}{release.slug}/"
    said = api.get(at).json()
    assert "OWN" in said["withheld"] and said["results"] == [] and said["citation"]
    for name in TABLES_AND_RESULTS:
        refused = api.get(f"{at}files/{name}/")
        assert refused.status_code == 403 and "OWN" in refused.json()["detail"]
    assert {file["file"] for file in said["files"] if not file["url"]} == {
        *(file["file"] for file in release.files if file["table"]),
        "results.json",
        "ascertainment.json",
        "README.txt",
    }
    assert api.get(f"{at}files/MANIFEST/").status_code == 200
    assert api.post(f"{at}rerun/").status_code == api.get(f"{at}diff/{release.slug}/").status_code == 403


def test_tables_of_who_has_withdrawn_consent_are_handed_out_no_more(api, world, cohort):
    release = frozen(world.researcher, cohort=cohort)
    withdraw(world)
    at = f"{AT}{release.slug}/"
    said = api.get(at).json()
    assert said["withheld"] == "1 patient of this release has withdrawn consent since." and said["results"]
    refused = api.get(f"{at}files/lesions.csv/")
    assert refused.status_code == 451 and refused.json()["detail"] == said["withheld"]
    assert api.get(f"{at}files/results.json/").status_code == 200
    found = api.get(f"{at}diff/{release.slug}/").json()
    assert str(world.b.uuid) not in str(found) and any(table["withheld"] for table in found["tables"])
    assert api.post(f"{at}rerun/").json()["rerun"]["same"]


def test_what_a_rerun_said_of_a_patient_is_withheld_with_the_tables(api, world, cohort):
    release = frozen(world.researcher, cohort=cohort)
    key = str(world.b.uuid)
    cells = [{"key": key, "column": "age_years", "before": "61", "after": "62"}]
    file = {"file": "cases.csv", "same": False, "whole": True, "difference": {"cells": cells}}
    release.rerun = {
        "state": "done",
        "at": "2024-03-11T00:00:00+00:00",
        "by": "x",
        "same": False,
        "files": [file],
    }
    release.save()
    at = f"{AT}{release.slug}/"
    assert key in str(api.get(at).json()["rerun"])
    withdraw(world)
    rerun = api.get(at).json()["rerun"]
    assert key not in str(rerun) and rerun["files"][0]["same"] is False


def test_a_damaged_list_of_patients_hands_out_nobody_who_has_withdrawn(api, world, cohort):
    release = frozen(world.researcher, cohort=cohort)
    path, at = shelf.folder_of(release.slug) / "patients.csv", f"{AT}{release.slug}/files/"
    path.unlink()
    assert (api.get(f"{at}patients.csv/").status_code, api.get(f"{at}lesions.csv/").status_code) == (410, 200)
    withdraw(world)
    assert api.get(f"{at}lesions.csv/").status_code == 451
    for damage in (b"", b"x", b"\xff\xfe"):
        path.write_bytes(damage)
        assert api.get(f"{at}lesions.csv/").status_code == 451, damage


# -- the shelf -----------------------------------------------------------------------------------------------------


def test_files_that_are_gone_or_damaged_are_not_handed_out(api, world, cohort, settings, tmp_path):
    release = frozen(world.researcher, cohort=cohort)
    at, folder = f"{AT}{release.slug}/", shelf.folder_of(release.slug)
    (folder / "lesions.csv").write_bytes(b"cut")
    (folder / "cases.csv").unlink()
    for name in ("lesions.csv", "cases.csv"):
        assert api.get(f"{at}files/{name}/").status_code == 410
    assert api.get(f"{at}diff/{release.slug}/").status_code == 410
    rerun = api.post(f"{at}rerun/").json()["rerun"]
    assert rerun["same"] and not rerun["whole"]
    # The whole shelf is gone, and nobody may put one there.
    (tmp_path / "file").touch()
    settings.RELEASE_DIR = tmp_path / "file" / "releases"
    assert api.get(f"{at}files/MANIFEST/").status_code == 410
    assert api.post(f"{at}rerun/").json()["rerun"]["message"].startswith("The files could not be written.")
    assert post(api, asked(cohort)).status_code == 409


def test_a_release_that_waits_has_no_file_yet(api, cohort, settings):
    settings.RELEASE_INLINE_CASES = 0
    made = post(api, asked(cohort))
    assert (made.status_code, made.json()["state"], made.json()["files"]) == (202, "queued", [])
    at = made["Location"]
    assert api.get(f"{at}files/MANIFEST/").status_code == 409
    assert api.post(f"{at}rerun/").status_code == 409
    assert api.get(f"{at}diff/{made.json()['slug']}/").status_code == 409
    Release.objects.update(state="writing")  # by a worker that is gone
    assert api.get(AT).json()["results"][0]["message"].startswith("The writer stopped")
