"""Outcomes, complications and follow-up status in the editor, by mouse and by keyboard."""

import datetime
import time

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from cases.models import Case
from outcomes import grid
from outcomes.models import Assessment, Complication, FollowUpStatus
from procedures.models import Procedure
from registry.core import records
from tests.core.test_write_door import complete
from tests.e2e.conftest import SAVED, soon
from tests.factories import (
    TESTS,
    AssessmentFactory,
    LesionFactory,
    ProcedureFactory,
    SacroplastyDetailsFactory,
    TreatedLesionFactory,
)

pytestmark = pytest.mark.e2e


def ago(days):
    return timezone.localdate() - datetime.timedelta(days)


@pytest.fixture
def treated(case):
    """A case treated yesterday, with a leak that has symptoms."""
    case.index_date = ago(1)
    records.save(case, by=TESTS)
    case = Case.objects.get(pk=case.pk)
    lesion = LesionFactory(case=case)
    procedure = ProcedureFactory(case=case, date=ago(1), technical_success=True)
    SacroplastyDetailsFactory(procedure=procedure)
    TreatedLesionFactory(procedure=procedure, lesion=lesion, leak_sites="neuroforamen", leak_symptomatic=True)
    return case


class Grid:
    """The page of a section, and what is on it."""

    def __init__(self, page, live_server, case, slug="outcomes"):
        self.page, self.case = page, case
        page.goto(live_server.url + reverse("case-section", args=[case.uuid, slug]))

    def cell(self, label, when):
        return self.page.get_by_label(f"{label}, {when}", exact=True)

    def notes(self, point, name):
        return self.page.locator(f"#notes-assessment-{grid.public_id(self.case, point)}-{name}")

    def computed(self, point, name):
        return self.page.locator(f"#calc-assessment-{grid.public_id(self.case, point)}-{name}")

    def column(self, point):
        return self.page.locator(f"#assessment-{grid.public_id(self.case, point)}")

    @property
    def state(self):
        return self.page.locator("#save-state")


def at(point):
    return Assessment.objects.filter(time_point=point).first()


# -- the grid ----------------------------------------------------------------------------------------------------------


def test_scores_are_typed_where_they_stand_and_computed_beside(desk, live_server, treated):
    page = Grid(desk, live_server, treated)
    page.cell("VAS pain", "Before the procedure").fill("8")
    page.cell("Pain instrument", "Before the procedure").select_option("vas")
    page.cell("KPS", "Before the procedure").fill("60")
    page.cell("VAS pain", "Day 1").fill("2,5")
    page.cell("KPS", "Day 1").click()
    expect(page.computed("day_1", "vas_pain")).to_contain_text("change −5.5 (−69 %)")
    expect(page.computed("day_1", "vas_pain")).to_contain_text("responder (2 points, 30 %)")
    expect(page.computed("baseline", "kps")).to_contain_text("ECOG 2 derived")
    expect(page.state).to_have_text(SAVED)
    baseline, day_1 = at("baseline"), at("day_1")
    assert (baseline.vas_pain, baseline.pain_instrument, baseline.kps) == (8, "vas", 60)
    assert (float(day_1.vas_pain), day_1.pain_instrument, day_1.date) == (2.5, "vas", timezone.localdate())
    # What the server has added stands on the page.
    expect(page.cell("Date", "Day 1")).to_have_value(timezone.localdate().isoformat())
    expect(page.cell("Pain instrument", "Day 1")).to_have_value("vas")
    expect(page.column("day_1")).to_contain_text("in its window, day 1")


def test_a_column_is_filled_by_keyboard_alone(desk, live_server, treated):
    page = Grid(desk, live_server, treated)
    page.cell("VAS pain", "Before the procedure").focus()
    for key in (
        *"8",
        "Enter",
        "p",
        "Enter",
        "s",
        "Enter",
        "Space",
        "Enter",
        *"4",
        "Enter",
        *"44",
        "Enter",
        *"60",
    ):
        desk.keyboard.press(key)
    desk.keyboard.press("ArrowDown")
    expect(page.cell("ECOG", "Before the procedure")).to_be_focused()
    desk.keyboard.press("?")
    desk.keyboard.press("ArrowUp")
    expect(page.cell("KPS", "Before the procedure")).to_be_focused()
    expect(page.state).to_have_text(SAVED)
    assert soon(lambda: at("baseline") is not None and at("baseline").missing.get("ecog") == "unknown")
    row = at("baseline")
    assert (row.vas_pain, row.pain_relief, row.analgesic_class) == (8, "partial", "strong_opioid")
    assert (row.analgesic_adjuvant, row.analgesic_scale, row.odi, row.kps) == (True, 4, 44, 60)


