"""The wide door: many records at once, by parts of the registry alone, under the same rules of one record."""

import datetime

import pytest
from django.core.exceptions import ValidationError

from cases.models import Case, Lesion, Patient
from registry.core import bulk
from registry.core.actors import System
from registry.core.sequence import ChangeCounter
from tests import factories as make

SYSTEM = System("tests")


def family(center, diagnosis, **lesion):
    patient = Patient(center=center, sex="female", hospital_number=" 12-3 ")
    case = Case(patient=patient, diagnosis=diagnosis, index_date=datetime.date(2024, 1, 2))
    return [patient, case, Lesion(case=case, levels="L4;L3", **lesion), Lesion(case=case)]


def test_parents_come_first_and_values_are_read(center):
    diagnosis = make.DiagnosisFactory()
    rows = [row for _ in range(2) for row in reversed(family(center, diagnosis, volume_ml="6,8"))]
    assert bulk.load(rows, by=SYSTEM, reason="why") == 8
    assert sorted(Patient.objects.values_list("registry_id", flat=True)) == ["HEI-00001", "HEI-00002"]
    for case in Case.objects.all():
        assert case.center == center and case.number == 1
        assert sorted(case.lesions.values_list("number", flat=True)) == [1, 2]
        lesion = case.lesions.get(volume_ml__isnull=False)
        assert str(lesion.volume_ml) == "6.80" and lesion.levels == "L3;L4"
    first = Patient.objects.first()
    assert first.hospital_number == "12-3" and first.hospital_number_hash
    assert make.PatientFactory(center=center).registry_id == "HEI-00003"


def test_history_says_who_and_why(center):
    bulk.load(family(center, make.DiagnosisFactory()), by=SYSTEM, reason="why")
    for model in (Patient, Case, Lesion):
        for record in model.objects.all():
            row = record.history.get()
            assert (row.history_user_name, row.history_change_reason) == ("system: tests", "why")
            assert row.history_type == "+" and row.history_date is not None
            assert row.change_sequence == ChangeCounter.latest() > 0, "one change, with its number"


@pytest.mark.parametrize(
    "wrong", [{"volume_ml": -1}, {"side": "up"}, {"volume_ml": "many"}, {"missing": {"side": "?"}}]
)
def test_a_rule_that_is_broken_takes_everything_back(center, wrong):
    with pytest.raises(ValidationError):
        bulk.load(family(center, make.DiagnosisFactory(), **wrong), by=SYSTEM, reason="why")
    assert not Patient.objects.exists() and not Patient.history.exists()
