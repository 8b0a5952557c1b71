"""The registry as of a change: exports rebuilt from history are those that were taken at the time, byte by byte."""

from contextlib import closing

import pytest
from django.db import connection

from cases.models import Case, Lesion, Patient
from registry.access.models import Center
from registry.core import records
from registry.core.models import ChainLink, ChangeCounter
from registry.research.delivery import TableStream
from registry.research.export import select
from registry.research.formats import FORMATS
from registry.research.releases.as_of import AsOf, record_models
from registry.research.snapshot import Snapshot
from registry.research.tables import tables
from tests import factories as make
from tests.factories import TESTS
from tests.lifted import triggers_down
from tests.research.edits import Edits
from tests.research.world import World


def files(snapshot, user):
    """Every table as CSV, read from an open view of the database."""
    with closing(snapshot):
        return {
            name: b"".join(TableStream(snapshot, select(table, user, {}), FORMATS["csv"], ""))
            for name, table in tables().items()
        }


@pytest.mark.parametrize("seed", [1, 2])
def test_what_was_exported_can_be_exported_again(committed, seed):
    world, edits = World(), Edits(seed)
    taken = {}
    for user in (world.researcher, make.UserFactory(is_superuser=True), world.researcher):
        assert edits.some(30) > 6
        taken[ChangeCounter.latest(), user] = files(Snapshot(), user)
    assert len(taken) == 3
    edits.some(30)
    for (sequence, user), live in taken.items():
        assert files(AsOf(sequence), user) == live


def test_before_everything_there_is_nothing(committed):
    world = World()
    assert all(data.count(b"\r\n") == 1 for data in files(AsOf(0), world.researcher).values())


def test_what_was_written_before_changes_were_counted_is_there_from_the_beginning(committed):
    world = World()
    live = files(Snapshot(), world.researcher)
    with triggers_down():
        for model in record_models():
            model.history.all().update(change_sequence=0)
        ChangeCounter.objects.all().delete()
        ChainLink.objects.all().delete()
    records.delete(Lesion.objects.get(uuid=world.lesion_a.uuid), by=TESTS, reason="entered twice")
    assert ChangeCounter.latest() == 1
    assert files(AsOf(0), world.researcher) == live
    assert files(AsOf(1), world.researcher) == files(Snapshot(), world.researcher) != live


def test_identity_that_history_does_not_keep_is_not_rebuilt(committed):
    World()
    assert Patient.objects.exclude(hospital_number="").exists()
    with closing(AsOf(ChangeCounter.latest())) as then:
        numbers = then.rows(Patient.objects.values_list("hospital_number"))
        assert {number or None for (number,) in numbers} == {None}


def test_names_of_centres_are_those_that_were_kept(committed):
    world = World()
    kept = list(Center.objects.values())
    sequence, before = ChangeCounter.latest(), files(Snapshot(), world.researcher)
    Center.objects.filter(pk=world.own.pk).update(code="RENAMED")
    assert files(AsOf(sequence, kept), world.researcher) == before
    assert files(AsOf(sequence), world.researcher) != before


def test_nobody_else_sees_the_past(committed):
    case = make.CaseFactory(age_years=60)
    sequence = ChangeCounter.latest()
    case.age_years = 61
    records.save(case, by=TESTS)
    with closing(AsOf(sequence)) as then:
        assert then.own
        ages = Case.objects.values_list("age_years")
        assert list(then.rows(ages)) == [(60,)]
        assert list(ages) == [(61,)]
        make.LesionFactory(case=case)  # it holds up no writer
        assert then.count(Lesion.objects.all()) == 0
        with closing(Snapshot()) as now:
            assert list(now.rows(ages)) == [(61,)]
    with closing(Snapshot()) as now:
        assert list(now.rows(ages)) == [(61,)]


def test_a_connection_that_others_go_on_using_is_left_as_it_was(case):
    """In somebody's open transaction, and on a database in memory, there is but one connection."""
    sequence = ChangeCounter.latest()
    case.age_years = 61
    records.save(case, by=TESTS)
    then = AsOf(sequence)
    assert not then.own
    assert Case.objects.get().age_years == 60
    then.close()
    then.close()
    assert Case.objects.get().age_years == 61
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relpersistence = 't'"
            if connection.vendor == "postgresql"
            else "SELECT count(*) FROM sqlite_temp_master"
        )
        assert cursor.fetchone() == (0,)


def test_the_past_cannot_be_written(committed):
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL alone can bind a transaction to reading")
    with closing(AsOf(0)) as then, then.connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        assert cursor.fetchone() == ("on",)
        cursor.execute("SHOW transaction_isolation")
        assert cursor.fetchone() == ("repeatable read",)
