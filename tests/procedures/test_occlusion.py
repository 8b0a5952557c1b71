"""The occlusion timeline: reckoning, picture, stamps of one and of two devices, and what is asked for every 5 s."""

import datetime
import json
import re
import threading

import pytest
import time_machine
from django.db import connection, connections
from django.urls import reverse
from django.utils import timezone

from procedures import stamps
from procedures.clock import minute_of, minute_of_time, moment_of
from procedures.models import BalloonInflation, Procedure
from procedures.occlusion import timeline
from procedures.strategy import reperfusion_gaps_min
from registry.core import records
from registry.core.limits import crossings
from tests import factories
from tests.procedures.conftest import prefix

pytestmark = pytest.mark.django_db
ZONE = timezone.get_default_timezone()


def at(text, day=datetime.date(2026, 3, 11)):
    """A time of day in the registry's zone."""
    hour, minute, *second = (int(part) for part in text.split(":"))
    return datetime.datetime(day.year, day.month, day.day, hour, minute, *second, tzinfo=ZONE)


def clock(text, day=datetime.date(2026, 3, 11)):
    return time_machine.travel(at(text, day), tick=False)


def inflate(procedure, start, end=None, zone="zone_iii", **more):
    return factories.BalloonInflationFactory(
        procedure=procedure, inflated_min=start, deflated_min=end, aortic_zone=zone, **more
    )


def loaded(procedure):
    return Procedure.objects.prefetch_related("balloon_inflations").get(pk=procedure.pk)


def line(procedure, moment=None):
    return timeline(loaded(procedure), moment)


def rows(procedure):
    return list(
        BalloonInflation.objects.filter(procedure=procedure).values_list("inflated_min", "deflated_min")
    )


@pytest.fixture
def press(as_clinician, reboa):
    """Press a button of the timeline; the answer as text."""

    def post(what, client=as_clinician, **data):
        return client.post(reverse("procedure-stamp", args=[reboa.uuid, what]), data)

    return post


@pytest.fixture
def incised(reboa):
    """An operation that began at 8 o'clock."""
    reboa.date, reboa.incision_at = datetime.date(2026, 3, 11), at("08:00")
    with clock("08:00"):
        records.save(reboa, by=factories.TESTS)
    return reboa


# -- reckoning ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("incision", "time", "minutes"),
    [
        ("23:40", "01:10", 90),
        ("23:40", "23:40", 0),
        ("08:00", "07:50", -10),
        ("00:10", "23:50", -20),
        ("08:00", "04:00", -240),
        ("08:00", "03:59", 1199),
    ],
)
def test_times_of_day_become_minutes_across_midnight(incision, time, minutes):
    hour, minute = map(int, time.split(":"))
    assert minute_of_time(at(incision), datetime.time(hour, minute)) == minutes


@pytest.mark.parametrize(
    ("day", "incision", "time", "shown_min"),
    [
        (datetime.date(2025, 3, 29), "23:30", datetime.time(3, 10), 160),
        (datetime.date(2025, 3, 30), "08:00", datetime.time(7, 0), -60),
        (datetime.date(2025, 10, 25), "23:30", datetime.time(3, 10), 280),
        (datetime.date(2025, 10, 25), "23:30", datetime.time(2, 10), 160),
        (datetime.date(2025, 10, 26), "04:00", datetime.time(3, 30), -30),
    ],
)
def test_typed_times_pass_a_change_of_the_clock(day, incision, time, shown_min):
    begun = at(incision, day)
    for moment in (begun, begun.astimezone(datetime.UTC)):
        assert minute_of_time(moment, time) == shown_min
    shown = timezone.localtime(moment_of(begun.astimezone(datetime.UTC), shown_min))
    assert shown.time() == time


def test_minutes_are_those_of_the_clock_on_the_wall():
    assert minute_of(at("10:00:40"), at("10:42:10")) == 42
    assert minute_of(at("10:00"), at("09:59:59")) == -1


def test_the_change_to_summer_time_lengthens_nothing():
    day = datetime.date(2026, 3, 29)
    assert (
        minute_of(at("01:50", day).astimezone(datetime.UTC), at("03:10", day).astimezone(datetime.UTC)) == 20
    )


