"""Order statistics of pairwise numbers: found by search as they stand in the list."""

import random

import pytest

from registry.research.statistics import pairs


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("made", [pairs.differences, pairs.walsh_averages])
def test_search_and_list_agree(seed, made, monkeypatch):
    rng = random.Random(seed)
    decimals = seed % 3
    groups = [[round(rng.gauss(5, 2), decimals) for _value in range(size)] for size in (31, 18)]
    groups = groups if made is pairs.differences else groups[:1]
    listed = made(*groups)
    monkeypatch.setattr(pairs, "LISTED", 0)
    searched = made(*groups)
    assert searched.numbers is None
    for position in {1, 2, listed.size // 3, listed.size // 2, listed.size - 1, listed.size}:
        assert searched.at(position) == pytest.approx(listed.at(position), abs=1e-12)
    assert searched.median() == pytest.approx(listed.median(), abs=1e-12)


def test_a_hundred_thousand_values_are_compared_without_listing_their_differences():
    rng = random.Random(1)
    first = [round(rng.gauss(7, 1.5), 1) for _value in range(100_000)]
    second = [round(rng.gauss(6, 1.5), 1) for _value in range(100_000)]
    assert pairs.differences(first, second).median() == pytest.approx(1.0, abs=0.051)
