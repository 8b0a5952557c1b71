"""The occlusion timeline: how its minutes are reckoned, its rows, and the incision they count from."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from procedures.clock import minute_of, minute_of_time, moment_of
from procedures.models import BalloonInflation
from registry.core import records
from tests import factories
from tests.procedures.conftest import prefix
from tests.procedures.operations import at, clock, inflate, rows

pytestmark = pytest.mark.django_db


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
