"""``/followup/``: who is due, overdue, to come, lost."""

import pytest
from django.urls import reverse

from outcomes.views import followup
from registry.access.models import AccessEvent
from registry.core import records
from tests import factories
from tests.factories import (
    AssessmentFactory,
    CenterFactory,
    DiagnosisFactory,
    FollowUpStatusFactory,
    PatientFactory,
    ProcedureFactory,
)
from tests.pages.followup_list import HTMX, URL, ago, cases_of, listed, made

# -- who is listed where -------------------------------------------------------------------------------------------


def test_due_overdue_and_upcoming(as_clinician, center):
    due = made(center, 30, "baseline", "day_1")
    overdue = made(center, 50, "baseline", "day_1")
    upcoming = made(center, 10, "baseline", "day_1")
    assert listed(as_clinician) == [(due, "month_1"), (overdue, "month_1")]
    assert cases_of(as_clinician, state="due") == [due]
    assert listed(as_clinician, state="overdue") == [(overdue, "month_1")]
    assert listed(as_clinician, state="upcoming")[0] == (upcoming, "month_1")
    counts = {item["code"]: item["count"] for item in as_clinician.get(URL).context["tabs"]}
    assert counts == {"": "2", "due": "1", "overdue": "1", "upcoming": "3", "lost": "0", "no_index_date": "0"}


def test_what_is_due_closes_soonest_first_and_what_was_missed_last_comes_before_the_rest(
    as_clinician, center
):
    done = ("baseline", "day_1", "month_1")
    due = [made(center, days, *done) for days in (119, 75, 100)]
    overdue = [made(center, days, *done) for days in (149, 121)]
    assert cases_of(as_clinician) == [due[0], due[2], due[1], overdue[1], overdue[0]]


def test_a_case_with_several_open_time_points_is_one_line_and_names_the_others(as_clinician, center):
    case = made(center, 100)
    response = as_clinician.get(URL)
    (line,) = response.context["lines"]
    assert (line.case, line.open.point.value) == (case, "month_3")
    assert [point.point.value for point in line.also] == ["baseline", "day_1", "month_1"]
    assert listed(as_clinician, state="overdue") == [(case, "month_1")]
    assert listed(as_clinician, time_point="day_1") == [(case, "day_1")]
    assert reverse("followup-entry", args=[case.uuid, "baseline"]) in response.content.decode()


def test_a_reason_is_an_answer_and_an_empty_assessment_is_none(as_clinician, center):
    answered = made(center, 30, "baseline", "day_1")
    AssessmentFactory(case=answered, time_point="month_1", missing={"vas_pain": "not_done"})
    empty = made(center, 30, "baseline", "day_1")
    AssessmentFactory(case=empty, time_point="month_1", date=ago(2))
    assert listed(as_clinician, state="due") == [(empty, "month_1")]


@pytest.mark.parametrize(
    "status",
    [
        {"followup_state": "completed"},
        {"followup_state": "died"},
        {"vital_status": "dead"},
        {"vital_status": "dead", "followup_state": "lost"},
    ],
)
def test_a_case_that_has_ended_needs_none(as_clinician, center, status):
    FollowUpStatusFactory(case=made(center, 30), **status)
    for state in ("", "due", "overdue", "upcoming", "lost", "no_index_date"):
        assert listed(as_clinician, state=state) == []


def test_lost_cases_are_listed_apart_with_the_way_to_their_status(as_clinician, center):
    lost = made(center, 30)
    FollowUpStatusFactory(case=lost, followup_state="lost", last_contact_date=ago(3))
    assert listed(as_clinician) == []
    assert listed(as_clinician, state="lost") == [(lost, None)]
    response = as_clinician.get(URL, {"state": "lost"})
    assert "last contact" in response.content.decode()
    address = response.context["lines"][0].status_url
    assert "followup" in address and as_clinician.get(address).status_code == 200


@pytest.mark.parametrize("precision", [None, "month", "year"])
def test_without_an_index_date_to_the_day_nothing_is_counted(as_clinician, center, precision):
    case = made(center, None) if precision is None else made(center, 30, precision=precision)
    assert listed(as_clinician) == []
    assert listed(as_clinician, state="no_index_date") == [(case, None)]
    response = as_clinician.get(URL, {"state": "no_index_date"})
    assert "Enter the index date" in response.content.decode()
    assert as_clinician.get(response.context["lines"][0].index_date_url).status_code == 200


def test_published_cases_are_never_asked_for(as_clinician, center):
    published = CenterFactory(code="ZHAO2021", kind="published")
    made(published, 30)
    assert listed(as_clinician) == []


# -- filters, order, pages -----------------------------------------------------------------------------------------


def test_filters_narrow_and_combine(as_clinician, clinician, curator, center, other_center):
    factories.Membership.objects.create(user=clinician, center=other_center, role="clinician")
    diagnosis = DiagnosisFactory(label="Chordoma")
    first = made(center, 30, by=clinician, diagnosis=diagnosis)
    ProcedureFactory(case=first, kind="rfa")
    second = made(
        other_center,
        100,
        patient=PatientFactory(center=other_center, hospital_number="47-11"),
    )
    assert set(cases_of(as_clinician)) == {first, second}
    assert cases_of(as_clinician, center=center.code) == [first]
    assert cases_of(as_clinician, center="BER") == [second]
    assert cases_of(as_clinician, clinician=".me") == [first]
    assert cases_of(as_clinician, clinician="curator") == []
    assert cases_of(as_clinician, time_point="month_3", state="due") == [second]
    assert cases_of(as_clinician, kind="rfa") == [first]
    assert cases_of(as_clinician, q="chordo") == [first]
    assert cases_of(as_clinician, q=second.patient.registry_id.lower()) == [second]
    assert cases_of(as_clinician, q="4711") == [second]
    assert cases_of(as_clinician, q="471") == []
    assert cases_of(as_clinician, q="chordo", time_point="month_3", state="due") == []


