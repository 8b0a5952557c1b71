"""Worked examples that anybody can look up."""

import pytest

from registry.research.statistics.describe import describe
from registry.research.statistics.over_time import friedman
from tests.research.statistics.data import column, rows


def test_ages_of_andresen_2014_as_printed():
    """“64.3 ± 10.06 (49–79) years”, Materials and Methods."""
    found = describe(column("andresen_patients", "age"))
    assert (found.n, found.missing) == (10, 0)
    assert f"{found.mean:.1f} ± {found.sd:.2f} ({found.low:.0f}–{found.high:.0f})" == "64.3 ± 10.06 (49–79)"


def test_friedman_of_the_textbook():
    """Hollander & Wolfe, Nonparametric Statistical Methods, 1973, p. 140: 22 players round first base in three ways.

    S' = 11.14 with tie correction, P = 0.0038 (also the example of R's help page of ``friedman.test``).
    """
    found = friedman([list(row.values()) for row in rows("rounding_times")])
    assert found.n == (22,) and found.df == 2
    assert found.statistic == pytest.approx(11.1429, abs=5e-5)
    assert found.p == pytest.approx(0.003805, abs=5e-7)
    assert found.estimate == pytest.approx(11.1429 / 44, abs=1e-5)
