"""Every committed change has a number; the numbers are without gaps and in the order of the commits."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections, transaction

from cases.models import Case, Lesion
from procedures.models import Procedure, TreatedLesion
from registry.core import records
from registry.core.models import ChainLink, ChangeCounter
from registry.core.records import _pass
from tests import factories as make
from tests.declared import record_models
from tests.factories import TESTS
from tests.lifted import triggers_down

postgresql_only = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer at a time from beginning to end"
)


def numbers(model):
    """The change numbers of a model's history, in the order of the rows."""
    return list(model.history.order_by("history_id").values_list("change_sequence", flat=True))


def aged(case, years):
    """A fresh copy of the case with another age, not yet written."""
    fresh = Case.objects.get(pk=case.pk)
    fresh.age_years = years
    return fresh


def test_each_change_has_the_next_number(case):
    before = ChangeCounter.latest()
    for years in (61, 62, 63):
        records.save(aged(case, years), by=TESTS)
    assert numbers(Case)[1:] == [before + 1, before + 2, before + 3]
    assert ChangeCounter.latest() == before + 3


def test_everything_that_goes_with_a_record_goes_under_one_number(case):
    treated = make.TreatedLesionFactory(procedure=make.ProcedureFactory(case=case))
    make.AssessmentFactory(case=case)
    before = ChangeCounter.latest()
    records.delete(treated.procedure, by=TESTS)
    assert numbers(Procedure)[-1] == numbers(TreatedLesion)[-1] == before + 1 == ChangeCounter.latest()


def test_what_is_written_together_has_one_number(case):
    before = ChangeCounter.latest()
    with records.together():
        records.save(aged(case, 61), by=TESTS)
        lesion = make.LesionFactory(case=case)
        records.save(aged(case, 62), by=TESTS)
        records.delete(lesion, by=TESTS)
        assert ChangeCounter.latest() == before
    assert numbers(Case)[1:] == [before + 1] * 2
    assert list(Case.history.order_by("history_id").values_list("age_years", flat=True)) == [60, 61, 62]
    assert list(Lesion.history.order_by("history_id").values_list("history_type", flat=True)) == ["+", "-"]
    assert ChangeCounter.latest() == before + 1


def test_what_is_not_written_takes_no_number(case, clinician):
    before, rows = ChangeCounter.latest(), Case.history.count()
    records.save(Case.objects.get(), by=TESTS)  # unchanged
    records.check(aged(case, 61), by=TESTS)
    records.check_delete(Case.objects.get(), by=TESTS)
    with pytest.raises(ValidationError):
        records.save(aged(case, 500), by=TESTS)
    with pytest.raises(RuntimeError), records.together():
        records.save(aged(case, 62), by=TESTS)
        raise RuntimeError
    with records.together():
        records.save(aged(case, 63), by=TESTS)
        transaction.set_rollback(True)
    assert (ChangeCounter.latest(), Case.history.count()) == (before, rows)
    assert Case.objects.get().age_years == 60


@pytest.mark.parametrize("block", [records.together, transaction.atomic])
def test_a_part_that_is_taken_back_leaves_no_history(case, block):
    before = ChangeCounter.latest()
    with records.together():
        records.save(aged(case, 61), by=TESTS)
        with pytest.raises(RuntimeError), block():
            make.LesionFactory(case=case)
            raise RuntimeError
        records.check(aged(case, 99), by=TESTS)
        make.TreatmentFactory(case=case)
    assert not Lesion.history.exists()
    assert numbers(Case)[1:] == [before + 1] == [ChangeCounter.latest()]
    assert Case.history.first().age_years == 61


def test_every_record_numbers_its_history(db):
    make.SourceValueFactory()
    for model in record_models():
        field = model.history.model._meta.get_field("change_sequence")
        assert field.db_index and field.default == 0, model
    assert min(numbers(Lesion)) > 0


def test_history_written_outside_of_a_change_is_a_change_of_its_own(case):
    before = ChangeCounter.latest()
    with _pass(TESTS, "by hand"):
        Case.objects.get().save()
    assert numbers(Case)[-1] == before + 1


def test_counting_begins_by_itself(case):
    """As after the tables have been emptied."""
    with triggers_down():
        ChangeCounter.objects.all().delete()
        ChainLink.objects.all().delete()
    assert ChangeCounter.latest() == 0
    records.save(aged(case, 61), by=TESTS)
    assert ChangeCounter.latest() == 1


# -- several writers at once -------------------------------------------------------------------------------------------


def in_threads(*jobs):
    """Run the jobs at once, each on a connection of its own; a deadlock raises."""

    def run(job):
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '20s'")
            return job()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        for future in [pool.submit(run, job) for job in jobs]:
            future.result(timeout=60)


@postgresql_only
@pytest.mark.django_db(transaction=True)
def test_numbers_follow_the_commits_not_the_writes():
    slow, quick = make.CaseFactory(), make.CaseFactory()
    written, overtaken = threading.Event(), threading.Event()

    def write_slowly():
        with records.together():
            records.save(aged(slow, 61), by=TESTS)
            written.set()
            assert overtaken.wait(20)

    def overtake():
        assert written.wait(20)
        records.save(aged(quick, 61), by=TESTS)
        overtaken.set()

    in_threads(write_slowly, overtake)
    first, second = slow.history.first(), quick.history.first()
    assert first.history_date < second.history_date
    assert first.change_sequence == second.change_sequence + 1


@postgresql_only
@pytest.mark.django_db(transaction=True)
def test_who_waits_for_the_counter_holds_nothing_that_another_still_needs():
    """A change of two cases, and one that has locked the second of them in between."""
    one, two = make.CaseFactory(), make.CaseFactory()
    first_written, second_locked = threading.Event(), threading.Event()

    def both():
        with records.together():
            records.save(aged(one, 61), by=TESTS)
            first_written.set()
            assert second_locked.wait(20)
            records.save(aged(two, 62), by=TESTS)

    def second():
        with records.together():
            Case.objects.select_for_update().get(pk=two.pk)
            assert first_written.wait(20)
            second_locked.set()
            records.save(aged(two, 61), by=TESTS)

    in_threads(both, second)
    assert Case.objects.get(pk=two.pk).age_years == 62


@postgresql_only
@pytest.mark.django_db(transaction=True)
def test_many_writers_leave_no_gap_and_no_number_twice():
    cases = [make.CaseFactory() for _ in range(4)]
    before = ChangeCounter.latest()

    def write(case):
        for years in range(20, 35):
            records.save(aged(case, years), by=TESTS)
            with pytest.raises(ValidationError):
                records.save(aged(case, 500), by=TESTS)

    in_threads(*[lambda case=case: write(case) for case in cases])
    taken = sorted(number for number in numbers(Case) if number > before)
    assert taken == list(range(before + 1, before + 61))
    assert ChangeCounter.latest() == before + 60
