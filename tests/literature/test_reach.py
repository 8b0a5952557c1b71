"""Which cells a check reaches, from what a paper prints; a paper printed from data never contradicts itself."""

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.literature.consistency import (
    changes,
    grain,
    limits,
    p_values,
    percents,
    places,
    pooled,
    spread,
    sums,
)
from tests.literature.printing import Paper

FAMILIES = (sums, percents, pooled, spread, grain, p_values, changes, limits, places)


def all_checks(paper):
    series = paper.series()
    return [check for family in FAMILIES for check in family.checks(series)]


def one(paper, module, **wanted):
    found = [
        check
        for check in module.checks(paper.series())
        if all(text in getattr(check, name) for name, text in wanted.items())
    ]
    assert len(found) == 1, [check.title for check in found]
    return found[0]


def group(paper, arm, n, **more):
    paper.says("patients", "n", str(n), arm=arm, **more)


# -- sums -------------------------------------------------------------------------------------------------------------


def _success(definition):
    paper = Paper("B")
    group(paper, "B", 75)
    paper.says("technical_success", "n", "75", arm="B", denominator=75)
    paper.says("complication", "n", "1", arm="B", category="major", denominator=75)
    if definition is not None:
        paper.says("technical_success_major_complications", "max", definition)
    return [check for check in sums.checks(paper.series()) if "75 + 1 = 76 > 75" in check.outcome.arithmetic]


def test_a_success_defined_as_free_of_an_event_leaves_no_room_for_that_event():
    (check,) = _success("0")
    assert check.verdict == "inconsistent"
    assert {cell.printed for cell in check.inputs} == {"0", "75", "1"}
    assert _success("1") == _success(None) == []


def test_categories_are_held_against_their_denominator():
    paper = Paper("B")
    for category, n in (("pain relief", 57), ("no improvement", 19)):
        paper.says("pain_relief", "n", str(n), arm="B", category=category, denominator=75, time_point="day_1")
    check = one(paper, sums)
    assert check.verdict == "inconsistent"
    assert "57 + 19 = 76 ≠ 75" in check.outcome.arithmetic
    assert check.values == {1, 2}


def test_categories_that_need_not_make_up_the_whole_are_left_alone():
    paper = Paper()
    paper.says("complication", "n", "1", category="hematoma", denominator=6)
    paper.says("complication", "n", "1", category="thrombosis", denominator=6)
    assert list(sums.checks(paper.series())) == []


def test_arms_add_up_and_a_missing_arm_leaves_only_a_bound():
    paper = Paper("A", "B")
    group(paper, "A", 51)
    group(paper, "B", 75)
    group(paper, "", 127, location="Text")
    paper.says("leak_surgery", "n", "2", arm="B")
    paper.says("leak_surgery", "n", "1", location="Text")
    assert one(paper, sums, variable="patients").verdict == "inconsistent"
    assert one(paper, sums, variable="leak_surgery").outcome.arithmetic == "2 > 1"


def test_what_the_arms_call_other_is_what_the_series_names():
    paper = Paper("A", "B")
    for arm, lung, other in (("A", 17, 34), ("B", 27, 48)):
        paper.says("diagnosis", "n", str(lung), arm=arm, category="lung")
        paper.says("diagnosis", "n", str(other), arm=arm, category="other cancer")
    for category, n in (("lung", 44), ("liver", 50), ("breast", 33)):
        paper.says("diagnosis", "n", str(n), category=category, location="Text")
    check = one(paper, sums, key="other")
    assert check.verdict == "inconsistent"
    assert check.outcome.arithmetic == "34 + 48 = 82 ≠ 50 + 33 = 83"


# -- the n behind a statistic -----------------------------------------------------------------------------------------


def test_a_p_value_is_tried_with_every_printed_size_of_its_groups():
    paper = Paper("A", "B")
    for arm, patients, lesions, mean, sd in (("A", 51, 58, "7.22", "1.74"), ("B", 75, 104, "6.69", "1.96")):
        group(paper, arm, patients)
        paper.says("lesions", "n", str(lesions), arm=arm, unit_of_analysis="lesion")
        paper.says("volume_ml", "mean", mean, arm=arm, unit_of_analysis="lesion")
        paper.says("volume_ml", "sd", sd, arm=arm, unit_of_analysis="lesion")
    paper.says("volume_ml", "p_value", "0.124", comparison="A vs B", test="t", unit_of_analysis="lesion")
    check = one(paper, p_values)
    assert check.verdict == "consistent"
    assert "Agrees for n 51 / 75 (patient), not for n 58 / 104 (lesion)." in check.outcome.remark


