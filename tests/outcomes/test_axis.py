"""An axis on which early days do not collapse."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.axis import DayAxis

PLAN = [0, 1, 2, 7, 30, 91, 182, 365, 730]


def test_early_days_keep_their_distance():
    axis = DayAxis(PLAN, least=0.08)
    places = [axis.place(day) for day in PLAN]
    assert places[0] == 0 and places[-1] == pytest.approx(1)
    assert all(later - earlier >= 0.08 - 1e-9 for earlier, later in itertools.pairwise(places))


def test_days_between_stand_between():
    axis = DayAxis([-3, 0, 30, 365])
    assert axis.place(0) < axis.place(10) < axis.place(30) < axis.place(200) < axis.place(365)


def test_one_day_alone_stands_at_the_beginning():
    assert DayAxis([0]).place(0) == DayAxis([0]).place(50) == 0
    assert DayAxis([]).place(1) == 0


def test_where_there_is_no_room_days_stand_at_equal_distances():
    assert DayAxis([0, 1, 365], least=0.9).places == [0, 0.5, 1]


@given(
    st.lists(st.integers(-400, 4000), min_size=2, max_size=20, unique=True),
    st.floats(0, 0.3),
    st.lists(st.integers(-500, 5000), min_size=2, max_size=5),
)
def test_order_is_kept(days, least, others):
    axis = DayAxis(days, least)
    places = [axis.place(day) for day in sorted(days)]
    assert places == sorted(places) and len(set(places)) == len(places)
    assert places[-1] == pytest.approx(1)
    between = [axis.place(day) for day in sorted(others)]
    assert between == sorted(between) and all(0 <= place <= 1 + 1e-9 for place in between)
