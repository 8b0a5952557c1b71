"""The follow-up plan: windows, states, endings, and that the database counts as Python does."""

import datetime
import itertools

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.models import Case
from outcomes import plan
from outcomes.codes import WINDOWS, TimePoint
from outcomes.models import Assessment, FollowUpStatus
from outcomes.plan import ORDER, PLAN, Ending, State
from registry.core.records import _pass
from tests import factories as make

TODAY = datetime.date(2026, 3, 1)
INDEX = TODAY - datetime.timedelta(days=30)


def day(days):
    return INDEX + datetime.timedelta(days=days)


@pytest.mark.parametrize("point", PLAN)
def test_a_time_point_is_due_on_the_first_and_the_last_day_of_its_window(point):
    window = WINDOWS[point]
    states = [
        plan.at(point, INDEX, day(days)).state
        for days in (window.first - 1, window.first, window.last, window.last + 1)
    ]
    assert states == [State.UPCOMING, State.DUE, State.DUE, State.OVERDUE]


def test_windows_of_the_plan_do_not_overlap_so_that_one_time_point_at_most_is_due():
    windows = [WINDOWS[point] for point in PLAN]
    assert all(earlier.last < later.first for earlier, later in itertools.pairwise(windows))


def test_extras_are_never_asked_for():
    extras = set(TimePoint) - set(PLAN)
    assert extras == {
        TimePoint.DAY_2,
        TimePoint.WEEK_1,
        TimePoint.DISCHARGE,
        TimePoint.LAST_FOLLOWUP,
        TimePoint.UNSCHEDULED,
    }


def test_the_due_time_point_comes_before_what_was_missed_and_what_is_to_come():
    points = plan.open_points(INDEX, {"baseline"}, TODAY)
    assert [(row.point.value, row.state.value) for row in points] == [
        ("day_1", "overdue"),
        ("month_1", "due"),
        ("month_3", "upcoming"),
        ("month_6", "upcoming"),
        ("month_12", "upcoming"),
        ("month_24", "upcoming"),
    ]
    assert plan.first_of(points).point == "month_1"
    assert plan.first_of(points, [State.OVERDUE]).point == "day_1"
    missed = plan.open_points(INDEX, {"month_1"}, day(60))
    assert plan.first_of(missed, [State.OVERDUE]).point == "day_1", "missed last, not the baseline before it"
    assert plan.first_of(points, [State.UPCOMING]).point == "month_3"
    assert plan.first_of(points, ORDER, "month_6").point == "month_6"
    assert plan.first_of(points, [State.DUE], "month_6") is None


@pytest.mark.parametrize(
    ("values", "answered"),
    [
        ({}, False),
        ({"date": TODAY}, False),
        ({"missing": {"date": "unknown"}}, False),
        ({"missing": {"vas_pain": "not_done"}}, True),
        ({"vas_pain": 0}, True),
        ({"ambulatory": False}, True),
        ({"odi_walking": 0}, True),
        ({"missing": {"satisfaction": "refused"}}, True),
    ],
)
def test_a_score_or_a_reason_answers_a_time_point(values, answered):
    assert plan.is_answered(Assessment(time_point="month_1", **values)) is answered


@pytest.mark.parametrize(
    ("status", "missing", "ending"),
    [
        ({"followup_state": "under_follow_up"}, {}, None),
        ({"followup_state": "lost"}, {}, Ending.LOST),
        ({"followup_state": "completed"}, {}, Ending.COMPLETED),
        ({"followup_state": "died"}, {}, Ending.DIED),
        ({"followup_state": "lost", "vital_status": "dead"}, {}, Ending.DIED),
        ({}, {"kps": "died"}, Ending.DIED),
        ({"followup_state": "lost"}, {"vas_pain": "lost", "odi": "died"}, Ending.DIED),
        ({}, {"kps": "lost"}, None),
    ],
)
def test_why_a_case_is_asked_for_nothing_more(status, missing, ending):
    rows = [Assessment(time_point="month_1", missing=missing)]
    assert plan.ending_of(FollowUpStatus(**status), rows) is ending
    assert plan.ending_of(None, []) is None


# -- Python against SQL ------------------------------------------------------------------------------------------------