@pytest.mark.parametrize(
    ("key", "code"), [("?", "unknown"), ("!", "not_done"), ("*", "refused"), ("/", "not_applicable")]
)
def test_one_key_says_why_a_score_is_missing(desk, live_server, case, key, code):
    page = Grid(desk, live_server, case)
    page.cell("Barthel index", "Day 1").focus()
    desk.keyboard.press(key)
    assert soon(lambda: at("day_1") is not None and at("day_1").missing == {"barthel": code})
    # A value takes the place of the reason.
    page.cell("Barthel index", "Day 1").fill("50")
    desk.keyboard.press("Tab")
    assert soon(lambda: at("day_1").barthel == 50 and at("day_1").missing == {})


def test_ten_digits_are_the_sections_of_the_odi(desk, live_server, case):
    page = Grid(desk, live_server, case)
    page.column("baseline").get_by_role("button", name="by section").click()
    expect(page.cell("ODI 1, pain intensity", "Before the procedure")).to_be_focused()
    desk.keyboard.type("2233112233", delay=60)
    expect(page.cell("ODI 10, travelling", "Before the procedure")).to_have_value("3")
    expect(page.computed("baseline", "odi")).to_contain_text("44 % from 10 sections")
    expect(page.computed("baseline", "odi")).to_contain_text("severe disability")
    assert soon(lambda: at("baseline").odi_sitting == 1 and at("baseline").odi_travelling == 3)
    assert at("baseline").odi is None


def test_few_sections_are_no_question_while_more_are_being_typed(desk, live_server, case):
    page = Grid(desk, live_server, case)
    page.column("baseline").get_by_role("button", name="by section").click()
    desk.keyboard.type("223", delay=60)
    expect(page.computed("baseline", "odi")).to_contain_text("from 3 sections")
    expect(page.notes("baseline", "odi")).not_to_contain_text("only 3 of 10")
    page.cell("KPS", "Before the procedure").focus()
    expect(page.notes("baseline", "odi")).to_contain_text("only 3 of 10 sections")


def test_slips_stand_at_their_cells_and_the_rest_is_saved(desk, live_server, case):
    page = Grid(desk, live_server, case)
    for label, typed in (("KPS", "85"), ("ODI", "101"), ("VAS pain", "6")):
        page.cell(label, "Before the procedure").fill(typed)
    page.cell("Barthel index", "Before the procedure").click()
    expect(page.notes("baseline", "kps")).to_contain_text("85")
    expect(page.notes("baseline", "odi")).to_contain_text("0 to 100")
    expect(page.state).to_have_text("2 values are not stored")
    expect(desk.locator("#unsaved")).to_contain_text("KPS, Before the procedure")
    assert soon(lambda: at("baseline") is not None and at("baseline").vas_pain == 6)
    page.cell("KPS", "Before the procedure").fill("80")
    page.cell("ODI", "Before the procedure").fill("10")
    page.cell("Barthel index", "Before the procedure").click()
    expect(page.state).to_have_text(SAVED)
    expect(desk.locator("#unsaved")).to_be_hidden()
    assert (at("baseline").kps, at("baseline").odi) == (80, 10)


def test_an_interval_is_no_error_while_its_unit_is_being_chosen(desk, live_server, case):
    page = Grid(desk, live_server, case)
    column = page.column("day_1")
    column.get_by_text("or interval").click()
    page.cell("Interval", "Day 1").fill("1")
    desk.keyboard.press("Tab")
    time.sleep(0.6)
    expect(desk.locator("#unsaved")).to_be_hidden()
    desk.keyboard.press("d")
    expect(page.state).to_have_text(SAVED)
    assert soon(lambda: at("day_1") is not None and at("day_1").interval_unit == "days")


def test_a_whole_time_point_without_scores_takes_one_click(desk, live_server, treated):
    page = Grid(desk, live_server, treated)
    page.cell("VAS pain", "Day 1").fill("3")
    page.column("baseline").get_by_role("button", name="not done").click()
    expect(page.state).to_have_text(SAVED)
    assert soon(lambda: at("baseline") is not None and len(at("baseline").missing) == 11)
    assert set(at("baseline").missing.values()) == {"not_done"}
    page.column("day_1").get_by_text("More…").click()
    page.column("day_1").get_by_role("button", name="lost to follow-up").click()
    assert soon(lambda: set(at("day_1").missing.values()) == {"lost"})
    assert at("day_1").vas_pain == 3 and "vas_pain" not in at("day_1").missing
    page.column("day_1").get_by_text("More…").click()
    page.column("day_1").get_by_role("button", name="no reason").click()
    assert soon(lambda: at("day_1").missing == {})


