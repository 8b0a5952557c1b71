"""A cohort is built in the browser by mouse and by keyboard, counted while it is built, and has no barrier."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from registry.research.models import Cohort
from tests import factories

pytestmark = pytest.mark.e2e

OLD = {"variable": "cases.age_years", "is": ">=", "value": 60}


@pytest.fixture
def cases(center):
    """Three sacroplasties at 55, 60 and 71 years, and a REBOA at 80."""
    for age, kind in ((55, "sacroplasty"), (60, "sacroplasty"), (71, "sacroplasty"), (80, "reboa")):
        case = factories.CaseFactory(patient=factories.PatientFactory(center=center), age_years=age)
        factories.ProcedureFactory(case=case, kind=kind)
        factories.LesionFactory(case=case, volume_ml=age - 50)


def settled(page):
    """What came last has found its place, the focus included."""
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)


def choose(page, group, words):
    """Add a condition to a group by searching for its variable."""
    page.locator(f"#{group}-add").click()
    search = page.locator("#picker-q")
    expect(search).to_be_focused()
    settled(page)
    with page.expect_response(lambda answer: "/cohorts/variables/" in answer.url):
        page.keyboard.type(words)
    expect(page.locator("#picker-offers details[open] .offer-button").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(search).to_have_count(0)
    settled(page)


def test_sacroplasty_from_60_is_built_counted_and_saved(desk, live_server, cases):
    page = desk
    page.goto(live_server.url + reverse("cohort-list"))
    page.get_by_role("link", name="Build the first cohort").click()
    outcome = page.locator("#outcome")
    expect(outcome).to_contain_text("4 cases")
    choose(page, "where", "strategy")
    expect(page.locator("#where-0 input[type=checkbox]").first).to_be_focused()
    page.get_by_label("sacroplasty").check()
    expect(outcome).to_contain_text("3 cases")
    expect(page.locator("#where-0-count")).to_have_text("3 cases")
    choose(page, "where", "age index")
    page.keyboard.type("6o")
    expect(page.locator("#where-1-error")).to_have_text("“6o” is not a number.")
    expect(outcome).to_contain_text("Not counted")
    page.locator("#where-1-value").fill("60")
    expect(page.locator("#where-1-error")).to_be_hidden()
    expect(outcome).to_contain_text("2 cases")
    expect(page.locator("#where-1-count")).to_have_text("3 cases")
    expect(outcome).to_contain_text("Cases with strategy sacroplasty and age at least 60 years.")
    page.get_by_role("button", name="Save cohort").click()
    expect(page.get_by_role("alert")).to_contain_text("Give the cohort a title.")
    expect(page.locator("#where-1-value")).to_have_value("60")
    page.get_by_label("Title").fill("Sacroplasty, age from 60")
    page.get_by_role("button", name="Save cohort").dblclick()
    page.wait_for_url("**/cohorts/sacroplasty-age-from-60/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sacroplasty, age from 60")
    expect(page.locator(".stats")).to_contain_text("2")
    assert Cohort.objects.count() == 1
    page.goto(f"{page.url}?version=1")
    expect(page.locator(".cohort-sentence")).to_have_text(
        "Cases with strategy sacroplasty and age at least 60 years."
    )


def test_a_cohort_with_arms_is_built_by_keyboard_alone(desk, live_server, cases):
    page = desk
    page.goto(live_server.url + reverse("cohort-new"))
    page.get_by_label("Title").focus()
    press = page.keyboard.press
    page.keyboard.type("By keyboard")
    for _key in range(3):
        press("Tab")  # the note, the group, its first button
    press("Enter")
    expect(page.locator("#picker-q")).to_be_focused()
    settled(page)
    press("ArrowDown")
    press("ArrowDown")
    expect(page.locator("button[value='add:where:cases.strategy']").first).to_be_focused()
    press("ArrowUp")
    press("ArrowUp")
    expect(page.locator("#picker-q")).to_be_focused()
    press("Escape")
    expect(page.locator("#where-add")).to_be_focused()
    settled(page)
    press("Enter")
    expect(page.locator("#picker-q")).to_be_focused()
    settled(page)
    with page.expect_response(lambda answer: "/cohorts/variables/" in answer.url):
        page.keyboard.type("lesion volume")
    expect(page.locator("#picker-offers details[open]").first).to_contain_text("lesions.volume_ml")
    press("Enter")
    expect(page.locator("#where-0-0-value")).to_be_focused()
    settled(page)
    page.keyboard.type("9,5")
    expect(page.locator("#where-0-count")).to_have_text("3 cases")
    page.locator("#arms-add").focus()
    press("Enter")
    expect(page.locator("#arm0-code")).to_be_focused()
    settled(page)
    press("Tab")
    page.keyboard.type("sacroplasties")
    choose(page, "arm0", "strategy")
    page.get_by_label("sacroplasty", exact=True).check()
    expect(page.locator("#outcome")).to_contain_text("1 case is in no arm.")
    expect(page.locator("#arm0-count")).to_have_text("2 cases")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        press("Enter")  # in a field draws the page anew and loses nothing
    settled(page)
    expect(page.locator("#arm0-label")).to_have_value("sacroplasties")
    page.locator("[value='remove:where-0']").focus()
    press("Enter")
    expect(page.locator("#where-add")).to_be_focused()
    expect(page.locator("#outcome")).to_contain_text("4 cases")
    page.get_by_role("button", name="Save cohort").focus()
    press("Enter")
    page.wait_for_url("**/cohorts/by-keyboard/")
    page.locator("summary", has_text="Delete").focus()
    press("Enter")
    page.get_by_role("button", name="Delete cohort").focus()
    press("Enter")
    page.wait_for_url("**/cohorts/")
    expect(page.get_by_text("“By keyboard” was deleted.")).to_be_visible()


def test_cohorts_have_no_barrier(visit, clinician, cases):
    visit.look("cohorts, none", path=reverse("cohort-list"))
    page = visit.open(reverse("cohort-new"))
    visit.look("builder, empty")
    page.locator("#where-add").click()
    expect(page.locator("#picker-q")).to_be_visible()
    visit.look("builder, choosing a variable")
    visit.unfold()
    visit.look("builder, all variables", part="#picker")
    block = {"rows": "lesions", "have": "every", "where": {"all": [
        {"variable": "lesions.levels", "is": "has_any", "value": ["L3", "S1"]},
        {"variable": "lesions.zone_central", "is": "=", "value": False},
    ]}}  # fmt: skip
    others = {"any": [
        {"variable": "cases.height_cm", "is": "missing", "value": ["lost"]},
        {"variable": "cases.icd10", "is": "in", "value": ["C64.9"]},
        {"variable": "cases.age_years", "is": "between", "value": [20, 70]},
        {"variable": "cases.sex", "is": "=", "value": "male"},
    ]}  # fmt: skip
    arms = [{"code": code, "label": "from 60", "where": {"all": [OLD]}} for code in "AB"]
    cohort = factories.CohortFactory(owner=clinician, where={"all": [OLD, block, others]}, arms=arms)
    visit.open(f"{cohort.get_absolute_url()}edit/")
    visit.unfold()
    visit.look("builder, with everything")
    page.locator("#where-0-value").fill("x")
    page.locator("#where-2-0 [type=checkbox]").first.uncheck()
    page.locator("[name='do'][value='save']").click()
    expect(page.locator(".error-summary")).to_be_visible()
    visit.look("builder, refused")
    page.locator("[name='do'][value='as-text']").click()
    expect(page.locator("#id_document")).to_be_visible()
    visit.look("builder, as text")
    everyone = factories.CohortFactory(owner=clinician, title="Everyone", arms=arms, shared=True)
    visit.open(everyone.get_absolute_url())
    visit.unfold()
    visit.look("cohort")
    visit.look("cohorts", path=reverse("cohort-list"))
