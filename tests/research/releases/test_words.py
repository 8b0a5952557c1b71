"""How a main result reads."""

from registry.research.releases.words import text_of


def test_that_nothing_is_known_does_not_read_as_none_of_them():
    assert text_of({"n": 0, "missing": 16, "count": 0, "reason": "There is no value."}) == "n = 0"
    assert text_of({"n": 16, "missing": 0, "count": 0, "share": 0.0}).startswith("0/16 ")
    assert text_of({"n": 0}) == "0"