def test_a_time_point_is_added_in_its_place_and_removed_again(desk, live_server, treated):
    page = Grid(desk, live_server, treated)
    AssessmentFactory(case=treated, time_point="month_6", vas_pain=1)
    desk.reload()
    desk.get_by_role("button", name="Add 3 months").click()
    expect(page.cell("Date", "3 months")).to_be_focused()
    headings = desk.locator(".time-column h3").all_inner_texts()
    assert headings == ["Before the procedure", "Day 1", "3 months", "6 months"]
    assert at("month_3") is None
    page.cell("KPS", "3 months").fill("70")
    desk.keyboard.press("Tab")
    assert soon(lambda: at("month_3") is not None)
    page.column("month_3").get_by_text("More…").click()
    page.column("month_3").get_by_role("button", name="Remove this time point").click()
    expect(desk.get_by_role("button", name="Add 3 months")).to_be_visible()
    assert soon(lambda: at("month_3") is None)


def test_an_unscheduled_visit_begins_with_its_day(desk, live_server, treated):
    Grid(desk, live_server, treated)
    desk.get_by_text("Unscheduled visit").click()
    desk.get_by_role("button", name="Add visit").click()
    expect(desk.locator("#row-refused")).to_contain_text("needs date or interval")
    desk.get_by_label("Date of the visit").fill(ago(0).isoformat())
    desk.get_by_role("button", name="Add visit").click()
    expect(desk.locator(".time-column h3")).to_have_text(
        ["Before the procedure", "Day 1", "Unscheduled visit"]
    )
    expect(desk.locator("#row-refused")).to_be_empty()
    assert Assessment.objects.get().date == ago(0)


def test_a_narrow_page_shows_one_time_point_at_a_time(desk, live_server, treated):
    desk.set_viewport_size({"width": 390, "height": 900})
    page = Grid(desk, live_server, treated)
    expect(page.column("day_1")).to_be_visible()  # it is due today
    expect(page.column("baseline")).to_be_hidden()
    page.cell("VAS pain", "Day 1").fill("3")
    desk.get_by_role("button", name="Before the procedure").click()
    expect(page.column("baseline")).to_be_visible()
    expect(page.column("day_1")).to_be_hidden()
    assert soon(lambda: at("day_1") is not None and at("day_1").vas_pain == 3)
    desk.get_by_role("button", name="Add 1 month").click()
    expect(page.column("month_1")).to_be_visible()


def test_a_link_leads_to_a_cell_that_is_hidden(desk, live_server, treated):
    row = AssessmentFactory(case=treated, time_point="day_1", odi_lifting=3)
    desk.set_viewport_size({"width": 390, "height": 900})
    url = live_server.url + reverse("case-section", args=[treated.uuid, "outcomes"])
    desk.goto(f"{url}#field-assessment-{row.uuid}-odi_lifting")
    expect(desk.get_by_label("ODI 3, lifting, Day 1")).to_be_focused()


def test_two_tabs_that_begin_the_same_column_make_one_record(desk, live_server, treated):
    first = Grid(desk, live_server, treated)
    other = desk.context.new_page()
    second = Grid(other, live_server, treated)
    first.cell("VAS pain", "Day 1").fill("3")
    desk.keyboard.press("Tab")
    expect(first.state).to_have_text(SAVED)
    second.cell("KPS", "Day 1").fill("70")
    other.keyboard.press("Tab")
    assert soon(lambda: at("day_1").kps == 70)
    expect(second.cell("VAS pain", "Day 1")).to_have_value("3")
    assert Assessment.objects.count() == 1


# -- complications -----------------------------------------------------------------------------------------------------


