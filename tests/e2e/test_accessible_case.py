"""The page of a case, its history, texts and questions have no barrier, whatever has been entered and opened."""

import pytest
from django.core.management import call_command
from django.urls import reverse

from registry.access.models import Center
from tests import factories
from tests.core.test_write_door import complete
from tests.outcomes.drafted import person, reboa_case, rfa_case, vertebroplasty_with_tace

pytestmark = pytest.mark.e2e


def at(name, case):
    return reverse(name, args=[case.uuid])


@pytest.fixture
def empty(center):
    return factories.CaseFactory(patient=factories.PatientFactory(center=center, sex=None), age_years=None)


@pytest.fixture
def settled(center):
    return complete(person(center, height_cm=168, weight_kg=72, inr=9))


@pytest.fixture
def published():
    """A case of a paper, with the words of the paper beside its values."""
    paper = factories.PublicationFactory(slug="zhao-2021")
    source = factories.PatientFactory(
        center=factories.CenterFactory(code="ZHAO2021", kind=Center.Kind.PUBLISHED),
        publication=paper,
        source_label="Case 1",
    )
    case = factories.CaseFactory(patient=source, missing={"weight_kg": "not_reported"})
    lesion = factories.LesionFactory(case=case, levels="L3;L4", volume_ml=120)
    factories.SourceValueFactory(publication=paper, record=case, field="age_years", printed="60 y")
    factories.SourceValueFactory(publication=paper, record=lesion, field="volume_ml", printed="120 mL")
    factories.AssessmentFactory(case=case, vas_pain=7)
    factories.TreatmentFactory(case=case, detail="30 Gy in ten fractions before the operation")
    procedure = factories.ProcedureFactory(case=case, kind="reboa", duration_min=410)
    factories.ReboaDetailsFactory(procedure=procedure, aortic_diameter_mm=18)
    factories.BalloonInflationFactory(
        procedure=procedure, inflated_min=0, deflated_min=62, aortic_zone="zone_iii", completeness="complete"
    )
    cemented = factories.ProcedureFactory(case=case, kind="sacroplasty")
    factories.TreatedLesionFactory(
        procedure=cemented,
        lesion=lesion,
        approach="transiliac",
        cement_volume_ml=12,
        leak_sites="disc;venous",
    )
    return case


def open_menu(visit):
    """The menu of what else can be done, at the end of the header."""
    visit.page.locator(".page-actions [data-bs-toggle]").last.click()
    visit.settle()


def test_a_draft_has_no_barrier(visit, center, empty):
    visit.look("case, empty", path=at("case-detail", empty))
    open_menu(visit)
    visit.look("case, menu", part=".page-actions")
    call_command("load_publications", "tian-2017", verbosity=0)
    case = vertebroplasty_with_tace(center)
    page = visit.open(at("case-detail", case))
    page.locator("#show-history").click()
    visit.settle()
    visit.unfold()
    visit.look("case, filled, everything open")
    visit.look("case of a death", path=at("case-detail", rfa_case(center)))


def test_a_complete_and_a_published_case_have_no_barrier(visit, settled, published, researcher):
    page = visit.open(at("case-detail", settled))
    page.locator(".page-actions [data-bs-toggle]").first.click()
    visit.look("complete case, time points open")
    visit.open(at("case-detail", published))
    visit.unfold()
    visit.look("published case")
    visit.sign_in(researcher)
    visit.look("case without identity", path=at("case-detail", settled))


def test_parts_on_pages_of_their_own_have_no_barrier(visit, center, empty):
    case = reboa_case(center)
    for name in ("case-timeline", "case-procedures", "case-outcomes", "case-published-bands", "case-history"):
        visit.look(f"{name}, filled", path=at(name, case))
        visit.look(f"{name}, empty", path=at(name, empty), part="main")


def test_questions_about_a_case_have_no_barrier(visit, settled, empty):
    visit.look("what is still needed", path=at("case-complete", empty))
    visit.look("ready to be completed", path=at("case-complete", settled))
    visit.look("back to draft?", path=at("case-draft", settled))
    visit.submit()
    visit.look("back to draft, refused")
    visit.look("deletion of a draft", path=at("case-delete", empty))
    visit.look("deletion of a complete case", path=at("case-delete", settled))
    visit.submit()
    visit.look("deletion refused")


def test_reports_and_letters_have_no_barrier(visit, center, empty):
    case = vertebroplasty_with_tace(center)
    visit.look("letter", path=at("case-letter", case))
    visit.look("report of nothing", path=at("case-report", empty))
    page = visit.open(at("case-report", case))
    visit.unfold()
    visit.look("report, reasons open")
    page.locator("#draft-text").press("x")
    page.locator("[data-draft=again]").click()
    visit.look("report, shall the text be replaced?", part="#draft")
    page.locator("[data-draft=discard]").click()
    visit.settle()
    visit.look("report, drafted again", part="#draft")
