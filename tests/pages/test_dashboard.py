"""``/``: counts, drafts, recent cases, follow-up that waits, completeness, own pain beside the published series."""

import datetime
import gzip
import re

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.urls import reverse
from django.utils import timezone

from registry.access.models import AccessEvent
from tests.factories import (
    AssessmentFactory,
    CaseFactory,
    FollowUpStatusFactory,
    LesionFactory,
    PatientFactory,
    ProcedureFactory,
    PublicationFactory,
    ReportedValueFactory,
    StudyArmFactory,
    TreatedLesionFactory,
)

URL = reverse("dashboard")
COUNTS = reverse("case-counts")
FOLLOWUP = reverse("followup-summary")
COMPLETENESS = reverse("key-variables")
PAIN = reverse("pain-beside-published")
QUERIES = reverse("query-summary")
FRAGMENTS = (COUNTS, FOLLOWUP, COMPLETENESS, PAIN, QUERIES)
HTMX = {"HX-Request": "true"}


def ago(days):
    return timezone.localdate() - datetime.timedelta(days=days)


def dated_case(center, days, **values):
    return CaseFactory(
        patient=PatientFactory(center=center),
        index_date=ago(days),
        index_date_precision="day",
        **values,
    )


def test_it_counts_the_cases_of_own_centres(as_clinician, case, other_center):
    CaseFactory(patient=PatientFactory(center=other_center))
    response = as_clinician.get(URL)
    assert response.context["total"] == 1
    assert {code: n for code, _label, n in response.context["statuses"]} == {
        "draft": 1,
        "complete": 0,
        "signed": 0,
    }


def test_a_new_centre_is_told_how_to_begin(as_clinician, center):
    html = as_clinician.get(URL).content.decode()
    assert "No case of your own yet" in html
    assert html.count("btn-primary") == 1


def test_my_drafts_are_those_i_wrote(as_clinician, clinician, curator, center):
    mine = CaseFactory(patient=PatientFactory(center=center), by=clinician)
    CaseFactory(patient=PatientFactory(center=center), by=curator)
    response = as_clinician.get(URL)
    assert [row["case"] for row in response.context["drafts"]] == [mine]
    assert len(response.context["recent"]) == 2


def test_cases_are_counted_by_strategy_and_lead_to_the_list(as_clinician, center, case):
    ProcedureFactory(case=case, kind="sacroplasty")
    ProcedureFactory(case=case, kind="rfa")
    CaseFactory(patient=PatientFactory(center=center))
    rows = as_clinician.get(COUNTS).context["columns"][0]["rows"]
    assert [(row["label"], row["n"]) for row in rows] == [("", 1), ("sacroplasty + RFA", 1)]
    for row, expected in zip(rows, (1, 1), strict=True):
        listed = as_clinician.get(row["url"]).context["rows"]
        assert len(listed) == expected
    assert as_clinician.get(rows[1]["url"]).context["rows"][0]["case"] == case


def test_cases_are_counted_by_the_month_of_their_index_date(as_clinician, as_researcher, center):
    dated_case(center, 0)
    dated_case(center, 0)
    dated_case(center, 800)
    CaseFactory(
        patient=PatientFactory(center=center),
        index_date=ago(0).replace(month=1, day=1),
        index_date_precision="year",
    )
    months = as_clinician.get(COUNTS).context["months"]
    assert len(months.bars) == 12
    assert (months.bars[-1].n, months.total) == (2, 2)
    answer = as_researcher.get(COUNTS)
    assert answer.context["months"] is None, "dates are withheld, so are months"
    assert "Cases by month<" not in answer.content.decode()


def test_published_series_are_there_for_everybody(as_outsider):
    PublicationFactory(slug="zhao-2021", authors=["A. Zhao", "B. Du"], year=2021)
    assert "A. Zhao et al. 2021" in as_outsider.get(URL).content.decode()


def test_an_outsider_sees_nothing_of_another_centre(as_outsider, case):
    response = as_outsider.get(URL)
    assert response.context["total"] == 0
    assert case.patient.registry_id not in response.content.decode()


def test_anonymous_goes_to_the_sign_in_page_and_comes_back(as_anonymous, db):
    response = as_anonymous.get(URL)
    assert response.status_code == 302
    assert response.url == f"{reverse('login')}?next=/"


def test_queries_wait_for_an_answer(as_clinician, as_outsider, as_researcher, case):
    LesionFactory(
        case=case,
        volume_ml=20,
        diameter_longest_mm=30,
        diameter_perpendicular_mm=20,
        diameter_craniocaudal_mm=20,
    )
    assert "differs by more than 20 %" in as_clinician.get(QUERIES).content.decode()
    for other in (as_outsider, as_researcher):
        assert "differs by more than 20 %" not in other.get(QUERIES).content.decode()
    fragment = as_clinician.get(QUERIES, headers=HTMX).content.decode()
    assert "<html" not in fragment and case.patient.registry_id in fragment