@st.composite
def assessments(draw):
    points = draw(
        st.lists(st.sampled_from([point.value for point in TimePoint if point != "unscheduled"]), unique=True)
    )
    contents = st.sampled_from(
        [
            {},
            {"vas_pain": 0},
            {"odi_lifting": 3},
            {"ambulatory": False},
            {"date": TODAY},
            {"missing": {"date": "not_done"}},
            {"missing": {"vas_pain": "lost", "odi": "lost"}},
            {"missing": {"satisfaction": "refused"}},
            {"missing": {"kps": "died"}},
        ]
    )
    return [{"time_point": point, **draw(contents)} for point in points]


STATUS = st.none() | st.fixed_dictionaries(
    {
        "followup_state": st.sampled_from([None, "under_follow_up", "completed", "lost", "died"]),
        "vital_status": st.sampled_from([None, "unknown", "dead"]),
    }
)
#: The days on which some window opens or closes, and those beside them.
EDGES = sorted(
    {
        edge + beside
        for point in PLAN
        for edge in (WINDOWS[point].first, WINDOWS[point].last)
        for beside in (-1, 0, 1)
    }
)
CASES = st.fixed_dictionaries(
    {
        "day": st.none() | st.sampled_from(EDGES) | st.integers(-10, 1000),
        "precision": st.sampled_from([None, "day", "day", "month", "year"]),
        "assessments": assessments(),
        "status": STATUS,
    }
)


def write(world, patient):
    """Straight into the tables: what the door would refuse for other reasons may be read all the same."""

    def add(model, **values):
        return model._base_manager.bulk_create([model(**values)])[0]

    with _pass(make.TESTS, "test"):
        for number, values in enumerate(world, 1):
            known = values["day"] is not None
            case = add(
                Case,
                patient=patient,
                center=patient.center,
                number=number,
                index_date=TODAY - datetime.timedelta(days=values["day"]) if known else None,
                index_date_precision=values["precision"] if known else None,
            )
            for row in values["assessments"]:
                add(Assessment, case=case, **row)
            if values["status"] is not None:
                add(FollowUpStatus, case=case, **values["status"])


FILTERS = [
    ((State.DUE, State.OVERDUE), ""),
    ((State.DUE,), ""),
    ((State.OVERDUE,), ""),
    ((State.UPCOMING,), ""),
    (ORDER, ""),
    (ORDER, "month_3"),
    ((State.OVERDUE,), "day_1"),
    ((), ""),
]


@pytest.mark.django_db
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(world=st.lists(CASES, min_size=1, max_size=6))
def test_sql_and_python_agree(world):
    with transaction.atomic():
        patient = make.PatientFactory()
        write(world, patient)
        cases = list(Case.objects.select_related("followup_status").prefetch_related("assessments"))
        endings = {
            case.pk: plan.ending_of(getattr(case, "followup_status", None), case.assessments.all())
            for case in cases
        }
        for ending in Ending:
            found = set(Case.objects.filter(plan.ended_sql(ending)).values_list("pk", flat=True))
            assert found == {pk for pk, ended in endings.items() if ended is ending}, ending
        assert set(Case.objects.filter(plan.ended_sql()).values_list("pk", flat=True)) == {
            pk for pk, ended in endings.items() if ended
        }
        assert set(Case.objects.filter(plan.known_to_the_day()).values_list("pk", flat=True)) == {
            case.pk for case in cases if case.index_day() is not None
        }
        for states, wanted in FILTERS:
            chosen = {case.pk: plan.first_of(plan.open_of(case, TODAY), states, wanted) for case in cases}
            rows = plan.waiting(Case.objects.all(), TODAY, states, wanted)
            if not states:
                assert not rows and not any(chosen.values())
                continue
            rows = rows.annotate(
                urgency=plan.urgency_sql(TODAY, states, wanted),
                left=plan.window_sql(TODAY, states, wanted),
                position=plan.position_sql(TODAY, states, wanted),
            )
            found = list(rows.order_by("urgency", "pk"))
            assert {row.pk for row in found} == {pk for pk, first in chosen.items() if first is not None}
            for row in found:
                first = chosen[row.pk]
                assert row.left == first.days_left
                assert PLAN[row.position] == first.point
            near = plan.waiting(Case.objects.all(), TODAY, states, wanted, within=60)
            near = near.annotate(urgency=plan.urgency_sql(TODAY, states, wanted)).order_by("urgency", "pk")
            if State.UPCOMING not in states:
                assert list(near) == found[: len(near)], "what is near comes first"
            assert [row.pk for row in found] == sorted(
                (row.pk for row in found), key=lambda pk: (chosen[pk].urgency, pk)
            )
        transaction.set_rollback(True)