def test_counts_nearest_to_a_p_value_are_taken():
    paper = Paper("A", "B")
    for arm, n, total, percent in (("A", 46, 51, "90"), ("B", 57, 75, "76")):
        for place, statistic, text in (("Abstract", "percent", percent), ("Text", "n", str(n))):
            paper.says(
                "pain_relief",
                statistic,
                text,
                arm=arm,
                category="relief",
                denominator=total,
                location=place,
                time_point="day_1" if place == "Text" else "",
            )
    paper.says("pain_relief", "p_value", "0.043", category="relief", comparison="A vs B", location="Abstract")
    check = one(paper, p_values)
    assert check.verdict == "consistent"
    assert {cell.location for cell in check.inputs} == {"Abstract"}


def test_counts_out_of_the_patients_explain_a_p_value_that_their_lesions_do_not_give():
    paper = Paper("A", "B")
    for arm, n, lesions, leaks in (("A", 51, 58, 10), ("B", 75, 104, 20)):
        group(paper, arm, n)
        paper.says("lesions", "n", str(lesions), arm=arm, unit_of_analysis="lesion")
        paper.says("leak", "n", str(leaks), arm=arm, denominator=lesions, unit_of_analysis="lesion")
    paper.says("leak", "p_value", "0.361", comparison="A vs B", test="chi2", unit_of_analysis="lesion")
    check = one(paper, p_values)
    assert check.verdict == "inconsistent"
    assert "10 : 41 / 20 : 55, counts out of 51 / 75 (patient)" in check.outcome.remark


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"comparison": "A vs B", "test": "chi2"}, "Neither counts nor means"),
        ({"comparison": "across zones"}, "not printed"),
        ({"comparison": "baseline vs day_1"}, "not printed"),
        ({"comparison": "across time points", "test": "friedman"}, "ranks"),
    ],
)
def test_a_p_value_whose_inputs_are_not_printed_says_so(more, why):
    paper = Paper("A", "B")
    for arm in "AB":
        group(paper, arm, 20)
    paper.says("vas_pain", "p_value", "0.01", **more)
    check = one(paper, p_values)
    assert check.verdict == "not_testable"
    assert why in check.outcome.remark


def test_a_p_value_of_several_time_points_shows_the_one_that_is_printed():
    paper = Paper()
    group(paper, "", 51)
    for point, mean, sd in (("baseline", "7.43", "1.56"), ("day_1", "2.25", "1.35")):
        paper.says("vas_pain", "mean", mean, time_point=point)
        paper.says("vas_pain", "sd", sd, time_point=point)
    paper.says("vas_pain", "p_value", "0.05", qualifier="less_than", comparison="baseline vs each follow-up")
    check = one(paper, p_values)
    assert check.verdict == "not_testable"
    assert "day 1 is printed" in check.outcome.remark
    assert "= 12.71" in check.outcome.arithmetic


def test_an_arm_must_stay_inside_the_range_of_its_series():
    paper = Paper("A")
    group(paper, "A", 51)
    paper.says("duration_min", "mean", "47.56", arm="A")
    paper.says("duration_min", "sd", "5.31", arm="A")
    paper.says("duration_min", "min", "37", location="Text")
    paper.says("duration_min", "max", "49", location="Text")
    assert one(paper, spread, family="spread").verdict == "inconsistent"


def test_a_statistic_printed_at_two_places_is_checked_once_and_names_both():
    paper = Paper()
    group(paper, "", 10)
    for place in ("Abstract", "Text"):
        for statistic, text in (("mean", "9.3"), ("sd", "0.67"), ("min", "8"), ("max", "10")):
            paper.says("vas_pain", statistic, text, location=place, time_point="baseline")
    check = one(paper, spread, family="spread")
    assert {cell.location for cell in check.inputs if cell.label.startswith("VAS")} == {"Abstract; Text"}


def test_a_value_without_a_time_point_is_of_the_only_one():
    paper = Paper()
    paper.says("pain_relief", "percent", "90", location="Abstract")
    paper.says("pain_relief", "percent", "91", location="Text", time_point="day_1")
    assert one(paper, places).verdict == "inconsistent"
    paper.says("pain_relief", "percent", "92", location="Text", time_point="month_1")
    assert list(places.checks(paper.series())) == []


def test_a_change_that_fits_another_time_point_says_which():
    paper = Paper()
    for point, mean in (("baseline", "7.7"), ("week_1", "3.4"), ("month_1", "2.0")):
        paper.says("vas_pain", "mean", mean, time_point=point)
    paper.says("vas_pain_improvement", "mean", "1.4", time_point="month_1")
    check = one(paper, changes)
    assert check.verdict == "inconsistent"
    assert "since 1 week (3.4 − 2 = 1.4)" in check.outcome.remark


