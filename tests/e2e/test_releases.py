"""Releases in a browser: from a cohort to a frozen one, rebuilt and compared, and without barriers."""

import uuid

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from registry.core import records
from registry.research.models import Release
from registry.research.releases import making, rebuilding
from tests import factories
from tests.factories import TESTS
from tests.research.releases.conftest import frozen

pytestmark = pytest.mark.e2e

OLD = {"all": [{"variable": "cases.age_years", "is": ">=", "value": 60}]}
ARMS = [
    {"code": code, "where": {"all": [{"variable": "cases.age_years", "is": how, "value": 70}]}}
    for code, how in (("A", "<"), ("B", ">="))
]


@pytest.fixture(autouse=True)
def shelf_root(settings, tmp_path):
    settings.RELEASE_DIR = tmp_path / "releases"


@pytest.fixture
def cases(center):
    """Three of 60, 70 and 80 years, each with a lesion and a score before and after."""
    made = []
    for age in (60, 70, 80):
        case = factories.CaseFactory(patient=factories.PatientFactory(center=center), age_years=age)
        factories.ProcedureFactory(case=case, kind="sacroplasty")
        factories.LesionFactory(case=case, side="left")
        factories.AssessmentFactory(case=case, time_point="baseline", vas_pain=8)
        factories.AssessmentFactory(case=case, time_point="day_1", vas_pain=age // 20)
        made.append(case)
    return made


def edit(case):
    """One cell of a lesion, one score, one row."""
    lesion = case.lesions.get()
    lesion.side = "right"
    records.save(lesion, by=TESTS, reason="read again")
    visit = case.assessments.get(time_point="day_1")
    visit.vas_pain = 1
    records.save(visit, by=TESTS, reason="typing slip")
    factories.LesionFactory(case=case, levels="S2")
    return lesion


def test_a_cohort_is_frozen_rebuilt_and_compared(desk, live_server, clinician, cases):
    page = desk
    cohort = factories.CohortFactory(owner=clinician, title="From 60", where=OLD)
    page.goto(live_server.url + cohort.get_absolute_url())
    page.get_by_role("link", name="Freeze this version").click()
    expect(page.get_by_text("3 cases that you may use")).to_be_visible()
    page.get_by_role("button", name="Freeze").click()
    expect(page.get_by_role("alert")).to_contain_text("Name at least one author")
    page.get_by_label("Authors").fill("Curie, Marie\nSpine Study Group")
    page.get_by_role("button", name="Freeze").dblclick()
    page.wait_for_url("**/releases/*/")
    release = Release.objects.get()
    expect(page.locator("#citation-text")).to_contain_text(release.manifest_sha256)
    page.get_by_role("button", name="Copy the citation").click()
    expect(page.locator("#citation-status")).not_to_be_empty()
    with page.expect_download() as fetched:
        page.get_by_role("link", name="lesions.csv", exact=True).click()
    assert fetched.value.suggested_filename == f"{release.slug}-lesions.csv"
    lesion = edit(cases[0])
    page.get_by_role("button", name="Rerun").click()
    expect(page.locator("#rerun-panel")).to_contain_text("with the same SHA-256")
    frozen(clinician, cohort=cohort)
    page.reload()
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**/diff/**")
    expect(page.locator(".stats")).to_contain_text("rows added")
    changed = page.get_by_role("row", name=str(lesion.uuid))
    expect(changed).to_contain_text("left")
    expect(changed).to_contain_text("right")
    expect(page.locator(".release-moved")).to_contain_text("Number of lesions")


def test_pages_of_releases_have_no_barrier(visit, clinician, cases, settings):
    cohort = factories.CohortFactory(owner=clinician, title="From 60", where=OLD, arms=ARMS)
    visit.look("releases, none", path=reverse("release-list"))
    visit.open(f"{reverse('release-new')}?cohort={cohort.slug}")
    visit.unfold()
    visit.look("freeze")
    visit.submit()
    visit.look("freeze, refused", part=".error-summary, form")
    first = frozen(clinician, cohort=cohort, title="A title of several words", notes="As submitted.")
    edit(cases[0])
    last = frozen(clinician, cohort=cohort)
    rebuilding.rerun(first, clinician)
    visit.open(first.get_absolute_url())
    visit.unfold()
    visit.look("release")
    visit.open(reverse("release-diff", args=[first.slug, last.slug]))
    visit.unfold()
    visit.look("comparison")
    settings.RELEASE_INLINE_CASES = 0
    waiting = Release.objects.get(pk=last.pk)
    waiting.pk, waiting.slug, waiting.token, waiting.receipt = None, "waiting-r1", uuid.uuid4(), None
    waiting.state = Release.State.FAILED
    waiting.failure = Release.Failure.DISK_FULL
    waiting.save()
    visit.look("release, failed", path=waiting.get_absolute_url(), width=390)
    making.try_again(waiting)
    visit.look("release, waiting", path=waiting.get_absolute_url(), width=390)
    visit.look("releases", path=reverse("release-list"))
    patient = cases[1].patient
    patient.consent_status = "withdrawn"
    records.save(patient, by=TESTS, reason="letter")
    visit.open(first.get_absolute_url())
    visit.look("release, withheld", part="#release > .warning-summary, .release-files")
