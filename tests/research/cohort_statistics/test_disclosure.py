"""Aggregate output tells no number of unpublished patients from 1 to the limit, whatever is added or subtracted."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.research import disclosure
from registry.research.cohort_statistics.aggregate import aggregated
from registry.research.cohort_statistics.tables import as_json, file_rows
from registry.research.cohort_statistics.whole import statistics_of
from registry.research.disclosure import Ledger, shown_categories
from tests.research.cohort_statistics.attack import Attack
from tests.research.cohort_statistics.made import SHAPES, cohort, drawn

LIMIT = 10
COHORTS = {
    "seed": st.integers(0, 10_000),
    "n": st.integers(0, 130),
    "shape": st.sampled_from(SHAPES),
    "published": st.sampled_from([0.0, 0.0, 0.2, 0.7, 1.0]),
    "missing": st.sampled_from([0.0, 0.02, 0.1, 0.4]),
    "skew": st.sampled_from([1.0, 0.5, 0.25]),
}


def attack(data, limit=LIMIT):
    exact = statistics_of(data)
    shown = aggregated(exact, limit)
    output = json.loads(json.dumps([as_json(table) for table in shown.tables]))
    return Attack(data, exact, shown, output, limit)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(**COHORTS)
def test_no_small_number_can_be_worked_out(seed, n, shape, published, missing, skew):
    assert attack(drawn(seed, n, shape, published, missing, skew)).found() == []


def test_the_attack_finds_what_plain_output_gives_away():
    """The attack is no straw man: on output with nothing withheld it finds something by every way."""
    data = drawn(1, 90, "rest", 0.0, 0.05, 0.5)
    exact = statistics_of(data)
    output = json.loads(json.dumps([as_json(table) for table in exact.tables]))
    found = Attack(data, exact, exact, output, LIMIT).found()
    for way in ("shown as it is", "worked out", "max of", "less"):
        assert any(way in one for one in found), way


@pytest.mark.parametrize("part", ["complement", "differences"])
def test_the_attack_notices_when_only_small_cells_are_left_out(part, monkeypatch):
    if part == "complement":

        def primary_only(ledger, partition, regions):
            small = {
                name
                for name, members in partition.items()
                if any(ledger.is_small(members & region) for region in regions)
            }
            return frozenset(partition) - small

        monkeypatch.setattr("registry.research.cohort_statistics.aggregate.shown_categories", primary_only)
    else:
        monkeypatch.setattr(
            Ledger, "admit", lambda self, sets: not any(self.is_small(members) for members in sets)
        )
    found = [one for seed in range(12) for one in attack(drawn(seed, 90, "rest", 0.0, 0.1, 0.5)).found()]
    assert found


def test_published_cases_are_exempt():
    data = drawn(3, 40, "apart", 1.0, 0.1, 0.25)
    exact, shown = statistics_of(data), aggregated(statistics_of(data), LIMIT)
    for table, other in zip(exact.tables, shown.tables, strict=True):
        assert not any(row.get("withheld") for row in file_rows(other))
        assert [row.get("count") for row in file_rows(table)] == [
            row.get("count") for row in file_rows(other)
        ]


def test_ten_or_fewer_cases_show_nothing():
    shown = aggregated(statistics_of(drawn(1, 10, "none", 0.0, 0.0, 1.0)), LIMIT)
    assert shown.groups == () and not any(table.blocks for table in shown.tables)
    assert "too few" in shown.warnings[-1]


def test_a_small_arm_takes_the_arms_away_and_leaves_the_whole():
    cases = [{"sex": "female" if n % 2 else "male"} for n in range(60)]
    data = cohort(cases, {"A": [n < 5 for n in range(60)], "B": [n >= 5 for n in range(60)]})
    shown = aggregated(statistics_of(data), LIMIT)
    assert shown.groups == ("",)
    assert [line.cells[""].value.count for line in shown.table("table1").blocks[0].lines] == [30, 30]


def test_a_large_cohort_shows_what_is_safe():
    """Withholding everything would be safe and of no use."""
    data = drawn(5, 400, "apart", 0.0, 0.2, 0.7)
    shown = aggregated(statistics_of(data), LIMIT)
    sex, age = shown.table("table1").blocks[:2]
    assert not any(cell.withheld for line in sex.lines for cell in line.cells.values())
    cell = age.lines[0].cells["A"]
    assert not cell.withheld and cell.value.low is None and cell.value.q1 is not None
    assert age.comparison.main.p is not None and age.comparison.main.statistic is None


def test_a_mean_without_its_n_stands_for_arms_or_for_the_whole_and_is_blurred_as_its_scale_is():
    """61.8 of 23 values in steps of ten, 65.7 of 52 and 64.6 of all would give both n away."""
    cases = [{"kps__baseline": 50 + 10 * (n % 4) if n % 15 else None} for n in range(120)]
    data = cohort(cases, {"A": [n < 60 for n in range(120)], "B": [n >= 60 for n in range(120)]})
    shown = aggregated(statistics_of(data), LIMIT).table("table1")
    kps = next(block for block in shown.blocks if block.about.variable == "case_summary.kps__baseline")
    cells = kps.lines[0].cells
    assert cells[""].withheld == "all"
    assert [cells[code].withheld for code in "AB"] == ["n", "n"]
    assert cells["A"].value.mean == round(cells["A"].value.mean)


def test_the_limit_is_the_installations(settings):
    settings.EXPORT_SMALL_CELL = 3
    data = cohort([{"sex": "female" if n < 5 else "male"} for n in range(40)])
    counts = [
        line.cells[""].value.count for line in aggregated(statistics_of(data)).table("table1").blocks[0].lines
    ]
    assert sorted(counts) == [5, 35]


# -- the ledger --------------------------------------------------------------------------------------------------------


def ledger(n, published=()):
    return Ledger(list(range(n)), [position in published for position in range(n)], LIMIT)


def test_a_rest_of_nested_counts_is_not_given_away():
    book = ledger(100)
    assert book.admit([book.members(range(100)), book.members(range(60))])
    assert not book.admit([book.members(range(55))]), "60 less 55 are 5"
    assert not book.admit([book.members(range(60, 95))]), "100 less 60 and 35 are 5"
    assert book.admit([book.members(range(30))])
    assert not book.admit([book.members(range(33, 60))]), "60 less 30, of which 27, are 3"


def test_cases_of_one_patient_count_once():
    book = Ledger([number // 2 for number in range(40)], [False] * 40, LIMIT)
    assert book.is_small(book.members(range(20))) and not book.is_small(book.members(range(22)))


def test_withheld_categories_are_never_one_alone_nor_few_together():
    book = ledger(100)
    partition = {
        name: book.members(positions)
        for name, positions in {
            "a": range(50),
            "b": range(50, 80),
            "c": range(80, 96),
            "d": range(96, 100),
        }.items()
    }
    shown = shown_categories(book, partition, [book.members(range(100))])
    assert shown == {"a", "b"}


def test_a_search_that_takes_too_long_shows_nothing(monkeypatch):
    monkeypatch.setattr(disclosure, "MOST_STEPS", 0)
    book = ledger(100)
    assert book.admit([book.members(range(100))])
    assert not book.admit([book.members(range(50))])
