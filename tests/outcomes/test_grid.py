"""The outcomes grid: a column is there before its record, and every value is stored or refused on its own."""

import datetime
import json
import re
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from outcomes import grid
from outcomes.codes import TimePoint
from outcomes.models import Assessment
from outcomes.scores import SECTION_NAMES
from outcomes.views.editor_grid import PointSaveView
from tests.core.test_write_door import complete
from tests.factories import AssessmentFactory, CaseFactory, FollowUpStatusFactory, PatientFactory


def ago(days):
    return timezone.localdate() - datetime.timedelta(days=days)


def drawn(html):
    """The time points that have a column, by their headings."""
    return re.findall(r'<h3 id="assessment-[^"]+-heading" tabindex="-1">([^<]+)</h3>', html)


# -- which columns -----------------------------------------------------------------------------------------------------


def test_opening_the_grid_stores_nothing_and_offers_baseline_and_day_1(desk):
    assert drawn(desk.html("outcomes")) == ["Before the procedure", "Day 1"]
    assert not Assessment.objects.exists()


def test_what_is_due_today_is_drawn_ready_to_type(desk, treated_on):
    treated_on(91)
    assert drawn(desk.html("outcomes")) == ["Before the procedure", "Day 1", "3 months"]


def test_nothing_more_is_due_after_follow_up_has_ended(desk, treated_on):
    FollowUpStatusFactory(case=treated_on(91), followup_state="lost")
    assert drawn(desk.html("outcomes")) == ["Before the procedure", "Day 1"]


def test_columns_stand_in_the_order_of_time(desk, treated_on):
    case = treated_on(200)
    AssessmentFactory(case=case, time_point="unscheduled", date=ago(100))
    AssessmentFactory(case=case, time_point="month_3", vas_pain=2)
    AssessmentFactory(case=case, time_point="day_2", vas_pain=4)
    assert drawn(desk.html("outcomes")) == [
        "Before the procedure",
        "Day 1",
        "Day 2",
        "3 months",
        "6 months",
        "Unscheduled visit",
    ]


def test_the_head_shows_window_and_whether_the_date_lies_in_it(desk, treated_on):
    case = treated_on(10)
    AssessmentFactory(case=case, time_point="day_1", date=ago(7))
    html = desk.html("outcomes")
    assert f"due {ago(9):%Y-%m-%d}" in html
    assert "2 days after its window" in html


@pytest.mark.parametrize(
    ("days", "state"), [(-31, "outside"), (-30, "inside"), (0, "inside"), (1, "outside")]
)
def test_the_ends_of_a_window_lie_within_it(treated_on, days, state):
    case = treated_on(50)
    row = Assessment(case=case, time_point="baseline", date=case.index_date + datetime.timedelta(days))
    assert grid.timing(row, timezone.localdate()).state == state


@pytest.mark.parametrize(("treated", "state"), [(20, "upcoming"), (21, "due"), (45, "due"), (46, "overdue")])
def test_an_empty_time_point_says_whether_it_can_be_measured_today(treated_on, treated, state):
    row = grid.blank(treated_on(treated), TimePoint.MONTH_1)
    assert grid.timing(row, timezone.localdate()).state == state


def test_a_time_point_is_added_by_one_request_that_stores_nothing(desk, treated_on):
    treated_on(3)
    answer = desk.client.get(reverse("assessment-column", args=[desk.case.uuid, "month_6"]))
    assert drawn(answer.content.decode()) == ["6 months"]
    assert 'id="point-month_6"' in answer.content.decode()
    assert not Assessment.objects.exists()
    assert (
        desk.client.get(reverse("assessment-column", args=[desk.case.uuid, "unscheduled"])).status_code == 404
    )
    assert desk.client.get(reverse("assessment-column", args=[desk.case.uuid, "month_7"])).status_code == 404


# -- the first value ---------------------------------------------------------------------------------------------------


def test_the_first_value_makes_the_record(desk):
    answer = desk.at("baseline", vas_pain="7,5")
    row = Assessment.objects.get()
    assert (row.time_point, row.vas_pain, row.uuid) == (
        "baseline",
        Decimal("7.5"),
        grid.public_id(desk.case, "baseline"),
    )
    assert answer["written"] and answer["saved"][f"assessment-{row.uuid}-vas_pain"] == ["7.5"]
    assert row.created_by == Assessment.objects.get().modified_by is not None


