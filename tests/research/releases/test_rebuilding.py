"""A release is rebuilt from history: the same bytes after any number of later edits, or what differs."""

import errno
import os

import pytest

from cases.models import Diagnosis
from procedures.models import TransarterialSession
from registry.access.models import Center, Membership
from registry.core import records
from registry.core.models import ChangeCounter
from registry.core.records import _pass
from registry.research.cohorts import keeping
from registry.research.cohorts.checking import read
from registry.research.models import ExportReceipt, Release
from registry.research.releases import rebuilding, shelf
from registry.research.releases.content import released_tables
from tests import factories as make
from tests.factories import TESTS
from tests.lifted import triggers_down
from tests.research.edits import Edits
from tests.research.releases.conftest import frozen

ARMS = {
    "title": "Two arms",
    "where": {"all": [{"variable": "cases.age_years", "is": "recorded"}]},
    "arms": [
        {
            "code": "A",
            "label": "with RFA",
            "where": {"all": [{"variable": "case_summary.rfa__count", "is": ">=", "value": 1}]},
        },
        {
            "code": "B",
            "label": "without",
            "where": {"none": [{"variable": "case_summary.rfa__count", "is": ">=", "value": 1}]},
        },
    ],
}


def rerun(release, user=None):
    release = Release.objects.get(pk=release.pk)
    rebuilding.rerun(release, user or release.owner)
    return Release.objects.get(pk=release.pk).rerun


def differing(result):
    return {file["file"] for file in result["files"] if not file["same"]}


def test_after_fifty_edits_it_is_the_same(kept):
    release = frozen(kept.researcher, ARMS)
    edits, before = Edits(50), ChangeCounter.latest()
    changed = 0
    while changed < 50:
        changed += edits.one()
    assert ChangeCounter.latest() > before + 30
    again = frozen(kept.researcher, cohort=release.cohort_version.cohort)
    assert again.manifest_sha256 != release.manifest_sha256
    result = rerun(release)
    assert result["state"] == "done" and result["same"] and result["whole"]
    assert result["manifest_sha256"] == release.manifest_sha256
    assert {file["file"]: file["rebuilt_sha256"] for file in result["files"]} == {
        file["file"]: file["sha256"] for file in release.files
    }
    assert rerun(again)["same"]
    assert ExportReceipt.objects.count() == 2  # nothing has been handed out


def test_it_is_the_same_whoever_asks_and_whatever_has_become_of_rights_and_names(kept):
    release = frozen(kept.researcher, ARMS)
    Membership.objects.filter(user=kept.researcher).delete()
    Membership.objects.create(user=kept.researcher, center=kept.foreign, role="researcher")
    Center.objects.filter(pk=kept.own.pk).update(code="RENAMED", name="Another")
    make.CenterFactory(code="NEW", kind="published")
    diagnosis = Diagnosis.objects.get(pk=kept.diagnosis.pk)
    diagnosis.label = "Renamed carcinoma"
    records.save(diagnosis, by=TESTS)
    kept.researcher.username = "renamed"
    kept.researcher.save()
    cohort = release.cohort_version.cohort
    keeping.change(cohort, read({**ARMS, "title": "Renamed"}, kept.researcher), kept.researcher)
    for user in (kept.researcher, make.UserFactory(is_superuser=True), kept.outsider):
        result = rerun(release, user)
        assert result["same"] and result["by"] == user.get_username()


def test_nothing_of_a_rerun_is_kept(kept, shelf_root):
    release = frozen(kept.researcher)
    rerun(release)
    assert [path.name for path in shelf_root.iterdir()] == [release.slug]


def test_a_file_that_was_damaged_is_named(world):
    release = frozen(world.researcher)
    path = shelf.folder_of(release.slug) / "lesions.csv"
    path.write_bytes(path.read_bytes().replace(b"left", b"LEFT"))
    (shelf.folder_of(release.slug) / "citation.txt").unlink()
    result = rerun(release)
    assert result["same"] and not result["whole"]
    assert {file["file"] for file in result["files"] if not file["whole"]} == {"lesions.csv", "citation.txt"}


def test_what_differs_is_said_with_row_and_cell(world):
    """As when history itself had been changed behind the registry's back."""
    release = frozen(world.researcher)
    with _pass(TESTS, "round the door"), triggers_down():
        world.lesion_a.history.update(side="right")
    result = rerun(release)
    assert not result["same"] and result["whole"]
    assert differing(result) == {
        "lesions.csv",
        "receipt.json",
        "MANIFEST",
        "CITATION.cff",
        "citation.bib",
        "citation.txt",
    }
    lesions = next(file for file in result["files"] if file["file"] == "lesions.csv")
    assert lesions["difference"]["cells"] == [
        {"key": str(world.lesion_a.uuid), "column": "side", "before": "left", "after": "right"}
    ]
    manifest = next(file for file in result["files"] if file["file"] == "MANIFEST")
    assert manifest["line"]["before"].endswith("  lesions.csv")


def test_a_definition_that_cannot_be_read_any_more(world):
    release = frozen(world.researcher)
    Release.objects.update(
        definition={**release.definition, "where": {"all": [{"variable": "cases.gone", "is": "recorded"}]}}
    )
    assert rerun(release)["failure"] == "unreadable"


def test_a_full_disk_changes_nothing(world, monkeypatch, shelf_root):
    release = frozen(world.researcher)
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", lambda _file: (_ for _ in ()).throw(OSError(errno.ENOSPC, "no")))
        assert rerun(release)["failure"] == "disk_full"
    assert [path.name for path in shelf_root.iterdir()] == [release.slug]
    assert Release.objects.get().is_ready and rerun(release)["same"]


def test_in_a_large_registry_it_is_rebuilt_in_the_background(world, settings):
    release = frozen(world.researcher)
    settings.RELEASE_INLINE_CASES = 2
    assert rerun(release)["state"] == "waiting"
    release.refresh_from_db()
    assert rebuilding.settle(release).rerun["state"] == "waiting"
    rebuilding.carry_out(release)
    assert Release.objects.get().rerun["same"]


def test_a_rerun_that_nobody_is_at_any_more_has_stopped(world, monkeypatch):
    release = frozen(world.researcher)
    monkeypatch.setattr(rebuilding, "_compared", lambda *_a: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        rebuilding.rerun(release, world.researcher)
    assert Release.objects.get().rerun["failure"] == "stopped"
    release.rerun = {"state": "running", "draft": f"{release.slug}.0", "by": ""}
    with shelf.Draft(f"{release.slug}.0"):
        assert rebuilding.settle(release).rerun["state"] == "running"
    assert rebuilding.settle(release).rerun["failure"] == "stopped"


def test_every_table_of_patients_is_rebuilt(kept):
    """None of them is empty, so that the same bytes mean something."""
    make.TransarterialDrugFactory(session=TransarterialSession.objects.get())
    release = frozen(make.UserFactory(is_superuser=True))
    rows = {file["table"]: file["rows"] for file in release.files if file["table"]}
    assert set(rows) == {table.name for table in released_tables()}
    assert not [table for table, count in rows.items() if not count]
    assert rerun(release)["same"]
