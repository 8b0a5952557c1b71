"""The tidy export over HTTP: whole files, receipts, scope, filters, and what is withheld."""

import csv
import hashlib
import io
import os
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.access.models import AccessEvent
from registry.core import records
from registry.research.columns import ColumnType
from registry.research.export import Export, select
from registry.research.formats import FORMATS
from registry.research.models import ExportReceipt
from registry.research.profiles import PSEUDONYMISED
from registry.research.tables import tables
from tests import factories as make

TABLES = tuple(tables())
GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def filled(world, table):
    """The world, with sessions where the table is about them, so that no table is empty."""
    if table.startswith("transarterial"):
        world.transarterial_case()
    return world


def body(response):
    return b"".join(response.streaming_content)


def parsed(data):
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def rows_of(client, table, **filters):
    response = client.get(f"/api/v1/export/{table}.csv", filters)
    assert response.status_code == 200, response.content
    return parsed(body(response))


@pytest.mark.parametrize("table", TABLES)
def test_a_file_is_whole_and_its_receipt_says_so(filled, client_of, table):
    client = client_of(filled.researcher)
    response = client.get(f"/api/v1/export/{table}.csv")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    receipt_id = response["X-Receipt"]
    assert f'filename="{table}-' in response["Content-Disposition"]
    assert receipt_id[:8] in response["Content-Disposition"]
    data = body(response)
    rows = parsed(data)
    assert int(response["X-Rows"]) == len(rows) > 0
    receipt = client.get(f"/api/v1/export/receipts/{receipt_id}/").json()
    assert receipt["finished"] is True
    assert receipt["sha256"] == hashlib.sha256(data).hexdigest()
    assert receipt["bytes"] == len(data)
    assert receipt["rows"] == len(rows)
    assert receipt["table"] == table and receipt["format"] == "csv" and receipt["user"] == "world-researcher"
    assert receipt["definition"] == {
        "table": table,
        "format": "csv",
        "profile": "pseudonymised",
        "dates": "days",
        "filters": {},
    }


@pytest.mark.parametrize("table", TABLES)
def test_the_bytes_are_those_of_the_stored_file(filled, client_of, table):
    """One stored file for all databases. ``UPDATE_GOLDEN=1`` writes it anew after the models have changed."""
    data = body(client_of(filled.researcher).get(f"/api/v1/export/{table}.csv"))
    stored = GOLDEN / f"{table}.csv"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        stored.write_bytes(data)
    assert data == stored.read_bytes()


def test_the_form_is_rfc_4180_without_a_byte_order_mark(world, client_of):
    data = body(client_of(world.researcher).get("/api/v1/export/cases.csv"))
    assert data.startswith(b"patient_id,case_id,center,publication,source_label,sex,")
    assert data.endswith(b"\r\n")
    assert '"as printed, with “quotes”, commas\nand lines"'.encode() in data


# -- who may read what -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
def test_nobody_exports_without_signing_in(client, db, table):
    response = client.get(f"/api/v1/export/{table}.csv")
    assert response.status_code == 401
    assert not ExportReceipt.objects.exists()


@pytest.mark.parametrize("table", [name for name in TABLES if name != "reported_values"])
def test_an_outsider_gets_published_rows_only(filled, client_of, table):
    rows = rows_of(client_of(filled.outsider), table)
    assert {row["center"] for row in rows} <= {"PAPER"}


def test_a_foreign_centre_is_empty_to_an_outsider(world, client_of):
    assert rows_of(client_of(world.outsider), "cases", center="OWN") == []


def test_a_receipt_is_for_its_owner(world, client_of, curator):
    response = client_of(world.researcher).get("/api/v1/export/cases.csv")
    body(response)
    address = f"/api/v1/export/receipts/{response['X-Receipt']}/"
    assert client_of(world.outsider).get(address).status_code == 404
    assert client_of(curator).get(address).status_code == 404
    assert client_of(world.researcher).get(address).status_code == 200


def test_a_receipt_needs_a_sign_in(world, client_of, client):
    response = client_of(world.researcher).get("/api/v1/export/cases.csv")
    assert client.get(f"/api/v1/export/receipts/{response['X-Receipt']}/").status_code == 401


