"""The registry's answers to what R was asked, under the same names."""

import functools
import math
from typing import Any

from registry.research.statistics import balance, clusters, describe, over_time
from registry.research.statistics.contingency import chi2, fisher
from registry.research.statistics.gray import gray
from registry.research.statistics.incidence import aalen_johansen
from registry.research.statistics.log_rank import log_rank
from registry.research.statistics.rank_tests import rank_sum
from registry.research.statistics.result import Result
from registry.research.statistics.several_groups import anova, kruskal
from registry.research.statistics.survival import Transform, kaplan_meier
from registry.research.statistics.t_tests import student, welch
from tests.research.statistics.data import column, counts, crossed, rows

Numbers = list[float | None]


def full(result: Result) -> Numbers:
    """Estimate, interval, statistic, degrees of freedom, P."""
    df = result.df if isinstance(result.df, tuple) else (result.df,)
    return [*effect(result), result.statistic, *df, result.p]


def effect(result: Result) -> Numbers:
    assert result.interval, result
    return [result.estimate, result.interval.low, result.interval.high]


def ranked(result: Result) -> Numbers:
    return [*effect(result), result.statistic, result.p]


@functools.cache
def ours() -> dict[str, Numbers]:
    found: dict[str, Numbers] = {}
    _andresen(found)
    _tian(found)
    _synthetic(found)
    textbook = [list(row.values()) for row in rows("rounding_times")]
    found["textbook.friedman"] = _friedman(textbook)
    return found


def _andresen(found: dict[str, Numbers]) -> None:
    patients, lesions = "andresen_patients", "andresen_lesions"
    _describe(found, "andresen.age", column(patients, "age"))
    _describe(found, "andresen.volume", column(lesions, "volume"))
    women, men = (column(patients, "age", sex=sex) for sex in ("female", "male"))
    _t_tests(found, "andresen.age", women, men)
    found["andresen.age.rank_sum"] = ranked(rank_sum(women, men))
    _several(found, "andresen.volume", [column(lesions, "volume", central=central) for central in (0, 1)])
    table = [
        [int(sum(died)), int(len(died) - sum(died))]
        for died in (column(patients, "died", sex=sex) for sex in ("female", "male"))
    ]
    _two_by_two(found, "andresen.died", table)
    _curve(found, "andresen.death", column(patients, "months"), column(patients, "died"))
    groups = [
        (column(patients, "months", sex=sex), column(patients, "died", sex=sex)) for sex in ("female", "male")
    ]
    _log_rank(found, "andresen.death", groups)
    _clustered_mean(found, "andresen.volume", lesions, "volume")
    for name in ("volume", "central"):
        _clustered_difference(found, f"andresen.{name}", lesions, name, "sex", ("female", "male"))


def _tian(found: dict[str, Numbers]) -> None:
    for variable in dict.fromkeys(column("tian_counts", "variable")):
        _two_by_two(found, f"tian.{variable}", counts(variable))
    for variable in dict.fromkeys(column("tian_numbers", "variable")):
        a, b = (column("tian_numbers", "value", variable=variable, arm=arm) for arm in "AB")
        _describe(found, f"tian.{variable}.a", a)
        _t_tests(found, f"tian.{variable}", a, b)
        found[f"tian.{variable}.rank_sum"] = ranked(rank_sum(a, b))
    a, b = (column("tian_numbers", "value", variable="age", arm=arm) for arm in "AB")
    d = column("tian_numbers", "value", variable="duration", arm="A")
    found["tian.some_ages.rank_sum"] = ranked(rank_sum(a[::5], b[1::5]))
    _change(found, "tian.some_pairs", a[:20], d[:20])


def _synthetic(found: dict[str, Numbers]) -> None:
    patients, lesions = "synthetic_patients", "synthetic_lesions"
    _describe(found, "synthetic.vas3", column(patients, "vas3"))
    ages = [column(patients, "age", arm=arm) for arm in "abc"]
    _t_tests(found, "synthetic.age", *ages[:2])
    found["synthetic.age.rank_sum"] = ranked(rank_sum(*ages[:2]))
    _several(found, "synthetic.age", ages)
    found["synthetic.grade.chi2"] = full(chi2(crossed(patients, "arm", "grade", "abc")))
    two = crossed(patients, "arm", "grade", "ab")
    found["synthetic.grade_ab.chi2"] = full(chi2(two))
    found["synthetic.grade_ab.smd"] = effect(balance.of_counts(two))
    for point in (1, 2, 3):
        _change(found, f"synthetic.vas{point}", column(patients, "vas0"), column(patients, f"vas{point}"))
    found["synthetic.vas.friedman"] = _friedman(
        [[row[f"vas{point}"] for point in range(4)] for row in rows(patients)]
    )
    deaths = [
        (column(patients, "months_to_death", arm=arm), column(patients, "died", arm=arm)) for arm in "abc"
    ]
    events = [(column(patients, "months", arm=arm), column(patients, "event", arm=arm)) for arm in "abc"]
    for arm, death, event in zip("abc", deaths, events, strict=True):
        _curve(found, f"synthetic.death.{arm}", *death)
        _incidence(found, f"synthetic.recurrence.{arm}", *event)
    _log_rank(found, "synthetic.ab", deaths[:2])
    _log_rank(found, "synthetic.abc", deaths)
    for name, groups in (("ab", events[:2]), ("abc", events)):
        result = gray(groups)
        found[f"synthetic.{name}.gray"] = [result.statistic, result.p, result.df]  # type: ignore[list-item]
    _clustered_mean(found, "synthetic.volume", lesions, "volume")
    for name in ("volume", "leak"):
        _clustered_difference(found, f"synthetic.{name}", lesions, name, "arm", ("a", "b"))


