"""Follow-up status in the editor: one record per case, made by its first answer, and nothing in it hidden."""

import datetime
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from outcomes.models import FollowUpStatus
from outcomes.views.editor_followup import public_id
from tests.factories import AssessmentFactory, FollowUpStatusFactory


def ago(days):
    return timezone.localdate() - datetime.timedelta(days=days)


@pytest.fixture
def say(desk):
    def said(**fields):
        more = {name: fields.pop(name) for name in ("base", "reason") if name in fields}
        return desk.send(reverse("followup-save", args=[desk.case.uuid]), fields, **more)

    return said


def hidden_parts(html):
    return re.findall(r'data-part="[^"]*-(\w+)" data-answer="\w+" hidden', html)


def test_opening_the_page_stores_nothing(desk):
    assert hidden_parts(desk.html("followup")) == ["vital_status", "local_recurrence"]
    assert not FollowUpStatus.objects.exists()


def test_the_first_answer_makes_the_one_record_of_the_case(desk, say):
    say(followup_state="under_follow_up")
    say(vital_status="alive")
    row = FollowUpStatus.objects.get()
    assert (row.uuid, row.followup_state, row.vital_status) == (
        public_id(desk.case),
        "under_follow_up",
        "alive",
    )


def test_a_record_that_came_by_another_door_is_merged_with(desk, say):
    made = FollowUpStatusFactory(case=desk.case, followup_state="lost")
    answer = say(vital_status="unknown")
    assert FollowUpStatus.objects.get().vital_status == "unknown"
    assert str(made.uuid) not in str(answer)
    assert answer["saved"][f"followupstatus-{public_id(desk.case)}-followup_state"] == ["lost"]
    assert say(followup_state="completed")["conflicts"]


def test_parts_are_shown_when_they_apply_or_hold_anything(desk, say):
    say(vital_status="dead", local_recurrence="false")
    assert hidden_parts(desk.html("followup")) == ["local_recurrence"]
    say(vital_status="", death_date__missing="unknown", base={"vital_status": ["dead"]})
    row = FollowUpStatus.objects.get()
    assert (row.vital_status, row.missing) == (None, {"death_date": "unknown"})
    assert hidden_parts(desk.html("followup")) == ["local_recurrence"]


def test_whoever_is_found_alive_does_not_lose_the_date_of_death(desk, say):
    say(vital_status="dead", death_date=ago(3).isoformat())
    answer = say(vital_status="alive", base={"vital_status": ["dead"]})
    assert not answer["written"]
    assert "goes with vital status dead only" in next(iter(answer["errors"].values()))[0]
    assert FollowUpStatus.objects.get().death_date == ago(3)
    both = say(
        vital_status="alive",
        death_date="",
        base={"vital_status": ["dead"], "death_date": [ago(3).isoformat()]},
    )
    assert both["written"]
    assert FollowUpStatus.objects.get().death_date is None


def test_the_answer_may_come_later_than_what_depends_on_it(desk, say):
    assert say(death_date=ago(3).isoformat())["written"]
    assert hidden_parts(desk.html("followup")) == ["local_recurrence"]
    assert say(vital_status="dead")["written"]


def test_who_died_is_not_alive(say):
    answer = say(followup_state="died", vital_status="alive")
    assert "contradicts" in str(answer["errors"]) or "contradicts" in str(answer["refused"])


@pytest.mark.parametrize("event", ["last_contact", "death", "recurrence"])
def test_dates_lie_between_the_procedure_and_today(say, treated_on, event):
    treated_on(30)
    needs = {"death": {"vital_status": "dead"}, "recurrence": {"local_recurrence": "true"}}.get(event, {})
    for date, said in ((ago(40), "before the index procedure"), (ago(-1), "in the future")):
        answer = say(**needs, **{f"{event}_date": date.isoformat()})
        errors = {name.rpartition("-")[2]: messages[0] for name, messages in answer["errors"].items()}
        assert said in errors[f"{event}_date"]
    assert getattr(FollowUpStatus.objects.first(), f"{event}_date", None) is None


def test_a_death_before_the_last_score_is_refused_at_its_date(desk, say, treated_on):
    AssessmentFactory(case=treated_on(100), time_point="month_3", vas_pain=2, date=ago(10))
    answer = say(vital_status="dead", death_date=ago(50).isoformat())
    assert any("which has scores" in messages[0] for messages in answer["errors"].values())
    assert FollowUpStatus.objects.get().vital_status == "dead"


def test_a_dated_event_says_how_long_after_the_procedure_it_was(desk, say, treated_on):
    treated_on(30)
    answer = say(last_contact_date=ago(2).isoformat())
    prefix = f"followupstatus-{public_id(desk.case)}"
    assert answer["slots"][f"day-{prefix}-last_contact"] == "day 28 after the index procedure"
    assert answer["slots"][f"day-{prefix}-death"] == ""


def test_an_interval_needs_its_unit(say):
    answer = say(last_contact_interval_value="3")
    assert "stand together" in str(answer["errors"])
    assert say(last_contact_interval_value="3", last_contact_interval_unit="months")["written"]