def test_a_token_exports_like_a_session(world, client):
    from registry.access import tokens

    _instance, token = tokens.create(world.researcher)
    response = client.get(
        "/api/v1/export/cases.csv", headers={"Authorization": f"Token {token}", "Accept": "text/csv"}
    )
    assert response.status_code == 200
    assert len(parsed(body(response))) == 2


def test_an_export_stands_in_the_access_log(world, client_of):
    response = client_of(world.researcher).get("/api/v1/export/lesions.csv")
    event = AccessEvent.objects.get(kind="export")
    assert event.user_name == "world-researcher"
    assert event.subject == "lesions.csv"
    assert response["X-Receipt"] in event.detail


# -- what is withheld --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
def test_nothing_that_identifies_an_own_patient_leaves(filled, client_of, table):
    data = body(client_of(filled.researcher).get(f"/api/v1/export/{table}.csv")).decode()
    for secret in ("4711", "1960", "Mrs Example", "2024-03", "2024-04", "free text", "OWN-0", "SUM(A1"):
        assert secret not in data


@pytest.mark.parametrize("table", TABLES)
def test_every_withheld_column_is_named_with_its_reason(filled, client_of, table):
    client = client_of(filled.researcher)
    response = client.get(f"/api/v1/export/{table}.csv")
    header = set(parsed(body(response))[0])
    receipt = client.get(f"/api/v1/export/receipts/{response['X-Receipt']}/").json()
    named = {entry["column"]: entry["reason"] for entry in receipt["withheld"]}
    declared = {column.name for column in tables()[table].columns}
    assert declared - header <= set(named)
    assert all(named.values())
    assert set(named) == {column.name for column in tables()[table].columns if PSEUDONYMISED.withheld(column)}


def test_free_text_of_published_patients_is_given(world, client_of):
    texts = {row["center"]: row["diagnosis_text"] for row in rows_of(client_of(world.researcher), "cases")}
    assert texts["PAPER"].startswith("as printed")
    assert texts["OWN"] == ""


def test_ages_above_ninety_are_ninety_and_unknown_ages_stay_unknown(world, client_of):
    make.CaseFactory(patient=make.PatientFactory(center=world.own), age_years=None, diagnosis=world.diagnosis)
    assert [row["age_years"] for row in rows_of(client_of(world.researcher), "cases")] == ["90", "64", ""]


def test_patients_without_consent_are_left_out_and_counted(world, client_of):
    client = client_of(world.researcher)
    for table in ("patients", "cases", "lesions", "case_summary"):
        response = client.get(f"/api/v1/export/{table}.csv", {"center": "OWN"})
        assert len(parsed(body(response))) == 1
        receipt = client.get(f"/api/v1/export/receipts/{response['X-Receipt']}/").json()
        assert receipt["excluded"] == {"consent refused or withdrawn": 1}


def test_formulas_are_defused_in_text_only(world, client_of):
    client = client_of(world.researcher)
    procedures = {row["kind"]: row for row in rows_of(client, "procedures")}
    assert procedures["reboa"]["closure_device"] == "'=device"
    assert procedures["sacroplasty"]["cement_product"] == "'+cement"
    assert {row["inflated_min"] for row in rows_of(client, "balloon_inflations")} == {"-10", "65"}


