"""What a release says of the procedures that its centres did and did not register."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from registry.core import records
from registry.curation import ascertainment as log
from registry.curation.models import AscertainmentMonth
from registry.research.models import Release
from registry.research.releases import ascertained, making, rebuilding, shelf
from tests import factories as make
from tests.factories import TESTS
from tests.research.releases.conftest import frozen

KINDS = ("reboa", "vertebroplasty", "sacroplasty", "rfa")


def entered(center, eligible, registered):
    """The month before this one, with so many procedures."""
    month = log.before(log.this_month())
    case = make.CaseFactory(patient__center=center)
    for _ in range(registered):
        make.ProcedureFactory(case=case, kind="rfa", date=month)
    figures = {f"{kind}_eligible": 0 for kind in KINDS} | {"rfa_eligible": eligible}
    return records.save(AscertainmentMonth(center=center, month=month, **figures), by=TESTS)


def stored(release, name=ascertained.FILE):
    return (shelf.folder_of(release.slug) / name).read_text("utf-8")


def test_a_release_says_how_much_of_what_was_eligible_is_registered(kept):
    entered(kept.own, eligible=16, registered=12)
    release = frozen(kept.researcher)
    said = json.loads(stored(release))
    row = next(row for row in said["centers"] if row["center"] == kept.own.code)
    assert (row["registered"], row["eligible"], row["months_unknown"]) == (12, 16, 11)
    assert ascertained.FILE in stored(release, "MANIFEST")
    assert f"{kept.own.code}: 12/16 (75 %); unknown 11 of 12 months" in stored(release, "README.txt")
    client = Client()
    client.force_login(kept.researcher)
    assert "12/16 (75\u00a0%)" in client.get(release.get_absolute_url()).content.decode()


@pytest.mark.parametrize(("eligible", "registered"), [(10, 10), (30, 3), (1, 0)])
def test_few_procedures_are_not_told(kept, eligible, registered):
    entered(kept.own, eligible, registered)
    said = json.loads(stored(frozen(kept.researcher)))
    row = next(row for row in said["centers"] if row["center"] == kept.own.code)
    for one in (row, said["together"]):
        assert one["withheld"] and one["registered"] is None and one["eligible"] is None


def test_a_centre_without_entries_is_unknown(kept):
    said = json.loads(stored(frozen(kept.researcher)))
    assert {row["eligible"] for row in said["centers"]} == {None}
    assert (
        not said["together"]["withheld"] and said["together"]["months_unknown"] == said["together"]["months"]
    )


def test_it_is_rebuilt_as_of_its_change(kept):
    entry = entered(kept.own, eligible=16, registered=12)
    release = frozen(kept.researcher)
    entry = AscertainmentMonth.objects.get(pk=entry.pk)
    entry.rfa_eligible = 40
    records.save(entry, by=TESTS)
    rebuilding.rerun(release, release.owner)
    rerun = Release.objects.get(pk=release.pk).rerun
    assert rerun["same"] and rerun["manifest_sha256"] == release.manifest_sha256


def test_releases_from_before_are_rebuilt_as_they_were(kept, monkeypatch):
    entered(kept.own, eligible=16, registered=12)
    monkeypatch.setattr(making, "FORM", 1)
    release = frozen(kept.researcher)
    monkeypatch.undo()
    assert release.file(ascertained.FILE) is None and release.ascertainment is None
    rebuilding.rerun(release, release.owner)
    assert Release.objects.get(pk=release.pk).rerun["same"]
    assert release.created_at <= timezone.now()
