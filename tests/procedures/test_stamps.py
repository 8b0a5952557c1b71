"""The buttons of the occlusion timeline: stamps of one and of two devices, and what is asked for every few seconds."""

import datetime
import json
import re
import threading

import pytest
from django.db import connection, connections
from django.urls import reverse

from procedures import stamps
from procedures.models import BalloonInflation
from registry.core import records
from tests import factories
from tests.procedures.conftest import prefix
from tests.procedures.operations import at, clock, inflate, rows

pytestmark = pytest.mark.django_db


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