def test_the_second_value_goes_into_the_same_record(desk):
    desk.at("day_1", vas_pain="3")
    desk.at("day_1", kps="80")
    row = Assessment.objects.get()
    assert (row.vas_pain, row.kps, row.version) == (3, 80, 2)


def test_a_refused_first_value_leaves_nothing_behind(desk):
    answer = desk.at("baseline", kps="85")
    assert not Assessment.objects.exists()
    (messages,) = answer["errors"].values()
    assert "85" in messages[0] and not answer["written"]


def test_what_can_be_stored_is_stored_beside_what_cannot(desk):
    answer = desk.at("baseline", kps="85", odi="101", vas_pain="6", barthel="abc")
    row = Assessment.objects.get()
    assert (row.vas_pain, row.kps, row.odi, row.barthel) == (6, None, None, None)
    said = {name.rpartition("-")[2]: messages[0] for name, messages in answer["errors"].items()}
    assert said.keys() == {"kps", "odi", "barthel"}
    assert "0 to 100" in said["odi"] and "not a number" in said["barthel"]


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("vas_pain", "11", "above 10"),
        ("vas_pain", "1,2,3", "more than one decimal separator"),
        ("odi_lifting", "6", "above 5"),
        ("ecog", "6", "above 5"),
        ("barthel", "101", "above 100"),
        ("analgesic_scale", "6", "not on the registry"),
        ("kps", "7O", "not a number"),
    ],
)
def test_a_slip_is_named_at_its_cell(desk, field, typed, said):
    answer = desk.at("baseline", **{field: typed})
    ((name, messages),) = answer["errors"].items()
    assert name.endswith(f"-{field}") and said in messages[0]
    assert said in answer["slots"][f"notes-{name}"]


def test_two_pages_that_begin_a_column_make_one_record(desk):
    desk.at("baseline", vas_pain="7")
    again = desk.at("baseline", vas_pain="7", kps="60")
    assert again["conflicts"] == []
    assert Assessment.objects.get().kps == 60
    clash = desk.at("baseline", vas_pain="4")
    assert clash["conflicts"] == [f"assessment-{Assessment.objects.get().uuid}-vas_pain"]
    assert Assessment.objects.get().vas_pain == 7


def test_a_record_that_came_by_another_door_is_answered_under_the_name_the_page_knows(desk):
    made = AssessmentFactory(case=desk.case, time_point="day_1", vas_pain=5)
    known = grid.public_id(desk.case, "day_1")
    answer = desk.at("day_1", kps="70")
    assert made.uuid != known
    assert answer["saved"][f"assessment-{known}-kps"] == ["70"]
    assert str(made.uuid) not in str(answer)
    assert Assessment.objects.get().kps == 70


@pytest.mark.parametrize("point", ["unscheduled", "month_7", "baseline "])
def test_only_time_points_that_a_case_has_once_are_saved_by_name(desk, point):
    url = reverse("assessment-point-save", args=[desk.case.uuid, "x"]).replace("/x/", f"/{point}/")
    assert desk.client.post(url, "{}", content_type="application/json").status_code == 404


def test_a_body_that_no_page_sends_is_refused(desk):
    url = reverse("assessment-point-save", args=[desk.case.uuid, "baseline"])
    assert desk.client.post(url, "[]", content_type="application/json").status_code == 400
    assert not Assessment.objects.exists()


# -- date --------------------------------------------------------------------------------------------------------------


def test_the_date_is_today_while_the_window_is_open(desk, treated_on):
    treated_on(1)
    answer = desk.at("day_1", vas_pain="3")
    row = Assessment.objects.get()
    assert row.date == timezone.localdate()
    assert answer["saved"][f"assessment-{row.uuid}-date"] == [row.date.isoformat()]


@pytest.mark.parametrize("typed", [{"date": ""}, {"date__missing": "unknown"}, {"date": "2020-01-02"}])
def test_a_date_that_is_typed_or_explained_is_not_overruled(desk, treated_on, typed):
    treated_on(1)
    desk.at("day_1", vas_pain="3", **typed)
    assert Assessment.objects.get().date != timezone.localdate()


def test_why_nothing_was_measured_sets_no_date(desk, treated_on):
    treated_on(1)
    desk.at("day_1", vas_pain__missing="not_done", kps__missing="not_done")
    row = Assessment.objects.get()
    assert (row.date, row.missing) == (None, {"vas_pain": "not_done", "kps": "not_done"})


def test_a_value_typed_and_cleared_leaves_nothing_behind(desk, treated_on):
    treated_on(1)
    answer = desk.at("day_1", vas_pain="", kps__missing="")
    assert not Assessment.objects.exists()
    assert not answer["written"] and answer["errors"] == {} and answer["refused"] == []


