"""What the tables of a cohort hold: Table 1, outcomes, complications, survival, recurrence, lesions."""

import csv
import io
import json
import math

import pytest

from registry.research.cohort_statistics.files import as_csv
from registry.research.cohort_statistics.tables import HEADER, as_json, file_rows
from registry.research.cohort_statistics.whole import TABLES, statistics_of
from tests.research.cohort_statistics.made import cohort, drawn
from tests.research.statistics.data import rows

#: The ten patients of Andresen et al. 2014, Table 1.
ANDRESEN = [
    {
        "sex": row["sex"],
        "age_years": int(row["age"]),
        "published": True,
        "strategy": "sacroplasty",
        "vital_status": "dead" if row["died"] else None,
        "death_day": row["months"] * 365.25 / 12 if row["died"] else None,
    }
    for row in rows("andresen_patients")
]


def table_of(data, name):
    return statistics_of(data).table(name)


def block_of(table, variable, measure="value", point="", category=""):
    return next(
        block
        for block in table.blocks
        if block.about.variable.endswith(variable)
        and block.about.measure == measure
        and block.about.time_point == point
        and (not category or block.about.category == category)
    )


def cell(table, variable, measure="value", point="", group="", category=""):
    return block_of(table, variable, measure, point, category).lines[0].cells[group].value


# -- Table 1 -----------------------------------------------------------------------------------------------------------


def test_table_1_of_andresen_2014():
    table = table_of(cohort(ANDRESEN), "table1")
    age = cell(table, "age_years")
    assert (age.n, age.missing, age.median) == (10, 0, 66)
    assert f"{age.mean:.1f} ± {age.sd:.2f}" == "64.3 ± 10.06"
    sex = block_of(table, "sex")
    assert [(line.about.category, line.cells[""].value.count) for line in sex.lines] == [
        ("male", 5),
        ("female", 5),
    ]


def test_what_is_missing_is_counted_and_is_no_category():
    table = table_of(cohort([{"recurrent": True}, {"recurrent": False}, {}, {"sex": "female"}]), "table1")
    found = cell(table, "recurrent")
    assert (found.count, found.n, found.missing) == (1, 2, 2)
    assert cell(table, "sex").n == 1


def test_a_case_has_every_level_and_zone_that_any_of_its_lesions_has():
    data = cohort(
        [{"levels": "S1;S2"}, {"levels": "S2"}, {}],
        lesions=[
            {"case": 0, "denis_zone": "ala"},
            {"case": 0, "denis_zone": "central"},
            {"case": 1, "denis_zone": "ala"},
        ],
    )
    table = table_of(data, "table1")
    counts = {
        line.about.category: (line.cells[""].value.count, line.cells[""].value.n)
        for block in table.blocks
        if block.about.answer
        for line in block.lines
    }
    assert counts == {"S1": (1, 2), "S2": (2, 2), "ala": (2, 2), "central": (1, 2)}


def test_a_treatment_that_nobody_noted_was_not_given():
    table = table_of(cohort([{"treatments_before": "radiotherapy"}, {}]), "table1")
    assert cell(table, "treatments_before").n == 2


def test_only_the_first_procedure_counts():
    data = cohort(
        [{}],
        procedures=[
            {"case": 0, "sequence": 2, "duration_min": 90},
            {"case": 0, "sequence": 1, "duration_min": 40},
        ],
    )
    assert cell(table_of(data, "table1"), "duration_min").mean == 40


# -- arms --------------------------------------------------------------------------------------------------------------


