"""The dry run: what files would do, everything that is wrong with them, and that nothing is written."""

import pytest

from cases.models import Patient
from registry.core.sequence import ChangeCounter
from registry.interchange.code_lists import load_diagnoses
from tests.interchange.importing import NEW, checked, errors
from tests.interchange.many_rows import drawn, faults, plant


@pytest.fixture(autouse=True)
def _diagnoses(db):
    load_diagnoses()


def test_new_records_that_name_each_other_by_label(center, curator):
    before = ChangeCounter.latest()
    found = checked(curator, center, **NEW)
    assert errors(found) == []
    assert found.report.only_new and found.report.total == {"new": 10, "changed": 0, "unchanged": 0}
    assert found.report.centers == [center.pk] and not found.report.reason_needed
    assert not Patient.objects.exists() and ChangeCounter.latest() == before


def test_planted_errors_are_listed_exactly_and_nothing_is_written(center, curator):
    tables, planted = plant(drawn(center, 1500))
    assert len(planted) == 37
    found = checked(curator, center, **tables)
    assert faults(errors(found), planted) == []
    assert found.report.error_count == 37 and not Patient.objects.exists()


def test_corrected_files_have_no_errors(center, curator):
    found = checked(curator, center, **drawn(center, 300))
    assert errors(found) == [] and found.report.total["new"] >= 250
