"""Whatever is handed in (nothing, one value, equal or missing values) is answered in words, without a warning."""

import math
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.research.statistics import balance, clusters, compare, describe, over_time
from registry.research.statistics.contingency import chi2, fisher
from registry.research.statistics.gray import gray
from registry.research.statistics.incidence import aalen_johansen
from registry.research.statistics.log_rank import log_rank
from registry.research.statistics.rank_tests import rank_sum, signed_rank
from registry.research.statistics.result import Interval, Method, Result
from registry.research.statistics.several_groups import anova, kruskal
from registry.research.statistics.survival import Transform, kaplan_meier
from registry.research.statistics.t_tests import paired, student, welch

#: Values as they come: missing, no number at all, zero, equal, as far apart as any unit gets.
VALUE = st.none() | st.sampled_from([0.0, 1.0, 7.4, -2.0, math.nan, math.inf]) | st.floats(-1e6, 1e6)
VALUES = st.lists(VALUE, max_size=8)
COUNT = st.integers(0, 12) | st.just(50_000)
EVENT = st.none() | st.integers(0, 2)
TIMES = st.lists(st.tuples(st.none() | st.integers(0, 6).map(float) | st.floats(-1, 400), EVENT), max_size=8)


@pytest.fixture(autouse=True)
def _a_warning_is_a_failure():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def whole(result):
    """What holds for every answer: an estimate or a reason, and no P value without an effect and its interval."""
    for one in (result, *result.effects):
        if one.p is not None:
            assert 0 <= one.p <= 1
            assert one.interval is not None or any(effect.interval for effect in one.effects)
        if one.interval is not None and one.estimate is not None:
            slack = 1e-9 * max(1.0, abs(one.estimate)) if math.isfinite(one.estimate) else 0
            assert one.interval.low - slack <= one.estimate <= one.interval.high + slack
    assert bool(result.reason) != (result.estimate is not None or bool(result.effects))
    assert str(result.method.text) and result.as_rows()
    assert result.reason.endswith(".") or not result.reason
    return result


@settings(max_examples=60, deadline=None)
@given(VALUES, VALUES, VALUES)
def test_numbers(first, second, third):
    for test in (welch, student, rank_sum, balance.of_numbers):
        whole(test(first, second))
    for test in (anova, kruskal):
        whole(test([first, second, third]))
        whole(test([first]))
    summary = describe.describe(first)
    assert (summary.n == 0) == bool(summary.reason) and summary.n + summary.missing == len(first)
    whole(describe.mean(first))
    for groups in ([first, second], [first, second, third]):
        comparison = compare.numbers(groups)
        assert comparison.why and comparison.as_rows()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(VALUE, VALUE, VALUE), max_size=8))
def test_values_over_time(rows):
    before, after = [row[0] for row in rows], [row[1] for row in rows]
    whole(paired(before, after))
    whole(signed_rank(before, after))
    whole(over_time.friedman(rows))
    assert over_time.at_time_point(before).as_rows()
    assert over_time.change(before, after).as_rows()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(COUNT, COUNT), min_size=2, max_size=2),
    st.lists(st.tuples(COUNT, COUNT, COUNT), min_size=2, max_size=4),
)
def test_counts(small, wide):
    for result in (chi2(small), chi2(small, yates=True), fisher(small), balance.of_counts(small)):
        whole(result)
    for result in (chi2(wide), fisher(wide), balance.of_counts(wide[:2])):
        whole(result)
    for table in (small, wide):
        assert compare.counts(table).why


@settings(max_examples=60, deadline=None)
@given(TIMES, TIMES, TIMES)
def test_time_to_an_event(first, second, third):
    arms = first, second, third
    groups = [([time for time, _event in arm], [event for _time, event in arm]) for arm in arms]
    for times, events in groups:
        for transform in Transform:
            died = [event if event is None else event > 0 for event in events]
            curve = kaplan_meier(times, died, transform)
            whole(curve.median)
            assert curve.n + curve.missing == len(times) and bool(curve.reason) == (curve.n == 0)
            survival = [1.0, *(step.survival for step in curve.steps)]
            assert survival == sorted(survival, reverse=True)
            incidence = aalen_johansen(times, events, transform)
            heights = [0.0, *(step.incidence for step in incidence.steps)]
            assert heights == sorted(heights) and heights[-1] <= 1 + 1e-12
            for step in (*curve.steps, *incidence.steps):
                height = step.survival if hasattr(step, "survival") else step.incidence
                if step.interval:
                    assert 0 <= step.interval.low <= height + 1e-12 <= step.interval.high + 2e-12 <= 1 + 3e-12
    for some in (groups, groups[:2], groups[:1]):
        whole(log_rank(some))
        whole(gray(some))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(VALUE, st.integers(1, 3)), max_size=8),
    st.lists(st.tuples(VALUE, st.integers(3, 6)), max_size=8),
)
def test_values_by_patient(first, second):
    arms = first, second
    sides = [
        side for arm in arms for side in ([value for value, _p in arm], [patient for _v, patient in arm])
    ]
    whole(clusters.clustered_mean(*sides[:2]))
    whole(clusters.clustered_difference(*sides))


