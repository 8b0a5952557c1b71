"""R's own results, stored by ``tests/research/r/statistics.R``, are ours to 1e-9; R is asked again where it is."""

import json
import math
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.research.statistics.data import R
from tests.research.statistics.ours import ours

STORED = Path(__file__).parents[1] / "golden" / "statistics.json"
GOLDEN = {
    name: values for name, values in json.loads(STORED.read_text("utf-8")).items() if name != "made_with"
}
CLOSE = {"rel_tol": 1e-9, "abs_tol": 1e-9}


def same(one, other):
    """Equal to 1e-9; an infinite end is written ``inf``, what cannot be told ``null``."""
    if one is None or other is None:
        return one is other
    return math.isclose(float(one), float(other), **CLOSE)


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_every_stored_result_of_r_is_ours(name):
    wanted, found = GOLDEN[name], ours()[name]
    assert len(found) == len(wanted), (found, wanted)
    different = [
        (place, one, other)
        for place, (one, other) in enumerate(zip(found, wanted, strict=True))
        if not same(one, other)
    ]
    assert not different


def test_nothing_of_ours_is_without_a_result_of_r():
    assert set(ours()) == set(GOLDEN)


@pytest.mark.skipif(not shutil.which("Rscript"), reason="R is not installed; its stored results are compared")
def test_r_still_answers_what_is_stored(tmp_path):
    again = tmp_path / "statistics.json"
    run = subprocess.run(
        ["Rscript", "--vanilla", str(R / "statistics.R"), str(again)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    if run.returncode == 3:
        pytest.skip("R is there without its packages survival and cmprsk")
    assert run.returncode == 0, run.stderr
    for name, wanted in json.loads(again.read_text("utf-8")).items():
        if name != "made_with":
            assert all(map(same, wanted, GOLDEN[name])), name