# -- filters -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "filters", "expected"),
    [
        ("cases", {"publication": "paper-2021"}, 1),
        ("cases", {"center": "OWN"}, 1),
        ("cases", {"case_status": "draft"}, 2),
        ("cases", {"status": "complete"}, 0),
        ("cases", {"diagnosis": "renal-cell", "sex": "female"}, 1),
        ("cases", {"disease_status": "metastasis"}, 2),
        ("cases", {"strategy": "sacroplasty+rfa"}, 1),
        ("cases", {"strategy": "sacroplasty rfa"}, 1),
        ("case_summary", {"kind": "rfa"}, 1),
        ("case_summary", {"level": "L4"}, 1),
        ("cases", {"age_years_min": "95"}, 1),
        ("cases", {"age_years_max": "90"}, 2),
        ("cases", {"indications": "pain"}, 1),
        ("cases", {"indications": "instability;pain"}, 1),
        ("lesions", {"zone_ala": "true"}, 1),
        ("lesions", {"levels": "L3"}, 2),
        ("lesions", {"diagnosis": "renal-cell", "side": "left"}, 1),
        ("lesions", {"strategy": "reboa"}, 2),
        ("procedures", {"kind": "rfa"}, 1),
        ("treated_lesions", {"kind": "rfa"}, 1),
        ("treated_lesions", {"procedure_kind": "rfa", "strategy": "sacroplasty+rfa"}, 1),
        ("assessments", {"time_point": "baseline"}, 2),
        ("complications", {"kind": "radicular_pain"}, 1),
        ("reported_values", {"publication": "paper-2021", "arm": "A"}, 1),
        ("reported_values", {"statistic": "mean"}, 1),
        ("reported_values", {"arm": ""}, 1),
    ],
)
def test_filters(world, client_of, table, filters, expected):
    response = client_of(world.researcher).get(f"/api/v1/export/{table}.csv", filters)
    assert response.status_code == 200, response.content
    assert int(response["X-Rows"]) == len(parsed(body(response))) == expected


@pytest.mark.parametrize(
    ("table", "filters"),
    [
        ("cases", {"publicaton": "paper-2021"}),
        ("cases", {"publication": "paper-2012"}),
        ("cases", {"sex": "m"}),
        ("cases", {"age_years": "60"}),
        ("cases", {"hospital_number": "4711"}),
        ("cases", {"patient__birth_year": "1960"}),
        ("cases", {"indications": "pain;joy"}),
        ("cases", {"format": "json"}),
        ("lesions", {"zone_ala": "perhaps"}),
        ("lesions", {"side": ["left", "right"]}),
        ("lesions", {"side": ""}),
        ("cases", {"index_date_from": "2024-01-01"}),
        ("cases", {"registry_id": "OWN-00001"}),
        ("cases", {"strategy": "rfa+reboa"}),
        ("patients", {"strategy": "reboa"}),
        ("reported_values", {"center": "OWN"}),
    ],
)
def test_an_unknown_filter_is_refused_and_named(world, client_of, table, filters):
    response = client_of(world.researcher).get(f"/api/v1/export/{table}.csv", filters)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert set(response.json()["errors"]) == set(filters)
    assert not ExportReceipt.objects.exists()


@pytest.mark.parametrize("name", ["nothing.csv", "cases.xml", "cases.CSV", "receipts.csv", "archive.csv"])
def test_an_unknown_table_or_format_is_not_found(world, client_of, name):
    response = client_of(world.researcher).get(f"/api/v1/export/{name}")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


# -- streaming ---------------------------------------------------------------------------------------------------------


def test_an_interrupted_download_leaves_an_unfinished_receipt(world, client_of):
    export = Export(select(tables()["cases"], world.researcher, {}), FORMATS["csv"], world.researcher)
    assert next(iter(export))
    export.close()
    address = f"/api/v1/export/receipts/{export.receipt.uuid}/"
    receipt = client_of(world.researcher).get(address).json()
    assert receipt["finished"] is False
    assert receipt["sha256"] == ""
    assert receipt["bytes"] is None


def test_the_number_of_queries_does_not_depend_on_the_rows(world, client_of):
    client = client_of(world.researcher)

    def queries(table):
        with CaptureQueriesContext(connection) as captured:
            body(client.get(f"/api/v1/export/{table}.csv"))
        return len(captured)

    before = {table: queries(table) for table in TABLES}
    for _ in range(5):
        case = make.CaseFactory(patient=make.PatientFactory(center=world.own), diagnosis=world.diagnosis)
        make.TreatedLesionFactory(procedure=make.ProcedureFactory(case=case))
        make.AssessmentFactory(case=case, vas_pain=3)
    assert {table: queries(table) for table in TABLES} == before
    assert max(before.values()) <= 16


