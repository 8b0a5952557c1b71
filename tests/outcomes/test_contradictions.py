"""What does not fit together is asked about at the field that it is about, and nothing else is."""

from html import unescape

import pytest
from django.urls import reverse

from cases import editor
from cases.models import Case
from outcomes import contradictions
from registry.core import records
from registry.core.views.links import gap_url
from tests.factories import (
    TESTS,
    AssessmentFactory,
    CaseFactory,
    ComplicationFactory,
    DiagnosisFactory,
    FollowUpStatusFactory,
    LesionFactory,
    ProcedureFactory,
    TreatedLesionFactory,
)


def doubts(case):
    """Sentences by the field that each is about."""
    loaded = editor.load(Case.objects.all()).get(pk=case.pk)
    return {(type(found.record).__name__, found.field): found.message for found in contradictions.of(loaded)}


@pytest.fixture
def quiet(case):
    """A case in which nothing contradicts."""
    assert doubts(case) == {}
    return case


@pytest.fixture
def treated(quiet):
    procedure = ProcedureFactory(case=quiet)
    lesion = LesionFactory(case=quiet, diameter_longest_mm=20)
    return TreatedLesionFactory(
        procedure=procedure, lesion=lesion, leak_sites="neuroforamen", leak_symptomatic=True
    )


# -- leaks and complications -------------------------------------------------------------------------------------------


def test_a_leak_that_nobody_has_graded(treated):
    assert "is recorded, but not graded" in doubts(treated.procedure.case)["Procedure", "complications"]


def test_a_leak_without_symptoms_may_be_no_complication(treated):
    treated.leak_symptomatic = False
    records.save(treated, by=TESTS)
    assert ("Procedure", "complications") in doubts(treated.procedure.case)
    treated.procedure.complications_answered = "none"
    records.save(treated.procedure, by=TESTS)
    assert doubts(treated.procedure.case) == {}


def test_no_complication_though_a_leak_has_symptoms(treated):
    treated.procedure.complications_answered = "none"
    records.save(treated.procedure, by=TESTS)
    found = doubts(treated.procedure.case)
    assert set(found) == {("Procedure", "complications_answered")}
    assert "has symptoms" in found["Procedure", "complications_answered"]


def test_a_leak_is_settled_once_it_has_a_grade_or_a_reason_for_none(treated):
    row = ComplicationFactory(procedure=treated.procedure, lesion=treated.lesion, symptomatic=True)
    assert set(doubts(treated.procedure.case)) == {("Complication", "sir_grade")}
    row.sir_grade = "b"
    records.save(row, by=TESTS)
    assert doubts(treated.procedure.case) == {}
    row.sir_grade, row.missing = None, {"sir_grade": "unknown"}
    records.save(row, by=TESTS)
    assert doubts(treated.procedure.case) == {}


@pytest.mark.parametrize("kind", ["bleeding", "infection"])
def test_every_complication_is_asked_for_its_grade(quiet, kind):
    row = ComplicationFactory(procedure=ProcedureFactory(case=quiet), kind=kind)
    assert set(doubts(quiet)) == {("Complication", "sir_grade")}
    row.missing = {"sir_grade": "unknown"}
    records.save(row, by=TESTS)
    assert doubts(quiet) == {}


def test_a_leak_listed_without_its_lesion_counts_for_all(treated):
    ComplicationFactory(procedure=treated.procedure, sir_grade="a")
    assert doubts(treated.procedure.case) == {}


def test_a_leak_with_and_without_symptoms(treated):
    ComplicationFactory(procedure=treated.procedure, lesion=treated.lesion, symptomatic=False, sir_grade="a")
    assert set(doubts(treated.procedure.case)) == {("Complication", "symptomatic")}


@pytest.mark.parametrize(("grade", "asked"), [("b", False), ("c", True), ("f", True)])
def test_technical_success_means_no_major_complication(quiet, grade, asked):
    procedure = ProcedureFactory(case=quiet, technical_success=True)
    ComplicationFactory(procedure=procedure, kind="bleeding", sir_grade=grade)
    assert (("Procedure", "technical_success") in doubts(quiet)) == asked


