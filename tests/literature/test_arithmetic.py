"""Each kind of check: numbers printed from real data never contradict each other, numbers moved beyond rounding do."""

import math
import statistics

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from registry.literature.consistency import (
    changes,
    grain,
    limits,
    p_counts,
    p_means,
    percents,
    places,
    pooled,
    spread,
    sums,
)
from registry.literature.consistency.numbers import printed, probability
from registry.literature.consistency.tails import chi2, fisher, t_tail
from tests.literature.printing import number, p_value, size

WHOLE = st.lists(st.integers(0, 100), min_size=3, max_size=40)
REAL = st.lists(st.floats(0, 100, allow_nan=False).map(lambda x: round(x, 3)), min_size=3, max_size=40)
DECIMALS = st.integers(0, 2)
COUNTS = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))


# -- counts -----------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 200), min_size=2, max_size=8))
def test_parts_add_up_to_their_sum_and_to_nothing_else(parts):
    assert sums.add_up(parts, sum(parts)).verdict == "consistent"
    assert sums.add_up(parts, sum(parts) + 1).verdict == "inconsistent"


def test_a_sum_that_is_off_says_by_how_much():
    assert "+1" in sums.add_up([57, 19], 75).remark
    assert "−1" in sums.add_up([57, 17], 75).remark


@given(st.integers(1, 300), st.data(), DECIMALS)
def test_a_rounded_share_belongs_to_its_count(total, data, decimals):
    count = data.draw(st.integers(0, total))
    percent = number(100 * count / total, decimals)
    assert percents.share(count, total, percent).verdict == "consistent"
    assert count in percents.possible_counts(percent, total)
    assert percents.possible(percent, total).verdict == "consistent"
    moved = number(float(percent.value) + 2 / 10**decimals, decimals)
    assert percents.share(count, total, moved).verdict == "inconsistent"


def test_a_share_that_was_cut_off_is_named_as_such():
    found = percents.share(46, 51, printed("90.19"))
    assert found.verdict == "inconsistent"
    assert "Cutting" in found.remark
    assert percents.share(46, 51, printed("90.20")).verdict == "consistent"


def test_a_share_of_nobody_is_not_testable():
    assert percents.share(0, 0, printed("0")).verdict == "not_testable"


def test_an_impossible_percentage():
    assert percents.possible(printed("95"), 18).verdict == "inconsistent"
    assert percents.possible(printed("94"), 18).computed == "17/18"


# -- means and spread -------------------------------------------------------------------------------------------------


@given(REAL, REAL, DECIMALS)
def test_the_whole_series_follows_from_its_arms(first, second, decimals):
    both = first + second
    groups = [
        pooled.Group(
            len(arm), number(statistics.fmean(arm), decimals), number(statistics.stdev(arm), decimals)
        )
        for arm in (first, second)
    ]
    assert pooled.pooled_mean(groups, number(statistics.fmean(both), decimals)).verdict == "consistent"
    assert pooled.pooled_sd(groups, number(statistics.stdev(both), decimals)).verdict == "consistent"
    step = 3 / 10**decimals
    assert (
        pooled.pooled_mean(groups, number(statistics.fmean(both) + step, decimals)).verdict == "inconsistent"
    )
    far = number(statistics.stdev(both) + 5 * step + 60, decimals)
    assert pooled.pooled_sd(groups, far).verdict == "inconsistent"


@given(REAL, DECIMALS)
def test_values_spread_as_their_range_allows(values, decimals):
    low, high = number(min(values), decimals), number(max(values), decimals)
    mean = number(statistics.fmean(values), decimals)
    n = len(values)
    for deviation in (statistics.stdev(values), statistics.pstdev(values)):
        for reached in (False, True):
            found = spread.sd_in_range(mean, number(deviation, decimals), low, high, [n], reached=reached)
            assert found.verdict == "consistent"
    assert spread.mean_in_range(mean, low, high, n).verdict == "consistent"
    assert (
        spread.mean_in_range(number(statistics.median(values), decimals), low, high).verdict == "consistent"
    )
    wide = number(spread.most_sd(mean, low, high, n) + 1.1 / 10**decimals, decimals)
    assert spread.sd_in_range(mean, wide, low, high, [n], reached=True).verdict == "inconsistent"
    outside = number(max(values) + 3 / 10**decimals, decimals)
    assert spread.mean_in_range(outside, low, high, n).verdict == "inconsistent"