# -- rows --------------------------------------------------------------------------------------------------------------


def test_times_are_typed_as_minutes_or_as_times_of_day(save, reboa):
    reboa.date, reboa.incision_at = datetime.date(2026, 3, 11), at("23:40")
    records.save(reboa, by=factories.TESTS)
    row = factories.BalloonInflationFactory(procedure=reboa)
    answer = save(row, {"inflated_min": "23:30", "deflated_min": "01:10"})
    assert answer.written and not answer.errors
    assert rows(reboa) == [(-10, 90)]
    assert "-10 min" in answer.slots[f"notes-{prefix(row)}-inflated_min"], "says what it understood"
    assert "23:30 – 01:10" in answer.slots[f"spell-{prefix(row)}"]
    assert save(row, {"inflated_min": "-5"}, base={"inflated_min": ["23:30"]}).conflicts == []
    assert rows(reboa) == [(-5, 90)]


def test_a_time_of_day_needs_the_incision(save, reboa):
    row = factories.BalloonInflationFactory(procedure=reboa)
    answer = save(row, {"inflated_min": "23:30", "volume_ml": "8"})
    assert "Enter the time of incision first" in str(answer.errors)
    row.refresh_from_db()
    assert (row.inflated_min, row.volume_ml) == (None, 8), "the rest is saved all the same"


@pytest.mark.parametrize("typed", ["24:10", "10:60", "1:2", "ten", "10:00:00", "--5"])
def test_what_is_no_time_is_refused_in_words(save, incised, typed):
    row = factories.BalloonInflationFactory(procedure=incised)
    answer = save(row, {"inflated_min": typed})
    assert "not a number" in str(answer.errors)


@pytest.mark.parametrize(
    ("first", "second", "where"),
    [
        ((0, 30), (20, 40), "inflated_min"),
        ((20, 40), (0, 30), "inflated_min"),
        ((0, 30), (10, None), "inflated_min"),
        ((10, None), (0, 30), "deflated_min"),
    ],
)
def test_overlaps_are_refused_in_words(save, reboa, first, second, where):
    inflate(reboa, *first)
    row = factories.BalloonInflationFactory(procedure=reboa)
    typed = {name: str(value) for name, value in zip(("inflated_min", "deflated_min"), second, strict=True)}
    answer = save(row, {name: value for name, value in typed.items() if value != "None"})
    assert any(f"{prefix(row)}-{name}" in answer.errors for name in ("inflated_min", "deflated_min"))
    assert "inflation 1" in str(answer.errors)
    assert where in str(answer.errors)


def test_an_occlusion_of_more_than_six_hours_is_refused(save, reboa):
    row = inflate(reboa, 0)
    assert save(row, {"deflated_min": "361"}).errors


def test_limits_by_zone_are_asked_about_at_the_row(save, reboa):
    first = inflate(reboa, 0)
    notes = f"notes-{prefix(first)}-deflated_min"
    assert "above the usual 60 min for zone III" in save(first, {"deflated_min": "62"}).slots[notes]
    assert "ischaemia is likely" in save(first, {"deflated_min": "92"}).slots[notes]
    assert "above the usual 30 min for zone I" in save(first, {"aortic_zone": "zone_i"}).slots[notes]
    assert "to be avoided" in save(first, {"aortic_zone": "zone_ii"}).slots[notes]


def test_one_row_judges_its_neighbours_and_the_duration(save, reboa):
    reboa.duration_min = 150
    records.save(reboa, by=factories.TESTS)
    first, second = inflate(reboa, 0, 20), inflate(reboa, 60, 110)
    answer = save(first, {"deflated_min": "55"})
    assert "Reperfusion: 5 min" in answer.slots[f"notes-{prefix(second)}-inflated_min"]
    answer = save(second, {"deflated_min": "160"})
    assert "shorter than the occlusions" in answer.slots[f"notes-{prefix(reboa)}-duration_min"]


def test_a_new_row_begins_in_the_zone_of_the_one_before(as_clinician, reboa):
    inflate(reboa, 0, 10, zone="zone_i")
    as_clinician.post(reverse("ballooninflation-add", args=[reboa.uuid]))
    assert BalloonInflation.objects.last().aortic_zone == "zone_i"