def test_cement_larger_than_the_lesion(treated):
    treated.leak_sites, treated.leak_symptomatic, treated.cement_diameter_mm = "none", None, 24
    records.save(treated, by=TESTS)
    assert set(doubts(treated.procedure.case)) == {("TreatedLesion", "cement_diameter_mm")}
    records.save(treated, by=TESTS, confirm={"cement_diameter_mm": "runs into the disc"})
    assert doubts(treated.procedure.case) == {}


# -- scores ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vas", "relief", "asked"),
    [
        (5, "none", True),
        (7, "none", False),
        (8, "complete", True),
        (9, "partial", True),
        (2, "complete", False),
    ],
)
def test_pain_and_pain_relief_tell_the_same(quiet, vas, relief, asked):
    AssessmentFactory(case=quiet, vas_pain=8)
    AssessmentFactory(case=quiet, time_point="day_1", vas_pain=vas, pain_relief=relief)
    assert (("Assessment", "pain_relief") in doubts(quiet)) == asked


@pytest.mark.parametrize(("score", "name"), [({"kps": 0}, "kps"), ({"ecog": 5}, "ecog")])
def test_a_score_that_means_dead_while_the_patient_is_alive(quiet, score, name):
    AssessmentFactory(case=quiet, **score)
    assert doubts(quiet) == {}
    FollowUpStatusFactory(case=quiet, vital_status="alive")
    assert set(doubts(quiet)) == {("Assessment", name)}


def test_two_scales_of_one_thing(quiet):
    AssessmentFactory(case=quiet, kps=90, ecog=3)
    AssessmentFactory(case=quiet, time_point="day_1", kps=90, ecog=1)
    AssessmentFactory(case=quiet, time_point="day_2", ecog=4, ambulatory=True)
    found = [
        (str(row.record), row.field)
        for row in contradictions.of(editor.load(Case.objects.all()).get(pk=quiet.pk))
    ]
    assert found == [("before the procedure", "ecog"), ("day 2", "ambulatory")]


@pytest.mark.parametrize(
    ("step", "given", "version", "asked"),
    [
        (4, "weak_opioid", "registry_1", True),
        (4, "strong_opioid", "registry_1", False),
        (0, "non_opioid", None, True),
        (5, "none", "registry_1", False),  # parenteral or intrathecal need not be an opioid
        (4, "weak_opioid", "as_published", False),
    ],
)
def test_step_and_class_of_the_analgesic(quiet, step, given, version, asked):
    AssessmentFactory(
        case=quiet, analgesic_scale=step, analgesic_class=given, analgesic_scale_version=version
    )
    assert (("Assessment", "analgesic_class") in doubts(quiet)) == asked


# -- follow-up ---------------------------------------------------------------------------------------------------------


def test_a_death_without_its_day(quiet):
    row = FollowUpStatusFactory(case=quiet, vital_status="dead", followup_state="died")
    assert set(doubts(quiet)) == {("FollowUpStatus", "death_date")}
    row.death_interval_value, row.death_interval_unit = 3, "months"
    records.save(row, by=TESTS)
    assert doubts(quiet) == {}


def test_a_death_with_a_reason_for_its_missing_day(quiet):
    FollowUpStatusFactory(case=quiet, vital_status="dead", missing={"death_date": "unknown"})
    assert doubts(quiet) == {}


def test_the_dead_are_not_under_follow_up(quiet):
    FollowUpStatusFactory(
        case=quiet, vital_status="dead", followup_state="under_follow_up", missing={"death_date": "unknown"}
    )
    assert set(doubts(quiet)) == {("FollowUpStatus", "followup_state")}


def test_scores_missing_by_death_and_nobody_says_that_the_patient_died(quiet):
    AssessmentFactory(case=quiet, time_point="month_6", missing={"vas_pain": "died"})
    assert set(doubts(quiet)) == {("Case", "followup")}
    FollowUpStatusFactory(case=quiet, vital_status="alive")
    assert set(doubts(quiet)) == {("FollowUpStatus", "vital_status")}


def test_a_fatal_complication_and_the_cause_of_death(quiet):
    fatal = ComplicationFactory(procedure=ProcedureFactory(case=quiet), kind="bleeding", sir_grade="f")
    assert set(doubts(quiet)) == {("Complication", "sir_grade")}
    FollowUpStatusFactory(
        case=quiet, vital_status="dead", death_cause="procedure", missing={"death_date": "unknown"}
    )
    assert doubts(quiet) == {}
    fatal.sir_grade = "d"
    records.save(fatal, by=TESTS)
    assert set(doubts(quiet)) == {("FollowUpStatus", "death_cause")}


