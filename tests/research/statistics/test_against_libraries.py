"""scipy's and lifelines' own functions answer as we do, to 1e-9, on the data sets and on numbers drawn at random."""

import math
from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from lifelines.statistics import logrank_test, multivariate_logrank_test
from scipy import stats

from registry.research.statistics import describe
from registry.research.statistics.contingency import chi2, fisher
from registry.research.statistics.incidence import aalen_johansen
from registry.research.statistics.log_rank import log_rank
from registry.research.statistics.over_time import change, friedman
from registry.research.statistics.rank_tests import rank_sum
from registry.research.statistics.several_groups import anova, kruskal
from registry.research.statistics.survival import Transform, kaplan_meier
from registry.research.statistics.t_tests import paired, student, welch
from tests.research.statistics.data import column, counts, rows

#: Scores with one decimal, so that ties are common.
SCORES = st.lists(st.integers(0, 100).map(lambda tenths: tenths / 10), min_size=3, max_size=25)
ARMS = [column("synthetic_patients", "age", arm=arm) for arm in "abc"]
TIMES = [column("synthetic_patients", "months_to_death", arm=arm) for arm in "abc"]
DIED = [column("synthetic_patients", "died", arm=arm) for arm in "abc"]


def close(one, other):
    return one == pytest.approx(other, rel=1e-9, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(SCORES)
def test_a_group_is_described_as_numpy_does(values):
    found = describe.describe(values)
    quantiles = np.quantile(values, [0, 0.25, 0.5, 0.75, 1])
    assert close([found.low, found.q1, found.median, found.q3, found.high], list(quantiles))
    assert close(found.mean, np.mean(values)) and close(found.sd, np.std(values, ddof=1))


@pytest.mark.parametrize(("count", "n"), [(0, 1), (0, 10), (1, 3), (5, 10), (10, 10), (17, 8123)])
def test_the_interval_of_a_share_is_scipys_wilson_interval(count, n):
    found = describe.share(count, n)
    wanted = stats.binomtest(count, n).proportion_ci(method="wilson")
    assert close([found.interval.low, found.interval.high], [wanted.low, wanted.high])


@settings(max_examples=60, deadline=None)
@given(SCORES, SCORES)
def test_two_groups_of_numbers(first, second):
    if len(set(first)) > 1 and len(set(second)) > 1:
        for ours, equal in ((welch(first, second), False), (student(first, second), True)):
            wanted = stats.ttest_ind(first, second, equal_var=equal)
            ends = wanted.confidence_interval()
            assert close([ours.statistic, ours.p, ours.df], [wanted.statistic, wanted.pvalue, wanted.df])
            assert close([ours.interval.low, ours.interval.high], [ends.low, ends.high])
    if len(set(first + second)) > 1:
        ours = rank_sum(first, second)
        method = "exact" if len(set(first + second)) == len(first + second) else "asymptotic"
        wanted = stats.mannwhitneyu(first, second, method=method)
        assert close(ours.statistic, wanted.statistic)
        assert ours.p is None or close(ours.p, wanted.pvalue)
        assert close(ours.estimate, np.median(np.subtract.outer(first, second)))


def test_t_tests_of_made_up_patients_are_those_of_the_printed_means():
    """Tian et al. 2022 print n, mean and SD alone; the values made up to have them give the same test."""
    for variable, first, second in (
        ("age", (57.22, 11.41, 51), (62.11, 13.37, 75)),
        ("duration", (47.56, 5.31, 51), (38.67, 5.19, 75)),
        ("volume", (7.22, 1.74, 58), (6.69, 1.96, 104)),
        ("cement", (6.42, 1.73, 58), (5.31, 1.52, 104)),
    ):
        a, b = (column("tian_numbers", "value", variable=variable, arm=arm) for arm in "AB")
        for ours, equal in ((student(a, b), True), (welch(a, b), False)):
            wanted = stats.ttest_ind_from_stats(*first, *second, equal_var=equal)
            assert close([ours.statistic, ours.p], [wanted.statistic, wanted.pvalue])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=3, max_size=25))
def test_paired_values(pairs):
    before, after = ([tenths / 10 for tenths in side] for side in zip(*pairs, strict=True))
    steps = [(later - earlier) for earlier, later in pairs]
    if len(set(steps)) > 1:
        wanted = stats.ttest_rel(after, before)
        found = paired(before, after)
        assert close([found.statistic, found.p], [wanted.statistic, wanted.pvalue])
    moved = [step for step in steps if step]
    ranks = change(before, after).ranks
    if moved and ranks.p is not None:
        exact = len(moved) == len(steps) and len({abs(step) for step in steps}) == len(steps)
        wanted = stats.wilcoxon(
            steps, zero_method="wilcox", correction=True, method="exact" if exact else "asymptotic"
        )
        assert close(ranks.p, wanted.pvalue)