def two_arms(n=40, **arms):
    cases = [
        {"age_years": 50 + number % 17, "sex": "female" if number % 3 else "male"} for number in range(n)
    ]
    return cohort(
        cases,
        arms
        or {"A": [number < n // 2 for number in range(n)], "B": [number >= n // 2 for number in range(n)]},
    )


def test_arms_are_compared_with_effect_interval_and_standardised_difference():
    age = block_of(table_of(two_arms(), "table1"), "age_years")
    assert set(age.lines[0].cells) == {"", "A", "B"}
    found = age.comparison
    assert found.main.p is not None and found.main.interval and found.difference.estimate is not None
    assert [result.measure for result in found.others] == ["mean_difference", "shift"]


def test_a_cohort_without_arms_compares_nothing():
    found = statistics_of(cohort(ANDRESEN))
    assert found.groups == ("",) and not found.warnings
    assert not any(block.comparison for table in found.tables for block in table.blocks)


def test_a_case_in_two_arms_is_not_compared_in_silence():
    found = statistics_of(two_arms(A=[n < 25 for n in range(40)], B=[n >= 20 for n in range(40)]))
    assert "5 cases are in both arms A and B" in found.warnings[0]
    assert not any(block.comparison for table in found.tables for block in table.blocks)


def test_an_empty_arm_and_cases_in_no_arm_are_said():
    found = statistics_of(two_arms(A=[n < 25 for n in range(40)], B=[False] * 40))
    assert found.warnings == ("No case is in arm B.", "15 cases are in no arm.")
    assert not found.data.compared and found.data.why_not_compared()


def test_a_patient_with_cases_in_two_arms_is_said():
    cases = [{"patient": number // 2, "age_years": 60 + number} for number in range(8)]
    found = statistics_of(
        cohort(cases, {"A": [n % 2 == 0 for n in range(8)], "B": [n % 2 == 1 for n in range(8)]})
    )
    assert "4 patients have cases in two arms" in found.warnings[0]
    assert "4 cases are further ones" in found.table("table1").every_note[0]


# -- outcomes ----------------------------------------------------------------------------------------------------------


def scored(values):
    """Cases with VAS by time point."""
    assessments = []
    for case, points in enumerate(values):
        for point, value in points.items():
            before = points.get("baseline")
            flags = {}
            if point != "baseline" and before is not None and value is not None:
                flags = {
                    "responder_points": before - value >= 2,
                    "responder_30_percent": before - value >= 0.3 * before if before else None,
                }
            assessments.append({"case": case, "time_point": point, "vas_pain": value, **flags})
    return cohort([{} for _case in values], assessments=assessments)


VALUES = [
    {"baseline": 8, "day_1": 3, "month_3": 2},
    {"baseline": 7, "day_1": 6.5, "month_3": 4},
    {"baseline": 9, "day_1": 4},
    {"day_1": 5, "month_3": 5},
    {"baseline": 4, "day_1": 2.5},
]


def test_change_is_over_the_cases_that_have_both_values():
    table = table_of(scored(VALUES), "outcomes")
    assert cell(table, "vas_pain", point="day_1").n == 5
    found = block_of(table, "vas_pain", "change", "day_1").lines[0].cells[""]
    assert found.value.n == 4 and found.value.mean == pytest.approx(-3)
    assert found.mean.measure == "mean_change" and found.mean.interval and found.mean.p is not None
    assert found.beside[0].measure == "pseudomedian"


def test_a_responder_loses_two_points_or_thirty_per_cent():
    table = table_of(scored(VALUES), "outcomes")
    found = cell(table, "vas_pain", "responder", "day_1")
    # 5 of 8, 0.5 of 7 (no), 5 of 9, 1.5 of 4 (38 %)
    assert (found.count, found.n, found.missing) == (3, 4, 1)
    assert found.interval.low < 0.75 < found.interval.high


def test_without_pain_before_there_is_no_thirty_per_cent_to_lose():
    found = cell(
        table_of(scored([{"baseline": 0, "day_1": 0}]), "outcomes"), "vas_pain", "responder", "day_1"
    )
    assert (found.count, found.n) == (0, 1)


def test_friedman_names_its_time_points_and_counts_complete_cases():
    data = scored(
        [{"baseline": 8 + n % 3, "day_1": 3 + n % 2, "month_3": 2 + n % 4} for n in range(8)]
        + [{"baseline": 5}]
    )
    block = block_of(table_of(data, "outcomes"), "vas_pain", "friedman")
    assert block.lines[0].cells[""].value.n == (8,)
    assert "Before the procedure, Day 1, 3 months" in block.note


def test_a_time_point_that_nobody_has_has_no_line():
    table = table_of(scored(VALUES), "outcomes")
    assert {block.about.time_point for block in table.blocks} == {"baseline", "day_1", "month_3", ""}


def test_an_unscheduled_visit_is_no_time_point():
    assert not table_of(scored([{"unscheduled": 4}]), "outcomes").blocks


# -- complications -----------------------------------------------------------------------------------------------------


def test_a_case_counts_with_its_worst_complication():
    data = cohort(
        [{} for _case in range(5)],
        procedures=[
            {"case": n, "complications_answered": answer}
            for n, answer in enumerate(("none", "present", "present", None, "present"))
        ],
        complications=[
            {"case": 1, "kind": "bleeding", "sir_grade": "b"},
            {"case": 1, "kind": "infection", "sir_grade": "d"},
            {"case": 2, "kind": "bleeding", "sir_grade": "a"},
            {"case": 4, "kind": "bleeding"},
        ],
    )
    table = table_of(data, "complications")
    worst = block_of(table, "sir_grade", "worst")
    assert {line.about.category: line.cells[""].value.count for line in worst.lines} == {
        "none": 1,
        "a": 1,
        "d": 1,
        "ungraded": 1,
    }
    any_at_all = cell(table, "sir_grade", category="any")
    assert (any_at_all.count, any_at_all.n, any_at_all.missing) == (3, 4, 1)
    found = cell(table, "sir_grade", category="major")
    assert (found.count, found.n) == (1, 3), "an ungraded one may have been major"


def test_a_procedure_without_an_answer_leaves_the_case_unknown():
    data = cohort(
        [{}],
        procedures=[{"case": 0, "sequence": 1, "complications_answered": "none"}, {"case": 0, "sequence": 2}],
    )
    assert cell(table_of(data, "complications"), "sir_grade", category="any").n == 0


# -- follow-up ---------------------------------------------------------------------------------------------------------


def followed(*cases, **tables):
    data = cohort(list(cases), **tables)
    return table_of(data, "survival"), table_of(data, "recurrence")


def test_survival_of_andresen_is_known_of_the_two_who_died():
    table = table_of(cohort(ANDRESEN), "survival")
    assert "Follow-up is known of 2 of 10 cases." in table.every_note
    assert "fewer than half" in table.every_note[1]
    assert cell(table, "death_day", "survival", "month_3").estimate == 0.5
    assert cell(table, "death_day", "median_survival").estimate == pytest.approx(3)


def test_who_was_scored_was_alive():
    """Without a last contact the latest time point with a score counts, by its day or the nominal one."""
    survival, _recurrence = followed(
        {"vital_status": "alive"},
        {},
        {"last_contact_day": 400},
        assessments=[
            {"case": 0, "time_point": "month_6", "kps": 80},
            {"case": 0, "time_point": "month_12"},
            {"case": 1, "time_point": "month_3", "day": 101, "vas_pain": 0},
        ],
    )
    at_risk = {
        block.about.time_point: block.lines[0].cells[""].value.details["at_risk"]
        for block in survival.blocks
        if block.about.measure == "survival"
    }
    assert at_risk == {"month_1": 3, "month_3": 3, "month_6": 1, "month_12": 1}


def test_a_death_without_a_day_is_missing_and_not_alive():
    survival, _recurrence = followed(
        {"vital_status": "dead", "last_contact_day": 90}, {"last_contact_day": 200}
    )
    assert cell(survival, "death_day", "survival", "month_1").n == (1,)


def test_death_competes_with_recurrence():
    _survival, table = followed(
        {"local_recurrence": True, "recurrence_day": 100},
        {"local_recurrence": False, "vital_status": "dead", "death_day": 50},
        {"local_recurrence": False, "last_contact_day": 700},
        {"local_recurrence": None, "last_contact_day": 700},
        {"local_recurrence": True},
    )
    found = cell(table, "recurrence_day", "incidence", "month_6")
    # One of three dies first, one of the two left recurs: 2/3 · 1/2, and not Kaplan and Meier's 1/2.
    assert found.n == (3,) and found.estimate == pytest.approx(1 / 3)


def test_curves_are_compared_once_and_with_an_effect():
    data = drawn(2, 120, "apart", 0.0, 0.1, 0.7)
    for name, measure in (("survival", "hazard_ratio"), ("recurrence", "incidence_difference")):
        found = [block.comparison for block in table_of(data, name).blocks if block.comparison]
        assert [comparison.main.measure for comparison in found] == [measure]


# -- lesions -----------------------------------------------------------------------------------------------------------


def test_lesions_of_one_patient_are_not_independent():
    lesions = [
        {"case": n // 3, "cement_volume_ml": 4 + (n // 3) % 5, "leak": (n // 3) % 2 == 0} for n in range(60)
    ]
    data = cohort(
        [{} for _case in range(20)],
        {"A": [n < 10 for n in range(20)], "B": [n >= 10 for n in range(20)]},
        treated_lesions=lesions,
    )
    table = table_of(data, "lesions")
    assert table.sizes == {"": 60, "A": 30, "B": 30}
    cement = block_of(table, "cement_volume_ml")
    assert "Cluster-robust" in str(cement.comparison.main.method.name)
    assert cement.comparison.main.details["patients"] == 20 and cement.comparison.main.df == 19
    leak = block_of(table, "leak")
    assert leak.comparison.main.measure == "share_difference"
    assert leak.lines[0].cells["A"].mean.interval


# -- files and bad input -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 2])
def test_none_one_or_two_cases_answer_in_words(n):
    found = statistics_of(drawn(4, n, "apart" if n else "none", 0.0, 0.0, 1.0))
    for table in found.tables:
        json.dumps(as_json(table), allow_nan=False)
        for row in file_rows(table):
            assert row.get("p") is None or row.get("ci_low") is not None
    if not n:
        assert found.warnings == ("No case fits: there is nothing to compute.",)


def test_constant_and_missing_values_answer_in_words():
    cases = [{"age_years": 60, "sex": "female"} for _case in range(12)]
    table = table_of(
        cohort(cases, {"A": [n < 6 for n in range(12)], "B": [n >= 6 for n in range(12)]}), "table1"
    )
    assert "no spread" in block_of(table, "age_years").comparison.main.reason
    assert "same category" in block_of(table, "sex").comparison.main.reason
    assert block_of(table, "odi__baseline").comparison.main.reason
    assert cell(table, "odi__baseline").reason == "There is no value."


def test_every_table_is_a_file_with_the_same_columns():
    found = statistics_of(drawn(2, 80, "apart", 0.1, 0.1, 0.5))
    assert [table.name for table in found.tables] == list(TABLES)
    for table in found.tables:
        read = list(csv.DictReader(io.StringIO(as_csv(table).decode())))
        assert tuple(read[0]) == HEADER and len(read) == len(file_rows(table))
        for row, wanted in zip(read, file_rows(table), strict=True):
            assert set(wanted) <= set(HEADER)
            for name in ("mean", "estimate", "p", "ci_low", "ci_high"):
                if isinstance(wanted.get(name), float):
                    assert float(row[name]) == pytest.approx(wanted[name], rel=1e-14)
            assert row["method"] and row["definition"]


def test_json_knows_no_infinity():
    cases = [
        {"vital_status": "dead" if n == 0 else "alive", "death_day": 40, "last_contact_day": 400}
        for n in range(4)
    ]
    table = table_of(cohort(cases), "survival")
    median = block_of(table, "death_day", "median_survival").lines[0].cells[""]
    assert math.isinf(median.value.interval.high)
    json.dumps(as_json(table), allow_nan=False)


def test_every_p_value_stands_with_an_effect_its_interval_and_its_method():
    for table in statistics_of(drawn(6, 90, "apart", 0.0, 0.1, 0.7)).tables:
        for row in file_rows(table):
            if row.get("p") is not None:
                assert row["method"] and row["ci_low"] is not None and row["ci_high"] is not None, row