def test_values_that_reach_both_ends_cannot_stand_close_together():
    found = spread.sd_in_range(
        printed("5.00"), printed("0.10"), printed("0.0"), printed("10.0"), [10], reached=True
    )
    assert found.verdict == "inconsistent"
    assert "reach both ends" in found.remark


def test_the_bounds_of_a_spread_are_written_out_with_the_rounding_that_they_take():
    found = spread.sd_in_range(
        printed("47.56"), printed("5.31"), printed("37"), printed("49"), [51], reached=False
    )
    assert found.verdict == "inconsistent"
    assert found.arithmetic == (
        "√[(47.56 − 37)(49 − 47.56) · 51/50] = 3.938; "
        "at most √[(47.555 − 36.5)(49.5 − 47.555) · 51/50] = 4.683"
    )
    score = (printed("2.9"), printed("0.80"), printed("2", whole=True), printed("5", whole=True))
    eight = spread.sd_in_range(*score, [8], reached=True)
    assert eight.verdict == "inconsistent"
    assert "√{[(2 − 2.95)² + (5 − 2.95)² + (2 · 2.95 − 2 − 5)²/6] / 8} = 0.8145" in eight.arithmetic


def test_without_n_the_least_favourable_n_counts():
    parts = (printed("5"), printed("7"), printed("0"), printed("10"))
    assert spread.sd_in_range(*parts, [], reached=True).verdict == "consistent"
    assert spread.sd_in_range(*parts, [40], reached=True).verdict == "inconsistent"


# -- whole numbers ----------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 100), min_size=2, max_size=60), DECIMALS)
def test_whole_numbers_pass_grim_and_grimmer(values, decimals):
    mean = number(statistics.fmean(values), decimals)
    n = len(values)
    assert grain.grim(mean, [size(n)], (1,)).verdict != "inconsistent"
    for deviation in (statistics.stdev(values), statistics.pstdev(values)):
        assert grain.grimmer(mean, number(deviation, decimals), [size(n)], (1,)).verdict != "inconsistent"


@given(st.lists(st.integers(0, 20).map(lambda x: 5 * x), min_size=2, max_size=30))
def test_steps_of_five_pass_grim(values):
    mean = number(statistics.fmean(values), 1)
    assert grain.grim(mean, [size(len(values))], (5, 1)).verdict != "inconsistent"


@pytest.mark.parametrize(
    ("mean", "n", "verdict"),
    [
        ("57.22", 51, "consistent"),
        ("57.24", 51, "consistent"),
        ("57.23", 51, "inconsistent"),
        ("5.19", 28, "inconsistent"),
    ],
)
def test_grim_on_worked_examples(mean, n, verdict):
    """5.19 of 28 is the example of Brown and Heathers (2017)."""
    assert grain.grim(printed(mean), [size(n)], (1,)).verdict == verdict


def test_grimmer_rules_out_a_deviation_by_its_parity():
    # 29 of 10 values is odd, so their sum of squares is odd: 90 is not.
    assert grain.grimmer(printed("2.9"), printed("0.81"), [size(10)], (1,)).verdict == "inconsistent"
    assert grain.grimmer(printed("9.3"), printed("0.67"), [size(10)], (1,)).verdict == "consistent"


def test_many_values_make_grim_say_nothing():
    assert grain.grim(printed("58.35"), [size(126)], (1,)).verdict == "not_testable"
    assert grain.grim(printed("64.3"), [size(10)], (1,)).verdict == "not_testable"


def test_another_n_that_fits_leaves_grim_open():
    sizes = [size(58, "lesion"), size(51), size(56, "approach")]
    found = grain.grim(printed("1.89"), sizes, (1,))
    assert found.verdict == "not_testable"
    assert "56" in found.remark
    assert grain.grim(printed("1.89"), sizes[:2], (1,)).verdict == "inconsistent"


# -- P values ---------------------------------------------------------------------------------------------------------


@given(COUNTS)
def test_tails_are_those_of_scipy(counts):
    from scipy import stats

    a, b, c, d = counts
    assume(min(a + b, c + d, a + c, b + d) > 0)
    rows = [[a, b], [c, d]]
    assert chi2(rows) == pytest.approx(
        stats.chi2_contingency(rows, correction=False)[1], rel=1e-9, abs=1e-300
    )
    assert chi2(rows, yates=True) == pytest.approx(stats.chi2_contingency(rows)[1], rel=1e-9)
    assert fisher(a, b, c, d) == pytest.approx(stats.fisher_exact(rows)[1], rel=1e-7)


