"""Sessions, drugs, cycles and treatments have rows of their own; days of sessions count from their procedure."""

import pytest

from registry.core import records
from registry.research.api.exports import TABLE_NAMES
from registry.research.tables import tables
from tests import factories as make
from tests.research.test_export import rows_of


@pytest.fixture
def client(world, client_of):
    world.transarterial_case()
    return client_of(world.researcher)


def days(client):
    return [row["day"] for row in rows_of(client, "transarterial_sessions")]


def test_the_ten_tables_come_first_and_the_description_names_all():
    assert list(tables())[:10] == [
        "patients",
        "cases",
        "lesions",
        "procedures",
        "treated_lesions",
        "balloon_inflations",
        "assessments",
        "complications",
        "reported_values",
        "case_summary",
    ]
    assert tuple(tables()) == TABLE_NAMES


def test_an_interval_of_a_session_counts_from_its_procedure(client):
    # Procedure on day 2: a date a week later, two weeks before it, and nothing said.
    assert days(client) == ["9", "-12", ""]


def test_the_first_procedure_is_day_0_where_it_has_no_date(client, world):
    procedure = world.e.procedures.get()
    procedure.date = None
    records.save(procedure, by=make.TESTS)
    assert days(client) == ["9", "-14", ""]


def test_a_later_procedure_without_a_date_has_no_day(client, world):
    later = make.ProcedureFactory(case=world.e, kind="vertebroplasty")
    make.TransarterialSessionFactory(procedure=later, interval_value=1, interval_unit="days")
    assert days(client)[-1] == ""


def test_drugs_are_rows_of_their_session(client):
    sessions = {row["session_id"]: row for row in rows_of(client, "transarterial_sessions")}
    drugs = rows_of(client, "transarterial_drugs")
    assert [(row["name"], row["dose_mg"], row["dose_mg__missing"]) for row in drugs] == [
        ("'=epirubicin", "50", ""),
        ("cisplatin", "", "unknown"),
    ]
    assert (
        {sessions[row["session_id"]]["kind"] for row in drugs}
        == {"tace"}
        == {d["session_kind"] for d in drugs}
    )


@pytest.mark.parametrize(
    "table, filters, expected",
    [
        ("treatments", {"timing": "before"}, 2),
        ("treatments", {"kind": "radiotherapy"}, 1),
        ("ablations", {"strategy": "sacroplasty+rfa"}, 2),
        ("transarterial_sessions", {"kind": "tai"}, 1),
        ("transarterial_drugs", {"name": "cisplatin"}, 1),
    ],
)
def test_the_rows_can_be_narrowed(client, table, filters, expected):
    assert len(rows_of(client, table, **filters)) == expected


def test_free_text_of_own_treatments_is_withheld(client):
    assert {row["detail"] for row in rows_of(client, "treatments")} == {""}
