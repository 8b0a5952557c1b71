"""A printed number stands for every value that rounds to it."""

from fractions import Fraction

import pytest

from registry.literature.consistency.numbers import printed, probability, shown, shown_p


@pytest.mark.parametrize(
    ("text", "qualifier", "whole", "ends"),
    [
        ("57.22", "exact", False, ("57.215", "57.225")),
        ("6", "exact", False, ("5.5", "6.5")),
        ("0", "exact", True, ("0", "0")),
        ("18", "exact", True, ("18", "18")),
        ("2.5", "exact", True, ("2.45", "2.55")),
        ("0.05", "less_than", False, (None, "0.05")),
        ("0.05", "greater_than", False, ("0.05", None)),
        ("10", "at_least", False, ("9.5", None)),
        ("90", "up_to", False, (None, "90.5")),
        ("810", "nearly", False, ("769.5", "810.5")),
        ("80", "approximately", False, ("76", "84")),
    ],
)
def test_what_a_printed_number_may_stand_for(text, qualifier, whole, ends):
    number = printed(text, qualifier, whole=whole)
    assert (number.low, number.high) == tuple(None if end is None else Fraction(end) for end in ends)


@pytest.mark.parametrize(
    ("text", "qualifier", "ends"),
    [
        ("0.000", "exact", ("0", "0.0005")),
        ("1.000", "exact", ("0.9995", "1")),
        ("0.05", "less_than", ("0", "0.05")),
        ("0.05", "greater_than", ("0.05", "1")),
    ],
)
def test_a_p_value_stays_between_zero_and_one(text, qualifier, ends):
    number = probability(text, qualifier)
    assert (number.low, number.high) == tuple(Fraction(end) for end in ends)


@pytest.mark.parametrize("text", ["", "1,5", "1e3", "five", "--1"])
def test_what_is_no_plain_number_is_refused(text):
    with pytest.raises(ValueError, match="plain number"):
        printed(text)


def test_numbers_that_only_touch_at_the_border_of_rounding_are_different():
    assert not printed("2").meets(printed("3"))
    assert printed("17").meets(printed("17.24"))
    assert printed("0.001").meets(probability("0.001", "less_than"))
    assert not printed("0.361").meets(probability("0.05", "less_than"))
    assert printed("5", whole=True).meets(printed("5"))


def test_an_open_end_is_said_where_both_are_needed():
    with pytest.raises(ValueError, match="open end"):
        _ = printed("5", "less_than").ends


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (2.5, "2.5"), (1e-9, "0.000000001"), (123456789, "123457000"), (-0.1, "-0.1")],
)
def test_computed_numbers_are_shown_without_exponents(value, text):
    assert shown(value) == text


def test_a_tiny_p_value_is_never_zero():
    assert (shown_p(0.0), shown_p(1e-12), shown_p(0.04289)) == ("< 0.0001", "< 0.0001", "0.0429")