def test_a_leak_becomes_a_complication_and_is_graded_by_three_questions(desk, live_server, treated):
    Grid(desk, live_server, treated, "complications")
    leak = desk.locator(".leak")
    expect(leak).to_contain_text("Cement leak at lesion 1 (S1): neuroforamen, with symptoms. not graded")
    leak.get_by_role("button", name="Grade this leak").dblclick()
    card = desk.locator(".complication")
    expect(card).to_have_count(1)
    expect(leak).to_have_count(0)
    expect(card.locator("h4")).to_contain_text("Cement leak at lesion 1 (S1)")
    expect(card.locator("h4")).to_contain_text("not graded")
    row = Complication.objects.get()
    assert (row.kind, row.lesion.number, row.symptomatic, row.sir_grade) == ("cement_leak", 1, True, None)
    assert Procedure.objects.get().complications_answered == "present"
    expect(desk.get_by_role("radio", name="yes, listed")).to_be_checked()

    def answer(question, words):
        group = card.get_by_role("group", name=question)
        group.get_by_role("radio", name=words, exact=True).check(force=True)

    answer("Did it need treatment?", "therapy")
    expect(card.locator(".sir-proposal")).to_contain_text("At least SIR C")
    answer("Hospital stay", "unchanged")
    answer("Permanent harm or death?", "none")
    expect(card.locator(".sir-proposal")).to_contain_text("SIR C: therapy, stay under 48 h (major)")
    assert Complication.objects.get().sir_grade is None  # proposed, not imposed
    card.get_by_role("button", name="Take SIR C").click()
    expect(card.locator("h4")).to_contain_text("SIR C, major")
    assert soon(lambda: Complication.objects.get().sir_grade == "c")
    # Technical success means that there was none.
    desk.goto(live_server.url + reverse("case-section", args=[treated.uuid, "review"]))
    desk.get_by_role("link", name="technical success means").click()
    expect(desk.locator(f"#field-procedure-{Procedure.objects.get().uuid}-technical_success")).to_be_visible()


def test_none_is_one_click_and_stays_where_something_is_listed(desk, live_server, treated):
    Grid(desk, live_server, treated, "complications")
    desk.get_by_role("radio", name="none", exact=True).check(force=True)
    expect(desk.locator("#save-state")).to_have_text(SAVED)
    expect(desk.locator("form.add-complication")).to_be_hidden()
    expect(desk.locator("#doubts-complications")).to_contain_text("“none” is answered")
    desk.get_by_role("button", name="Grade this leak").click()
    expect(desk.get_by_role("radio", name="yes, listed")).to_be_checked()
    expect(desk.locator("#doubts-complications .warning-summary")).to_have_count(0)
    answer = desk.locator('[name$="-complications_answered"][value="none"]')
    answer.check(force=True)
    expect(desk.locator("#unsaved")).to_contain_text("contradicts the complications that are listed")
    assert Procedure.objects.get().complications_answered == "present"


def test_a_late_complication_of_a_complete_case(desk, live_server, case):
    complete(case)
    Grid(desk, live_server, case, "complications")
    desk.get_by_label("Say why you change it").fill("late infection")
    desk.get_by_role("radio", name="yes, listed").check(force=True)
    expect(desk.locator("#unsaved")).to_contain_text("said to be listed, but none is")
    desk.get_by_role("button", name="Infection").click()
    expect(desk.locator(".complication h4")).to_contain_text("Infection")
    expect(desk.locator("#unsaved")).to_be_hidden()
    assert soon(lambda: Procedure.objects.get().complications_answered == "present")


def test_a_complication_is_added_and_removed_by_keyboard(desk, live_server, treated):
    Grid(desk, live_server, treated, "complications")
    desk.get_by_role("button", name="Radicular pain").focus()
    desk.keyboard.press("Enter")
    card = desk.locator(".complication")
    expect(card.locator("h4")).to_contain_text("Radicular pain")
    expect(card.get_by_label("Kind")).to_be_focused()
    card.get_by_label("Day of onset", exact=True).fill("-1")
    desk.keyboard.press("Tab")
    card.get_by_label("Treatment", exact=True).fill("gabapentin")
    desk.keyboard.press("Tab")
    expect(card).to_contain_text("0 to 3650")
    assert soon(lambda: Complication.objects.get().treatment == "gabapentin")
    assert Complication.objects.get().onset_day is None
    card.get_by_text("Remove…").focus()
    desk.keyboard.press("Enter")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    expect(card).to_have_count(0)
    assert soon(lambda: not Complication.objects.exists())


def test_a_row_is_removed_while_its_last_change_is_still_being_stored(desk, live_server, treated):
    Grid(desk, live_server, treated, "complications")
    desk.get_by_role("button", name="Radicular pain").click()
    card = desk.locator(".complication")
    card.get_by_text("Remove…").click()
    answers = []
    desk.route("**/records/*/*/save/*", lambda route: answers.append((route, route.fetch())))
    card.get_by_label("Treatment", exact=True).fill("gabapentin")
    card.get_by_role("button", name="Remove radicular pain").click()
    while not answers:
        desk.wait_for_timeout(20)
    expect(card).to_have_count(1)
    for route, response in answers:
        route.fulfill(response=response)
    expect(card).to_have_count(0)
    assert soon(lambda: not Complication.objects.exists())


