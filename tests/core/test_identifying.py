"""Which fields show who a patient is."""

from cases.models import Case, Patient
from procedures.models import Procedure


def test_dates_and_times_of_day_identify():
    assert {"date", "incision_at", "notes"} <= Procedure.identifying()
    assert "index_date" in Case.identifying()


def test_when_a_row_was_typed_does_not_identify():
    assert not {"created_at", "modified_at"} & (Procedure.identifying() | Case.identifying())


def test_numbers_given_by_the_hospital_identify():
    assert {"hospital_number", "hospital_number_hash", "birth_year"} <= Patient.identifying()
