"""The hash chain: the database refuses to change history, and what is changed all the same is found and named."""

import io
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from cases.models import Case, Lesion, Patient
from registry.access import log
from registry.access.chain import AccessLink, link_events
from registry.access.models import AccessEvent
from registry.core import bulk, records
from registry.core.actors import System
from registry.core.chain import checking, digests, links, opening, triggers
from registry.core.models import ChainLink, ChangeCounter
from tests import factories as make
from tests.factories import FACTORIES, TESTS
from tests.lifted import triggers_down

HISTORY, ACCESS = "history", "access log"


def sql(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def walk(name=HISTORY):
    return checking.check(checking.CHAINS[name])


def fault(name=HISTORY):
    found = walk(name).fault
    assert found is not None, "nothing was found"
    return found.what, found.table, found.row_id, found.number


def verify(*arguments):
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("verify_history", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        return error.returncode, out.getvalue() + err.getvalue()
    return 0, out.getvalue()


@contextmanager
def taken_back():
    """Tampering of one kind, and then as it was."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def world(case):
    """A few changes of a few records, and a few events."""
    for years in (61, 62):
        case.age_years = years
        records.save(case, by=TESTS, reason=f"now {years}")
    with records.together():
        for levels in ("S1", "S2", "L5"):
            make.LesionFactory(case=case, levels=levels)
    for subject in "abcd":
        log.note("export", subject=subject, user=make.UserFactory())
    link_events(AccessEvent)
    return case


def test_an_untouched_history_verifies(world):
    code, said = verify()
    assert code == 0, said
    assert "access log: 4 rows in 5 links" in said
    assert walk().rows == sum(model._base_manager.count() for model in opening.chained_models())


@pytest.mark.parametrize("model", FACTORIES, ids=lambda model: model.__name__)
def test_what_is_written_has_the_digest_of_what_is_read(db, model):
    """By the write door and by the wide one, for every kind of record."""
    record = FACTORIES[model]()
    assert walk().fault is None
    history = record.history.model
    row = record.history.latest()
    assert row.digest == digests.digest_of(row.salt, digests.text_of(row))
    assert {"id", "history_date", "history_user_name", "history_change_reason", "change_sequence"} <= {
        name for name, _attname in digests.covered(history)
    }


def test_the_wide_door_seals_what_it_writes(center):
    patients = [Patient(center=center, sex="male", birth_year=1950 + n) for n in range(5)]
    bulk.load([*patients, *(Case(patient=patient) for patient in patients)], by=System("t"), reason="many")
    assert walk().fault is None
    link = ChainLink.objects.get(number=ChangeCounter.latest())
    assert [len(part[2]) for part in checking.json.loads(link.rows)] == [1, 1], "ids in one span"
    with triggers_down():
        sql(
            "UPDATE cases_historicalpatient SET birth_year = 1930 WHERE registry_id = %s",
            patients[2].registry_id,
        )
        row = Patient.history.get(id=patients[2].pk)
        assert fault() == ("altered", "cases_historicalpatient", row.pk, row.change_sequence)


# -- the triggers ----------------------------------------------------------------------------------------------------


def test_the_database_refuses_to_change_or_remove_what_is_only_added(world):
    make.SourceValueFactory()
    tables = [model._meta.db_table for model in triggers.insert_only_models()]
    assert {"cases_historicalpatient", "access_accessevent", "core_chainlink", "access_accesslink"} <= set(
        tables
    )
    for model in triggers.insert_only_models():
        table, key = model._meta.db_table, model._meta.pk.column
        statements = [f"UPDATE {table} SET {key} = {key}", f"DELETE FROM {table}"]
        if connection.vendor == "postgresql":
            statements.append(f"TRUNCATE {table} CASCADE")
        for statement in statements:
            if not model._base_manager.exists() and not statement.startswith("TRUNCATE"):
                continue
            with pytest.raises(DatabaseError, match=triggers.REFUSED), transaction.atomic():
                sql(statement)


def test_an_event_of_the_access_log_cannot_be_saved_again(world):
    event = AccessEvent.objects.first()
    event.subject = "other"
    with pytest.raises(TypeError):
        event.save()


def test_a_missing_trigger_is_noticed_and_put_up_again(world, client):
    assert triggers.faults() == []
    name = "keep_delete_cases_historicallesion"
    sql(f"DROP TRIGGER {name}" + (" ON cases_historicallesion" if connection.vendor == "postgresql" else ""))
    assert triggers.faults() == ["DELETE on cases_historicallesion"]
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert verify()[0] == 1
    opening.after_migrations()
    assert triggers.faults() == []
    assert client.get("/health/ready").status_code == 200


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite cannot switch a trigger off")
def test_a_trigger_that_is_switched_off_counts_as_missing(world):
    sql("ALTER TABLE cases_historicallesion DISABLE TRIGGER USER")
    assert len(triggers.faults()) == 3


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no functions of its own")
def test_triggers_whose_function_refuses_no_more_count_as_missing(world):
    sql(
        "CREATE OR REPLACE FUNCTION registry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
    )
    assert "DELETE on cases_historicallesion" in triggers.faults()
    opening.after_migrations()
    assert triggers.faults() == []


def test_triggers_that_were_left_lifted_are_noticed(world):
    with transaction.atomic(), triggers.lifted():
        sql("UPDATE cases_historicallesion SET levels = 'S3'")
        with pytest.raises(DatabaseError, match=triggers.REFUSED), transaction.atomic():
            sql("DELETE FROM cases_historicallesion")
        assert triggers.faults() == ["core_lifted is not empty"]
    assert triggers.faults() == []


# -- tampering -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "age_years = 99",
        "history_user_name = 'somebody else'",
        "history_user_id = '7'",
        "history_change_reason = 'another'",
        "history_type = '-'",
        "patient_id = 4711",
        "history_date = '2001-01-01 00:00:00+00:00'",
        "digest = ''",
        "salt = ''",
        "salt = '0'",
    ],
)
def test_a_changed_value_is_found(world, change):
    row = Case.history.filter(id=world.pk)[1]
    with triggers_down():
        sql(f"UPDATE cases_historicalcase SET {change} WHERE history_id = %s", row.pk)
        kind = "emptied" if change == "salt = ''" else "altered"
        assert fault() == (kind, "cases_historicalcase", row.pk, row.change_sequence)


def test_a_row_that_moves_to_another_change_is_found(world):
    row = Case.history.filter(id=world.pk).first()
    with triggers_down():
        sql("UPDATE cases_historicalcase SET change_sequence = 1 WHERE history_id = %s", row.pk)
        assert fault()[:3] == ("altered", "cases_historicalcase", row.pk)


def reseal(row, **changes):
    """As somebody who knows how digests are made, and has no key."""
    for name, value in changes.items():
        setattr(row, name, value)
    row.digest = digests.digest_of(row.salt, digests.text_of(row))
    fields = ", ".join(f"{name} = %s" for name in (*changes, "digest"))
    key = row._meta.pk.column
    sql(f"UPDATE {row._meta.db_table} SET {fields} WHERE {key} = %s", *changes.values(), row.digest, row.pk)


def test_a_digest_that_is_made_anew_is_found(world):
    row = Case.history.filter(id=world.pk)[1]
    with triggers_down():
        reseal(row, age_years=99)
        assert fault() == ("altered", "cases_historicalcase", row.pk, row.change_sequence)


def test_a_link_that_is_made_anew_is_found(world):
    """Row, digest and every later link computed anew: without the key the seals do not fit."""
    row = Case.history.filter(id=world.pk)[1]
    with triggers_down():
        reseal(row, age_years=99)
        before = ChainLink.objects.get(number=row.change_sequence - 1).link
        for link in ChainLink.objects.filter(number__gte=row.change_sequence).order_by("number"):
            rows = link.rows
            if link.number == row.change_sequence:
                table = links.RowsOfTable("cases_historicalcase")
                table.add(row.pk, row.digest)
                rows = links.rows_text([table])
            before = links.link_of(before, link.number, rows)
            sql("UPDATE core_chainlink SET rows = %s, link = %s WHERE number = %s", rows, before, link.number)
        assert fault() == ("link broken", "core_chainlink", row.change_sequence, row.change_sequence)
        sql("UPDATE core_chainlink SET key_name = '00000000'")
        assert fault()[:2] == ("link broken", "core_chainlink"), "a key that nobody has does not help"


def test_ordinary_work_does_not_vouch_for_links_of_a_key_that_nobody_has(world):
    """Rewritten from some change on, under a key that is said to be a former one; then somebody saves a record."""
    row = Case.history.filter(id=world.pk)[1]
    with triggers_down():
        reseal(row, age_years=99)
        before = ChainLink.objects.get(number=row.change_sequence - 1).link
        for link in ChainLink.objects.filter(number__gte=row.change_sequence).order_by("number"):
            rows = link.rows
            if link.number == row.change_sequence:
                table = links.RowsOfTable("cases_historicalcase")
                table.add(row.pk, row.digest)
                rows = links.rows_text([table])
            before = links.link_of(before, link.number, rows)
            sql(
                "UPDATE core_chainlink SET rows = %s, link = %s, key_name = '00000000' WHERE number = %s",
                rows,
                before,
                link.number,
            )
    make.LesionFactory(case=world)
    last = ChangeCounter.latest()
    assert fault() == ("link broken", "core_chainlink", last, last)


def test_ordinary_work_does_not_begin_a_chain(world):
    """History and links are removed altogether; what is written afterwards does not look like a beginning."""
    with triggers_down():
        for model in [*opening.chained_models(), ChainLink]:
            sql(f"DELETE FROM {model._meta.db_table}")
    make.LesionFactory(case=world)
    assert fault()[:2] == ("link broken", "core_chainlink")


def test_a_key_that_was_changed_vouches_for_the_one_before_it(world, settings):
    old = settings.IDENTITY_KEY
    settings.IDENTITY_KEY, settings.IDENTITY_KEYS_OLD = "another key of sufficient length", [old]
    make.LesionFactory(case=world)
    log.note("export")
    link_events(AccessEvent)
    settings.IDENTITY_KEYS_OLD = []
    for name in (HISTORY, ACCESS):
        found = walk(name)
        assert found.fault is None and found.unread_seals, name


def test_a_removed_row_is_found(world):
    row = Lesion.history.order_by("pk")[1]
    with triggers_down():
        sql("DELETE FROM cases_historicallesion WHERE history_id = %s", row.pk)
        assert fault() == ("removed", "cases_historicallesion", row.pk, row.change_sequence)


@pytest.mark.parametrize("number", [0, 2, "last", "next", 10**9])
def test_an_added_row_is_found(world, number):
    row = Lesion.history.first()
    row.pk, row.change_sequence = (
        row.pk + 100,
        {
            "last": ChangeCounter.latest(),
            "next": ChangeCounter.latest() + 1,
        }.get(number, number),
    )
    digests.seal(row)
    row.save_base(raw=True, force_insert=True)
    assert fault() == ("added", "cases_historicallesion", row.pk, row.change_sequence)


def test_an_added_row_with_a_key_of_nobody_is_found(world):
    row = Lesion.history.first()
    row.pk = -1
    digests.seal(row)
    row.save_base(raw=True, force_insert=True)
    assert fault()[0] in ("added", "removed", "altered")


def test_two_rows_that_change_places_are_found(world):
    one, two = Lesion.history.order_by("pk")[:2]
    table = "cases_historicallesion"
    with triggers_down():
        for start, end in ((one.pk, -1), (two.pk, one.pk), (-1, two.pk)):
            sql(f"UPDATE {table} SET history_id = %s WHERE history_id = %s", end, start)
        assert fault()[0:2] == ("altered", table)


def test_a_removed_link_is_found(world):
    last = ChangeCounter.latest()
    with triggers_down():
        with taken_back():
            sql("DELETE FROM core_chainlink WHERE number = %s", last - 1)
            assert fault() == ("removed", "core_chainlink", last - 1, last - 1)
        sql("DELETE FROM core_chainlink WHERE number = %s", last)
        assert fault() == ("removed", "core_chainlink", last, last)
        sql("DELETE FROM core_chainlink")
        assert fault() == ("removed", "core_chainlink", None, None)


def test_a_chain_that_is_cut_short_is_found_by_a_head_that_was_kept(world, tmp_path):
    head = tmp_path / "head.txt"
    head.write_text(verify("--head")[1])
    assert head.read_text().splitlines()[0].startswith(f"history {ChangeCounter.latest()} ")
    make.LesionFactory(case=world)
    assert verify("--against", str(head))[0] == 0
    with triggers_down():
        last = ChangeCounter.latest()
        for model in opening.chained_models():
            sql(f"DELETE FROM {model._meta.db_table} WHERE change_sequence > %s", last - 2)
        sql("DELETE FROM core_chainlink WHERE number > %s", last - 2)
        assert fault()[:2] == ("removed", "core_chainlink"), "the counter knows of more"
        sql("UPDATE core_changecounter SET last = %s WHERE id = %s", last - 2, ChangeCounter.ONLY)
    assert verify()[0] == 0, "what is left fits together"
    code, said = verify("--against", str(head))
    assert code == 1 and "cut short" in said


@pytest.mark.parametrize("said", ["", "history x", "nothing 1 " + "0" * 64, "history 1 " + "0" * 63])
def test_what_is_no_head_is_refused_with_an_example(world, said):
    with pytest.raises(CommandError, match=r"head"):
        call_command("verify_history", "--against", said or " ")


# -- the access log --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["user_name = 'x'", "subject = 'x'", "at = '2001-01-01 00:00:00+00:00'"])
def test_a_changed_event_is_found(world, change):
    event = AccessEvent.objects.order_by("pk")[1]
    with triggers_down():
        sql(f"UPDATE access_accessevent SET {change} WHERE id = %s", event.pk)
        assert fault(ACCESS)[:3] == ("altered", "access_accessevent", event.pk)


def test_events_that_are_removed_added_or_made_anew_are_found(world):
    events = list(AccessEvent.objects.order_by("pk"))
    numbers = dict(AccessLink.objects.values_list("event_id", "number"))
    with triggers_down():
        with taken_back():
            sql("DELETE FROM access_accessevent WHERE id = %s", events[1].pk)
            assert fault(ACCESS) == ("removed", "access_accessevent", events[1].pk, numbers[events[1].pk])
        with taken_back():
            reseal(events[1], subject="x")
            assert fault(ACCESS) == ("altered", "access_accessevent", events[1].pk, numbers[events[1].pk])
        with taken_back():
            sql("DELETE FROM access_accesslink WHERE event_id = %s", events[2].pk)
            assert fault(ACCESS)[:2] == ("removed", "access_accesslink")
    added = AccessEvent(pk=events[-1].pk + 1, kind="export", subject="never happened")
    digests.seal(added)
    added.save_base(raw=True, force_insert=True)
    assert link_events(AccessEvent) == 0, "what the registry did not write is not linked"
    assert fault(ACCESS) == ("added", "access_accessevent", added.pk, None)


def test_an_event_left_behind_is_linked_by_the_next(world):
    log.note("export", subject="its process died")
    assert walk(ACCESS).waiting == 1 and walk(ACCESS).fault is None
    log.note("export", subject="next")
    assert link_events(AccessEvent) == 2
    assert link_events(AccessEvent) == 0
    found = walk(ACCESS)
    assert (found.waiting, found.fault, found.rows) == (0, None, 6)


# -- installations that were there before ----------------------------------------------------------------------------


def test_what_was_there_before_the_chain_is_sealed_as_it_stands(world):
    with triggers_down():
        for model in [*opening.chained_models(), AccessEvent]:
            sql(f"UPDATE {model._meta.db_table} SET salt = '', digest = ''")
        sql("UPDATE cases_historicallesion SET change_sequence = 0")
        sql("DELETE FROM core_chainlink")
        sql("DELETE FROM access_accesslink")
        sql("DELETE FROM core_changecounter WHERE id = %s", ChangeCounter.ACCESS_LOG)
    call_command("migrate", verbosity=0)
    assert verify()[0] == 0 and triggers.faults() == []
    make.LesionFactory(case=world)
    log.note("export")
    link_events(AccessEvent)
    assert verify() == (0, verify()[1])
    row = Lesion.history.order_by("pk")[0]
    with triggers_down():
        sql("DELETE FROM cases_historicallesion WHERE history_id = %s", row.pk)
    assert fault()[:3] == ("removed", "cases_historicallesion", row.pk)


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_of_a_transaction_is_linked_with_it():
    log.note("export", subject="a")
    with transaction.atomic():
        log.note("export", subject="b")
        assert AccessLink.objects.count() == 2
    assert AccessLink.objects.count() == 3
    assert verify()[0] == 0