@pytest.mark.parametrize("n", [0, 1, 2])
@pytest.mark.parametrize("value", [None, 0.0, 7.5])
def test_no_one_or_two_values_and_all_equal_or_missing(n, value):
    values = [value] * n
    for result in (
        welch(values, values),
        student(values, values),
        rank_sum(values, values),
        paired(values, values),
    ):
        assert result.reason and result.p is None
    assert over_time.friedman([values] * n).reason
    assert anova([values, values, values]).reason and kruskal([values, values]).reason


@pytest.mark.parametrize("shift", [0.0, 2.0])
def test_a_change_that_is_the_same_in_all_is_no_spread_even_after_arithmetic(shift):
    """7.5 − 7.4 and 3.2 − 3.1 differ as floats; a P value of 0 from that would be a lie."""
    before, after = [7.4, 3.1, 5.6 - 0.1, 8.8], [7.5 + shift, 3.2 + shift, 5.6 + shift, 8.9 + shift]
    assert paired(before, after).reason
    thirds = [100 * 2 / 3, 200 / 3, 2 / 3 * 100]
    assert student(thirds, [value + 0 for value in thirds]).reason


def test_two_constant_groups_that_differ_have_no_test():
    assert welch([1, 1, 1], [2, 2, 2]).reason == welch([1, 1], [1, 1]).reason
    assert rank_sum([1, 1, 1], [2, 2, 2]).estimate == -1


def test_too_few_values_for_an_interval_leave_no_p_value():
    result = rank_sum([1, 2, 3], [4, 5, 6])
    assert result.estimate == -3 and result.interval is None and result.p is None and result.note


def test_an_odds_ratio_without_a_limit_says_so():
    result = fisher([[0, 5], [4, 3]])
    assert result.estimate == 0 and result.interval.low == 0 and math.isfinite(result.interval.high)
    assert result.note and 0 < result.p < 1
    assert fisher([[5, 0], [3, 4]]).estimate == math.inf


def test_tables_beyond_two_by_two_have_no_exact_test_and_say_so():
    assert "two groups and two categories" in fisher([[1, 2, 3], [3, 2, 1]]).reason


def test_the_exact_test_of_very_many_is_left_to_chi2():
    comparison = compare.counts([[40_000, 3], [50_000, 2]])
    assert comparison.main.measure == "share_difference" and comparison.main.p is not None
    assert "10000" in comparison.others[1].reason


def test_a_p_value_without_its_effect_cannot_be_made():
    method = Method("m", "f")
    with pytest.raises(ValueError, match="P value"):
        Result("x", "x", method, (3,), 1.0, None, 0.5)
    with pytest.raises(ValueError, match="reason"):
        Result("x", "x", method, (3,))
    assert Result("x", "x", method, (3,), 1.0, Interval(0, 2), 0.5).p == 0.5


def test_two_lesions_of_one_patient_do_not_count_as_two_patients():
    values, patients = [5.0, 5.1, 7.0, 7.1, 9.0, 9.1], [1, 1, 2, 2, 3, 3]
    robust, naive = clusters.clustered_mean(values, patients), describe.mean(values)
    assert robust.estimate == naive.estimate
    assert robust.interval.high - robust.interval.low > 1.5 * (naive.interval.high - naive.interval.low)


def test_every_method_says_formula_and_library():
    found = [
        result.method
        for result in (
            welch([1, 2], [2, 4]),
            rank_sum([1, 2], [2, 4]),
            chi2([[1, 2], [2, 1]]),
            describe.mean([1, 2]),
        )
    ]
    for method in found:
        assert method.name and method.formula and method.library
    assert "scipy 1" in found[0].library and "scipy.special.stdtr" in found[0].library
