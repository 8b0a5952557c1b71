"""Freezing a cohort: what a release consists of, and that it is whole or not there."""

import csv
import errno
import hashlib
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml
from django.core.exceptions import ValidationError
from django.db import connection, connections
from django.db.backends.signals import connection_created

from cases.models import Case
from registry.access.models import AccessEvent
from registry.core import records, software
from registry.core.models import ChangeCounter
from registry.core.records import _pass
from registry.research.cohorts import keeping
from registry.research.cohorts.checking import read
from registry.research.cohorts.choosing import of_version
from registry.research.models import ExportReceipt, Release
from registry.research.releases import making, shelf
from registry.research.releases.content import key_of, released_tables
from registry.research.releases.wish import Wish
from tests import factories as make
from tests.factories import TESTS
from tests.research.releases.conftest import EVERYONE, frozen
from tests.research.test_export import body

PAPERS = [
    "codebook.csv",
    "definition.json",
    "load.R",
    "results.json",
    "receipt.json",
    "ascertainment.json",
    "README.txt",
    "MANIFEST",
    "CITATION.cff",
    "citation.bib",
    "citation.txt",
]


def path(release, name):
    return shelf.folder_of(release.slug) / name


def text(release, name):
    return path(release, name).read_text("utf-8")


def asking(user, cohort=None, **said):
    cohort = cohort or keeping.create(read(EVERYONE, user), user)
    return of_version(cohort, None, user), Wish.read("Everyone", ["Curie, Marie"], **said)


def test_a_release_has_the_tables_of_its_cohort_and_what_goes_with_them(world, client_of):
    release = frozen(world.researcher)
    names = [f"{table.name}.csv" for table in released_tables()]
    assert "reported_values.csv" not in names and len(names) > 10
    assert [file["file"] for file in release.files] == [*names, *PAPERS]
    for file in release.files:
        data = path(release, file["file"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])
        if not file["table"]:
            continue
        live = client_of(world.researcher).get(
            f"/api/v1/export/{file['table']}.csv", {"cohort": release.cohort_version.cohort.slug}
        )
        assert body(live) == data
        rows = list(csv.DictReader(data.decode().splitlines(keepends=True)))
        assert len(rows) == file["rows"] == len({row[file["key"]] for row in rows})
    assert release.rows == sum(file["rows"] or 0 for file in release.files)
    assert path(release, "cases.csv").stat().st_mode & 0o077 == 0


def test_the_manifest_is_checked_by_a_tool_that_everybody_has(world):
    release = frozen(world.researcher)
    assert release.manifest_sha256 == hashlib.sha256(path(release, "MANIFEST").read_bytes()).hexdigest()
    done = subprocess.run(
        ["sha256sum", "--strict", "-c", "MANIFEST"], cwd=shelf.folder_of(release.slug), capture_output=True
    )
    assert done.returncode == 0 and done.stdout.count(b": OK") == len(released_tables()) + 7


def test_the_definition_says_all_that_is_needed_to_ask_again(world):
    release = frozen(world.researcher, notes="For the congress.\nSecond line.")
    said = json.loads(text(release, "definition.json"))
    version = release.cohort_version
    assert said["change"] == release.sequence == ChangeCounter.latest()
    assert said["cohort"]["definition"] == version.definition and said["cohort"]["sha256"] == version.sha256
    assert said["cohort"]["sentence"].startswith("Cases")
    assert said["centers"] == ["OWN", "PAPER"] and said["profile"] == "pseudonymised"
    assert said["software"] == f"spinal-registry {software.version()}"
    receipt = json.loads(text(release, "receipt.json"))
    assert (
        receipt["rows"] == release.rows
        and {"column": "patients.registry_id"}.items() <= receipt["withheld"][0].items()
    )
    kept = ExportReceipt.objects.get()
    assert (str(kept.uuid), kept.sha256, kept.finished) == (receipt["receipt"], release.manifest_sha256, True)
    assert AccessEvent.objects.get(kind="export").subject == f"release {release.slug}"