# -- follow-up status --------------------------------------------------------------------------------------------------


def test_death_is_asked_about_only_when_somebody_died_and_is_never_hidden_with_values(
    desk, live_server, treated
):
    Grid(desk, live_server, treated, "followup")
    date = desk.get_by_label("Date of death", exact=True)
    expect(date).to_be_hidden()
    assert not FollowUpStatus.objects.exists()
    desk.get_by_role("radio", name="died").check(force=True)
    expect(desk.get_by_role("radio", name="dead")).to_be_checked()
    expect(date).to_be_visible()
    expect(desk.locator("#save-state")).to_have_text(SAVED)
    date.fill(ago(0).isoformat())
    desk.keyboard.press("Tab")
    expect(desk.locator(".part").first).to_contain_text("day 1 after the index procedure")
    assert soon(lambda: FollowUpStatus.objects.get().death_date == ago(0))
    # Whoever is found alive keeps what was said of the death in sight until it is taken back.
    desk.get_by_role("radio", name="alive").check(force=True)
    expect(desk.locator("#unsaved")).to_contain_text("goes with vital status dead only")
    expect(date).to_be_visible()
    desk.reload()
    expect(desk.get_by_role("radio", name="dead")).to_be_checked()
    expect(date).to_have_value(ago(0).isoformat())
    assert FollowUpStatus.objects.count() == 1


def test_a_recurrence_by_keyboard(desk, live_server, treated):
    Grid(desk, live_server, treated, "followup")
    desk.get_by_role("group", name="Local recurrence").get_by_role("radio", name="yes").last.focus()
    desk.keyboard.press("Space")
    expect(desk.get_by_label("Treatment of the recurrence", exact=True)).to_be_visible()
    expect(desk.locator("#doubts-followup")).to_contain_text("neither a date nor an interval")
    value = desk.locator('[name$="-recurrence_interval_value"]')
    value.fill("1")
    desk.keyboard.press("Tab")
    desk.keyboard.press("y")
    assert soon(lambda: FollowUpStatus.objects.get().recurrence_interval_unit == "years")
    expect(desk.locator("#doubts-followup .warning-summary")).to_have_count(0)


# -- barriers ----------------------------------------------------------------------------------------------------------


def test_no_section_has_a_barrier_in_any_state(visit, treated, clinician):
    for slug in ("outcomes", "complications", "followup"):
        visit.look(f"{slug}, empty", path=reverse("case-section", args=[treated.uuid, slug]))
    AssessmentFactory(case=treated, vas_pain=8, kps=60, odi=44, date=ago(2))
    AssessmentFactory(
        case=treated, time_point="day_1", vas_pain=2, pain_relief="none", odi_lifting=2, date=ago(0)
    )
    AssessmentFactory(case=treated, time_point="month_3", missing={"vas_pain": "died", "odi": "lost"})
    page = visit.open(reverse("case-section", args=[treated.uuid, "outcomes"]))
    page.locator('[name$="-kps"]').first.fill("85")
    page.locator('[name$="-ecog"]').first.focus()
    visit.settle()
    visit.unfold()
    visit.look("outcomes, filled, refused, unfolded")
    page = visit.open(reverse("case-section", args=[treated.uuid, "complications"]))
    page.locator(".leak button").click()
    visit.settle()
    page.locator('[name="treatment"][value="therapy"]').check(force=True)
    visit.settle()
    visit.look("complications, at least")
    page.locator('[name="harm"][value="death"]').check(force=True)
    visit.settle()
    visit.unfold()
    visit.look("complications, proposed, unfolded")
    page.locator("[data-take]").click()
    visit.settle()
    visit.look("complications, graded", part=".complication")
    page = visit.open(reverse("case-section", args=[treated.uuid, "followup"]))
    page.locator('[name$="-vital_status"][value="dead"]').check(force=True)
    page.locator('[name$="-local_recurrence"][value="true"]').check(force=True)
    page.locator('[name$="-death_interval_value"]').fill("many")
    page.locator('[name$="-recurrence_treatment_detail"]').focus()
    visit.settle()
    visit.unfold()
    visit.look("follow-up, died and recurred, refused, unfolded")
