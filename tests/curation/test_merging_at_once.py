"""Merging while others write: nobody writes beneath a patient who is no more, and nobody waits for ever."""

import threading
from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError

from cases.models import Case, Patient
from registry.core import records
from registry.curation.merging import hooks
from registry.curation.merging.choosing import FIELDS, Chosen
from registry.curation.merging.merge import Stale, merge
from tests import factories as make
from tests.core.test_sequence import in_threads, postgresql_only
from tests.factories import TESTS

pytestmark = [postgresql_only, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def two(center):
    pair = [make.PatientFactory(center=center) for _ in range(2)]
    for patient in pair:
        make.CaseFactory(patient=patient)
    return pair


def merged(a, b, user):
    return merge(a, b, Chosen("a", dict.fromkeys(FIELDS, "a")), by=user, reason="one person")


def test_a_case_that_comes_while_its_patient_is_merged_is_refused_in_words(two, curator, monkeypatch):
    a, b = two
    moved, said = threading.Event(), []

    def follower(merger):
        moved.set()
        new.wait(1)  # the other writer has begun and waits for the patient
        return []

    new = threading.Event()
    monkeypatch.setattr(hooks, "_followers", [follower])

    def enter():
        assert moved.wait(20)
        new.set()
        with pytest.raises(ValidationError) as refused:
            records.save(Case(patient=Patient.objects.get(pk=b.pk)), by=TESTS)
        said.extend(refused.value.messages)

    in_threads(lambda: merged(a, b, curator), enter)
    assert said == ["Patient: somebody has deleted it. Nothing of yours has been written."]
    assert a.cases.count() == 2


def test_two_who_merge_the_same_two_at_once(two, curator):
    a, b = two
    refused = []

    def one(first, second):
        try:
            merged(first, second, curator)
        except Stale as stale:
            refused.append(stale.changes)

    in_threads(lambda: one(a, b), lambda: one(b, a))
    assert len(refused) == 1
    assert Patient.objects.count() == 1
    assert Case.objects.count() == 2


def test_deleting_a_case_with_its_patient_and_merging_do_not_lock_each_other(two, curator):
    a, b = two
    case = b.cases.get()

    def both():
        with suppress(Stale):
            merged(a, b, curator)

    def deleting():
        with suppress(ValidationError), records.together():
            records.delete(case, by=TESTS)
            records.delete(b, by=TESTS)

    in_threads(both, deleting)
    assert Patient.objects.filter(pk=a.pk).exists()
