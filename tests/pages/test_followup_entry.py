"""A whole time point entered from the follow-up list, without opening the case."""

import pytest
from django.urls import reverse
from django.utils import timezone

from outcomes.models import Assessment, FollowUpStatus
from registry.access.models import AccessEvent
from registry.core import records
from registry.core.records import _pass
from tests import factories
from tests.admin.conftest import complete_case
from tests.factories import (
    AssessmentFactory,
    FollowUpStatusFactory,
    ProcedureFactory,
)
from tests.pages.followup_list import HTMX, URL, ago, listed, made


class Entry:
    """The form of a time point, filled in and sent."""

    def __init__(self, client, case, point="month_1", **headers):
        self.client, self.case = client, case
        self.url = reverse("followup-entry", args=[case.uuid, point])
        self.prefix = f"case-{case.pk}"
        self.headers = {**HTMX, **headers}
        self.page = client.get(self.url, headers=self.headers)
        self.fields = self.form().initial if self.page.context else {}
        self.token = self.page.context["token"] if self.page.context else ""

    def form(self):
        return self.page.context["forms"][0]

    def send(self, **values):
        data = {
            f"{self.prefix}-{name}": field.value() or ""
            for name in self.form().fields
            for field in [self.form()[name]]
            if name not in ("close",)
        }
        data.update({f"{self.prefix}-close": "on"})
        data.update({f"{self.prefix}-{name}": value for name, value in values.items()})
        if self.token:
            data["token"] = str(self.token)
        return self.client.post(
            self.url, {k: v for k, v in data.items() if v is not None}, headers=self.headers
        )


def stored(case, point="month_1"):
    return Assessment.objects.get(case=case, time_point=point)


def test_a_time_point_is_entered_beneath_its_line(as_clinician, clinician, due):
    entry = Entry(as_clinician, due)
    html = entry.page.content.decode()
    assert "<html" not in html and f'id="case-{due.uuid}"' in html
    assert entry.form().initial["date"] == timezone.localdate()
    answer = entry.send(vas_pain="3,5", kps="80", analgesic_scale="2", ambulatory="true")
    row = stored(due)
    assert (str(row.vas_pain), row.kps, row.ambulatory, row.date) == ("3.5", 80, True, timezone.localdate())
    assert row.analgesic_scale_version == "registry_1"
    assert row.history.get().history_user_name == "clinician"
    line = answer.context["line"]
    assert line.open.point.value == "month_3" and "Next: 3 months, from" in answer.context["said"]
    assert answer.status_code == 200 and "data-entry" not in answer.content.decode()


def test_the_date_is_proposed_inside_the_window_only(as_clinician, center):
    case = made(center, 60)
    assert Entry(as_clinician, case).form().initial["date"] is None
    assert Entry(as_clinician, case, "month_3").form().initial["date"] is None


def test_the_instrument_used_before_is_proposed(as_clinician, center):
    case = made(center, 30)
    AssessmentFactory(case=case, vas_pain=8, pain_instrument="nrs")
    entry = Entry(as_clinician, case)
    assert entry.form().initial["pain_instrument"] == "nrs"
    entry.send(kps="70")
    assert stored(case).pain_instrument is None, "no score, no instrument"


def test_hard_limits_refuse_at_the_field_and_keep_what_was_typed(as_clinician, due):
    answer = Entry(as_clinician, due).send(vas_pain="12", kps="85", odi="41")
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "12 is above 10" in html and "85" in html and 'value="41"' in html
    assert html.count('aria-invalid="true"') == 2
    assert not Assessment.objects.filter(case=due, time_point="month_1").exists()


def test_nothing_at_all_is_refused(as_clinician, due):
    answer = Entry(as_clinician, due).send()
    assert answer.status_code == 422
    assert "Enter a score, or say why there is none." in answer.content.decode()


def test_each_score_may_say_why_it_is_missing(as_clinician, due):
    Entry(as_clinician, due).send(vas_pain="2", odi__missing="refused")
    row = stored(due)
    assert row.missing == {"odi": "refused"}