@given(st.floats(0, 60), st.floats(1, 400))
def test_the_tail_of_student_is_that_of_scipy(statistic, freedom):
    from scipy import stats

    assert t_tail(statistic, freedom) == pytest.approx(2 * stats.t.sf(statistic, freedom), rel=1e-8)


@given(COUNTS, st.integers(2, 4))
def test_p_of_any_of_the_tests_agrees_with_its_counts(counts, decimals):
    a, b, c, d = counts
    assume(min(a + b, c + d, a + c, b + d) > 0)
    table = p_counts.Table(((a, b), (c, d)), "counts")
    for value in table.results.values():
        assert p_counts.from_counts(p_value(value, decimals), [table]).verdict == "consistent"
    values = table.results.values()
    free = [text for text in ("0.123", "0.456", "0.789") if all(abs(float(text) - v) > 0.001 for v in values)]
    for text in free:
        assert p_counts.from_counts(probability(text), [table]).verdict == "inconsistent"


def test_p_of_counts_by_hand():
    assert chi2([[46, 5], [57, 19]]) == pytest.approx(0.032, abs=5e-5)
    relief = [
        p_counts.Table(((46, 5), (57, 19)), "both outcomes"),
        p_counts.Table(((46, 5), (57, 18)), "out of 75"),
    ]
    assert p_counts.from_counts(probability("0.032"), relief).verdict == "consistent"
    assert "not for out of 75" in p_counts.from_counts(probability("0.032"), relief).remark
    assert p_counts.from_counts(probability("0.032"), relief[1:]).verdict == "inconsistent"


def test_other_readings_of_the_counts_explain_a_verdict_and_change_none():
    lesions = p_counts.Table(((10, 48), (20, 84)), "out of the lesions")
    patients = p_counts.Table(((10, 41), (20, 55)), "out of the patients")
    found = p_counts.from_counts(probability("0.361"), [lesions], [patients])
    assert found.verdict == "inconsistent"
    assert "agrees with χ² for 10 : 41 / 20 : 55, out of the patients" in found.remark
    assert "χ² = 0.09766, df 1, P = 0.755" in found.arithmetic


def test_where_nobody_differs_no_p_value_follows():
    table = p_counts.Table(((51, 0), (75, 0)), "counts")
    assert p_counts.from_counts(probability("0.999"), [table]).verdict == "not_testable"


@settings(deadline=None)
@given(REAL, REAL, DECIMALS, st.integers(2, 4))
def test_p_of_raw_values_agrees_with_their_printed_means(first, second, decimals, p_decimals):
    from scipy import stats

    assume(statistics.stdev(first) > 0.01 and statistics.stdev(second) > 0.01)
    samples = [
        p_means.Sample(
            len(arm), number(statistics.fmean(arm), decimals), number(statistics.stdev(arm), decimals)
        )
        for arm in (first, second)
    ]
    pair = p_means.Pair(*samples, "patient")
    for equal in (True, False):
        p = float(stats.ttest_ind(first, second, equal_var=equal)[1])
        assume(not math.isnan(p))
        assert p_means.from_means(p_value(p, p_decimals), [pair]).verdict == "consistent"


def test_p_of_means_beyond_rounding_is_inconsistent():
    age = p_means.Pair(
        p_means.Sample(51, printed("57.22"), printed("11.41")),
        p_means.Sample(75, printed("62.11"), printed("13.37")),
        "patient",
    )
    assert p_means.from_means(probability("0.132"), [age]).verdict == "inconsistent"
    assert p_means.from_means(probability("0.035"), [age]).verdict == "consistent"
    assert p_means.from_means(probability("0.05", "less_than"), [age]).verdict == "consistent"
    assert p_means.from_means(probability("0.05", "greater_than"), [age]).verdict == "inconsistent"