# -- follow-up ----------------------------------------------------------------------------------------------------


def test_follow_up_that_waits_is_counted_and_named(as_clinician, center):
    due = dated_case(center, 30)
    AssessmentFactory(case=due, time_point="baseline", vas_pain=7)
    AssessmentFactory(case=due, time_point="day_1", vas_pain=5)
    overdue = dated_case(center, 60)
    lost = dated_case(center, 60)
    FollowUpStatusFactory(case=lost, followup_state="lost")
    answer = as_clinician.get(FOLLOWUP)
    assert answer.context["counts"] == {"due": "1", "overdue": "1", "lost": "1"}
    assert [(line.case, line.open.point.value) for line in answer.context["lines"]] == [
        (due, "month_1"),
        (overdue, "month_1"),
    ]
    html = answer.content.decode()
    assert f"{reverse('followup')}?state=due" in html
    assert reverse("followup-entry", args=[due.uuid, "month_1"]) in html
    event = AccessEvent.objects.get(kind="identity_read")
    assert due.patient.registry_id in event.detail and event.user_name == "clinician"


def test_follow_up_shows_nothing_to_those_who_may_not_identify(as_researcher, as_outsider, center):
    case = dated_case(center, 30)
    for client in (as_researcher, as_outsider):
        html = client.get(FOLLOWUP).content.decode()
        assert case.patient.registry_id not in html
        assert FOLLOWUP not in client.get(URL).content.decode() or client is as_outsider
    assert not AccessEvent.objects.filter(kind="identity_read").exists()


# -- completeness ----------------------------------------------------------------------------------------------------


def shares(client):
    return {
        str(row.label): (row.value, row.reason, row.nothing)
        for row in client.get(COMPLETENESS).context["rows"]
    }


def test_completeness_tells_value_reason_and_nothing_apart(as_clinician, as_outsider, center):
    first = CaseFactory(
        patient=PatientFactory(center=center, sex="female"), age_years=None, missing={"age_years": "unknown"}
    )
    second = CaseFactory(patient=PatientFactory(center=center, sex=None), diagnosis=None)
    LesionFactory(case=first, volume_ml=6)
    LesionFactory(case=first, missing={"volume_ml": "not_done"})
    AssessmentFactory(case=first, vas_pain=8, missing={"kps": "not_done"})
    AssessmentFactory(case=second, missing={"vas_pain": "refused"}, odi_walking=2)
    ProcedureFactory(case=first, complications_answered="none")
    ProcedureFactory(case=first, kind="rfa")
    found = shares(as_clinician)
    assert found["Sex"] == (1, 0, 1)
    assert found["Age"] == (1, 1, 0)
    assert found["Diagnosis"] == (1, 0, 1)
    assert found["Levels of the lesions"] == (1, 0, 1)
    assert found["Lesion volume"] == (0, 1, 1), "one lesion has a volume, the other says why not"
    assert found["Baseline VAS"] == (1, 1, 0)
    assert found["Baseline ODI or KPS"] == (1, 1, 0), "a section of the ODI is an answer"
    assert found["Complications answered"] == (0, 0, 1), "one procedure of two has answered"
    assert found["Cement volume"] == (0, 0, 1)
    assert found["VAS at 1 month"] == (0, 0, 0), "no window has closed"
    assert as_outsider.get(COMPLETENESS).context["total"] == 0


def test_a_time_point_counts_once_its_window_has_closed(as_clinician, center):
    for days in (30, 45):
        dated_case(center, days)
    answered = dated_case(center, 46)
    AssessmentFactory(case=answered, time_point="month_1", vas_pain=2)
    dead = dated_case(center, 50)
    FollowUpStatusFactory(case=dead, followup_state="died", vital_status="dead")
    dated_case(center, 50)
    assert shares(as_clinician)["VAS at 1 month"] == (1, 1, 1)


def test_cement_counts_where_a_lesion_was_treated_with_it(as_clinician, center):
    case = CaseFactory(patient=PatientFactory(center=center))
    procedure = ProcedureFactory(case=case)
    assert shares(as_clinician)["Cement volume"] == (0, 0, 1), "no treated lesion yet"
    TreatedLesionFactory(procedure=procedure, lesion=LesionFactory(case=case), cement_volume_ml=4)
    TreatedLesionFactory(
        procedure=procedure, lesion=LesionFactory(case=case), missing={"cement_volume_ml": "unknown"}
    )
    assert shares(as_clinician)["Cement volume"] == (0, 1, 0)


