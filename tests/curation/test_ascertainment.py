"""The log of eligible procedures, and the completeness that follows from it."""

import csv
import datetime

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from registry.core import records
from registry.curation import ascertainment as log
from registry.curation.models import AscertainmentMonth
from tests import factories
from tests.factories import TESTS

MARCH = datetime.date(2024, 3, 1)
TODAY = datetime.date(2024, 4, 10)


@pytest.fixture(autouse=True)
def _april():
    with time_machine.travel("2024-04-10 12:00:00+02:00", tick=False):
        yield


def procedures(center, *dates, kind="sacroplasty"):
    for date in dates:
        factories.ProcedureFactory(case__patient__center=center, kind=kind, date=date)


def month(center, **figures):
    """March, with nothing done but what is said."""
    figures = {f"{kind}_eligible": 0 for kind in ("reboa", "vertebroplasty", "sacroplasty", "rfa")} | figures
    entry = AscertainmentMonth(center=center, month=MARCH, **figures)
    return records.save(entry, by=TESTS)


def address(name="ascertainment-month", center="HEI", month_=3):
    return reverse(name, args=[center, 2024, month_])


# -- counting ---------------------------------------------------------------------------------------------------------


def test_registered_procedures_are_counted_by_their_date(center, other_center):
    procedures(center, "2024-02-29", "2024-03-01", "2024-03-31", "2024-04-01", None)
    procedures(center, "2024-03-15", kind="rfa")
    procedures(other_center, "2024-03-15")
    assert log.of_month(center.pk, MARCH) == {"sacroplasty": 2, "rfa": 1}
    assert log.undated(center.pk) == 1


@pytest.mark.parametrize(
    ("figures", "fault"),
    [
        ({"sacroplasty_eligible": 2}, ""),
        ({"sacroplasty_eligible": 5, "sacroplasty_refused": 1, "sacroplasty_missed": 2}, ""),
        ({"sacroplasty_eligible": 5, "sacroplasty_missed": 2}, "5 eligible are not 2 registered and 2"),
        ({"sacroplasty_eligible": 5, "sacroplasty_text": "one notebook is lost"}, ""),
        ({"sacroplasty_eligible": 1}, "2 are registered, 1 are said to be eligible"),
        ({"sacroplasty_eligible": None}, "say how many eligible"),
    ],
)
def test_figures_add_up_or_are_explained(center, curator, figures, fault):
    procedures(center, "2024-03-04", "2024-03-05")
    entry = month(center, **figures)
    if not fault:
        assert log.sign_off(entry, by=curator, expected_version=1).is_closed
        return
    with pytest.raises(ValidationError, match=fault):
        log.sign_off(entry, by=curator, expected_version=1)
    assert not AscertainmentMonth.objects.get().is_closed


def test_a_figure_out_of_range_names_the_field_and_the_range(center):
    with pytest.raises(ValidationError) as refused:
        month(center, rfa_eligible=1000, rfa_other=-1)
    assert "0 to 999" in str(refused.value.message_dict["rfa_eligible"])
    assert "rfa_other" in refused.value.message_dict
    with pytest.raises(ValidationError, match="say which other reason"):
        month(center, rfa_eligible=1, rfa_other=1)


def test_completeness_never_counts_what_nobody_has_said(center):
    procedures(center, "2024-03-04", "2024-03-05", "2024-02-05")
    month(center, sacroplasty_eligible=3)
    found = log.completeness([center.pk], TODAY)[center.pk]
    assert found.total == (2, 3)
    assert (found.months, found.known, found.unknown) == (12, 1, 11)


def test_a_surplus_of_one_month_hides_nothing_that_another_missed(center):
    procedures(center, *["2024-02-05"] * 4, "2024-03-05")
    month(center, sacroplasty_eligible=3)
    february = AscertainmentMonth(
        center=center, month="2024-02-01", sacroplasty_eligible=2, reboa_eligible=0, rfa_eligible=0
    )
    february.vertebroplasty_eligible = 0
    records.save(february, by=TESTS)
    found = log.completeness([center.pk], TODAY)[center.pk]
    assert found.total == (3, 5)
    assert found.surplus == 2


# -- pages ------------------------------------------------------------------------------------------------------------


def test_a_curator_enters_signs_off_and_reopens_a_month(as_user, center, curator):
    procedures(center, "2024-03-04")
    client = as_user(curator)
    assert "due" in client.get(reverse("ascertainment")).content.decode()
    figures = {f"{kind}_eligible": "0" for kind in ("reboa", "vertebroplasty", "rfa")}
    data = figures | {"sacroplasty_eligible": "3", "sacroplasty_missed": "1", "token": ""}
    assert client.post(address(), data).status_code == 302
    entry = AscertainmentMonth.objects.get()
    assert (entry.sacroplasty_eligible, entry.sacroplasty_missed, entry.rfa_other) == (3, 1, 0)
    page = client.get(address()).content.decode()
    assert "3 eligible, but 1 registered and 1 with a reason" in page
    answer = client.post(address("ascertainment-sign-off"), {"version": 1})
    assert answer.status_code == 422 and "Correct the figures" in answer.content.decode()
    data |= {"sacroplasty_refused": "1", "version": "1"}
    assert client.post(address(), data).status_code == 302
    assert client.post(address("ascertainment-sign-off"), {"version": 1}).status_code == 409
    assert client.post(address("ascertainment-sign-off"), {"version": 2}).status_code == 302
    page = client.get(address()).content.decode()
    assert "Signed off by curator" in page and '<input type="number"' not in page
    assert client.post(address(), data | {"version": "3"}).status_code == 409
    assert client.post(address("ascertainment-reopen"), {"version": 3, "reason": ""}).status_code == 422
    assert client.post(address("ascertainment-reopen"), {"version": 3, "reason": "slip"}).status_code == 302
    assert [row.history_change_reason for row in entry.history.all()][:2] == ["Reopened: slip", "Signed off"]


