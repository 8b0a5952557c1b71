"""The day of the first procedure is offered as index date of the case."""

import datetime

import pytest
from django.urls import reverse

from cases import editor
from cases.models import Case
from procedures import index_date
from registry.core import records
from tests import factories
from tests.procedures.conftest import prefix

pytestmark = pytest.mark.django_db
DAY = datetime.date(2024, 3, 11)


def take(client, procedure):
    return client.post(reverse("procedure-index-date", args=[procedure.uuid]))


def test_the_day_of_the_first_procedure_becomes_the_index_date(save, case, sacroplasty):
    slot = save(sacroplasty, {"date": "2024-03-11"}).slots[f"index-{prefix(sacroplasty)}"]
    assert "Index date of the case." in slot
    case.refresh_from_db()
    assert case.index_date == DAY
    assert case.history.first().history_user_name == "clinician"


def test_a_corrected_day_takes_the_index_date_along(save, case, sacroplasty):
    save(sacroplasty, {"date": "2024-03-01"})
    save(sacroplasty, {"date": "2024-03-11"})
    case.refresh_from_db()
    assert case.index_date == DAY


def test_the_offered_day_is_taken_once(save, as_clinician, case, sacroplasty):
    case.missing = {"index_date": "unknown"}
    records.save(case, by=factories.TESTS)
    save(sacroplasty, {"date": "2024-03-11"})
    assert "Taken as index date of the case." in take(as_clinician, sacroplasty).content.decode()
    version = Case.objects.get().version
    assert take(as_clinician, sacroplasty).status_code == 200
    assert Case.objects.get().version == version


def test_an_index_date_that_somebody_overtakes_is_refused_in_words(
    monkeypatch, save, as_clinician, case, sacroplasty
):
    case.missing = {"index_date": "unknown"}
    records.save(case, by=factories.TESTS)
    save(sacroplasty, {"date": "2024-03-11"})
    asked = index_date.take

    def overtaken(read, **how):
        stored = Case.objects.get()
        stored.height_cm = 171
        records.save(stored, by=factories.TESTS)
        asked(read, **how)

    monkeypatch.setattr(index_date, "take", overtaken)
    answer = take(as_clinician, sacroplasty)
    assert answer.status_code == 422 and "Somebody saved at the same moment." in answer.content.decode()
    assert (Case.objects.get().index_date, Case.objects.get().height_cm) == (None, 171)


def test_a_reason_that_cannot_be_stored_is_refused_in_words(save, as_clinician, case, sacroplasty):
    case.missing = {"index_date": "unknown"}
    records.save(case, by=factories.TESTS)
    save(sacroplasty, {"date": "2024-03-11"})
    address = reverse("procedure-index-date", args=[sacroplasty.uuid])
    answer = as_clinician.post(address, {"reason": "no\x00thing"})
    assert answer.status_code == 422 and "Null characters are not allowed." in answer.content.decode()
    assert Case.objects.get().index_date is None


def test_an_index_date_that_differs_is_asked_about_and_never_replaced_by_itself(
    save, page, case, sacroplasty
):
    case.index_date = datetime.date(2024, 3, 10)
    records.save(case, by=factories.TESTS)
    slot = save(sacroplasty, {"date": "2024-03-11"}).slots[f"index-{prefix(sacroplasty)}"]
    assert "The index date of the case is 2024-03-10." in slot
    loaded = editor.load(Case.objects.all()).get()
    assert "is not the day of the first procedure" in editor.contradictions(loaded)[0].message


def test_a_reason_for_having_no_index_date_is_not_overridden_by_itself(save, case, sacroplasty):
    case.missing = {"index_date": "unknown"}
    records.save(case, by=factories.TESTS)
    slot = save(sacroplasty, {"date": "2024-03-11"}).slots[f"index-{prefix(sacroplasty)}"]
    assert "as index date" in slot


def test_a_later_procedure_says_nothing_about_the_index_date(save, as_clinician, case, sacroplasty, rfa):
    save(sacroplasty, {"date": "2024-03-11"})
    take(as_clinician, sacroplasty)
    assert "index date" not in save(rfa, {"date": "2024-03-18"}).slots[f"index-{prefix(rfa)}"].lower()


def test_a_date_known_to_the_month_is_left_alone(case, sacroplasty):
    case.index_date, case.index_date_precision = datetime.date(2024, 3, 1), "month"
    records.save(case, by=factories.TESTS)
    sacroplasty.date = DAY
    records.save(sacroplasty, by=factories.TESTS)
    loaded = editor.load(Case.objects.all()).get()
    assert not index_date.standing(loaded.procedures.all()[0]).offered
    assert index_date.contradictions(loaded) == []


def test_an_index_date_that_does_not_fit_is_refused_in_words(save, as_clinician, case, sacroplasty):
    patient = case.patient
    patient.birth_year = 1900
    records.save(patient, by=factories.TESTS)
    save(sacroplasty, {"date": "2024-03-11"})
    answer = take(as_clinician, sacroplasty)
    assert answer.status_code == 422
    assert "does not fit the year of birth" in answer.content.decode()


def test_only_those_who_write_take_an_index_date(sacroplasty, as_outsider, as_researcher):
    assert take(as_outsider, sacroplasty).status_code == 404
    assert take(as_researcher, sacroplasty).status_code == 403