def test_removing_a_row_redraws_the_picture(as_clinician, reboa):
    row = inflate(reboa, 0, 40)
    inflate(reboa, 60, 90)
    answer = as_clinician.post(reverse("record-remove", args=["ballooninflation", row.uuid])).content.decode()
    assert f'data-slot="picture-{prefix(reboa)}"' in answer
    assert "reperfusion" not in answer


# -- the incision ------------------------------------------------------------------------------------------------------


def test_the_incision_is_a_time_on_the_day_of_the_procedure(save, reboa):
    answer = save(reboa, {"incision_at": "23:40"})
    assert "enter the date of the procedure first" in str(answer.errors)
    answer = save(reboa, {"incision_at": "23:40", "date": "2026-03-11"})
    assert not answer.errors
    reboa.refresh_from_db()
    assert reboa.incision_at == at("23:40")
    assert answer.saved[f"{prefix(reboa)}-incision_at"] == ["23:40"]


def test_a_corrected_date_takes_the_incision_along(save, incised):
    save(incised, {"date": "2026-03-10"})
    incised.refresh_from_db()
    assert incised.incision_at == at("08:00", datetime.date(2026, 3, 10))


def test_an_incision_after_midnight_stays_on_its_day(save, reboa):
    reboa.date, reboa.incision_at = datetime.date(2026, 3, 10), at("00:20")
    records.save(reboa, by=factories.TESTS)
    save(reboa, {"hospital_stay_days": "9"})
    reboa.refresh_from_db()
    assert reboa.incision_at == at("00:20")
    save(reboa, {"date": "2026-03-09"})
    reboa.refresh_from_db()
    assert reboa.incision_at == at("00:20", datetime.date(2026, 3, 10))


@pytest.mark.parametrize(
    ("stored", "typed", "moment"),
    [
        ((11, "00:10"), "00:05", (11, "00:05")),
        ((11, "00:10"), "02:30", (11, "02:30")),
        ((11, "00:10"), "23:50", (10, "23:50")),
        ((10, "23:50"), "00:05", (11, "00:05")),
        ((10, "22:00"), "08:00", (10, "08:00")),
        ((10, "08:00"), "22:00", (10, "22:00")),
    ],
)
def test_a_corrected_incision_stays_in_its_night(save, reboa, stored, typed, moment):
    def march(day, time):
        return at(time, datetime.date(2026, 3, day))

    reboa.date, reboa.incision_at = datetime.date(2026, 3, 10), march(*stored)
    records.save(reboa, by=factories.TESTS)
    assert not save(reboa, {"incision_at": typed}).errors
    reboa.refresh_from_db()
    assert reboa.incision_at == march(*moment)


@pytest.mark.parametrize("typed", ["25:00", "8", "eight", "08:00:00:00"])
def test_what_is_no_time_of_incision_is_refused(save, incised, typed):
    assert "is not a time" in str(save(incised, {"incision_at": typed}).errors)


def shift(client, procedure, minutes, of):
    return client.post(reverse("procedure-shift", args=[procedure.uuid]), {"minutes": str(minutes), "of": of})


def test_inflations_move_with_a_corrected_incision_where_their_clock_times_are_right(as_clinician, incised):
    inflate(incised, 0, 10)
    inflate(incised, 10, 20)
    inflate(incised, 30)
    for minutes, of in ((5, "0:10 10:20 30:"), (-12, "5:15 15:25 35:")):
        answer = shift(as_clinician, incised, minutes, of)
        assert answer.status_code == 200
    assert rows(incised) == [(-7, 3), (3, 13), (23, None)]
    assert f'-inflated_min": ["-7"]' in answer["HX-Trigger-After-Swap"]  # noqa: F541


def test_a_move_that_is_refused_moves_nothing(as_clinician, incised):
    inflate(incised, 0, 10)
    inflate(incised, 1790, 1800)
    assert shift(as_clinician, incised, 60, "0:10 1790:1800").status_code == 422
    assert rows(incised) == [(0, 10), (1790, 1800)]


