"""No section of the editor has a barrier: empty, filled, refused, asked about, in conflict, with dialogues open."""

import datetime

import pytest
from django.urls import reverse

from registry.core import records
from tests import factories
from tests.core.test_write_door import complete
from tests.factories import TESTS
from tests.outcomes.drafted import person, reboa_case, rfa_case, vertebroplasty_with_tace

pytestmark = pytest.mark.e2e

SECTIONS = ("patient", "lesions", "procedures", "outcomes", "complications", "followup", "review")


def at(case, slug):
    return reverse("case-section", args=[case.uuid, slug])


def control(visit, record, name):
    return visit.page.locator(f'[name="{record._meta.model_name}-{record.uuid}-{name}"]')


def enter(visit, record, **values):
    for name, value in values.items():
        control(visit, record, name).fill(value)
        control(visit, record, name).press("Tab")
    visit.settle()


@pytest.fixture
def empty(center):
    return factories.CaseFactory(patient=factories.PatientFactory(center=center, sex=None), age_years=None)


def sacroplasty_case(center):
    """Two lesions, one of them with an unusual amount of cement and a leak."""
    case = person(center)
    procedure = factories.ProcedureFactory(case=case, kind="sacroplasty", duration_min=9)
    factories.SacroplastyDetailsFactory(procedure=procedure, technique="balloon")
    for number, side in enumerate(("left", "right"), 1):
        lesion = factories.LesionFactory(case=case, side=side, zone_ala=True, volume_ml=10 * number)
        factories.TreatedLesionFactory(
            procedure=procedure,
            lesion=lesion,
            approach="transiliac",
            cement_volume_ml=8 * number,
            leak_sites="neuroforamen",
        )
    return case


def test_an_empty_case_has_no_barrier(visit, empty):
    for slug in SECTIONS:
        visit.look(f"{slug}, empty", path=at(empty, slug))


def test_a_filled_case_has_no_barrier(visit, center):
    case, surgical = vertebroplasty_with_tace(center), reboa_case(center)
    same = factories.PatientFactory(center=center, hospital_number="4711-8")
    factories.CaseFactory(patient=same)
    for slug in SECTIONS:
        # One lesion has all the controls there are for a lesion.
        visit.open(at(surgical if slug == "lesions" else case, slug))
        visit.unfold()
        visit.look(f"{slug}, filled, unfolded")
    visit.open(at(rfa_case(center), "followup"))
    visit.look("followup after death and recurrence", part="main")


@pytest.mark.parametrize("made", [reboa_case, sacroplasty_case, rfa_case])
def test_procedures_of_each_kind_have_no_barrier(visit, center, made):
    visit.open(at(made(center), "procedures"))
    visit.unfold()
    visit.look(f"procedures, {made.__name__}", part="main")


def test_refusals_and_questions_have_no_barrier(visit, center):
    case = person(center)
    page = visit.open(at(case, "patient"))
    enter(visit, case, height_cm="1711", weight_kg="seventy", inr="9")
    visit.look("refused, unsaved, and asked about", part="main")
    case.refresh_from_db()
    case.platelets_10e9_l = 300
    records.save(case, by=TESTS, reason="test")
    enter(visit, case, platelets_10e9_l="200")
    visit.look("two values of one field", part=f"#field-case-{case.uuid}-platelets_10e9_l")
    page.locator(".combo input").first.click()
    visit.look("list of diagnoses open", part=".combo")


def test_rows_that_come_and_go_have_no_barrier(visit, center):
    case = person(center)
    page = visit.open(at(case, "lesions"))
    page.locator("form[data-add] button").click()
    visit.settle()
    page.locator("#lesion-list [data-region=S1]").focus()
    page.keyboard.press("Space")
    visit.settle()
    page.locator("#lesion-list .levels .combo input").first.fill("L2-L4")
    visit.look("levels found by typing", part="#lesion-list .levels")
    page.locator("#lesion-list .levels .combo input").first.fill("L9")
    visit.look("no such level", part="#lesion-list .levels")
    page.locator("#lesion-list .remove summary").click()
    visit.look("new lesion, marked on the picture, shall it go?", part="#lesion-list")
    visit.open(at(case, "procedures"))
    page.locator(".add-procedure [value=reboa]").click()
    visit.settle()
    for what in ("incision", "inflate"):
        page.locator(f"[id^={what}-]").click()
        visit.settle()
    visit.look("balloon inflated", part="#procedure-list .occlusion")


def test_dialogues_have_no_barrier(visit, center, clinician):
    case = person(center)
    page = visit.open(at(case, "patient"))
    visit.sign_out()
    enter(visit, case, height_cm="171")
    page.locator("#again-password").fill("wrong")
    page.locator("#sign-in-again [type=submit]").click()
    visit.settle()
    visit.look("sign in again, refused", part="#sign-in-again")
    visit.sign_in(clinician)
    page = visit.open(at(case, "patient"))
    visit.context.set_offline(True)
    enter(visit, case, weight_kg="70")
    visit.look("no connection", part=".editor-side")
    visit.context.set_offline(False)
    page.wait_for_timeout(100)


def test_a_complete_case_has_no_barrier(visit, center):
    case = complete(person(center))
    visit.open(at(case, "patient"))
    enter(visit, case, height_cm="171")
    visit.look("a reason is asked for", part="main")
    visit.look("review of a complete case", path=at(case, "review"))


def test_the_grid_of_outcomes_has_no_barrier_in_any_state(visit, center):
    case = person(center, index_date=datetime.date.today() - datetime.timedelta(30))
    baseline = factories.AssessmentFactory(case=case, vas_pain=8)
    page = visit.open(at(case, "outcomes"))
    enter(visit, baseline, kps="85", vas_pain="11")
    page.locator("[data-sections]").first.click()
    page.locator(".add-visit summary").click()
    page.locator(".column-menu summary").first.click()
    visit.look("scores refused, sections and menus open", part="main")


def test_complications_have_no_barrier_in_any_state(visit, center):
    case = sacroplasty_case(center)
    page = visit.open(at(case, "complications"))
    page.locator(".leak [type=submit]").first.click()
    visit.settle()
    for question in page.locator(".sir-questions fieldset").all():
        question.locator("label").nth(1).click()
    visit.settle()
    visit.unfold()
    visit.look("leak being graded", part="main")
