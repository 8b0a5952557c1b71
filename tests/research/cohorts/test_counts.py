"""Counts of a definition agree with the cases it finds."""

import pytest
from django.contrib.auth.models import AnonymousUser

from registry.research.cohorts.checking import read
from registry.research.cohorts.counts import Found, Overlap, cases_found, counted
from tests import factories as make

pytestmark = pytest.mark.django_db

OLD = {"variable": "cases.age_years", "is": ">=", "value": 60}
RFA = {"variable": "case_summary.rfa__count", "is": ">", "value": 0}
LARGE = {"variable": "lesions.volume_ml", "is": ">", "value": 7}


def arm(code, *parts):
    return {"code": code, "where": {"all": list(parts)}}


def counts_of(user, *parts, arms=(), how="all"):
    return counted(read({"where": {how: list(parts)}, "arms": list(arms)}, user), user)


def test_cases_patients_and_lesions_are_counted_apart(world):
    make.CaseFactory(patient=world.b.patient, diagnosis=world.diagnosis, age_years=70)
    counts = counts_of(world.researcher, OLD)
    assert counts.whole == Found(cases=3, patients=2, lesions=3)
    assert counts.available == 3 and counts.publications == {"paper-2021": 1}


def test_each_condition_is_counted_by_itself(world):
    counts = counts_of(world.researcher, OLD, RFA, LARGE)
    assert (counts.whole.cases, list(counts.conditions.values())) == (0, [2, 1, 1])
    assert "No case fits." in counts.warnings()
    assert counts_of(world.researcher, RFA, LARGE, how="any").whole.cases == 2
    assert counts_of(world.researcher, RFA, how="none").whole.cases == 1


def test_what_stands_in_a_group_is_counted_too_and_what_stands_in_a_block_is_not(world):
    block = {"rows": "lesions", "have": "any", "where": {"all": [LARGE]}}
    counts = counts_of(world.researcher, {"any": [RFA, block]}, OLD)
    assert counts.conditions == {
        "where.all[0]": 2,
        "where.all[0].any[0]": 1,
        "where.all[0].any[1]": 1,
        "where.all[1]": 2,
    }
    assert len(counts_of(world.researcher, *[OLD] * 100).conditions) == 60


def test_arms_their_overlap_and_what_is_in_none(world):
    counts = counts_of(world.researcher, OLD, arms=[arm("old", OLD), arm("rfa", RFA), arm("no", RFA, LARGE)])
    assert counts.arms == {"old": Found(2, 2, 3), "rfa": Found(1, 1, 1), "no": Found()}
    assert counts.overlaps == (Overlap(("old", "rfa"), 1),) and counts.without_arm == 0
    assert counts.warnings() == [
        "1 case is in both arms old and rfa.",
        "No case is in arm no.",
    ]
    assert counts_of(world.researcher, arms=[arm("rfa", RFA)]).warnings() == ["1 case is in no arm."]


def test_an_arm_holds_only_cases_of_the_cohort(world):
    counts = counts_of(world.researcher, LARGE, arms=[arm("old", OLD)])
    assert counts.arms["old"].cases == 1


def test_nobody_counts_nothing(world):
    counts = counts_of(AnonymousUser(), OLD, arms=[arm("A", RFA)])
    assert counts.available == 0 and counts.whole == Found() and counts.arms == {"A": Found()}


def test_counting_costs_the_same_for_few_and_for_many(world, django_assert_num_queries):
    arms = [arm("a", OLD), arm("b", RFA), arm("c", LARGE)]
    small, large = (read({"where": {"all": [OLD] * n}, "arms": arms}, None) for n in (1, 30))
    for definition in (small, large):
        with django_assert_num_queries(3):
            counted(definition, world.researcher)
    for _ in range(5):
        make.CaseFactory(patient=make.PatientFactory(center=world.own), diagnosis=world.diagnosis)
    with django_assert_num_queries(3):
        assert counted(large, world.researcher).whole.cases == 7


def test_several_cohorts_are_counted_at_once(world, django_assert_num_queries):
    definitions = [read({"where": {"all": [part]}}, None) for part in (OLD, RFA, LARGE)]
    with django_assert_num_queries(1):
        assert cases_found(definitions, world.researcher) == [2, 1, 1]
    assert cases_found([], world.researcher) == []