# -- what the columns say ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
def test_pandas_reads_the_right_types(filled, client_of, table):
    import pandas

    frame = pandas.read_csv(io.BytesIO(body(client_of(filled.researcher).get(f"/api/v1/export/{table}.csv"))))
    for column in tables()[table].columns:
        if column.name in frame and column.type in (ColumnType.NUMBER, ColumnType.INTEGER):
            assert pandas.api.types.is_numeric_dtype(frame[column.name]), column.name
        if column.name in frame and column.type is ColumnType.BOOLEAN:
            assert set(frame[column.name].dropna()) <= {True, False}
        if column.name in frame and column.codes and column.type is ColumnType.CODE:
            assert set(frame[column.name].dropna()) <= {code for code, _label in column.codes}


def test_tables_join_on_their_keys(world, client_of):
    world.transarterial_case()
    client = client_of(world.researcher)
    cases = {row["case_id"]: row for row in rows_of(client, "cases")}
    patients = {row["patient_id"] for row in rows_of(client, "patients")}
    lesions = {row["lesion_id"]: row for row in rows_of(client, "lesions")}
    procedures = {row["procedure_id"]: row for row in rows_of(client, "procedures")}
    assert {row["patient_id"] for row in cases.values()} == patients
    for table in (
        "lesions",
        "procedures",
        "assessments",
        "complications",
        "treated_lesions",
        "balloon_inflations",
        "treatments",
        "ablations",
        "transarterial_sessions",
        "transarterial_drugs",
    ):
        for row in rows_of(client, table):
            assert cases[row["case_id"]]["patient_id"] == row["patient_id"]
            assert cases[row["case_id"]]["center"] == row["center"]
            if row.get("procedure_id"):
                assert procedures[row["procedure_id"]]["case_id"] == row["case_id"]
            if row.get("lesion_id"):
                assert lesions[row["lesion_id"]]["case_id"] == row["case_id"]
    assert {row["case_id"] for row in rows_of(client, "case_summary")} == set(cases)


def test_case_summary_sums_up_a_case(world, client_of):
    a, b = rows_of(client_of(world.researcher), "case_summary")
    assert (a["lesion_count"], a["levels"]) == ("2", "L3;L4;pelvis")
    assert (a["volume_ml__sum"], a["volume_ml__max"]) == ("8.1", "8")
    assert (a["reboa__count"], a["reboa__blood_loss_ml"], a["reboa__duration_min"]) == ("1", "0", "810")
    assert a["reboa__occlusion_longest_min"] == "60"
    assert a["reboa__urine_output_ml__missing"] == "not_reported"
    assert (a["vas_pain__baseline"], a["vas_pain__month_12"], a["vas_pain__day_1"]) == ("8", "0", "")
    assert a["odi__baseline__missing"] == "not_done"
    assert a["death_day"] == "608.75"
    assert (b["sacroplasty__technique"], b["rfa__duration_min"], b["rfa__day"]) == ("balloon", "60", "30")
    assert b["reboa__count"] == "0" and b["reboa__duration_min"] == ""
    assert (b["complication_count"], b["major_complication_count"]) == ("1", "1")
    assert b["treatments_before"] == "radiotherapy;chemotherapy"


def test_the_first_procedure_of_a_kind_is_shown_where_there_are_several(world, client_of):
    make.ProcedureFactory(case=world.b, kind="rfa", duration_min=99)
    _a, b = rows_of(client_of(world.researcher), "case_summary")
    assert (b["rfa__count"], b["rfa__duration_min"]) == ("2", "60")


def test_complications_that_nobody_was_asked_about_are_not_zero(world, client_of):
    make.ProcedureFactory(case=world.a, kind="rfa")
    a, _b = rows_of(client_of(world.researcher), "case_summary")
    assert (a["complication_count"], a["major_complication_count"]) == ("", "")


def test_days_count_from_the_index_procedure(world, client_of):
    rows = rows_of(client_of(world.researcher), "assessments", center="OWN")
    assert [row["day"] for row in rows] == ["-3", "1", "30", "7", "14"]
    world.b.refresh_from_db()
    world.b.index_date_precision = "month"
    records.save(world.b, by=make.TESTS)
    rows = rows_of(client_of(world.researcher), "assessments", center="OWN")
    assert [row["day"] for row in rows] == ["", "", "", "7", "14"]