def test_results_are_those_of_the_statistics(world):
    release = frozen(world.researcher)
    found = {
        (one["result"], one["time_point"]): one
        for one in json.loads(text(release, "results.json"))["results"]
    }
    assert found["cases", ""]["n"] == 2 and found["lesions", ""]["n"] == 3
    before = found["assessments.vas_pain value", "baseline"]
    assert (before["n"], before["mean"]) == (2, 7.75)
    assert found["assessments.vas_pain change", "month_1"]["mean"] == pytest.approx(-1.9)
    assert found["assessments.vas_pain responder yes", "day_1"]["count"] == 1
    assert found["complications.sir_grade value any", ""]["count"] == 1
    assert found["case_summary.death_day median_survival", ""]["n"] == 2


def test_the_citation_pins_down_every_byte(world):
    release = frozen(
        world.researcher, title="Pain & cement: 100 % of it", authors=["Curie, Marie", "Study_Group {X}"]
    )
    line = text(release, "citation.txt")
    assert line.startswith("Curie, Marie; Study_Group {X}. Pain & cement: 100 % of it [data set]. ")
    bib = text(release, "citation.bib")
    assert r"Curie, Marie and {Study\_Group \{X\}}" in bib and r"{Pain \& cement: 100 \% of it}" in bib
    cff = yaml.safe_load(text(release, "CITATION.cff"))
    assert cff["authors"] == [{"family-names": "Curie", "given-names": "Marie"}, {"name": "Study_Group {X}"}]
    assert (cff["cff-version"], cff["type"], cff["version"]) == ("1.2.0", "dataset", release.slug)
    for said in (line, bib, text(release, "CITATION.cff")):
        assert release.manifest_sha256 in said and f"https://registry.test/{release.slug}/" in said


def test_keys_of_rows_are_their_own_public_ids():
    assert {table.name: key_of(table) for table in released_tables()}.items() >= {
        "patients": "patient_id",
        "case_summary": "case_id",
        "treated_lesions": "treated_lesion_id",
        "complications": "complication_id",
    }.items()


def test_names_count_up_and_nothing_is_frozen_twice_by_a_second_click(world):
    chosen, wish = asking(world.researcher)
    first, again = making.freeze(chosen, wish), making.freeze(chosen, wish)
    assert first == again and first.slug == "everyone-r1"
    assert making.freeze(*asking(world.researcher, first.cohort_version.cohort)).slug == "everyone-r2"


def test_what_cannot_be_frozen_is_refused_by_name(world):
    nobody = {"title": "Nobody", "where": {"all": [{"variable": "cases.age_years", "is": "=", "value": 1}]}}
    cohort = keeping.create(read(nobody, world.researcher), world.researcher)
    with pytest.raises(ValidationError) as refused:
        making.freeze(*asking(world.researcher, cohort))
    assert "nothing to freeze" in refused.value.message_dict["cohort"][0]
    for wrong, field in (
        (("", ["A"]), "title"),
        (("x" * 151, ["A"]), "title"),
        (("T\x00", ["A"]), "title"),
        ((5, ["A"]), "title"),
        (("T", []), "authors"),
        (("T", " \n "), "authors"),
        (("T", [5]), "authors"),
        (("T", {"a": 1}), "authors"),
        (("T", 7), "authors"),
        (("T", [f"A{n}" for n in range(101)]), "authors"),
        (("T", ["A"], "x" * 4001), "notes"),
    ):
        with pytest.raises(ValidationError) as refused:
            pytest.fail(f"read: {Wish.read(*wrong)}")
        assert set(refused.value.message_dict) == {field}, wrong
    assert not Release.objects.exists()
    wish = Wish.read(" A   title ", "Curie, Marie\r\n\r\nCurie, Marie\nMeyer, A")
    assert (wish.title, wish.authors) == ("A title", ("Curie, Marie", "Meyer, A"))


def test_a_cohort_stays_while_there_is_a_release_of_it(world):
    release = frozen(world.researcher)
    with pytest.raises(ValidationError, match="a release was made from it"):
        keeping.delete(release.cohort_version.cohort)


def test_what_history_does_not_account_for_is_not_frozen(world, caplog):
    with _pass(TESTS, "round the door"):
        Case.objects.filter(pk=world.b.pk).update(age_years=63)
    release = making.freeze(*asking(world.researcher))
    assert (release.state, release.failure) == ("failed", "unaccounted")
    assert "cases_case" in caplog.text
    assert not shelf.folder_of(release.slug).exists()
    case = Case.objects.get(pk=world.b.pk)
    case.notes = ""  # through the door, so that history has what is there
    records.save(case, by=TESTS)
    chosen, wish = asking(world.researcher, release.cohort_version.cohort)
    assert making.freeze(chosen, wish).is_ready


