"""``?cohort=`` narrows every table whose rows belong to a case, and the receipt keeps the definition."""

import csv
import io

import pytest

from registry.research.cohorts import keeping
from registry.research.cohorts.checking import read
from registry.research.models import ExportReceipt
from registry.research.tables import tables

pytestmark = pytest.mark.django_db


@pytest.fixture
def cohort(world):
    """Own cases with an RFA: case B."""
    return keeping.create(read({"title": "RFA", "where": {"all": [RFA]}}, world.researcher), world.researcher)


RFA = {"variable": "case_summary.rfa__count", "is": ">", "value": 0}
REBOA = {"variable": "case_summary.reboa__count", "is": ">", "value": 0}


#: Tables of which no case of the cohort has a row.
WITHOUT_ROWS = ("balloon_inflations", "transarterial_sessions", "transarterial_drugs")


def export(client, table, **parameters):
    return client.get(f"/api/v1/export/{table}.csv", parameters)


def rows_of(answer):
    assert answer.status_code == 200, answer.content
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))


@pytest.mark.parametrize("table", [name for name in tables() if name not in ("patients", "reported_values")])
def test_every_table_of_cases_is_narrowed(world, client_of, cohort, table):
    client = client_of(world.researcher)
    all_rows, rows = rows_of(export(client, table)), rows_of(export(client, table, cohort=cohort.slug))
    wanted = [row for row in all_rows if row["case_id"] == str(world.b.uuid)]
    assert rows == wanted and (table in WITHOUT_ROWS or wanted)


def test_patients_are_those_with_a_case_in_the_cohort(world, client_of, cohort):
    rows = rows_of(export(client_of(world.researcher), "patients", cohort=cohort.slug))
    assert [row["patient_id"] for row in rows] == [str(world.b.patient.uuid)]


def test_reported_values_belong_to_no_case(world, client_of, cohort):
    answer = export(client_of(world.researcher), "reported_values", cohort=cohort.slug)
    assert answer.status_code == 400 and "belong to no case" in answer.json()["errors"]["cohort"][0]
    said = export(client_of(world.researcher), "reported_values", x="1").json()["errors"]["x"][0]
    assert "cohort" not in said


def test_filters_narrow_a_cohort_further(world, client_of, cohort):
    client = client_of(world.researcher)
    assert len(rows_of(export(client, "procedures", cohort=cohort.slug))) == 2
    assert len(rows_of(export(client, "procedures", cohort=cohort.slug, kind="rfa"))) == 1


def test_the_receipt_keeps_the_whole_definition(world, client_of, cohort):
    rows_of(export(client_of(world.researcher), "cases", cohort=cohort.slug))
    kept = ExportReceipt.objects.get().definition
    assert kept["cohort"] == {
        "slug": "rfa",
        "version": 1,
        "sha256": cohort.latest.sha256,
        "definition": cohort.latest.definition,
    }
    assert kept["filters"] == {"cohort": ["rfa"]}


def test_the_receipt_counts_who_would_be_in_the_cohort_but_for_consent(world, client_of):
    """Case C is a man’s who withdrew; no woman did."""
    client = client_of(world.researcher)
    for title, sex, left_out in (
        ("Men", "male", {"consent refused or withdrawn": 1}),
        ("Women", "female", {}),
    ):
        definition = {"title": title, "where": {"all": [{"variable": "cases.sex", "is": "=", "value": sex}]}}
        keeping.create(read(definition, world.researcher), world.researcher)
        for table in ("cases", "patients", "lesions"):
            answer = export(client, table, cohort=title.lower())
            assert str(world.c.uuid) not in {row.get("case_id") for row in rows_of(answer)}
            assert ExportReceipt.objects.get(uuid=answer["X-Receipt"]).excluded == left_out


def test_an_older_version_can_be_exported(world, client_of, cohort):
    changed = read({"title": "RFA", "where": {"all": [REBOA]}}, world.researcher)
    keeping.change(cohort, changed, world.researcher)
    client = client_of(world.researcher)
    (latest,) = rows_of(export(client, "cases", cohort="rfa"))
    (first,) = rows_of(export(client, "cases", cohort="rfa", cohort_version="1"))
    assert (latest["case_id"], first["case_id"]) == (str(world.a.uuid), str(world.b.uuid))
    assert ExportReceipt.objects.order_by("id").last().definition["cohort"]["version"] == 1


def test_a_shared_cohort_exports_what_the_reader_may_read(world, client_of):
    everyone = read({"title": "All", "where": {"all": []}}, world.researcher)
    keeping.create(everyone, world.researcher, shared=True)
    assert len(rows_of(export(client_of(world.researcher), "cases", cohort="all"))) == 2
    assert len(rows_of(export(client_of(world.outsider), "cases", cohort="all"))) == 1


@pytest.mark.parametrize(
    ("parameters", "field", "said"),
    [
        ({"cohort": "nothing"}, "cohort", "There is no cohort “nothing”, or you may not see it."),
        ({"cohort": ""}, "cohort", "Give a value"),
        ({"cohort": ["rfa", "rfa"]}, "cohort", "twice"),
        ({"cohort_version": "1"}, "cohort_version", "Name the cohort too"),
        ({"cohort": "rfa", "cohort_version": "2"}, "cohort_version", "no version 2"),
        ({"cohort": "rfa", "cohort_version": "first"}, "cohort_version", "not a number"),
    ],
)
def test_a_cohort_that_cannot_be_is_refused(world, client_of, cohort, parameters, field, said):
    answer = export(client_of(world.researcher), "cases", **parameters)
    assert answer.status_code == 400 and said in answer.json()["errors"][field][0]


def test_another_users_private_cohort_is_as_unknown_as_none(world, client_of, cohort):
    answer = export(client_of(world.outsider), "cases", cohort="rfa")
    assert answer.status_code == 400 and "There is no cohort “rfa”" in answer.json()["errors"]["cohort"][0]