def test_completeness_looks_at_the_cases_entered_last(as_clinician, center, monkeypatch):
    monkeypatch.setattr("outcomes.views.dashboard.LOOKED_AT", 2)
    CaseFactory(patient=PatientFactory(center=center, sex=None))
    for _ in range(2):
        CaseFactory(patient=PatientFactory(center=center, sex="male"))
    answer = as_clinician.get(COMPLETENESS)
    assert (answer.context["total"], answer.context["more"]) == (2, True)
    assert shares(as_clinician)["Sex"] == (2, 0, 0)


# -- own pain beside the published series ----------------------------------------------------------------------------


@pytest.fixture
def published(db):
    publication = PublicationFactory(slug="tian-2022", authors=["Q.-H. Tian"], year=2022)
    arm = StudyArmFactory(publication=publication, code="B", label="PSP", kinds="sacroplasty", patients=75)
    for statistic, value in (("mean", "7.45"), ("sd", "1.61")):
        ReportedValueFactory(
            publication=publication,
            arm=arm,
            time_point="baseline",
            statistic=statistic,
            value=value,
            value_text=value,
        )
    return publication


def test_own_pain_stands_beside_each_published_group(as_clinician, center, published):
    for pain in (6, 7, 8):
        case = CaseFactory(patient=PatientFactory(center=center))
        AssessmentFactory(case=case, vas_pain=pain)
    answer = as_clinician.get(PAIN)
    course = answer.context["course"]
    assert [(row.time_point, row.own.text, row.own.n) for row in course.rows] == [
        ("baseline", "7.0 (1.0)", 3)
    ]
    (_row, (cell,)) = course.table()[0]
    assert (cell.reported.text, cell.n) == ("7.45 (1.61)", "75")
    html = answer.content.decode()
    assert "n&nbsp;3" in html and "n&nbsp;75" in html and "fewer than ten" in html


def test_a_single_own_value_has_no_deviation(as_clinician, case, published):
    AssessmentFactory(case=case, vas_pain=0)
    assert as_clinician.get(PAIN).context["course"].rows[0].own.text == "0.0"


def test_one_kind_of_procedure_is_compared_with_groups_of_that_kind(as_clinician, case, published):
    AssessmentFactory(case=case, vas_pain=5)
    ProcedureFactory(case=case, kind="rfa")
    course = as_clinician.get(PAIN, {"kind": "rfa"}).context["course"]
    assert course.has_own and not course.groups
    course = as_clinician.get(PAIN, {"kind": "sacroplasty"}).context["course"]
    assert len(course.groups) == 1 and not course.has_own
    assert as_clinician.get(PAIN, {"kind": "💥"}).context["kind"] == ""


def test_own_values_are_shown_to_those_who_may_read_the_centre_only(
    as_outsider, as_researcher, case, published
):
    AssessmentFactory(case=case, vas_pain=5)
    assert as_researcher.get(PAIN).context["course"].has_own
    outside = as_outsider.get(PAIN)
    assert not outside.context["course"].has_own
    assert "7.45 (1.61)" in outside.content.decode()


# -- all parts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", FRAGMENTS)
def test_each_part_is_a_fragment_and_a_page(as_clinician, case, url):
    assert "<html" in as_clinician.get(url).content.decode()
    assert "<html" not in as_clinician.get(url, headers=HTMX).content.decode()


def test_the_first_page_is_light(as_clinician, case):
    """HTML, styles and scripts of the dashboard, compressed as they are served, stay under 150 kB."""

    def weight(content):
        return len(gzip.compress(content, 9))

    html = as_clinician.get(URL).content
    page = html.decode()
    files = re.findall(r'(?:src|href)="(/static/[^"?]+\.(?:css|js))"', page)
    assert len(files) > 6
    total = weight(html)
    for url in files:
        with open(finders.find(url.removeprefix(settings.STATIC_URL)), "rb") as file:
            total += weight(file.read())
    for url in re.findall(r'src="(/[^"]+)"', page):
        if not url.startswith(settings.STATIC_URL):
            total += weight(as_clinician.get(url).content)
    for url in FRAGMENTS:
        total += weight(as_clinician.get(url, headers=HTMX).content)
    assert total < 150_000


def test_the_number_of_queries_does_not_grow(as_clinician, center, django_assert_max_num_queries):
    def fill():
        for days in (30, 60):
            case = dated_case(center, days)
            procedure = ProcedureFactory(case=case)
            TreatedLesionFactory(procedure=procedure, lesion=LesionFactory(case=case), cement_volume_ml=12)
            AssessmentFactory(case=case, vas_pain=5)

    fill()
    # Pages that show dates ask whose patients the reader may know, and write the access log.
    limits = {URL: 14, COUNTS: 7, FOLLOWUP: 13, COMPLETENESS: 5, PAIN: 6, QUERIES: 13}
    for url, limit in limits.items():
        as_clinician.get(url)
        with django_assert_max_num_queries(limit) as asked:
            as_clinician.get(url)
        fill()
        with django_assert_max_num_queries(len(asked)):
            as_clinician.get(url)