# -- one family each ---------------------------------------------------------------------------------------------------


def _describe(found: dict[str, Numbers], name: str, values: list[Any]) -> None:
    summary, mean = describe.describe(values), describe.mean(values)
    found[f"{name}.missing"], found[f"{name}.n"] = [summary.missing], [summary.n]
    found[f"{name}.mean"], found[f"{name}.sd"] = [summary.mean], [summary.sd]
    found[f"{name}.quantiles"] = [summary.low, summary.q1, summary.median, summary.q3, summary.high]
    found[f"{name}.mean_interval"] = effect(mean)[1:]


def _t_tests(found: dict[str, Numbers], name: str, a: list[Any], b: list[Any]) -> None:
    found[f"{name}.welch"] = full(welch(a, b))
    found[f"{name}.student"] = full(student(a, b))
    found[f"{name}.smd"] = effect(balance.of_numbers(a, b))


def _several(found: dict[str, Numbers], name: str, groups: list[list[Any]]) -> None:
    found[f"{name}.anova"] = full(anova(groups))
    found[f"{name}.kruskal"] = full(kruskal(groups))


def _two_by_two(found: dict[str, Numbers], name: str, table: list[list[int]]) -> None:
    found[f"{name}.chi2"] = full(chi2(table))
    found[f"{name}.yates"] = full(chi2(table, yates=True))
    found[f"{name}.fisher"] = [*effect(fisher(table)), fisher(table).p]
    found[f"{name}.smd"] = effect(balance.of_counts(table))
    intervals = [describe.wilson(row[0], sum(row)) for row in table]
    found[f"{name}.wilson"] = [end for between in intervals for end in (between.low, between.high)]


def _change(found: dict[str, Numbers], name: str, before: list[Any], after: list[Any]) -> None:
    change = over_time.change(before, after)
    found[f"{name}.paired"], found[f"{name}.signed_rank"] = full(change.mean), ranked(change.ranks)


def _friedman(table: list[list[Any]]) -> Numbers:
    result = over_time.friedman(table)
    return [*full(result), result.total]


def _curve(found: dict[str, Numbers], name: str, times: list[Any], events: list[Any]) -> None:
    for transform in Transform:
        curve = kaplan_meier(times, events, transform)
        at = f"{name}.{transform.value}"
        found[f"{at}.survival"] = [step.survival for step in curve.steps]
        found[f"{at}.low"] = [step.interval.low if step.interval else None for step in curve.steps]
        found[f"{at}.high"] = [step.interval.high if step.interval else None for step in curve.steps]
        between = curve.median.interval
        ends = [
            end if end is not None and math.isfinite(end) else None
            for end in (between.low if between else None, between.high if between else None)
        ]
        found[f"{at}.median"] = [curve.median.estimate, *ends]
    found[f"{name}.time"] = [step.time for step in curve.steps]
    found[f"{name}.at_risk"] = [step.at_risk for step in curve.steps]
    found[f"{name}.events"] = [step.events for step in curve.steps]
    found[f"{name}.standard_error"] = [step.standard_error for step in curve.steps]


def _log_rank(found: dict[str, Numbers], name: str, groups: list[Any]) -> None:
    result = log_rank(groups)
    found[f"{name}.log_rank"] = [result.statistic, result.df, result.p]  # type: ignore[list-item]
    if len(groups) == 2:
        found[f"{name}.hazard_ratio"] = effect(result)


def _incidence(found: dict[str, Numbers], name: str, times: list[Any], events: list[Any]) -> None:
    for transform in Transform:
        curve = aalen_johansen(times, events, transform)
        at = f"{name}.{transform.value}"
        found[f"{at}.low"] = [step.interval.low if step.interval else None for step in curve.steps]
        found[f"{at}.high"] = [step.interval.high if step.interval else None for step in curve.steps]
    found[f"{name}.incidence"] = found[f"{name}.cuminc"] = [step.incidence for step in curve.steps]
    found[f"{name}.standard_error"] = [step.standard_error for step in curve.steps]


def _clustered_mean(found: dict[str, Numbers], name: str, table: str, value: str) -> None:
    found[f"{name}.clustered_mean"] = effect(
        clusters.clustered_mean(column(table, value), column(table, "patient"))
    )


def _clustered_difference(
    found: dict[str, Numbers], name: str, table: str, value: str, by: str, groups: tuple[str, str]
) -> None:
    sides = [
        side
        for group in groups
        for side in (column(table, value, **{by: group}), column(table, "patient", **{by: group}))
    ]
    found[f"{name}.clustered_difference"] = full(clusters.clustered_difference(*sides))
