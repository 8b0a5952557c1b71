"""axe-core finds nothing on any page, at both widths and in both colour schemes."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from registry.access.models import Center
from tests.e2e.conftest import sign_in, watch
from tests.factories import (
    AssessmentFactory,
    BalloonInflationFactory,
    CaseFactory,
    CenterFactory,
    CitedSeriesFactory,
    ComplicationFactory,
    FollowUpStatusFactory,
    LesionFactory,
    PatientFactory,
    ProcedureFactory,
    PublicationFactory,
    ReboaDetailsFactory,
    ReportedValueFactory,
    SacroplastyDetailsFactory,
    SourceValueFactory,
    StudyArmFactory,
    TreatedLesionFactory,
    TreatmentFactory,
    UserFactory,
)

pytestmark = pytest.mark.e2e

LOOKS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]


@pytest.fixture
def world(center, clinician):
    """A registry in use: own cases, a published one, an unusual value, something of everything."""
    patient = PatientFactory(center=center, hospital_number="4711", birth_year=1961, by=clinician)
    case = CaseFactory(patient=patient, age_years=17, missing={"recurrent": "unknown"}, by=clinician)
    lesion = LesionFactory(case=case, volume_ml=68, zone_ala=True, missing={"cortical_breach": "not_done"})
    TreatmentFactory(case=case)
    procedure = ProcedureFactory(case=case, duration_min=9)
    SacroplastyDetailsFactory(procedure=procedure)
    treated = TreatedLesionFactory(procedure=procedure, lesion=lesion, cement_volume_ml=12)
    reboa = ProcedureFactory(case=case, kind="reboa")
    ReboaDetailsFactory(procedure=reboa)
    BalloonInflationFactory(procedure=reboa, inflated_min=0, deflated_min=40)
    baseline = AssessmentFactory(case=case, vas_pain=8, kps=60)
    ComplicationFactory(procedure=procedure, lesion=lesion)
    FollowUpStatusFactory(case=case, followup_state="under_follow_up")
    publication = PublicationFactory(slug="zhao-2021")
    arm = StudyArmFactory(publication=publication, code="A", label="PSP")
    ReportedValueFactory(publication=publication, arm=arm, value_text="7.4")
    CitedSeriesFactory(publication=publication)
    source = PatientFactory(
        center=CenterFactory(code="ZHAO2021", kind=Center.Kind.PUBLISHED),
        publication=publication,
        source_label="Case 1",
    )
    published = CaseFactory(patient=source, missing={"weight_kg": "not_reported"})
    SourceValueFactory(publication=publication, record=published, field="age_years", printed="60 y")

    def at(name, record):
        return reverse(name, args=[record.uuid])

    return [
        reverse("dashboard"),
        reverse("case-list"),
        reverse("case-list") + "?q=nothing",
        at("case-detail", case),
        at("case-detail", published),
        at("case-history", case),
        at("case-complete", case),
        at("case-delete", case),
        reverse("case-new"),
        at("case-edit", case),
        at("patient-edit", patient),
        at("lesion-edit", lesion),
        at("procedure-new", case),
        at("procedure-edit", reboa),
        at("treatedlesion-edit", treated),
        at("assessment-edit", baseline),
        at("followupstatus-new", case),
        reverse("literature"),
        reverse("publication-detail", args=["zhao-2021"]),
        reverse("account"),
        reverse("password_change"),
        "/cases/00000000-0000-0000-0000-000000000000/",
    ]


def violations(page, faults=None):
    """What axe finds. It loads style sheets anew to read them, so what the console says meanwhile is no fault."""
    before = list(faults or ())
    found = Axe().run(page).response["violations"]
    if faults is not None:
        faults[:] = before
    return [
        f"{page.url} {violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for violation in found
        for node in violation["nodes"][:3]
    ]


def overflows(page):
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return [f"{page.url} scrolls sideways"] if wide else []


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_no_page_has_a_barrier(browser, live_server, world, clinician, width, scheme):
    page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    faults = watch(page, live_server.url)
    page.goto(live_server.url + reverse("login"))
    found = violations(page, faults)
    sign_in(page, live_server.url, clinician)
    for path in world:
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        found += violations(page, faults) + overflows(page)
    assert not found, "\n".join(found)
    assert [fault for fault in faults if "404" not in fault] == []


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_refused_conflicting_and_opened_states_have_no_barrier(
    browser, live_server, world, clinician, center, width, scheme
):
    page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    sign_in(page, live_server.url, clinician)
    lesion = LesionFactory(case=CaseFactory(patient=PatientFactory(center=center)))
    url = live_server.url + reverse("lesion-edit", args=[lesion.uuid])
    page.goto(url)
    page.locator("#id_volume_ml").fill("68000")
    page.get_by_role("button", name="Save changes").click()
    page.wait_for_load_state()
    found = violations(page) + overflows(page)
    page.goto(url)
    lesion.volume_ml = 7
    from registry.core import records

    records.save(lesion, by=clinician)
    page.locator("#id_volume_ml").fill("9")
    page.get_by_role("button", name="Save changes").click()
    page.wait_for_load_state()
    found += violations(page) + overflows(page)
    page.goto(live_server.url + world[3])
    page.wait_for_load_state("networkidle")
    for summary in page.locator("main summary").all():
        if summary.is_visible():
            summary.click()
    page.get_by_role("link", name="Show all changes").click()
    page.get_by_role("button", name="More").click()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(200)
    found += violations(page) + overflows(page)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_admin_has_no_barrier(browser, live_server, world, width, scheme):
    boss = UserFactory(username="boss", is_staff=True, is_superuser=True)
    page = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    faults = watch(page, live_server.url)
    sign_in(page, live_server.url, boss)
    page.goto(live_server.url + reverse("admin:index"))
    page.wait_for_load_state("networkidle")
    found = violations(page, faults)
    page.goto(live_server.url + reverse("admin:cases_case_changelist"))
    page.wait_for_load_state("networkidle")
    found += violations(page, faults)
    page.locator("#result_list tbody a").first.click()
    page.wait_for_load_state("networkidle")
    found += violations(page, faults)
    assert not found, "\n".join(found)
    assert not faults, "\n".join(faults)