# -- whole or not there ------------------------------------------------------------------------------------------------


def nothing_is_left(root):
    return not [path for path in root.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_disk_that_does_not_let_it_be_written(world, shelf_root, monkeypatch, code):
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", lambda _file: (_ for _ in ()).throw(OSError(code, "no")))
        release = making.freeze(*asking(world.researcher))
    assert release.state == "failed"
    assert release.failure == ("not_written" if code == errno.EIO else "disk_full")
    assert not shelf.folder_of(release.slug).exists() and nothing_is_left(shelf_root)
    assert not ExportReceipt.objects.filter(finished=True).exists()
    making.try_again(release)
    assert release.is_ready and not release.failure and path(release, "MANIFEST").exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_disk_that_fills_while_it_is_written(world, shelf_root, monkeypatch):
    opened = os.open

    def full(name, *arguments, **more):
        if str(name).endswith("/lesions.csv"):
            return opened("/dev/full", os.O_WRONLY)
        return opened(name, *arguments, **more)

    monkeypatch.setattr(os, "open", full)
    release = making.freeze(*asking(world.researcher))
    assert (release.state, release.failure) == ("failed", "disk_full")
    assert not shelf.folder_of(release.slug).exists() and nothing_is_left(shelf_root)


def test_a_writer_that_ended_half_way_leaves_nothing_that_looks_whole(world, shelf_root, monkeypatch):
    """As when the process is killed: the folder without a name stays, and nobody holds it."""
    chosen, wish = asking(world.researcher)
    with monkeypatch.context() as killed:
        killed.setattr("shutil.rmtree", lambda *_a, **_k: None)
        killed.setattr(shelf.Draft, "publish", lambda _draft: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            making.freeze(chosen, wish)
    release = Release.objects.get()
    assert (release.state, release.failure) == ("failed", "stopped")
    assert not shelf.folder_of(release.slug).exists() and not nothing_is_left(shelf_root)
    making.try_again(release)
    assert release.is_ready and nothing_is_left(shelf_root)


def test_a_release_whose_writer_is_gone_is_said_to_have_stopped(world):
    release = frozen(world.researcher)
    Release.objects.update(state="writing")
    with shelf.Draft(release.slug):
        assert making.settle(Release.objects.get()).state == "writing"
        making.carry_out(release)  # somebody else is at it
    assert making.settle(Release.objects.get()).failure == "stopped"
    making.try_again(Release.objects.get())
    assert Release.objects.get().is_ready


def test_in_a_large_registry_a_release_is_written_in_the_background(world, settings):
    settings.RELEASE_INLINE_CASES = 2
    release = making.freeze(*asking(world.researcher))
    assert (release.state == "queued" and not shelf.root().exists()) or not list(shelf.root().iterdir())
    make.LesionFactory(case=world.b)
    making.carry_out(release)
    assert release.is_ready and release.sequence < ChangeCounter.latest()
    lesions = next(file for file in release.files if file["table"] == "lesions")
    assert lesions["rows"] == 3


def test_two_at_once_are_two_whole_releases(kept):
    if connection.vendor == "sqlite":
        connections.settings["default"]["OPTIONS"]["timeout"] = 20
    chosen, _wish = asking(kept.researcher)

    def freeze(_number):
        try:
            return making.freeze(chosen, Wish.read("Everyone", ["Curie, Marie"]))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        releases = list(pool.map(freeze, range(3)))
    assert {release.state for release in releases} == {"ready"}
    assert {release.slug for release in releases} == {"everyone-r1", "everyone-r2", "everyone-r3"}
    hashes = {
        tuple(file["sha256"] for file in release.files if file["table"] or file["file"] == "codebook.csv")
        for release in releases
    }
    assert len(hashes) == 1


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no such limit to set")
def test_a_database_without_room_for_the_past_is_a_full_disk(kept):
    """The tables as of the change are temporary ones of the database, which need room too."""

    def cramped(connection, **_kwargs):
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA temp.max_page_count = 20")

    connection_created.connect(cramped)
    try:
        release = making.freeze(*asking(kept.researcher))
    finally:
        connection_created.disconnect(cramped)
    assert (release.state, release.failure) == ("failed", "disk_full")
    making.try_again(release)
    assert release.is_ready
