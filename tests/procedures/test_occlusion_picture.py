"""The picture of the occlusion timeline: to scale, with warnings by zone as they arise."""

import re

import pytest
from django.urls import reverse

from procedures.strategy import reperfusion_gaps_min
from registry.core.limits import crossings
from tests.procedures.operations import at, inflate, line, loaded

pytestmark = pytest.mark.django_db


def test_occlusions_and_reperfusions_are_in_order_and_add_up(reboa):
    inflate(reboa, 78, 109)
    inflate(reboa, -4, 58)
    inflate(reboa, 116, 150, zone="zone_i")
    drawn = line(reboa)
    assert [(found.start, found.end, found.zone) for found in drawn.stretches] == [
        (-4, 58, "zone III"),
        (58, 78, ""),
        (78, 109, "zone III"),
        (109, 116, ""),
        (116, 150, "zone I"),
    ]
    procedure = loaded(reboa)
    assert drawn.total_min == procedure.derived_value("occlusion_total_min") == 127
    assert drawn.longest.minutes == procedure.derived_value("occlusion_longest_min") == 62
    assert [found.minutes for found in drawn.reperfusions] == [20, 7]
    assert [found.over for found in drawn.stretches] == [True, False, False, True, True]


def test_no_reperfusion_is_computed_across_an_inflation_whose_end_is_unknown(page, reboa):
    inflate(reboa, 0, 20)
    inflate(reboa, 30)
    last = inflate(reboa, 80, 100)
    drawn = line(reboa)
    assert [(found.start, found.end) for found in drawn.reperfusions] == [(20, 30)]
    assert (drawn.total_min, drawn.partial) == (40, True)
    assert reperfusion_gaps_min(list(loaded(reboa).balloon_inflations.all())) == [10]
    html = " ".join(page().split())
    assert "total at least <strong>40&nbsp;" in html and "longest at least <strong>20&nbsp;" in html
    last.inflated_min = 35
    assert not [found for found in crossings(last) if found.field == "inflated_min"]


def test_a_time_without_the_other_bounds_the_reperfusion_beside_it(reboa):
    inflate(reboa, 0, 20)
    inflate(reboa, None, 60)
    inflate(reboa, 80, 100)
    assert [(found.start, found.end) for found in line(reboa).reperfusions] == [(60, 80)]


def test_an_inflation_that_is_going_on_does_not_make_the_total_partial(incised):
    inflate(incised, 0, 20)
    inflate(incised, 30)
    drawn = line(incised, at("08:40"))
    assert (drawn.total_min, drawn.partial) == (30, False)


def test_no_reperfusion_goes_on_after_an_inflation_whose_end_is_unknown(incised):
    inflate(incised, 0, 20)
    assert line(incised, at("08:40")).reperfusing.minutes == 20
    inflate(incised, 30, missing={"deflated_min": "unknown"})
    assert line(incised, at("08:40")).reperfusing is None


def test_no_reperfusion_at_all_is_a_short_one_everywhere(reboa):
    inflate(reboa, 0, 20)
    second = inflate(reboa, 20, 40)
    assert [(found.minutes, found.over) for found in line(reboa).reperfusions] == [(0, True)]
    assert reperfusion_gaps_min(list(loaded(reboa).balloon_inflations.all())) == [0]
    assert any("0 min before this inflation" in str(found.message) for found in crossings(second))


def test_the_picture_is_to_scale(reboa):
    inflate(reboa, -10, 50)
    inflate(reboa, 70, 90)
    drawn = line(reboa)
    first, last = drawn.axis
    assert first <= -10 and last >= 90
    per_minute = 100 / (last - first)
    for found in drawn.drawn:
        assert float(found.x[:-1]) == pytest.approx((found.stretch.start - first) * per_minute, abs=0.01)
        assert float(found.width[:-1]) == pytest.approx(found.stretch.minutes * per_minute, abs=0.01)
    assert float(drawn.incision_x[:-1]) == pytest.approx(-first * per_minute, abs=0.01)
    assert drawn.ticks[0].minute == first and drawn.ticks[-1].minute == last


def test_the_part_above_the_limit_begins_at_the_limit(reboa):
    inflate(reboa, 0, 80)
    (found,) = line(reboa).drawn
    assert found.stretch.excess_start == 60
    assert float(found.excess_x[:-1]) + float(found.excess_width[:-1]) == pytest.approx(100, abs=0.02)
    assert found.stretch.above == "above 60 min for zone III"


def test_the_picture_is_said_in_words(reboa):
    inflate(reboa, 0, 20)
    inflate(reboa, 30, 40, zone=None)
    assert line(reboa).in_words == (
        "Minutes from incision: occlusion in zone III from 0 to 20, 20 min; reperfusion 10 min; "
        "occlusion from 30 to 40, 10 min"
    )


def test_rows_without_both_times_are_not_drawn(reboa, page):
    inflate(reboa, 10)
    inflate(reboa, None, None, zone=None)
    assert line(reboa).stretches == ()
    assert "<svg" not in page()


@pytest.mark.parametrize("times", [[(0, 0)], [(5, 5), (5, 6)], [(-1440, -1300)], [(1700, 1800), (0, 1)]])
def test_odd_times_are_drawn_all_the_same(reboa, page, times):
    for start, end in times:
        inflate(reboa, start, end)
    html = page()
    assert all(0 <= float(place) <= 100.31 for place in re.findall(r'<rect[^>]* x="([\d.-]+)%"', html))
    assert len(re.findall(r'class="bar-minute', html)) <= 10


def test_numbers_of_the_picture_have_a_point_in_every_language(as_clinician, case, reboa):
    inflate(reboa, 0, 62)
    html = as_clinician.get(
        reverse("case-section", args=[case.uuid, "procedures"]), headers={"Accept-Language": "de"}
    ).content.decode()
    assert re.search(r'<rect[^>]* width="\d+\.\d\d%"', html)
    assert not re.search(r'<rect[^>]*="\d+,\d', html)


def test_the_case_page_draws_the_same_picture(as_clinician, as_researcher, case, reboa):
    inflate(reboa, 0, 62)
    for client in (as_clinician, as_researcher):
        html = client.get(reverse("case-procedures", args=[case.uuid])).content.decode()
        assert 'class="occlusion-bar"' in html