def test_a_recurrence_without_its_day(quiet):
    FollowUpStatusFactory(case=quiet, local_recurrence=True)
    assert set(doubts(quiet)) == {("FollowUpStatus", "recurrence_date")}


# -- diagnosis ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slug", "malignant", "status", "asked"),
    [
        ("lung-carcinoma", True, "primary", True),
        ("melanoma", True, "primary", True),
        ("unknown-primary", True, "primary", True),
        ("lung-carcinoma", True, "metastasis", False),
        ("chordoma", True, "primary", False),
        ("multiple-myeloma", True, "metastasis", True),
        ("plasmacytoma", True, "primary", False),
        ("lymphoma", True, "systemic", False),
        ("chordoma", True, "benign", True),
        ("haemangioma", False, "metastasis", True),
        ("haemangioma", False, "benign", False),
        ("giant-cell-tumour", False, "primary", False),
    ],
)
def test_disease_status_and_diagnosis(patient, slug, malignant, status, asked):
    diagnosis = DiagnosisFactory(slug=slug, malignant=malignant)
    case = CaseFactory(patient=patient, diagnosis=diagnosis, disease_status=status)
    assert (("Case", "disease_status") in doubts(case)) == asked


# -- where they are shown ----------------------------------------------------------------------------------------------


def test_each_leads_to_a_field_that_is_on_its_page(treated, desk):
    case = treated.procedure.case
    AssessmentFactory(case=case, vas_pain=8, kps=0, ecog=1)
    AssessmentFactory(case=case, time_point="day_1", vas_pain=2, pain_relief="none")
    ComplicationFactory(procedure=treated.procedure, kind="bleeding", sir_grade="f")
    FollowUpStatusFactory(case=case, vital_status="alive", local_recurrence=True)
    desk.case = case
    found = contradictions.of(editor.load(Case.objects.all()).get(pk=case.pk))
    assert len(found) >= 6
    for doubt in found:
        path, _hash, anchor = gap_url(doubt).partition("#")
        assert f'id="{anchor}"' in desk.client.get(path).content.decode(), doubt.message


def test_they_are_asked_in_the_review_and_at_their_section(quiet, desk):
    AssessmentFactory(case=quiet, vas_pain=8)
    AssessmentFactory(case=quiet, time_point="day_1", vas_pain=8, pain_relief="complete")
    for slug, shown in (("review", True), ("outcomes", True), ("followup", False)):
        assert ("pain is not lower than at baseline" in desk.html(slug)) == shown


def test_what_is_not_graded_is_asked_in_the_review_and_said_where_it_is_graded(treated, desk):
    desk.case = treated.procedure.case
    assert "is recorded, but not graded" in desk.html("review")
    html = desk.html("complications")
    assert "is recorded, but not graded" not in html
    assert "Cement leak at lesion 1 (S1)" in html and "not graded" in html


def test_the_review_leads_from_a_leak_with_symptoms_to_the_answer_none(treated, desk):
    procedure = treated.procedure
    procedure.complications_answered = "none"
    records.save(procedure, by=TESTS)
    desk.case = procedure.case
    anchor = f"field-procedure-{procedure.uuid}-complications_answered"
    path = reverse("case-section", args=[desk.case.uuid, "complications"])
    review = unescape(desk.html("review"))
    assert (
        f'<a href="{path}#{anchor}">Sacroplasty (1): “none” is answered, though the cement leak at lesion 1'
        in review
    )
    assert f'id="{anchor}"' in desk.html("complications")


def test_the_question_goes_as_soon_as_it_is_answered(quiet, desk):
    AssessmentFactory(case=quiet, vas_pain=8)
    AssessmentFactory(case=quiet, time_point="day_1", vas_pain=8, pain_relief="complete")
    asked = desk.at("day_1", kps="80")
    assert "pain is not lower" in asked["slots"]["doubts-outcomes"]
    settled = desk.at("day_1", pain_relief="none", base={"pain_relief": ["complete"]})
    assert settled["slots"]["doubts-outcomes"].strip() == ""