def test_outside_the_window_or_without_an_index_date_no_date_is_guessed(desk, treated_on):
    desk.at("day_1", vas_pain="3")
    treated_on(1)
    desk.at("month_1", vas_pain="3")
    assert list(Assessment.objects.values_list("date", flat=True)) == [None, None]


def test_why_nothing_was_measured_after_death_needs_no_date(desk, treated_on):
    FollowUpStatusFactory(case=treated_on(30), vital_status="dead", death_date=ago(10))
    desk.at("month_1", vas_pain__missing="died", kps__missing="died")
    row = Assessment.objects.get()
    assert (row.date, row.missing) == (None, {"vas_pain": "died", "kps": "died"})


def test_a_date_in_the_future_or_before_the_procedure_is_refused_at_the_date(desk, treated_on):
    treated_on(40)
    desk.at("month_1", vas_pain="3")
    tomorrow = (timezone.localdate() + datetime.timedelta(1)).isoformat()
    before = desk.at("month_1", date=ago(50).isoformat(), base={"date": [timezone.localdate().isoformat()]})
    after = desk.at("month_1", date=tomorrow, base={"date": [timezone.localdate().isoformat()]})
    name = f"assessment-{Assessment.objects.get().uuid}-date"
    assert "before the index procedure" in before["errors"][name][0]
    assert "in the future" in after["errors"][name][0]
    assert Assessment.objects.get().date == timezone.localdate()


def test_a_score_after_death_is_refused_at_its_cell(desk, treated_on):
    FollowUpStatusFactory(case=treated_on(100), vital_status="dead", death_date=ago(60))
    answer = desk.at("month_3", vas_pain="3", date=ago(5).isoformat())
    assert any("after the death" in messages[0] for messages in answer["errors"].values())
    assert not Assessment.objects.filter(vas_pain__isnull=False).exists()


def test_a_date_outside_the_window_asks_for_a_reason_and_is_stored(desk, treated_on):
    treated_on(100)
    answer = desk.at("day_1", date=ago(90).isoformat(), vas_pain="3")
    row = Assessment.objects.get()
    assert row.date == ago(90)
    assert "outside the window" in answer["slots"][f"notes-assessment-{row.uuid}-date"]
    desk.at("day_1", confirm={"date": "came late"})
    assert Assessment.objects.get().confirmed["date"]["reason"] == "came late"


def test_an_interval_and_its_unit_are_one_answer(desk):
    answer = desk.at("last_followup", interval_value="3", interval_unit="months")
    assert answer["written"]
    row = Assessment.objects.get()
    assert (row.interval_value, row.interval_unit) == (3, "months")
    alone = desk.at("discharge", interval_value="3", interval_unit="")
    assert "stand together" in next(iter(alone["errors"].values()))[0]


# -- how it was measured -----------------------------------------------------------------------------------------------


def test_a_score_is_measured_as_the_time_before_until_somebody_says_otherwise(desk):
    desk.at("baseline", vas_pain="7", pain_instrument="nrs", barthel="50", barthel_version="shah")
    desk.at("day_1", vas_pain="3")
    row = Assessment.objects.get(time_point="day_1")
    assert (row.pain_instrument, row.barthel_version) == ("nrs", None)
    desk.at("day_1", barthel="61")
    assert Assessment.objects.get(pk=row.pk).barthel_version == "shah"
    desk.at("day_1", pain_instrument="", base={"pain_instrument": ["nrs"]})
    desk.at("day_1", kps="70")
    assert Assessment.objects.get(pk=row.pk).pain_instrument is None


@pytest.mark.parametrize(
    ("before", "typed", "way"),
    [
        ({"vas_pain": "7", "pain_instrument": "nrs"}, {"vas_pain": "3,5"}, "pain_instrument"),
        ({"barthel": "50", "barthel_version": "original"}, {"barthel": "61"}, "barthel_version"),
    ],
)
def test_a_score_that_the_usual_way_does_not_give_was_measured_in_another(desk, before, typed, way):
    desk.at("baseline", **before)
    answer = desk.at("day_1", **typed)
    assert answer["written"] and answer["errors"] == {}
    assert getattr(Assessment.objects.get(time_point="day_1"), way) is None


def test_a_step_of_the_analgesic_scale_is_the_registrys_own(desk):
    desk.at("baseline", analgesic_scale="4")
    assert Assessment.objects.get().analgesic_scale_version == "registry_1"


