"""How an export is read: one snapshot, on a connection of its own, in flat memory, blocking nobody."""

import tempfile
import time
import tracemalloc
from decimal import Decimal

import pytest
from django.db import connection, connections

from registry.access.models import Center
from registry.core.records import _pass
from registry.core.spreadsheets import defused_text
from registry.literature.models import ReportedValue
from registry.research.export import Export, select
from registry.research.formats import FORMATS
from registry.research.formats.values import number_text
from registry.research.models import ExportReceipt
from registry.research.snapshot import Snapshot
from registry.research.tables import tables
from tests import factories as make
from tests.research.world import World

postgresql_only = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="SQLite has its own test below, on a file"
)


def many_reported_values(publication, count):
    rows = [
        ReportedValue(
            publication=publication,
            order=number,
            variable="vas_pain",
            statistic="mean",
            value=number,
            value_text=str(number),
            location="Table 1",
            printed="x" * 200,
        )
        for number in range(count)
    ]
    with _pass(make.TESTS, "test"):
        ReportedValue.objects.bulk_create(rows)


def peak_while_exporting(user):
    export = Export(select(tables()["reported_values"], user, {}), FORMATS["csv"], user)
    tracemalloc.start()
    try:
        size = sum(len(chunk) for chunk in export)
        return size, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("file_format", ["csv", "xlsx", "parquet", "dta"])
def test_what_nobody_reads_on_is_cleared_away_by_whoever_closes_it(world, file_format, tmp_path, monkeypatch):
    """Not by the garbage collector some time later, in a thread that may not touch the connection."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    export = Export(select(tables()["cases"], world.researcher, {}), FORMATS[file_format], world.researcher)
    reading = iter(export)
    next(reading)
    export.close()
    assert reading.gi_frame is None and not list(tmp_path.iterdir())
    assert not ExportReceipt.objects.get().finished


def test_memory_does_not_grow_with_the_rows(db):
    user = make.UserFactory()
    many_reported_values(make.PublicationFactory(), 5_000)
    peak_while_exporting(user)  # warms caches up
    small_size, small_peak = peak_while_exporting(user)
    many_reported_values(make.PublicationFactory(), 10_000)
    large_size, large_peak = peak_while_exporting(user)
    assert large_size > 2 * small_size
    assert large_peak < small_peak + 1_000_000


@postgresql_only
@pytest.mark.django_db(transaction=True)
def test_an_export_sees_one_state_of_the_database():
    world = World()
    export = Export(select(tables()["lesions"], world.researcher, {}), FORMATS["csv"], world.researcher)
    assert export.snapshot.own
    make.LesionFactory(case=world.b, levels="L5")
    data = b"".join(export).decode()
    assert data.count("\r\n") == 1 + export.rows == 4
    assert "L5" not in data
    assert ExportReceipt.objects.get().finished


@postgresql_only
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("until", ["never started", "one chunk", "the end"])
def test_an_export_leaves_no_connection_open(until):
    world = World()

    def open_connections(expected=None):
        """The server takes a moment to see that a client has gone."""
        for _attempt in range(50):
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
                found = cursor.fetchone()[0]
            if expected in (None, found):
                break
            time.sleep(0.1)
        return found

    before = open_connections()
    export = Export(select(tables()["lesions"], world.researcher, {}), FORMATS["csv"], world.researcher)
    assert open_connections(before + 1) == before + 1
    chunks = iter(export)
    if until == "one chunk":
        next(chunks)
    elif until == "the end":
        list(chunks)
    export.close()
    assert open_connections(before) == before
    assert ExportReceipt.objects.get().finished is (until == "the end")


@postgresql_only
@pytest.mark.django_db(transaction=True)
def test_the_snapshot_is_repeatable_and_read_only():
    snapshot = Snapshot()
    try:
        with snapshot.connection.cursor() as cursor:
            cursor.execute("SHOW transaction_isolation")
            assert cursor.fetchone() == ("repeatable read",)
            cursor.execute("SHOW transaction_read_only")
            assert cursor.fetchone() == ("on",)
    finally:
        snapshot.close()


@pytest.fixture
def database_file(tmp_path, django_db_blocker):
    """A database file, set up as the registry's own: WAL, and writers IMMEDIATE."""
    connections.settings["on_file"] = {
        **connections.settings["default"],
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": tmp_path / "registry.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 1,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
    with django_db_blocker.unblock():
        yield "on_file"
        connections["on_file"].close()
    del connections["on_file"], connections.settings["on_file"]


def test_on_sqlite_an_export_blocks_no_writer(database_file):
    writer = connections[database_file]
    with writer.schema_editor() as editor:
        editor.create_model(Center)
    centers = Center.objects.using(database_file)
    centers.create(code="A")
    snapshot = Snapshot(database_file)
    assert snapshot.own
    assert snapshot.count(Center.objects.all()) == 1
    centers.create(code="B")
    assert list(snapshot.rows(Center.objects.order_by("pk").values_list("code"))) == [("A",)]
    assert centers.count() == 2
    snapshot.close()
    assert writer.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.0, "0"),
        (-0.0, "0"),
        (Decimal("0.00"), "0"),
        (Decimal("8.00"), "8"),
        (Decimal("100"), "100"),
        (Decimal("6.80"), "6.8"),
        (0.1 + 0.2, "0.3"),
        (20.761245674740483, "20.761246"),
        (2 / 3, "0.666667"),
        (1e-9, "0"),
        (1e20, "100000000000000000000"),
        (-7.5, "-7.5"),
    ],
)
def test_numbers_are_plain(value, text):
    assert number_text(value) == text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_is_defused(start):
    assert defused_text(f"{start}1+1") == f"'{start}1+1"
    assert defused_text(f"1{start}1") == f"1{start}1"