def test_more_than_two_groups():
    wanted = stats.f_oneway(*ARMS)
    assert close([anova(ARMS).statistic, anova(ARMS).p], list(wanted))
    wanted = stats.kruskal(*ARMS)
    assert close([kruskal(ARMS).statistic, kruskal(ARMS).p], list(wanted))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(1, 30), min_size=3, max_size=3), min_size=2, max_size=4))
def test_tables_of_counts(table):
    wanted = stats.chi2_contingency(table, correction=False)
    found = chi2(table)
    assert close([found.statistic, found.p, found.df], [wanted.statistic, wanted.pvalue, wanted.dof])
    assert close(found.estimate, stats.contingency.association(table, method="cramer"))


@pytest.mark.parametrize("variable", list(dict.fromkeys(column("tian_counts", "variable"))))
def test_two_by_two_tables(variable):
    table = counts(variable)
    for yates in (False, True):
        wanted = stats.chi2_contingency(table, correction=yates)
        found = chi2(table, yates=yates)
        assert close([found.statistic, found.p], [wanted.statistic, wanted.pvalue])
    found, wanted = fisher(table), stats.contingency.odds_ratio(table, kind="conditional")
    ends = wanted.confidence_interval()
    assert close(found.p, stats.fisher_exact(table).pvalue)
    assert close(
        [found.estimate, found.interval.low, found.interval.high], [wanted.statistic, ends.low, ends.high]
    )


def test_friedman_over_complete_cases():
    table = [[row[f"vas{point}"] for point in range(4)] for row in rows("synthetic_patients")]
    whole = [row for row in table if None not in row]
    assert len(whole) < len(table)
    wanted = stats.friedmanchisquare(*zip(*whole, strict=True))
    found = friedman(table)
    assert found.n == (len(whole),)
    assert close([found.statistic, found.p], list(wanted))


@pytest.mark.parametrize("arm", range(3))
def test_kaplan_meier_is_that_of_lifelines_and_of_scipy(arm):
    ours = kaplan_meier(TIMES[arm], DIED[arm])
    fitted = KaplanMeierFitter().fit(TIMES[arm], DIED[arm])
    for step in ours.steps:
        assert close(step.survival, fitted.survival_function_.loc[step.time].item())
        ends = fitted.confidence_interval_.loc[step.time].tolist()
        if step.interval:
            assert close([step.interval.low, step.interval.high], ends)
    assert ours.median.estimate == fitted.median_survival_time_
    censored = stats.CensoredData.right_censored(TIMES[arm], np.logical_not(DIED[arm]))
    scipys = stats.ecdf(censored).sf
    assert close([ours.step_at(time).survival for time in scipys.quantiles], list(scipys.probabilities))
    plain = kaplan_meier(TIMES[arm], DIED[arm], Transform.PLAIN)
    low, high = scipys.confidence_interval(method="linear")
    for step, one, other in zip(plain.steps, low.probabilities, high.probabilities, strict=True):
        if step.interval:
            assert close([step.interval.low, step.interval.high], [one, other])


@pytest.mark.filterwarnings("ignore::Warning:lifelines")
def test_log_rank_is_that_of_lifelines_and_of_scipy():
    found = log_rank(list(zip(TIMES[:2], DIED[:2], strict=True)))
    wanted = logrank_test(TIMES[0], TIMES[1], DIED[0], DIED[1])
    assert close([found.statistic, found.p], [wanted.test_statistic, wanted.p_value])
    one, other = (
        stats.CensoredData.right_censored(times, np.logical_not(died))
        for times, died in zip(TIMES[:2], DIED[:2], strict=True)
    )
    assert close(math.sqrt(found.statistic), abs(stats.logrank(one, other).statistic))
    found = log_rank(list(zip(TIMES, DIED, strict=True)))
    arms = [number for number, times in enumerate(TIMES) for _time in times]
    wanted = multivariate_logrank_test([*chain(*TIMES)], arms, [*chain(*DIED)])
    assert close([found.statistic, found.p], [wanted.test_statistic, wanted.p_value])


def test_cumulative_incidence_is_that_of_lifelines():
    """lifelines shakes tied times, so the times are pulled apart first."""
    times = [row["months"] + number / 1000 for number, row in enumerate(rows("synthetic_patients"))]
    events = column("synthetic_patients", "event")
    fitted = AalenJohansenFitter().fit(times, [int(event) for event in events], 1)
    for step in aalen_johansen(times, events).steps:
        assert close(step.incidence, fitted.cumulative_density_.loc[step.time].item())
        if step.interval:
            assert close(step.standard_error**2, fitted.variance_.loc[step.time].item())
            ends = fitted.confidence_interval_.loc[step.time].tolist()
            assert close([step.interval.low, step.interval.high], sorted(ends))