def test_an_undefined_scale_has_no_ends():
    paper = Paper()
    paper.says("analgesic_scale", "mean", "3.28", unit="points", time_point="baseline")
    assert one(paper, limits).verdict == "not_testable"


def test_every_check_of_a_paper_has_a_key_of_its_own():
    paper = _random_paper(numpy.random.default_rng(1), 1)
    keys = [check.key for check in all_checks(paper)]
    assert len(keys) == len(set(keys))


# -- whole papers -----------------------------------------------------------------------------------------------------


def _random_paper(rng, decimals):
    """Two arms and the whole series, everything computed from the same made-up patients and printed with rounding."""
    from scipy import stats

    paper = Paper("A", "B")
    data = {}
    for arm in "AB":
        n = int(rng.integers(6, 60))
        before = rng.uniform(5, 10, n)
        data[arm] = {
            "age_years": rng.integers(20, 90, n),
            "duration_min": rng.gamma(9, 5, n),
            "sex": rng.random(n) < 0.5,
            "before": before,
            "after": before * rng.uniform(0.1, 0.9, n),
        }
    whole = {name: numpy.concatenate([data[arm][name] for arm in "AB"]) for name in data["A"]}

    def text(value):
        return f"{float(value):.{decimals}f}"

    for arm, values, place in (("A", data["A"], "Table"), ("B", data["B"], "Table"), ("", whole, "Text")):
        n = len(values["sex"])
        more = {"arm": arm, "location": place}
        paper.says("patients", "n", str(n), **more)
        for name in ("age_years", "duration_min"):
            ends = (0 if name == "age_years" else decimals,) * 2
            paper.says(name, "mean", text(values[name].mean()), **more)
            paper.says(name, "sd", text(values[name].std(ddof=1)), **more)
            paper.says(name, "min", f"{values[name].min():.{ends[0]}f}", **more)
            paper.says(name, "max", f"{values[name].max():.{ends[1]}f}", **more)
        men = int(values["sex"].sum())
        for category, count in (("male", men), ("female", n - men)):
            paper.says("sex", "n", str(count), category=category, denominator=n, **more)
            paper.says("sex", "percent", text(100 * count / n), category=category, denominator=n, **more)
        for point, name in (("baseline", "before"), ("day_1", "after")):
            for statistic, value in (("mean", values[name].mean()), ("sd", values[name].std(ddof=1))):
                paper.says("vas_pain", statistic, text(value), unit="points", time_point=point, **more)
        drop = values["before"] - values["after"]
        for statistic, value in (("mean", drop.mean()), ("sd", drop.std(ddof=1))):
            paper.says(
                "vas_pain_improvement", statistic, text(value), unit="points", time_point="day_1", **more
            )
    for name in ("age_years", "duration_min"):
        p = stats.ttest_ind(data["A"][name], data["B"][name])[1]
        paper.says(name, "p_value", f"{p:.3f}", comparison="A vs B", test="t")
    table = [[int(v["sex"].sum()), int((~v["sex"]).sum())] for v in data.values()]
    if min(map(sum, zip(*table, strict=True))) > 0:
        p = stats.chi2_contingency(table, correction=False)[1]
        paper.says("sex", "p_value", f"{p:.3f}", comparison="A vs B", test="chi2")
    return paper


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 2))
def test_a_paper_printed_from_data_never_contradicts_itself(seed, decimals):
    paper = _random_paper(numpy.random.default_rng(seed), decimals)
    found = [check for check in all_checks(paper) if check.verdict == "inconsistent"]
    assert not found, [(check.title, check.outcome) for check in found]


@pytest.mark.parametrize(
    ("variable", "statistic", "arm", "category", "by"),
    [
        ("patients", "n", "", "", 1),
        ("age_years", "mean", "", "", 9),
        ("duration_min", "sd", "", "", 40),
        ("sex", "n", "A", "male", 1),
        ("sex", "percent", "B", "male", 3),
        ("vas_pain_improvement", "mean", "A", "", 2),
        ("vas_pain", "mean", "B", "", 20),
        ("age_years", "p_value", "", "", 0.3),
        ("sex", "p_value", "", "", 0.3),
    ],
)
def test_a_number_moved_beyond_rounding_is_found(variable, statistic, arm, category, by):
    paper = _random_paper(numpy.random.default_rng(7), 1)
    value = next(
        value
        for value in paper.values
        if (value.variable, value.statistic, value.category) == (variable, statistic, category)
        and (value.arm.code if value.arm else "") == arm
    )
    decimals = len(value.value_text.partition(".")[2])
    moved = float(value.value_text) + by
    value.value_text = f"{moved - 0.6 if statistic == 'p_value' and moved > 1 else moved:.{decimals}f}"
    found = [check for check in all_checks(paper) if check.verdict == "inconsistent"]
    assert any(value.pk in check.values for check in found)