@pytest.mark.parametrize("odd", ["\x00", "9" * 400, "6,8,9", "-", "NaN", "[]", "-1"])
def test_odd_figures_get_a_message_and_never_an_error(as_user, center, curator, odd):
    client = as_user(curator)
    data = {f"{kind}_{name}": odd for kind in ("reboa", "rfa") for name in ("eligible", "other", "text")}
    assert client.post(address(), data | {"token": odd}).status_code == 422
    assert not AscertainmentMonth.objects.exists()
    entry = month(center)
    assert client.post(address(), data | {"version": odd}).status_code in (409, 422)
    for name in ("ascertainment-sign-off", "ascertainment-reopen"):
        assert client.post(address(name), {"version": odd, "reason": odd}).status_code in (409, 422)
    assert AscertainmentMonth.objects.get().version == entry.version


def test_two_curators_at_one_month_see_each_others_figures(as_user, center, curator):
    month(center, rfa_eligible=2)
    client = as_user(curator)
    data = {f"{kind}_eligible": "0" for kind in ("reboa", "vertebroplasty", "sacroplasty")}
    answer = client.post(address(), data | {"rfa_eligible": "3"})
    assert answer.status_code == 409
    assert AscertainmentMonth.objects.get().rfa_eligible == 2


def test_a_month_that_was_signed_off_says_when_the_registry_has_moved_on(as_user, center, curator):
    entry = month(center)
    log.sign_off(entry, by=curator, expected_version=1)
    procedures(center, "2024-03-04")
    assert "has changed since the sign-off" in as_user(curator).get(address()).content.decode()
    assert "changed since" in as_user(curator).get(reverse("ascertainment")).content.decode()


def test_the_current_month_is_entered_but_not_signed_off(as_user, center, curator):
    entry = AscertainmentMonth(center=center, month="2024-04-01")
    entry = records.save(entry, by=curator)
    with pytest.raises(ValidationError, match="not over"):
        log.sign_off(entry, by=curator, expected_version=1)
    assert as_user(curator).get(address(month_=4)).status_code == 200
    assert as_user(curator).get(address(month_=5)).status_code == 404


def test_whose_log_it_is(as_user, center, clinician, curator, researcher, outsider):
    entry = month(center)
    admin = factories.UserFactory(is_superuser=True)
    expected = ((clinician, 200, 200, 403), (researcher, 403, 404, 404), (outsider, 200, 404, 404))
    for user, lists, reads, writes in (*expected, (curator, 200, 200, 302), (admin, 200, 200, 302)):
        client = as_user(user)
        assert client.get(reverse("ascertainment")).status_code == lists, user
        assert client.get(address()).status_code == reads, user
        version = AscertainmentMonth.objects.get().version
        data = {f"{kind}_eligible": "0" for kind in ("reboa", "vertebroplasty", "sacroplasty", "rfa")}
        assert client.post(address(), data | {"version": version}).status_code == writes, user
    for by in (clinician, researcher, outsider):
        with pytest.raises(PermissionDenied):
            records.save(entry, by=by)
    assert "<input" not in as_user(clinician).get(address()).content.decode().partition("<main")[2]


def test_the_csv_has_a_row_for_each_month_and_kind(as_user, center, curator, outsider):
    procedures(center, "2024-03-04")
    month(center, sacroplasty_eligible=2, sacroplasty_text="=1+1")
    answer = as_user(curator).get(reverse("ascertainment-csv"))
    rows = list(csv.DictReader(answer.content.decode().splitlines()))
    assert len(rows) == 4
    row = next(row for row in rows if row["kind"] == "sacroplasty")
    assert row["month"] == "2024-03" and row["center"] == "HEI"
    assert (row["eligible"], row["registered"], row["difference"], row["text"]) == ("2", "1", "1", "'=1+1")
    assert as_user(outsider).get(reverse("ascertainment-csv")).content.decode().count("\n") == 1


def test_the_dashboard_says_what_is_registered_and_what_is_unknown(as_user, center, curator, researcher):
    procedures(center, "2024-03-04")
    month(center, sacroplasty_eligible=2)
    page = as_user(curator).get(reverse("ascertainment-completeness")).content.decode()
    assert "1/2 (50\u00a0%)" in page and "11 of 12 months are unknown" in page
    assert "no log" in as_user(researcher).get(reverse("ascertainment-completeness")).content.decode()
    assert reverse("ascertainment-completeness") in as_user(curator).get("/").content.decode()
