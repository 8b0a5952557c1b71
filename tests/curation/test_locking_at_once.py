"""Signing, freezing and erasing while others write: what comes late is refused or goes along."""

import threading

import pytest
from django.core.exceptions import ValidationError

from cases.models import Case, Lesion, Patient
from registry.core import records
from registry.core.chain import checking
from registry.curation import content, erasure, freezing, signing
from tests import factories as make
from tests.core.test_sequence import in_threads, postgresql_only
from tests.curation.conftest import completed
from tests.factories import TESTS

pytestmark = [postgresql_only, pytest.mark.django_db(transaction=True)]


class Writer:
    """Has written and not committed, until the other one has had the time to slip past."""

    def __init__(self, write):
        self.write, self.written, self.past, self.order = write, threading.Event(), threading.Event(), []

    def __call__(self):
        with records.together():
            self.write()
            self.written.set()
            self.past.wait(0.5)
            self.order.append("written")

    def passed(self, what):
        self.order.append(what)
        self.past.set()


def test_who_signs_waits_for_a_change_of_the_patient(case, clinician):
    case = completed(case)
    version, digest = case.version, content.digest(case)

    def older():
        patient = Patient.objects.get(pk=case.patient_id)
        patient.birth_year = 1931
        records.save(patient, by=TESTS, reason="misread")

    writer = Writer(older)

    def sign():
        assert writer.written.wait(20)
        with pytest.raises(signing.ChangedMeanwhile):
            signing.sign(case, by=clinician, meaning="complete", version=version, digest=digest)
        writer.passed("refused")

    in_threads(writer, sign)
    assert writer.order == ["written", "refused"]


def test_a_freeze_of_a_centre_waits_for_what_is_being_written(case, curator):
    def write():
        make.LesionFactory(case=case)

    def enter():
        records.save(Patient(center=case.center, sex="male"), by=TESTS)

    for change in (write, enter):
        writer = Writer(change)

        def freeze(writer=writer):
            assert writer.written.wait(20)
            frozen = freezing.freeze_center(case.center, by=curator, reason="analysis")
            writer.passed("frozen")
            freezing.thaw(frozen, by=curator, reason="next")

        in_threads(writer, freeze)
        assert writer.order == ["written", "frozen"]


def test_what_is_written_while_a_patient_is_erased_goes_too(case, curator):
    writer = Writer(lambda: make.LesionFactory(case=case, levels="L5"))

    def erase():
        assert writer.written.wait(20)
        erasure.erase(Patient.objects.get(pk=case.patient_id), by=curator, reason="asked for")
        writer.passed("erased")

    in_threads(writer, erase)
    assert not Case.objects.exists() and not Lesion.objects.exists()
    assert not Lesion.history.exclude(salt="").exists()
    assert checking.check(checking.CHAINS["history"]).fault is None


def test_two_who_erase_at_once_erase_once(case, curator):
    refused = []

    def erase():
        try:
            erasure.erase(Patient.objects.get(pk=case.patient_id), by=curator, reason="asked for")
        except ValidationError as error:
            refused.extend(error.messages)

    in_threads(erase, erase)
    assert len(refused) == 1 and "already" in refused[0]
    assert Patient.history.filter(id=case.patient_id).first().history_user_name == "curator"