@pytest.mark.parametrize("code", ["not_done", "refused"])
def test_one_reason_stands_for_all_empty_scores(as_clinician, due, code):
    answer = Entry(as_clinician, due).send(absent=code)
    row = stored(due)
    assert set(row.missing.values()) == {code}
    assert row.date is None and row.missing["vas_pain"] == row.missing["date"] == code
    assert not FollowUpStatus.objects.filter(case=due).exists()
    assert answer.context["line"].open.point.value == "month_3"


def test_a_reason_for_all_leaves_what_was_entered(as_clinician, due):
    Entry(as_clinician, due).send(vas_pain="4", odi__missing="unknown", absent="not_done")
    row = stored(due)
    assert str(row.vas_pain) == "4.0" and row.date == timezone.localdate()
    assert row.missing["odi"] == "unknown" and row.missing["kps"] == "not_done"
    assert "vas_pain" not in row.missing


@pytest.mark.parametrize(("code", "vital"), [("lost", None), ("died", "dead")])
def test_lost_and_died_end_the_follow_up(as_clinician, due, code, vital):
    answer = Entry(as_clinician, due).send(absent=code)
    status = FollowUpStatus.objects.get(case=due)
    assert (status.followup_state, status.vital_status) == (code, vital)
    assert answer.context["line"].open is None and "Follow-up has ended" in answer.context["said"]
    assert listed(as_clinician) == []


def test_the_follow_up_goes_on_if_that_is_unticked(as_clinician, due):
    answer = Entry(as_clinician, due).send(absent="lost", close=None)
    assert not FollowUpStatus.objects.filter(case=due).exists()
    assert answer.context["line"].open.point.value == "month_3"


def test_a_status_that_cannot_be_changed_is_left_and_said(as_clinician, due):
    with _pass(factories.TESTS, "test"):
        FollowUpStatus._base_manager.bulk_create(
            [FollowUpStatus(case=due, last_contact_date=ago(-10), followup_state="under_follow_up")]
        )
    answer = Entry(as_clinician, due).send(absent="lost")
    assert stored(due).missing["vas_pain"] == "lost"
    assert "The follow-up status was not changed" in answer.context["said"]
    assert "in the future" in answer.context["said"] and answer.context["problem"]
    assert FollowUpStatus.objects.get(case=due).followup_state == "under_follow_up"


@pytest.mark.parametrize(
    ("held", "code", "said"),
    [
        ({"followup_state": "died", "vital_status": "dead"}, "lost", "it says “died”"),
        ({"vital_status": "dead"}, "lost", "it says “died”"),
        ({"followup_state": "completed"}, "lost", "it says “completed”"),
        ({"followup_state": "lost"}, "died", "it says “lost to follow-up”"),
    ],
)
def test_an_ending_that_is_stored_is_left_and_said(as_clinician, due, held, code, said):
    FollowUpStatusFactory(case=due, **held)
    answer = Entry(as_clinician, due).send(absent=code)
    status = FollowUpStatus.objects.get(case=due)
    assert {name: getattr(status, name) for name in held} == held and status.version == 1
    assert said in answer.context["said"] and answer.context["problem"]


def test_who_was_lost_and_is_known_to_be_dead_stays_lost(as_clinician, due):
    FollowUpStatusFactory(case=due, followup_state="lost", vital_status="dead")
    answer = Entry(as_clinician, due).send(absent="died")
    assert FollowUpStatus.objects.get(case=due).followup_state == "lost"
    assert not answer.context["problem"]


def settled_at_one_month(center, **status):
    case = complete_case(center)
    case.index_date, case.index_date_precision = ago(30), "day"
    records.save(case, by=factories.TESTS, reason="date found")
    FollowUpStatusFactory(case=case, **status)
    return case