def test_a_move_that_is_asked_for_twice_is_made_once(as_clinician, incised, page):
    inflate(incised, 10, 20)
    assert 'name="of" value="10:20"' in page()
    for _again in range(2):
        assert shift(as_clinician, incised, 15, "10:20").status_code == 200
    assert rows(incised) == [(25, 35)]


@pytest.mark.parametrize("of", ["", "0:20", "10:"])
def test_a_move_of_other_minutes_than_the_stored_ones_is_refused(as_clinician, incised, of):
    inflate(incised, 10, 20)
    answer = shift(as_clinician, incised, 15, of)
    assert answer.status_code == 422 and "changed meanwhile" in answer.content.decode()
    assert rows(incised) == [(10, 20)]


def test_a_reason_that_cannot_be_stored_stamps_nothing(press, incised):
    with clock("08:10"):
        answer = press("inflate", reason="no\x00thing")
    assert answer.status_code == 422 and "Null characters are not allowed." in answer.content.decode()
    assert rows(incised) == []


# -- the picture -------------------------------------------------------------------------------------------------------


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


# -- stamps ------------------------------------------------------------------------------------------------------------


def test_an_operation_is_stamped_from_incision_to_deflation(press, case, reboa):
    with clock("23:40:30"):
        answer = press("incision")
    reboa.refresh_from_db()
    assert (reboa.incision_at, reboa.date) == (at("23:40"), datetime.date(2026, 3, 11))
    case.refresh_from_db()
    assert case.index_date == datetime.date(2026, 3, 11)
    assert json.loads(answer["HX-Trigger-After-Swap"])["registry:stored"] == {
        f"{prefix(reboa)}-incision_at": ["23:40"],
        f"{prefix(reboa)}-date": ["2026-03-11"],
    }
    with clock("23:52:10"):
        answer = press("inflate").content.decode()
    row = BalloonInflation.objects.get()
    assert (
        f'hx-swap-oob="beforeend:#inflations-{prefix(reboa)}"' in answer and f'id="{prefix(row)}"' in answer
    )
    assert "Occluded since 23:52" in answer
    with clock("01:10:59", datetime.date(2026, 3, 12)):
        answer = press("deflate", row=str(row.uuid)).content.decode()
    assert rows(reboa) == [(12, 90)]
    assert 'hx-swap-oob="beforeend' not in answer, "the page has this row already"
    assert "Reperfusion since 01:10" in answer
    assert BalloonInflation.history.first().history_user_name == "clinician"


def test_pressing_twice_does_no_harm(press, incised):
    with clock("08:12"):
        press("inflate")
    with clock("08:13"):
        press("inflate")
    with clock("08:30"):
        press("deflate")
    with clock("08:31"):
        assert press("deflate").status_code == 200
        press("incision")
    assert rows(incised) == [(12, 30)]
    incised.refresh_from_db()
    assert incised.incision_at == at("08:00")


def test_the_balloon_goes_down_and_up_within_one_minute(press, incised):
    with clock("08:12"):
        for what in ("inflate", "deflate", "inflate"):
            press(what)
    with clock("08:20"):
        press("deflate")
    assert rows(incised) == [(12, 12), (12, 20)]


def test_a_balloon_may_be_up_before_the_incision(press, incised):
    with clock("07:50"):
        press("inflate")
    with clock("08:20"):
        press("deflate")
    assert rows(incised) == [(-10, 20)]


@pytest.mark.parametrize("what", ["inflate", "deflate"])
def test_without_an_incision_nothing_is_stamped(press, reboa, what):
    answer = press(what)
    assert answer.status_code == 422
    assert "Enter the time of incision first" in answer.content.decode()
    assert rows(reboa) == []


def test_the_last_stamp_is_taken_back_and_only_that(press, incised):
    with clock("08:12"):
        press("inflate")
        row = BalloonInflation.objects.get()
    with clock("08:30"):
        assert "Undo: inflated at 08:12" in press("inflate").content.decode()
        press("deflate")
        press("undo", of=f"inflated-{row.uuid}", minute="12")
        assert rows(incised) == [(12, 30)], "not the last one"
        press("undo", of=f"deflated-{row.uuid}", minute="30")
        press("undo", of=f"deflated-{row.uuid}", minute="30")
        assert rows(incised) == [(12, None)], "once"
        press("undo", of=f"inflated-{row.uuid}", minute="12")
        assert rows(incised) == []
    with clock("08:31"):
        press("undo", of=f"incision-{incised.uuid}", minute="0")
    incised.refresh_from_db()
    assert incised.incision_at is not None, "stamped longer ago than can be taken back"


