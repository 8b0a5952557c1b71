"""Pages of releases: frozen from the page of a cohort, shown, rebuilt, compared, and what they say when they cannot."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from registry.access.models import Membership
from registry.core import records
from registry.research.cohorts import keeping
from registry.research.cohorts.checking import read
from registry.research.models import ExportReceipt, Release
from registry.research.releases import making, rebuilding, shelf
from tests.factories import TESTS
from tests.research.releases.conftest import EVERYONE, frozen


@pytest.fixture
def desk(world):
    client = Client()
    client.force_login(world.researcher)
    return client


@pytest.fixture
def cohort(world):
    return keeping.create(read(EVERYONE, world.researcher), world.researcher)


def text(answer, status=200):
    assert answer.status_code == status, answer.status_code
    return answer.content.decode()


def form(**more):
    return {
        "title": "As submitted",
        "authors": "Curie, Marie",
        "notes": "",
        "token": str(uuid.uuid4()),
        **more,
    }


def withdraw(world):
    patient = world.b.patient
    patient.consent_status = "withdrawn"
    records.save(patient, by=TESTS, reason="letter of the patient")


def test_a_cohort_is_frozen_from_its_page_and_found_again(desk, world, cohort):
    assert "No release yet" in text(desk.get("/releases/"))
    freeze = f"/releases/new/?cohort={cohort.slug}&version=1"
    assert freeze.replace("&", "&amp;") in text(desk.get(cohort.get_absolute_url()))
    page = text(desk.get(freeze))
    assert "2 cases that you may use" in page
    said = form(notes="For the journal.")
    answer = desk.post(freeze, said)
    assert (answer.status_code, answer["Location"]) == (302, "/releases/everyone-r1/")
    assert desk.post(freeze, said)["Location"] == "/releases/everyone-r1/"
    release = Release.objects.get()
    page = text(desk.get("/releases/everyone-r1/"))
    for shown in (
        release.sentence,
        release.software,
        release.manifest_sha256,
        "@misc{everyone_r1,",
        "cff-version: 1.2.0",
        *(file["sha256"] for file in release.files),
    ):
        assert shown in page
    receipt = reverse("export-receipt-page", args=[release.token])
    assert receipt in page
    assert "/releases/everyone-r1/" in text(desk.get(receipt))
    for listed in ("/releases/", cohort.get_absolute_url()):
        assert "/releases/everyone-r1/" in text(desk.get(listed))
    assert receipt in text(desk.get("/account/exports/?recent", headers={"HX-Request": "true"}))
    assert "/releases/" in text(desk.get("/account/")) and "/releases/" in text(desk.get("/cohorts/"))


def test_a_form_that_cannot_be_says_where(desk, world, cohort):
    freeze = f"/releases/new/?cohort={cohort.slug}"
    page = text(desk.post(freeze, form(title="", authors=" \n")), 422)
    assert "Give the release a title." in page and "Name at least one author" in page
    assert "x" * 151 in text(desk.post(freeze, form(title="x" * 151)), 422)
    text(desk.post(freeze, form(authors="a\x00b")), 422)
    text(desk.post(freeze, form(token="no")), 422)
    text(desk.post(freeze, {}), 422)
    assert not Release.objects.exists()
    assert desk.get("/releases/new/")["Location"] == "/cohorts/"
    for wrong in (
        "?cohort=",
        "?cohort=nobody",
        f"?cohort={cohort.slug}&version=9",
        f"?cohort={cohort.slug}&version=x",
    ):
        assert desk.get(f"/releases/new/{wrong}").status_code == 404
    assert Client().get(freeze).status_code == 302


def test_a_form_sent_again_with_other_words_asks_before_it_makes_another(desk, cohort):
    freeze, said = f"/releases/new/?cohort={cohort.slug}", form()
    desk.post(freeze, said)
    answer = desk.post(freeze, {**said, "title": "Other words"})
    page = text(answer, 422)
    assert "This form has been sent before" in page and "Other words" in page
    fresh = answer.context["form"]["token"].value()
    assert (
        desk.post(freeze, {**said, "title": "Other words", "token": fresh})["Location"]
        == "/releases/everyone-r2/"
    )


def test_a_release_is_rebuilt_and_compared_on_its_page(desk, world, cohort):
    release = frozen(world.researcher, cohort=cohort)
    at = release.get_absolute_url()
    assert "with the same SHA-256" in text(desk.post(f"{at}rerun/", follow=True))
    part = text(desk.post(f"{at}rerun/", headers={"HX-Request": "true"}))
    assert "with the same SHA-256" in part and "<html" not in part
    lesion = world.lesion_a
    lesion.side = "right"
    records.save(lesion, by=TESTS, reason="read again")
    later = frozen(world.researcher, cohort=cohort)
    assert desk.get(f"{at}diff/?with={later.slug}")["Location"] == f"{at}diff/{later.slug}/"
    page = text(desk.get(f"{at}diff/{later.slug}/"))
    assert str(lesion.uuid) in page and "<del>left</del>" in page
    assert "The tables are the same" in text(desk.get(f"{at}diff/{release.slug}/"))
    assert desk.get(f"{at}diff/")["Location"] == at
    for nobody in ("diff/?with=", "diff/?with=nobody", "diff/nobody/", "files/nobody.csv"):
        assert desk.get(f"{at}{nobody}").status_code == 404


def test_results_that_moved_stand_in_a_column_for_each_arm(desk, world):
    arms = [
        {"code": code, "where": {"all": [{"variable": "cases.age_years", "is": how, "value": 90}]}}
        for code, how in (("old", ">="), ("young", "<"))
    ]
    before = frozen(world.researcher, {**EVERYONE, "arms": arms})
    visit = world.b.assessments.get(time_point="month_1")
    visit.vas_pain = 2
    records.save(visit, by=TESTS)
    after = frozen(world.researcher, cohort=before.cohort_version.cohort)
    page = text(desk.get(f"{before.get_absolute_url()}diff/{after.slug}/"))
    moved = page[page.index('<table class="table release-moved">') :]
    assert moved.index("All cases") < moved.index("arm young") < moved.index("</thead>")
    assert "arm old" not in moved[: moved.index("</table>")]
    assert "<del>5.60, n = 1</del> <ins>2.00, n = 1</ins>" in moved


def test_what_keeps_a_file_from_being_handed_out_stands_on_the_page(desk, world, cohort):
    release = frozen(world.researcher, cohort=cohort)
    at = release.get_absolute_url()
    (shelf.folder_of(release.slug) / "lesions.csv").write_bytes(b"cut")
    assert "not what it was" in text(desk.get(f"{at}files/lesions.csv"), 410)
    assert "cannot be compared now" in text(desk.get(f"{at}diff/{release.slug}/"), 410)
    assert "damaged" in text(desk.post(f"{at}rerun/", follow=True))
    withdraw(world)
    page = text(desk.get(at))
    assert "1 patient of this release has withdrawn consent since." in page
    assert f"{at}files/cases.csv" not in page and f"{at}files/MANIFEST" in page
    assert "has withdrawn consent" in text(desk.get(f"{at}files/cases.csv"), 451)
    Membership.objects.filter(user=world.researcher).delete()
    page = text(desk.get(at))
    assert "You may no longer read OWN" in page and "Main results" not in page and f"{at}edition/" not in page
    assert text(desk.get(f"{at}files/results.json"), 403)
    assert "You may no longer read OWN" in text(desk.post(f"{at}rerun/", follow=True))
    assert "You may no longer read OWN" in text(desk.get(f"{at}diff/{release.slug}/"), 403)


def test_an_edition_without_those_who_have_withdrawn(desk, world, cohort):
    release = frozen(world.researcher, cohort=cohort)
    at, token = release.get_absolute_url(), str(uuid.uuid4())
    assert "Nobody of this release" in text(desk.post(f"{at}edition/", {"token": token}, follow=True))
    withdraw(world)
    assert f"{at}edition/" in text(desk.get(at))
    theirs = frozen(world.outsider)
    assert "stands for something else" in text(
        desk.post(f"{at}edition/", {"token": theirs.token}, follow=True)
    )
    for _click in range(2):
        answer = desk.post(f"{at}edition/", {"token": token})
    edition = Release.objects.get(slug="everyone-r2")
    assert answer["Location"] == edition.get_absolute_url() and Release.objects.count() == 3
    assert "without 1 patient" in text(desk.get(answer["Location"]))
    assert edition.slug in text(desk.get(at))
    data = (shelf.folder_of(edition.slug) / "cases.csv").read_text()
    assert str(world.a.uuid) in data and str(world.b.uuid) not in data
    assert edition.sequence == release.sequence and edition.results != release.results


def test_an_edition_of_nobody_is_not_made(desk, world, client_of):
    mine = {"title": "Mine", "where": {"all": [{"variable": "cases.age_years", "is": "<", "value": 90}]}}
    release = frozen(world.researcher, mine)
    withdraw(world)
    page = text(desk.post(f"{release.get_absolute_url()}edition/", follow=True))
    assert "No patient is left" in page and Release.objects.count() == 1


def test_what_is_under_way_or_has_failed_says_so(desk, world, cohort, settings, tmp_path):
    settings.RELEASE_INLINE_CASES = 0
    answer = desk.post(f"/releases/new/?cohort={cohort.slug}", form())
    at = answer["Location"]
    page = text(desk.get(at))
    assert "Waiting for the worker" in page and 'hx-trigger="every 2s"' in page and "Rerun" not in page
    assert "not written yet" in text(desk.get("/releases/"))
    assert text(desk.get(f"{at}files/MANIFEST"), 409) and text(desk.get(f"{at}diff/everyone-r1/"), 409)
    (tmp_path / "file").touch()
    shelf_root, settings.RELEASE_DIR = settings.RELEASE_DIR, tmp_path / "file" / "releases"
    making.carry_out(Release.objects.get())
    page = text(desk.get(at))
    assert "could not be written" in page and "hx-trigger" not in page
    settings.RELEASE_DIR, settings.RELEASE_INLINE_CASES = shelf_root, 1000
    assert "Main results" in text(desk.post(f"{at}again/", follow=True))
    settings.RELEASE_INLINE_CASES = 0
    page = text(desk.post(f"{at}rerun/", follow=True))
    assert "as soon as the worker is free" in page and 'hx-trigger="every 2s"' in page
    release = Release.objects.get()
    with shelf.Draft(release.rerun["draft"]):
        Release.objects.update(rerun={**release.rerun, "state": rebuilding.RUNNING})
        assert "are being rebuilt" in text(desk.get(at))
    assert "not carried out to the end" in text(desk.get(at))
    assert ExportReceipt.objects.filter(finished=True).count() == 1


def test_a_shared_cohort_is_frozen_by_another_and_stays_frozen_when_it_is_shared_no_more(desk, world):
    theirs = keeping.create(read(EVERYONE, world.outsider), world.outsider)
    theirs.shared = True
    theirs.save()
    at = desk.post(f"/releases/new/?cohort={theirs.slug}", form())["Location"]
    assert f'href="{theirs.get_absolute_url()}?version=1"' in text(desk.get(at))
    theirs.shared = False
    theirs.save()
    assert theirs.get_absolute_url() not in text(desk.get(at))
    assert "with the same SHA-256" in text(desk.post(f"{at}rerun/", follow=True))
    assert desk.get(f"/releases/new/?cohort={theirs.slug}").status_code == 404


def test_pages_of_somebody_elses_release_are_not_there(world, cohort, client_of):
    release = frozen(world.researcher, cohort=cohort)
    at, outsider = release.get_absolute_url(), Client()
    outsider.force_login(world.outsider)
    own = frozen(world.outsider)
    for path in (
        at,
        f"{at}files/cases.csv",
        f"{at}diff/{own.slug}/",
        f"{own.get_absolute_url()}diff/{release.slug}/",
    ):
        assert outsider.get(path).status_code == 404, path
    for path in ("rerun/", "again/", "edition/"):
        assert outsider.post(f"{at}{path}").status_code == 404
    assert release.slug not in text(outsider.get("/releases/"))
    assert outsider.get(f"/releases/new/?cohort={cohort.slug}").status_code == 404
