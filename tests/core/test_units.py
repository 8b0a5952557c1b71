"""Numbers as people read them: rounded as at school, with the separator of the language."""

from decimal import Decimal

import pytest
from django.utils import translation

from cases.models import Case
from outcomes.scores import pain_change
from registry.core.templatetags.registry import share
from registry.core.units import rounded, shown_number
from registry.core.views.display import derived_words
from tests import factories


@pytest.mark.parametrize(
    ("number", "places", "text"),
    [
        (-62.5, 0, "-63"),
        (62.5, 0, "63"),
        (0.5, 0, "1"),
        (-0.4, 0, "0"),
        (2.25, 1, "2.3"),
        # Written, not stored: the nearest binary number lies below 1.15.
        (1.15, 1, "1.2"),
        (Decimal("-7.05"), 1, "-7.1"),
        (7, 1, "7"),
        (100 / 3, 1, "33.3"),
    ],
)
def test_a_half_is_rounded_away_from_zero(number, places, text):
    assert shown_number(rounded(number, places)) == text


def test_rounded_numbers_follow_the_language():
    with translation.override("de"):
        assert shown_number(rounded(2.25, 1)) == "2,3"


def test_shares_and_computed_values_are_rounded_alike(case):
    assert share(1, 8) == "1/8 (13\u00a0%)"
    bmi = next(derived for derived in Case.derived if derived.name == "bmi")
    assert derived_words(bmi, 22.25) == "22.3"
    factories.AssessmentFactory(case=case, vas_pain=8)
    after = factories.AssessmentFactory(case=case, time_point="day_1", vas_pain=3)
    assert pain_change(after) == (-5, -63)
