"""The sections ask the database as often however many rows a case has."""

import pytest

from cases import editor
from cases.models import Case
from outcomes.codes import TimePoint
from tests.factories import (
    AssessmentFactory,
    CaseFactory,
    ComplicationFactory,
    FollowUpStatusFactory,
    LesionFactory,
    ProcedureFactory,
    SacroplastyDetailsFactory,
    TreatedLesionFactory,
)


def test_a_loaded_case_is_judged_without_a_query(desk, django_assert_num_queries):
    fill(desk.case, 2)
    loaded = editor.load(Case.objects.all()).get(pk=desk.case.pk)
    with django_assert_num_queries(0):
        editor.standings(loaded)
        editor.contradictions(loaded)


def fill(case, rows):
    points = [point for point in TimePoint if point != TimePoint.UNSCHEDULED][:rows]
    for point in points:
        AssessmentFactory(case=case, time_point=point, vas_pain=5, kps=70, pain_relief="none")
    for _row in range(rows):
        procedure = ProcedureFactory(case=case)
        SacroplastyDetailsFactory(procedure=procedure)
        lesion = LesionFactory(case=case)
        TreatedLesionFactory(procedure=procedure, lesion=lesion, leak_sites="disc", leak_symptomatic=True)
        ComplicationFactory(procedure=procedure, lesion=lesion, sir_grade="c")
    FollowUpStatusFactory(case=case, vital_status="dead")


def queries(django_assert_max_num_queries, action):
    with django_assert_max_num_queries(200) as counted:
        action()
    return len(counted)


@pytest.mark.parametrize("slug", ["outcomes", "complications", "followup", "review"])
def test_a_section_asks_as_often_however_many_rows_there_are(
    desk, patient, client_of, clinician, django_assert_max_num_queries, slug
):
    few, many = CaseFactory(patient=patient), CaseFactory(patient=patient)
    fill(few, 1)
    fill(many, 4)
    counts = []
    for case in (few, many):
        desk.case = case
        desk.html(slug)
        counts.append(queries(django_assert_max_num_queries, lambda: desk.html(slug)))
    assert counts[0] == counts[1]


def test_saving_a_cell_asks_as_often_however_many_rows_there_are(
    desk, patient, django_assert_max_num_queries
):
    few, many = CaseFactory(patient=patient), CaseFactory(patient=patient)
    fill(few, 1)
    fill(many, 4)
    counts = []
    for case in (few, many):
        desk.case = case
        desk.at("baseline", odi="30")
        counts.append(queries(django_assert_max_num_queries, lambda: desk.at("baseline", odi_sitting="3")))
    assert counts[0] == counts[1]
