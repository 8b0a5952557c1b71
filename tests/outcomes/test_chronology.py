"""What came before what: death, last contact, recurrence, assessments, the index procedure and the year of birth."""

import datetime

import pytest
from django.core.exceptions import ValidationError

from cases.models import Case, Patient
from outcomes.models import Assessment, FollowUpStatus
from registry.core import records
from tests.factories import TESTS, AssessmentFactory, FollowUpStatusFactory

day = datetime.date


def save(record):
    return records.save(record, by=TESTS, reason="test")


@pytest.fixture
def dated(case):
    case.index_date = day(2020, 1, 1)
    return save(case)


def test_two_dates_are_compared_even_where_the_index_date_is_unknown(case):
    with pytest.raises(ValidationError, match="is before last contact"):
        save(
            FollowUpStatus(
                case=case, vital_status="dead", death_date=day(2020, 3, 1), last_contact_date=day(2021, 1, 1)
            )
        )
    FollowUpStatusFactory(case=case, vital_status="dead", death_date=day(2020, 3, 1))
    with pytest.raises(ValidationError, match="after the death"):
        save(Assessment(case=Case.objects.get(), time_point="month_6", date=day(2020, 9, 1), vas_pain=3))


@pytest.mark.parametrize("first", ["assessment", "death"])
def test_the_order_of_entry_makes_no_difference(dated, first):
    scored = Assessment(case=dated, time_point="month_12", vas_pain=3)
    died = FollowUpStatus(
        case=Case.objects.get(), vital_status="dead", death_interval_value=3, death_interval_unit="months"
    )
    one, two = (scored, died) if first == "assessment" else (died, scored)
    save(one)
    two.case = Case.objects.get()
    with pytest.raises(ValidationError):
        save(two)


def test_nothing_is_observed_after_death_but_that_the_patient_had_died(dated):
    FollowUpStatusFactory(case=dated, vital_status="dead", death_date=day(2020, 2, 1))
    late = {"case": Case.objects.get(), "time_point": "month_12", "date": day(2021, 1, 1)}
    with pytest.raises(ValidationError, match="after the death"):
        save(Assessment(**late, satisfaction="very_satisfied"))
    assert save(Assessment(**late, missing={"vas_pain": "died"})).pk


def test_a_follow_up_time_point_is_not_before_the_procedure(dated):
    with pytest.raises(ValidationError, match="before the index procedure"):
        save(Assessment(case=dated, time_point="last_followup", date=day(2010, 1, 1), vas_pain=3))
    assert AssessmentFactory(case=dated, time_point="baseline", date=day(2019, 12, 20)).pk


def test_a_moved_index_date_fits_what_hangs_on_it(dated):
    FollowUpStatusFactory(case=dated, vital_status="dead", death_date=day(2020, 3, 1))
    moved = Case.objects.get()
    moved.index_date = day(2021, 1, 1)
    with pytest.raises(ValidationError) as refused:
        save(moved)
    assert "before the index procedure" in refused.value.message_dict["index_date"][0]


def test_a_changed_year_of_birth_fits_the_ages_on_the_cases(dated):
    dated.age_years = 70
    save(dated)
    patient = Patient.objects.get()
    patient.birth_year = 1950
    save(patient)
    patient.birth_year = 1990
    with pytest.raises(ValidationError) as refused:
        save(patient)
    assert "does not fit the year of birth" in refused.value.message_dict["birth_year"][0]


def test_who_died_is_not_alive(case):
    with pytest.raises(ValidationError, match="contradicts"):
        save(FollowUpStatus(case=case, followup_state="died", vital_status="alive"))
