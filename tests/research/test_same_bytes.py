"""A file has the same bytes whether the database writes it itself or Python does, and on every database."""

import datetime
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection

from registry.research.delivery import TableStream
from registry.research.export import Export, select
from registry.research.formats import FORMATS
from registry.research.profiles import chosen
from registry.research.snapshot import Snapshot
from registry.research.tables import tables
from tests import factories as make
from tests.research.world import World

GOLDEN = Path(__file__).parent / "golden"

pytestmark = [
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no COPY"),
    pytest.mark.django_db(transaction=True),
]

#: Text that one of the ways could write differently.
TEXTS = (
    "plain",
    "with, comma",
    'a "quoted" word',
    '"',
    '""',
    "one\ntwo",
    "one\r\ntwo",
    "one\rtwo",
    '"begins with a quote\nand goes on"',
    "=1+1",
    "+1",
    "-1",
    "@x",
    "'=1",
    "back\\slash \\n \\. \\N",
    "\\.",
    "tab\tin it",
    "bell\x07 unit\x1f delete\x7f one\x01 two\x02",
    "“Größe” ≤ 5 µm – 😀",
    "{}[]:,null",
    "%s %% %(x)s",
    "a;b",
    " ",
    "NULL",
)


@pytest.fixture
def odd_world():
    world = World()
    world.transarterial_case()
    for number, text in enumerate(TEXTS):
        case = make.CaseFactory(
            patient=make.PatientFactory(center=world.own, source_label=text[:60].replace("\n", " ")),
            diagnosis=world.diagnosis,
            diagnosis_text=text,
            notes=text,
            height_cm=100 + number,
            weight_kg="61.7",
            index_date=datetime.date(2024, 1, 1) + datetime.timedelta(days=number),
            index_date_precision="day",
        )
        make.ProcedureFactory(
            case=case,
            notes=text,
            date=datetime.date(2023, 12, 30),
            incision_at=datetime.datetime(2024, 1, 1, 8, 15, 30, 999999, tzinfo=datetime.UTC),
        )
        make.FollowUpStatusFactory(case=case, death_interval_value=number, death_interval_unit="months")
    world.curator = make.member(world.own, "curator")
    return world


def written(selection, file_format, by_copy):
    snapshot = Snapshot()
    try:
        assert snapshot.copies
        stream = TableStream(snapshot, selection, file_format, "note")
        if not by_copy:
            stream.format = replace(file_format, copy=None)
        data = b"".join(stream)
        return data, stream.seen
    finally:
        snapshot.close()


@pytest.mark.parametrize("name", [made.name for made in FORMATS.values() if made.copy])
def test_the_database_writes_what_python_writes(odd_world, name):
    file_format = FORMATS[name]
    for user, profile, dates in (
        (odd_world.researcher, "pseudonymised", "days"),
        (odd_world.curator, "pseudonymised", "year"),
        (odd_world.curator, "identified", "exact"),
    ):
        for table in tables().values():
            selection = select(table, user, {}, chosen(user, profile, dates))
            copied, seen = written(selection, file_format, by_copy=True)
            expected, counted = written(selection, file_format, by_copy=False)
            assert copied == expected, (table.name, profile)
            assert seen == counted == selection.rows.count() > 0


def test_an_export_by_the_database_is_the_stored_file():
    world = World()
    # The sessions are in the files of their own tables only, which therefore come last.
    for table in sorted(tables().values(), key=lambda table: table.name.startswith("transarterial")):
        if table.name == "transarterial_sessions":
            world.transarterial_case()
        export = Export(select(table, world.researcher, {}), FORMATS["csv"], world.researcher)
        assert export.snapshot.copies
        assert b"".join(export) == (GOLDEN / f"{table.name}.csv").read_bytes(), table.name
        assert export.receipt.finished


def test_what_is_decrypted_on_the_way_out_is_left_to_python(odd_world):
    """The database cannot write hospital numbers, so that table comes from a cursor."""
    selection = select(tables()["patients"], odd_world.curator, {}, chosen(odd_world.curator, "identified"))
    export = Export(selection, FORMATS["csv"], odd_world.curator)
    assert (
        selection.copied(export.format, TableStream(export.snapshot, selection, export.format, "").sheet)
        is None
    )
    assert b",4711," in b"".join(export)


def test_an_empty_table_is_a_whole_file(odd_world):
    selection = select(tables()["cases"], odd_world.outsider, {"center": ["OWN"]})
    for name in ("csv", "ndjson", "parquet"):
        copied, seen = written(selection, FORMATS[name], by_copy=True)
        assert (copied, seen) == written(selection, FORMATS[name], by_copy=False)
        assert seen == 0