def test_the_last_place_of_a_p_value_is_said_to_be_a_floor_at_times():
    far = p_means.Pair(
        p_means.Sample(50, printed("9.0"), printed("1.0")),
        p_means.Sample(50, printed("1.0"), printed("1.0")),
        "",
    )
    assert "below" in p_means.from_means(probability("0.001"), [far]).remark
    assert "below" not in p_means.from_means(probability("0.002"), [far]).remark


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 10)), min_size=3, max_size=30))
def test_the_span_of_a_paired_test_holds_the_true_p_value(pairs):
    from scipy import stats

    before, after = ([round(value, 3) for value in column] for column in zip(*pairs, strict=True))
    differences = [one - other for one, other in zip(before, after, strict=True)]
    assume(
        statistics.stdev(differences) > 0.01 and min(statistics.stdev(before), statistics.stdev(after)) > 0.01
    )
    samples = [
        p_means.Sample(len(column), number(statistics.fmean(column), 2), number(statistics.stdev(column), 2))
        for column in (before, after)
    ]
    low, high = p_means.paired_span(*samples)
    p = float(stats.ttest_rel(before, after)[1])
    assert low - 1e-9 <= p <= high + 1e-9
    assert p_means.paired(p_value(p, 3), *samples).verdict != "inconsistent"
    if p_means.paired(probability("0.001", "less_than"), *samples).verdict == "consistent":
        assert p < 0.001


@pytest.mark.parametrize(
    ("text", "qualifier", "verdict"),
    [
        ("0.001", "less_than", "consistent"),
        ("0.02", "exact", "inconsistent"),
        ("0.00000", "exact", "consistent"),
    ],
)
def test_a_paired_test_is_judged_where_every_correlation_agrees(text, qualifier, verdict):
    """5.18 / ((1.56 + 1.35) / √51) is a t of 12.7, the smallest of all."""
    before = p_means.Sample(51, printed("7.43"), printed("1.56"))
    after = p_means.Sample(51, printed("2.25"), printed("1.35"))
    found = p_means.paired(probability(text, qualifier), before, after)
    assert found.verdict == verdict
    assert "= 12.71" in found.arithmetic


def test_a_paired_test_stays_open_where_the_correlation_or_the_deaths_decide():
    before = p_means.Sample(10, printed("5.0"), printed("2.0"))
    after = p_means.Sample(10, printed("4.0"), printed("1.0"))
    assert p_means.paired(probability("0.05", "less_than"), before, after).verdict == "not_testable"
    slight = probability("0.40", "less_than")
    assert p_means.paired(slight, before, after).verdict == "consistent"
    assert p_means.paired(slight, before, after, [8]).verdict == "not_testable"


# -- changes, limits, places ------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 10)), min_size=3, max_size=30), DECIMALS)
def test_a_change_is_the_difference_of_its_means(pairs, decimals):
    before, after = zip(*pairs, strict=True)
    differences = [one - other for one, other in pairs]
    means = [number(statistics.fmean(column), decimals) for column in (before, after, differences)]
    assert changes.difference(*means).verdict == "consistent"
    deviations = [number(statistics.stdev(column), decimals) for column in (before, after, differences)]
    assert changes.sd_of_difference(*deviations).verdict == "consistent"
    moved = number(statistics.fmean(differences) + 4 / 10**decimals, decimals)
    assert changes.difference(means[0], means[1], moved).verdict == "inconsistent"
    wide = number(statistics.stdev(before) + statistics.stdev(after) + 4 / 10**decimals, decimals)
    assert changes.sd_of_difference(deviations[0], deviations[1], wide).verdict == "inconsistent"


def test_a_score_stays_on_its_scale():
    low, high = printed("0", whole=True), printed("10", whole=True)
    assert limits.inside(printed("10"), low, high).verdict == "consistent"
    assert limits.inside(printed("10.4"), low, high).verdict == "inconsistent"
    assert limits.inside(printed("-1"), low, high).verdict == "inconsistent"


@given(st.floats(0, 1000), st.integers(0, 4), st.integers(0, 4))
def test_one_value_printed_with_more_and_fewer_decimals_agrees(value, one, other):
    assume(abs(value * 10 ** min(one, other) % 1 - 0.5) > 1e-3)
    cells = [_Printed(number(value, one), "Table"), _Printed(number(value, other), "Text")]
    assert places.alike(cells).verdict == "consistent"


def test_two_different_numbers_at_two_places():
    cells = [_Printed(printed("2"), "Table"), _Printed(printed("3"), "Text")]
    assert places.alike(cells).verdict == "inconsistent"


class _Printed:
    """As much of a cell as the comparison of places looks at."""

    def __init__(self, printed_number, location):
        self.number, self.location = printed_number, location
