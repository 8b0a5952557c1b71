"""No list and no form has a barrier: cases, a new case, follow-up, and the plain forms of records."""

import datetime

import pytest
from django.urls import reverse

from registry.core import records
from tests import factories
from tests.factories import TESTS
from tests.outcomes.drafted import person, reboa_case, rfa_case, vertebroplasty_with_tace

pytestmark = pytest.mark.e2e


def days_ago(days):
    return datetime.date.today() - datetime.timedelta(days)


def test_the_list_of_cases_has_no_barrier(visit, center, other_center):
    at = reverse("case-list")
    visit.look("cases, empty", path=at)
    for made in (reboa_case, vertebroplasty_with_tace, rfa_case):
        made(center)
    factories.CaseFactory(patient=factories.PatientFactory(center=center), missing={"recurrent": "unknown"})
    visit.look("cases", path=at)
    visit.look("cases, filtered to nothing", path=at + "?q=nothing&status=draft")
    visit.look("cases, sorted and filtered", path=at + "?sort=-case&sex=female&status=draft")
    visit.open(at + "?age_from=900&status=none")
    visit.unfold()
    visit.look("cases, more filters, refused")


def test_a_new_case_has_no_barrier(visit, center):
    factories.DiagnosisFactory.create_batch(12)
    known = factories.PatientFactory(center=center, hospital_number="4711")
    factories.CaseFactory(patient=known)
    page = visit.open(reverse("case-new"))
    visit.look("new case")
    page.locator(".combo input").first.click()
    visit.look("new case, list of diagnoses open")
    page.keyboard.type("nothing of the kind")
    visit.look("new case, no such diagnosis", part=".combo")
    page.keyboard.press("Escape")
    page.locator("[name$=birth_year]").fill("61")
    page.locator("[name$=age_years]").fill("many")
    visit.submit()
    visit.look("new case, refused")
    visit.open(reverse("case-new"))
    page.locator("[name$=hospital_number]").fill("4711")
    visit.submit()
    visit.look("new case, known hospital number")
    visit.look("another case of a patient", path=f"{reverse('case-new')}?patient={known.uuid}")


@pytest.fixture
def waiting(center):
    """Cases whose follow-up is due, overdue, to come, lost, and not to be counted."""
    due = person(center, days_ago(30))
    for case in (due, person(center, days_ago(400)), person(center, days_ago(0))):
        factories.AssessmentFactory(case=case, vas_pain=8, kps=60)
    lost = person(center, days_ago(90))
    factories.FollowUpStatusFactory(
        case=lost, followup_state="lost", last_contact_date=days_ago(60), vital_status="unknown"
    )
    factories.CaseFactory(patient=factories.PatientFactory(center=center))
    return due


def test_the_follow_up_list_has_no_barrier(visit, center, researcher):
    at = reverse("followup")
    visit.look("follow-up, empty", path=at)
    visit.look("follow-up, filtered to nothing", path=at + "?q=nothing")
    visit.sign_in(researcher)
    visit.look("follow-up, to a researcher", path=at)


def test_the_filled_follow_up_list_has_no_barrier(visit, waiting):
    at = reverse("followup")
    visit.look("follow-up", path=at)
    for tab in ("upcoming", "lost", "no_index_date"):
        visit.look(f"follow-up, {tab}", path=f"{at}?state={tab}")


def test_entry_from_the_follow_up_list_has_no_barrier(visit, waiting, clinician):
    page = visit.open(reverse("followup"))
    line = page.locator(f"#case-{waiting.uuid}")

    def enter(**values):
        for name, value in values.items():
            line.locator(f"[name$='-{name}']").fill(value)
        line.locator("form [type=submit]").click()
        visit.settle()

    line.locator(".row-actions a").click()
    visit.settle()
    visit.look("a time point is entered in the list")
    enter(kps="85")
    visit.look("refused in the list", part=f"#case-{waiting.uuid}")
    line.locator("[name$='-kps']").fill("80")
    page.locator("#followup-results nav a").last.click()
    visit.settle()
    visit.look("typed scores are held back", part=f"#case-{waiting.uuid}")
    theirs = factories.AssessmentFactory(case=waiting, time_point="month_1", kps=70)
    enter(kps="80")
    visit.look("two have entered a time point", part=f"#case-{waiting.uuid}")
    records.delete(theirs, by=TESTS, reason="test")
    visit.sign_out()
    page.evaluate("window.onbeforeunload = null")
    visit.sign_in(clinician)
    address = reverse("followup-entry", args=[waiting.uuid, "month_1"])
    visit.look("a time point on a page of its own", path=address)
    page.locator("[name$='-date']").fill(days_ago(400).isoformat())
    page.locator("[name$='-vas_pain']").fill("5")
    page.locator("form[data-entry] [type=submit]").click()
    page.wait_for_load_state()
    visit.settle()
    visit.look("an unusual date is asked about")


def test_plain_forms_have_no_barrier(visit, center):
    """Each form once as it is opened; the states that all of them share once, at a lesion."""
    case = vertebroplasty_with_tace(center)
    procedure = case.procedures.get()
    session = procedure.transarterial_sessions.first()
    treated = procedure.treated_lesions.first()
    rfa = rfa_case(center)
    reboa = reboa_case(center).procedures.get()
    for record in (
        case.patient,
        case,
        case.treatments.first(),
        treated,
        procedure.vertebroplasty_details,
        session,
        session.drugs.first(),
        reboa.balloon_inflations.first(),
        rfa.procedures.get().treated_lesions.first().ablations.first(),
        case.assessments.first(),
        procedure.complications.first(),
        rfa.followup_status,
    ):
        name = f"{record._meta.model_name}-edit"
        visit.look(name, path=reverse(name, args=[record.uuid]), part="main")
    visit.look("reboa", path=reverse("procedure-edit", args=[reboa.uuid]))
    visit.look("which procedure", path=reverse("procedure-new", args=[case.uuid]))
    visit.look("new time point", path=reverse("assessment-new", args=[case.uuid]))


def test_a_form_has_no_barrier_in_any_state(visit, center):
    lesion = factories.LesionFactory(
        case=factories.CaseFactory(patient=factories.PatientFactory(center=center))
    )
    page = visit.open(reverse("lesion-edit", args=[lesion.uuid]))
    visit.unfold()
    visit.look("lesion, unfolded")
    page.locator("#id_volume_ml").fill("68000")
    visit.submit()
    visit.look("lesion, refused")
    visit.open(reverse("lesion-edit", args=[lesion.uuid]))
    lesion.volume_ml = 7
    records.save(lesion, by=TESTS, reason="test")
    page.locator("#id_volume_ml").fill("9")
    visit.submit()
    visit.look("two versions of a lesion")
    visit.open(reverse("case-edit", args=[lesion.case.uuid]))
    page.locator("#id_inr").fill("9")
    visit.submit()
    visit.look("unusual value of a case")
    visit.look("deletion of a lesion", path=reverse("lesion-delete", args=[lesion.uuid]))