# -- computed ----------------------------------------------------------------------------------------------------------


def test_a_changed_baseline_speaks_in_every_column(desk):
    desk.at("day_1", vas_pain="4")
    answer = desk.at("baseline", vas_pain="8")
    later = grid.public_id(desk.case, "day_1")
    line = answer["slots"][f"calc-assessment-{later}-vas_pain"]
    assert "−4 (−50 %)" in line and "responder (2 points, 30 %)" in line


def test_sections_give_the_total_and_its_band_beside_them(desk):
    answer = desk.at("baseline", **dict.fromkeys(SECTION_NAMES, "2"))
    prefix = f"assessment-{Assessment.objects.get().uuid}"
    line = answer["slots"][f"calc-{prefix}-odi"]
    assert "40 % from 10 sections" in line and "moderate disability" in line
    assert Assessment.objects.get().odi is None


def test_kps_shows_the_ecog_that_it_stands_for(desk):
    answer = desk.at("baseline", kps="70")
    prefix = f"assessment-{Assessment.objects.get().uuid}"
    assert "ECOG 1 derived" in answer["slots"][f"calc-{prefix}-kps"]


# -- visits and removal ------------------------------------------------------------------------------------------------


def test_an_unscheduled_visit_needs_its_day_and_may_be_repeated(desk, treated_on):
    treated_on(30)
    url = reverse("assessment-visit", args=[desk.case.uuid])
    refused = desk.client.post(url, {"date": "", "interval_value": "", "interval_unit": "months"})
    assert refused.status_code == 422 and "needs date or interval" in refused.content.decode()
    first = desk.client.post(url, {"date": ago(5).isoformat(), "token": str(grid.public_id(desk.case, "a"))})
    again = desk.client.post(url, {"date": ago(5).isoformat(), "token": str(grid.public_id(desk.case, "a"))})
    other = desk.client.post(url, {"interval_value": "2", "interval_unit": "weeks"})
    assert [answer.status_code for answer in (first, again, other)] == [200, 200, 200]
    assert Assessment.objects.filter(time_point="unscheduled").count() == 2


def test_a_removed_baseline_is_drawn_empty_again(desk):
    desk.at("baseline", vas_pain="7")
    answer = desk.client.post(reverse("assessment-remove", args=[Assessment.objects.get().uuid]))
    assert drawn(answer.content.decode()) == ["Before the procedure"]
    assert not Assessment.objects.exists()


def test_a_removed_late_time_point_is_offered_again(desk):
    row = AssessmentFactory(case=desk.case, time_point="month_12", vas_pain=2)
    html = desk.client.post(reverse("assessment-remove", args=[row.uuid])).content.decode()
    assert 'id="gap-month_12"' in html and 'id="point-month_12"' in html


# -- a complete case ---------------------------------------------------------------------------------------------------


def test_follow_up_of_a_complete_case_is_typed_without_a_reason_and_corrected_with_one(desk):
    desk.case = complete(desk.case)
    assert desk.at("month_6", vas_pain="2")["written"]
    assert desk.at("month_6", kps="80")["written"]
    refused = desk.at("month_6", vas_pain="3", base={"vas_pain": ["2"]})
    assert refused["reason_needed"] and not refused["written"]
    assert desk.at("month_6", vas_pain="3", base={"vas_pain": ["2"]}, reason="read again")["written"]


def test_a_first_page_of_a_patient_elsewhere_is_not_mixed_up(desk, center):
    other = CaseFactory(patient=PatientFactory(center=center))
    desk.at("baseline", vas_pain="7")
    assert not other.assessments.exists()
    assert grid.public_id(other, "baseline") != grid.public_id(desk.case, "baseline")


class FoundTooLate(PointSaveView):
    """The record is made by somebody else just after this page has looked for it."""

    looked = False

    def stored(self, case):
        found = super().stored(case) if self.looked else None
        self.looked = True
        return found


def test_whoever_was_first_in_the_same_instant_is_merged_with(rf, clinician, case):
    AssessmentFactory(case=case, vas_pain=7)
    body = {"fields": {"kps": ["60"]}, "base": {"kps": []}}
    request = rf.post("/", json.dumps(body), content_type="application/json")
    request.user = clinician
    answer = json.loads(FoundTooLate.as_view()(request, uuid=case.uuid, point="baseline").content)
    assert answer["written"] and answer["errors"] == {}
    row = Assessment.objects.get()
    assert (row.vas_pain, row.kps) == (7, 60)
