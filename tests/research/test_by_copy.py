"""Exports that the database writes itself: flat memory, several at once, clients that go, faults half way."""

import socket
import time
import tracemalloc
from urllib.parse import urlsplit

import pytest
from django.db import connection

from registry.access import tokens
from registry.research.copying import CopyStream
from registry.research.export import Export, select
from registry.research.formats import FORMATS
from registry.research.models import ExportReceipt
from registry.research.orders import Order, plan
from registry.research.snapshot import Snapshot
from registry.research.tables import tables
from tests import factories as make
from tests.research.test_archive import WITHOUT_ROWS, opened
from tests.research.test_export import GOLDEN
from tests.research.test_streaming import many_reported_values
from tests.research.world import World

pytestmark = [
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no COPY"),
    pytest.mark.django_db(transaction=True),
]


def open_connections(expected=None):
    """How many there are; the server takes a moment to see that a client has gone."""
    for _attempt in range(100):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            (found,) = cursor.fetchone()
        if expected in (None, found):
            break
        time.sleep(0.1)
    return found


def peak_of(name, user):
    export = Export(select(tables()["reported_values"], user, {}), FORMATS[name], user)
    assert export.snapshot.copies
    tracemalloc.start()
    try:
        size = sum(len(chunk) for chunk in export)
        return size, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["csv", "ndjson", "parquet"])
def test_memory_does_not_grow_with_the_rows(name, monkeypatch):
    monkeypatch.setattr("registry.research.formats.parquet.GROUP_CELLS", 20_000)
    user = make.UserFactory()
    many_reported_values(make.PublicationFactory(), 4_000)
    peak_of(name, user)  # warms caches up
    small_size, small_peak = peak_of(name, user)
    many_reported_values(make.PublicationFactory(), 12_000)
    large_size, large_peak = peak_of(name, user)
    assert large_size > 2 * small_size
    # Arrow reads a few blocks of a megabyte ahead.
    assert large_peak < small_peak + (8_000_000 if name == "parquet" else 1_000_000)


def test_two_exports_at_once_do_not_mix():
    world = World()
    first, second = (
        Export(select(tables()[table], world.researcher, {}), FORMATS["csv"], world.researcher)
        for table in ("cases", "assessments")
    )
    got = {first: b"", second: b""}
    running = {export: iter(export) for export in got}
    while running:
        for export, chunks in list(running.items()):
            chunk = next(chunks, None)
            if chunk is None:
                del running[export]
            else:
                got[export] += chunk
    assert got[first] == (GOLDEN / "cases.csv").read_bytes()
    assert got[second] == (GOLDEN / "assessments.csv").read_bytes()
    assert ExportReceipt.objects.filter(finished=True).count() == 2


def test_a_client_that_goes_takes_the_connection_with_it(live_server):
    user = make.UserFactory()
    many_reported_values(make.PublicationFactory(), 30_000)
    _instance, token = tokens.create(user)
    before = open_connections()
    address = urlsplit(live_server.url)
    with socket.create_connection((address.hostname, address.port)) as client:
        client.sendall(
            b"GET /api/v1/export/reported_values.csv HTTP/1.1\r\nHost: localhost\r\n"
            b"Authorization: Token " + token.encode() + b"\r\n\r\n"
        )
        assert b"200 OK" in client.recv(1000)
        assert open_connections() > before
    assert open_connections(before) <= before
    receipt = ExportReceipt.objects.get()
    assert not receipt.finished and receipt.sha256 == ""


@pytest.mark.parametrize("after", [0, 3])
def test_an_archive_that_is_left_closes_its_connection(after):
    world = World()
    before = open_connections()
    archive = plan(Order.read("archive", "zip", {}), world.researcher).start()
    chunks = iter(archive)
    for _chunk in range(after):
        next(chunks)
    archive.close()
    assert open_connections(before) == before
    assert not ExportReceipt.objects.get().finished


def test_a_parquet_file_that_is_left_closes_its_connection(monkeypatch):
    user = make.UserFactory()
    monkeypatch.setattr("registry.research.formats.parquet.GROUP_CELLS", 20_000)
    many_reported_values(make.PublicationFactory(), 20_000)
    before = open_connections()
    export = Export(select(tables()["reported_values"], user, {}), FORMATS["parquet"], user)
    chunks = iter(export)
    assert next(chunks)
    chunks.close()
    export.close()
    assert open_connections(before) == before
    assert not ExportReceipt.objects.get().finished


def test_a_query_that_has_not_answered_yet_is_cancelled():
    snapshot = Snapshot()
    began = time.monotonic()
    stream = CopyStream(snapshot.connection.connection, "COPY (SELECT pg_sleep(60)) TO STDOUT")
    stream.close()
    snapshot.close()
    assert time.monotonic() - began < 20


def test_a_fault_of_the_database_cuts_the_file_off_visibly():
    snapshot = Snapshot()
    statement = "COPY (SELECT 10 / (5 - n) FROM generate_series(1, 9) n) TO STDOUT"
    stream = CopyStream(snapshot.connection.connection, statement)
    with pytest.raises(Exception, match="division by zero"):
        while stream.read():
            pass
    stream.close()
    snapshot.close()


def test_a_fault_half_way_leaves_an_unfinished_receipt(monkeypatch):
    world = World()
    before = open_connections()
    export = Export(select(tables()["cases"], world.researcher, {}), FORMATS["csv"], world.researcher)

    def cut(stream, size=0):
        raise OSError("the server closed the connection")

    monkeypatch.setattr(CopyStream, "read", cut)
    with pytest.raises(OSError):
        list(export)
    assert open_connections(before) == before
    assert not ExportReceipt.objects.get().finished


def test_the_archive_by_the_database_has_the_stored_files():
    world = World()
    archive = plan(Order.read("archive", "zip", {}), world.researcher).start()
    assert archive.snapshot.copies
    read = opened(b"".join(archive))
    for name in set(tables()) - WITHOUT_ROWS:
        assert read.read(f"{name}.csv") == (GOLDEN / f"{name}.csv").read_bytes(), name
    assert archive.receipt.finished and archive.done == archive.rows
