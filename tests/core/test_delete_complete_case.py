"""A complete case can be deleted with a reason, and only with one."""

import pytest
from django.core.exceptions import ValidationError

from cases.models import Case, Patient
from registry.core import records
from registry.core.records import _pass
from tests import factories as make


@pytest.fixture
def complete_case(case):
    """Complete as a published case is: the factory writes the status, completeness is not what is tested."""

    with _pass(make.TESTS, "test"):
        Case.objects.filter(pk=case.pk).update(status="complete")
    case.refresh_from_db()
    return case


def test_a_complete_case_is_deleted_with_a_reason(complete_case, clinician):
    records.delete(complete_case, by=clinician, reason="entered twice")
    assert not Case.objects.exists()
    assert Case.history.first().history_change_reason == "entered twice"


def test_a_complete_case_is_not_deleted_without_a_reason(complete_case, clinician):
    with pytest.raises(ValidationError, match="complete"):
        records.delete(complete_case, by=clinician)
    assert Case.objects.exists()


def test_a_patient_without_cases_is_deleted(patient, clinician):
    records.delete(patient, by=clinician)
    assert not Patient.objects.exists()