def test_an_incision_is_taken_back(press, reboa):
    with clock("08:00"):
        press("incision")
    with clock("08:02"):
        press("undo", of=f"incision-{reboa.uuid}", minute="0")
    reboa.refresh_from_db()
    assert reboa.incision_at is None


def test_taking_an_inflation_back_keeps_what_else_was_entered(press, incised):
    inflate(incised, 12, volume_ml=8)
    row = BalloonInflation.objects.get()
    with clock("08:14"):
        press("undo", of=f"inflated-{row.uuid}", minute="12")
    row.refresh_from_db()
    assert (row.inflated_min, row.volume_ml) == (None, 8)


@pytest.mark.parametrize("data", [{}, {"of": "", "minute": ""}, {"of": "inflated-x", "minute": "x"}])
def test_an_undo_of_nothing_does_nothing(press, incised, data):
    inflate(incised, 12)
    with clock("08:14"):
        assert press("undo", **data).status_code == 200
    assert rows(incised) == [(12, None)]


def test_an_inflation_forgotten_for_hours_is_not_running(press, incised, page):
    inflate(incised, 12)
    with clock("15:00"):
        assert "Occluded since" not in page()
        press("deflate")
    assert rows(incised) == [(12, None)]


def test_an_operation_of_long_ago_is_typed_not_stamped(page, incised):
    with clock("08:30"):
        assert "btn-stamp" in page()
    with clock("08:30", datetime.date(2026, 3, 20)):
        assert "btn-stamp" not in page()


def test_a_complete_case_asks_why_before_it_stamps(as_clinician, case):
    from tests.core.test_write_door import complete

    unknown = dict.fromkeys(
        ["date", "anesthesia", "guidance", "technical_success", "duration_min"], "unknown"
    )
    reboa = factories.ProcedureFactory(
        case=case, kind="reboa", missing=unknown, complications_answered="none"
    )
    details = ["aortic_diameter_mm", "balloon_diameter_mm", "surgical_approach", "resection", "blood_loss_ml"]
    factories.ReboaDetailsFactory(procedure=reboa, missing=dict.fromkeys(details, "unknown"))
    times = ["inflated_min", "deflated_min", "aortic_zone"]
    factories.BalloonInflationFactory(procedure=reboa, missing=dict.fromkeys(times, "unknown"))
    complete(case)
    answer = as_clinician.post(reverse("procedure-stamp", args=[reboa.uuid, "incision"]))
    assert answer.status_code == 422 and "Say why you change it" in answer.content.decode()


def test_only_those_who_write_stamp(press, incised, as_outsider, as_researcher, as_anonymous):
    assert press("inflate", as_outsider).status_code == 404
    assert press("inflate", as_researcher).status_code == 403
    assert press("inflate", as_anonymous).status_code == 302
    assert rows(incised) == []


def test_there_are_no_other_buttons_and_no_other_kinds(press, as_clinician, sacroplasty):
    assert press("explode").status_code == 404
    for address in ("procedure-occlusion", "procedure-stamp"):
        args = [sacroplasty.uuid] + (["inflate"] if address == "procedure-stamp" else [])
        answer = (as_clinician.get if len(args) == 1 else as_clinician.post)(reverse(address, args=args))
        assert answer.status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    connection.vendor == "sqlite", reason="the test database is in memory, with one writer at a time"
)
def test_two_devices_that_press_at_once_make_one_inflation(clinician, incised):
    barrier, failed = threading.Barrier(4), []

    def device():
        try:
            barrier.wait()
            stamps.press("inflate", incised, by=clinician)
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    with clock("08:12"):
        devices = [threading.Thread(target=device) for _n in range(4)]
        for thread in devices:
            thread.start()
        for thread in devices:
            thread.join()
    assert failed == []
    assert rows(incised) == [(12, None)]