@pytest.mark.parametrize(
    ("held", "code"),
    [({"followup_state": "under_follow_up"}, "lost"), ({"vital_status": "alive"}, "died")],
)
def test_a_complete_case_asks_why_its_status_changes(as_clinician, center, held, code):
    case = settled_at_one_month(center, **held)
    refused = Entry(as_clinician, case).send(absent=code)
    assert refused.status_code == 422 and "Say why you change it" in refused.content.decode()
    assert FollowUpStatus.objects.get(case=case).version == 1
    assert not Assessment.objects.filter(case=case, time_point="month_1").exists()
    assert Entry(as_clinician, case).send(absent=code, reason="letter from the family").status_code == 200
    status = FollowUpStatus.objects.get(case=case)
    assert status.followup_state == code
    assert status.history.first().history_change_reason == "letter from the family"


def test_a_complete_case_whose_status_only_grows_asks_nothing(as_clinician, center):
    case = settled_at_one_month(center, local_recurrence=False)
    assert Entry(as_clinician, case).send(absent="lost").status_code == 200
    assert FollowUpStatus.objects.get(case=case).followup_state == "lost"


def test_the_reason_that_the_list_gives_is_kept_in_english(as_clinician, due):
    url = reverse("followup-entry", args=[due.uuid, "month_1"])
    data = {f"case-{due.pk}-absent": "lost", f"case-{due.pk}-close": "on"}
    headers = {**HTMX, "Accept-Language": "de"}
    assert as_clinician.post(url, data, headers=headers).status_code == 200
    reason = FollowUpStatus.objects.get(case=due).history.get().history_change_reason
    assert reason == "Entered at 1 month in the follow-up list."


@pytest.mark.parametrize("held", [{"ecog": 2}, {"barthel": 80, "barthel_version": "original"}])
def test_the_day_of_a_score_that_is_not_shown_is_kept(as_clinician, due, held):
    AssessmentFactory(case=due, time_point="month_1", date=ago(1), **held)
    Entry(as_clinician, due).send(absent="not_done")
    row = stored(due)
    assert row.date == ago(1) and "date" not in row.missing
    assert row.missing["vas_pain"] == "not_done"


def test_a_score_after_death_is_refused(as_clinician, due):
    FollowUpStatusFactory(case=due, vital_status="dead", death_date=ago(20))
    answer = Entry(as_clinician, due).send(vas_pain="3")
    assert answer.status_code == 422 and "after the death" in answer.content.decode()


def test_an_unusual_value_is_saved_and_asked_about(as_clinician, due):
    entry = Entry(as_clinician, due)
    answer = entry.send(vas_pain="3", date=ago(15).isoformat())
    html = answer.content.decode()
    assert (
        answer.status_code == 200 and "outside the window" in html and "Saved. One value is unusual" in html
    )
    assert stored(due).version == 1
    entry.page, entry.token = answer, None
    done = entry.send(confirm__date="came early")
    row = stored(due)
    assert row.confirmed["date"]["reason"] == "came early"
    assert done.context["line"].open.point.value == "month_3"


def test_an_unusual_value_may_be_left_for_later(as_clinician, due):
    entry = Entry(as_clinician, due)
    entry.page, entry.token = entry.send(vas_pain="3", date=ago(15).isoformat()), None
    done = entry.send(confirm__date="")
    assert "stays listed" in done.context["said"] and stored(due).confirmed == {}


def test_a_complete_case_is_entered_without_a_reason_for_the_change(as_clinician, center):
    case = complete_case(center)
    case.index_date, case.index_date_precision = ago(30), "day"
    records.save(case, by=factories.TESTS, reason="date found")
    entry = Entry(as_clinician, case)
    assert "Reason for the change" not in entry.page.content.decode()
    answer = entry.send(vas_pain="3", date=ago(15).isoformat())
    assert answer.status_code == 200 and "outside the window" in answer.content.decode()
    entry.page, entry.token = answer, None
    entry.send(confirm__date="came early")
    assert stored(case).confirmed["date"]["reason"] == "came early"
    assert stored(case).history.first().history_change_reason == "came early"


def test_a_double_submit_stores_one_assessment(as_clinician, due):
    entry = Entry(as_clinician, due)
    first, second = entry.send(vas_pain="3"), entry.send(vas_pain="3")
    assert first.status_code == second.status_code == 200
    assert first.context["said"] == second.context["said"]
    assert stored(due).version == 1