def test_whoever_changed_a_case_last_finds_it(as_clinician, clinician, center):
    case = made(center, 30)
    assert cases_of(as_clinician, clinician=".me") == []
    case.weight_kg = 70
    records.save(case, by=clinician, reason="weighed")
    assert cases_of(as_clinician, clinician=".me") == [case]


def test_a_filter_that_cannot_be_read_is_left_out(as_clinician, center):
    made(center, 30)
    response = as_clinician.get(
        URL, {"state": "💥", "time_point": "week_1", "center": "BER", "page": "²", "to": "-1", "sort": "x"}
    )
    assert len(response.context["lines"]) == 1
    assert response.context["form"].errors


def test_the_order_of_ids_holds_across_the_steps_in_which_it_is_found(as_clinician, center, monkeypatch):
    monkeypatch.setattr(followup, "PATIENTS_AT_ONCE", 1)
    monkeypatch.setattr(followup, "MOST_PATIENTS_AT_ONCE", 2)
    monkeypatch.setattr("registry.core.views.listing.PAGE_SIZE", 2)
    wanted = []
    for _patient in range(5):
        patient = PatientFactory(center=center)
        wanted += [made(center, 30, "baseline", "day_1", patient=patient, number=n) for n in (1, 2)]
        made(center, 30, "baseline", "day_1", "month_1")  # nothing is open
    pages = [cases_of(as_clinician, sort="case", page=page) for page in range(1, 7)]
    assert pages == [wanted[at : at + 2] for at in range(0, 12, 2)]
    backwards = [case for at in range(8, -2, -2) for case in wanted[at : at + 2]]
    assert cases_of(as_clinician, sort="-case", to=5) == backwards


@pytest.mark.parametrize("sort", ["case", "strategy", "date", "point", "window", "clinician"])
def test_every_column_sorts_both_ways(as_clinician, center, sort):
    cases = {made(center, days) for days in (30, 60, 100, 200)}
    up, down = cases_of(as_clinician, sort=sort), cases_of(as_clinician, sort=f"-{sort}")
    assert set(up) == set(down) == cases
    if sort in ("case", "date", "window"):
        assert up == down[::-1]
    assert 'aria-sort="ascending"' in as_clinician.get(URL, {"sort": sort}).content.decode()


def test_pages_hold_every_case_once_and_the_address_keeps_the_filters(as_clinician, center, monkeypatch):
    monkeypatch.setattr("registry.core.views.listing.PAGE_SIZE", 2)
    made_cases = {made(center, days) for days in (30, 31, 60, 61, 100)}
    seen, page = [], "?clinician=&time_point="
    while page:
        response = as_clinician.get(URL + page)
        seen += [line.case for line in response.context["lines"]]
        page = response.context["next_url"]
        assert "time_point=" in page or not page
    assert len(seen) == 5 and set(seen) == made_cases
    first = as_clinician.get(URL + "?to=2").context
    assert [line.case for line in first["lines"]] == seen[:4]
    assert first["append_shows"].endswith("to=3") and "from=1" in first["append_url"]


def test_with_htmx_the_results_come_alone(as_clinician, center):
    made(center, 30)
    response = as_clinician.get(URL, headers=HTMX)
    assert "<html" not in response.content.decode()
    assert "HX-Request" in response["Vary"]


def test_empty_lists_say_what_that_means(as_clinician):
    said = {
        "": "Nothing is waiting",
        "upcoming": "Nothing is to come",
        "lost": "Nobody is lost",
        "no_index_date": "Every case has an index date",
    }
    for state, words in said.items():
        assert words in as_clinician.get(URL, {"state": state}).content.decode()
    assert "No case fits" in as_clinician.get(URL, {"q": "x"}).content.decode()


# -- who sees it ---------------------------------------------------------------------------------------------------


def test_those_without_identity_are_told_why_the_list_is_empty(as_researcher, center):
    case = made(center, 30)
    html = as_researcher.get(URL).content.decode()
    assert case.patient.registry_id not in html and "without identity" in html
    assert as_researcher.get(reverse("followup-entry", args=[case.uuid, "month_1"])).status_code == 403
    assert as_researcher.get(reverse("followup-line", args=[case.uuid])).status_code == 403


def test_another_centre_sees_nothing(as_outsider, center):
    case = made(center, 30)
    assert listed(as_outsider) == []
    for url in (
        reverse("followup-entry", args=[case.uuid, "month_1"]),
        reverse("followup-line", args=[case.uuid]),
    ):
        assert as_outsider.get(url).status_code == 404
        assert as_outsider.post(url, {"x": "1"}).status_code == 404


def test_the_access_log_names_whose_dates_were_shown(as_clinician, center):
    cases = [made(center, 30) for _ in range(45)]
    as_clinician.get(URL)
    event = AccessEvent.objects.get(kind="identity_read", subject=URL)
    assert sorted(event.detail.split(", ")) == sorted(map(str, cases))


def test_the_number_of_queries_does_not_grow(as_clinician, center, django_assert_max_num_queries):
    def fill(count):
        for _ in range(count):
            case = made(center, 100, "baseline")
            ProcedureFactory(case=case)
            FollowUpStatusFactory(case=case, followup_state="under_follow_up")

    fill(2)
    as_clinician.get(URL)
    with django_assert_max_num_queries(18) as few:
        as_clinician.get(URL)
    fill(6)
    with django_assert_max_num_queries(len(few)):
        as_clinician.get(URL)