# -- what is asked for every few seconds -------------------------------------------------------------------------------


def poll(client, procedure, *known):
    return client.get(reverse("procedure-occlusion", args=[procedure.uuid]), {"row": [str(r) for r in known]})


def test_the_page_asks_only_while_an_inflation_is_open(as_clinician, incised):
    row = inflate(incised, 12)
    with clock("08:20"):
        html = poll(as_clinician, incised).content.decode()
    assert 'hx-trigger="every 5s"' in html
    row.deflated_min = 30
    records.save(row, by=factories.TESTS)
    with clock("08:40"):
        assert "every 5s" not in poll(as_clinician, incised).content.decode()


def test_a_second_device_gets_rows_and_times_it_does_not_have(as_clinician, incised):
    known, new = inflate(incised, 0, 5), inflate(incised, 12)
    with clock("08:20"):
        answer = poll(as_clinician, incised, known.uuid)
    html = answer.content.decode()
    assert f'id="{prefix(new)}"' in html and f'id="{prefix(known)}"' not in html
    assert "data-new" not in html, "takes no cursor"
    stored = json.loads(answer["HX-Trigger-After-Swap"])["registry:stored"]
    assert stored[f"{prefix(known)}-deflated_min"] == ["5"]
    assert stored[f"{prefix(new)}-deflated_min"] == []
    assert f'data-rows="{known.uuid} {new.uuid}"' in html


def test_warnings_arise_with_the_minutes(as_clinician, incised):
    inflate(incised, 0)

    def said(time):
        with clock(time):
            html = poll(as_clinician, incised).content.decode()
        return re.findall(r'data-over="\d+">([^<]+)', html)

    assert said("09:00") == []
    assert said("09:01") == ["Above 60 min, the usual limit in zone III."]
    assert said("09:31")[-1] == "Above 90 min in zone III: ischaemia is likely."


def test_zone_two_is_warned_of_at_once_and_an_unnamed_zone_asked_for(as_clinician, incised):
    row = inflate(incised, 0, zone="zone_ii")
    with clock("08:00"):
        assert "to be avoided" in poll(as_clinician, incised).content.decode()
        row.aortic_zone = None
        records.save(row, by=factories.TESTS)
        assert f'href="#{prefix(row)}"' in poll(as_clinician, incised).content.decode()


def test_a_poll_leaves_no_note_of_identity_and_is_closed_to_strangers(
    as_clinician, as_outsider, as_researcher, as_anonymous, incised
):
    from registry.access.models import AccessEvent

    poll(as_clinician, incised)
    assert not AccessEvent.objects.filter(kind="identity_read").exists()
    assert poll(as_outsider, incised).status_code == 404
    assert poll(as_researcher, incised).status_code == 403
    assert poll(as_anonymous, incised).status_code == 302


POLL_QUERIES = 7


def test_a_poll_is_cheap_however_many_inflations_there_are(
    as_clinician, incised, django_assert_max_num_queries
):
    def cost():
        known = BalloonInflation.objects.values_list("uuid", flat=True)
        with clock("10:00"), django_assert_max_num_queries(POLL_QUERIES) as counted:
            assert poll(as_clinician, incised, *known).status_code == 200
        return len(counted)

    inflate(incised, 0, 5)
    cost()  # what is read once per process
    small = cost()
    for start in range(10, 60, 10):
        inflate(incised, start, start + 5)
    assert cost() == small


STAMP_QUERIES = 60


def test_a_stamp_costs_the_same_however_many_inflations_there_are(
    press, incised, django_assert_max_num_queries
):
    def cost(minute):
        known = [str(row) for row in BalloonInflation.objects.values_list("uuid", flat=True)]
        with clock(f"09:{minute}"):
            press("inflate", row=known)
        with clock(f"09:{minute + 1}"), django_assert_max_num_queries(STAMP_QUERIES) as counted:
            press("deflate", row=known)
        return len(counted)

    cost(10)  # what is read once per process
    small = cost(20)
    for start in range(0, 50, 10):
        inflate(incised, start, start + 5)
    assert cost(30) == small