def test_somebody_else_entered_it_meanwhile(as_clinician, curator, due):
    entry = Entry(as_clinician, due)
    AssessmentFactory(case=due, time_point="month_1", vas_pain=6, kps=70, by=curator)
    answer = entry.send(vas_pain="3", odi="20")
    html = answer.content.decode()
    assert answer.status_code == 409 and "curator has entered this time point meanwhile" in html
    rows = {row.label: row for row in answer.context["rows"]}
    assert rows["VAS pain"].default == "mine" and rows["KPS"].default == "theirs"
    assert str(stored(due).vas_pain) == "6.0"
    data = {f"{entry.prefix}-{name}": "" for name in ("kps", "date")}
    data |= {
        f"{entry.prefix}-version": "1",
        f"{entry.prefix}-vas_pain": "3",
        f"{entry.prefix}-odi": "20",
        f"choice__{entry.prefix}-kps": "theirs",
        f"choice__{entry.prefix}-vas_pain": "mine",
    }
    chosen = as_clinician.post(entry.url, data, headers=HTMX)
    assert chosen.status_code == 200
    row = stored(due)
    assert (str(row.vas_pain), row.kps, str(row.odi)) == ("3.0", 70, "20.00")


def test_an_empty_assessment_that_is_there_is_filled(as_clinician, due):
    AssessmentFactory(case=due, time_point="month_1", barthel=None)
    entry = Entry(as_clinician, due)
    entry.send(vas_pain="3")
    assert Assessment.objects.filter(case=due, time_point="month_1").count() == 1
    assert str(stored(due).vas_pain) == "3.0"


def test_what_the_form_does_not_show_is_kept(as_clinician, due):
    AssessmentFactory(case=due, time_point="month_1", interval_value=4, interval_unit="weeks")
    Entry(as_clinician, due).send(vas_pain="3")
    row = stored(due)
    assert (str(row.interval_value), row.interval_unit) == ("4.0", "weeks")


@pytest.mark.parametrize("point", ["week_1", "unscheduled", "discharge", "nonsense"])
def test_only_planned_time_points_are_entered_here(as_clinician, due, point):
    assert as_clinician.get(reverse("followup-entry", args=[due.uuid, point])).status_code == 404


def test_without_script_the_form_is_a_page_that_leads_back(as_clinician, due):
    url = reverse("followup-entry", args=[due.uuid, "month_1"])
    html = as_clinician.get(url).content.decode()
    assert "<html" in html and "hx-post" not in html
    answer = as_clinician.post(url, {f"case-{due.pk}-vas_pain": "3"}, follow=True)
    assert answer.redirect_chain[0][0] == URL and "1 month saved." in answer.content.decode()


def test_a_closed_form_gives_the_line_back(as_clinician, due):
    url = reverse("followup-line", args=[due.uuid])
    html = as_clinician.get(url, headers=HTMX).content.decode()
    assert f'id="case-{due.uuid}"' in html and "data-entry" not in html
    assert as_clinician.get(url).url == URL


def test_whose_form_was_opened_is_noted(as_clinician, due):
    Entry(as_clinician, due)
    event = AccessEvent.objects.get(kind="identity_read")
    assert str(due) == event.subject


def test_entering_makes_a_constant_number_of_queries(as_clinician, center, django_assert_max_num_queries):
    def asked(case):
        entry = Entry(as_clinician, case)
        with django_assert_max_num_queries(60) as queries:
            assert entry.send(vas_pain="3").status_code == 200
        return len(queries)

    bare = made(center, 30)
    asked(bare)
    few = asked(made(center, 30))
    full = made(center, 100, "baseline", "day_1", "week_1", "month_1")
    for _ in range(5):
        ProcedureFactory(case=full)
    entry = Entry(as_clinician, full, "month_3")
    with django_assert_max_num_queries(few):
        assert entry.send(vas_pain="3").status_code == 200
