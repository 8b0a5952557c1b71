"""The codebook over HTTP and in the browser: the same variables as JSON, as CSV and on the page."""

import csv
import io

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from registry.research import codebook
from registry.research.api.codebook import VariableSerializer
from registry.research.variables import catalogue
from tests import factories as make

AT = "/api/v1/codebook/"
FILE = "/api/v1/codebook.csv"


@pytest.fixture
def client(db, client_of):
    return client_of(make.UserFactory())


def listed(client, **parameters):
    response = client.get(AT, parameters)
    assert response.status_code == 200, response.content
    return response.json()["results"]


def read(response):
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.content.decode(), newline="")))


# -- JSON --------------------------------------------------------------------------------------------------------------


def test_json_holds_the_whole_catalogue(client):
    body = client.get(AT).json()
    assert [row["variable"] for row in body["results"]] == list(catalogue())
    assert body["next"] is None and body["previous"] is None


def test_an_entry_says_all_that_is_known(client):
    (volume,) = [row for row in listed(client, table="lesions") if row["name"] == "volume_ml"]
    assert volume == {
        "variable": "lesions.volume_ml",
        "table": "lesions",
        "name": "volume_ml",
        "label": "lesion volume",
        "definition": "Volume of the lesion on imaging before the procedure, as measured or reported.",
        "type": "number",
        "unit": "mL",
        "minimum": 0,
        "maximum": 6000,
        "limits": "above 0 to 6000",
        "usual_minimum": None,
        "usual_maximum": None,
        "usual": "",
        "codes": [],
        "missable": True,
        "identifying": "",
        "derived": False,
        "time_point": "",
        "loinc": "",
        "code_system": "",
        "source": "cases.Lesion.volume_ml",
        "stata_name": "volume_ml",
    }


def test_fractions_stay_numbers(client):
    (inr,) = [row for row in listed(client, table="cases") if row["name"] == "inr"]
    assert (inr["minimum"], inr["maximum"], inr["usual_maximum"]) == (0.5, 20, 1.5)


def test_codes_carry_their_labels(client):
    (kind,) = [row for row in listed(client, table="procedures") if row["name"] == "kind"]
    assert {"code": "rfa", "label": "radiofrequency ablation"} in kind["codes"]


def test_json_is_what_the_description_says(client):
    schema = SchemaGenerator().get_schema(public=True)
    operation = schema["paths"][AT]["get"]
    assert {p["name"] for p in operation["parameters"]} == {"table", "q", "format"}
    shape = operation["responses"]["200"]["content"]["application/json"]["schema"]
    validator = Draft202012Validator({**shape, "components": schema["components"]})
    assert not [error.message for error in validator.iter_errors(client.get(AT).json())]
    assert list(VariableSerializer().fields) == list(codebook.entry(next(iter(catalogue().values()))))
    assert "text/csv" in operation["responses"]["200"]["content"]
    assert "text/csv" in schema["paths"]["/api/v1/codebook.{suffix}"]["get"]["responses"]["200"]["content"]


def test_the_root_of_the_api_names_it(client):
    assert client.get("/api/v1/").json()["codebook"].endswith(AT)


# -- CSV ---------------------------------------------------------------------------------------------------------------


def test_csv_says_the_same_as_json(client):
    rows = listed(client)
    for file in (client.get(FILE), client.get(AT, {"format": "csv"})):
        assert file["Content-Disposition"] == 'attachment; filename="codebook.csv"'
        lines = read(file)
        assert [line["variable"] for line in lines] == [row["variable"] for row in rows]
        for line, row in zip(lines, rows, strict=True):
            assert list(line) == list(row)
            assert (float(line["minimum"]) if line["minimum"] else None) == row["minimum"]
            assert line["missable"] == ("true" if row["missable"] else "false")
            parts = [part.partition("=") for part in line["codes"].split(" | ")] if line["codes"] else []
            assert [{"code": code, "label": label} for code, _sign, label in parts] == row["codes"]
            assert line["definition"] == row["definition"]


def test_an_accept_header_does_not_stand_in_the_way(client):
    assert client.get(FILE, HTTP_ACCEPT="text/csv").status_code == 200
    assert client.get(AT, {"format": "csv"}, HTTP_ACCEPT="text/csv").status_code == 200


def test_another_format_of_the_file_is_named(client):
    response = client.get("/api/v1/codebook.sav")
    assert response.status_code == 404 and "csv" in response.json()["detail"]


# -- search ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words, found",
    [
        ("volume_ml", "lesions.volume_ml"),
        ("LESION  volume", "lesions.volume_ml"),
        ("oswestry", "assessments.odi"),
        ("38214-3", "case_summary.vas_pain__month_3"),
        ("transiliac", "treated_lesions.approach"),
        ("°c", "ablations.temperature_mean_celsius"),
        ("month_3 kps", "case_summary.kps__month_3"),
        ("icd-o-3", "cases.icdo3"),
    ],
)
def test_every_word_is_looked_for_everywhere(client, words, found):
    rows = listed(client, q=words)
    assert found in [row["variable"] for row in rows]
    assert len(rows) < len(catalogue())


def test_words_and_table_narrow_together(client):
    assert {row["table"] for row in listed(client, q="volume", table="lesions")} == {"lesions"}
    assert listed(client, q="nothing of the kind") == []
    assert [line["name"] for line in read(client.get(FILE, {"q": "sins_score"}))] == ["sins_score"]


# -- bad requests ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [AT, FILE])
@pytest.mark.parametrize(
    "query, parameter",
    [
        ("tabel=lesions", "tabel"),
        ("table=lesion", "table"),
        ("table=", "table"),
        ("q=", "q"),
        ("q=%20", "q"),
        ("q=a&q=b", "q"),
        (f"q={'a' * 101}", "q"),
        ("format=xml", "format"),
    ],
)
def test_a_parameter_that_cannot_be_is_named(client, address, query, parameter):
    response = client.get(f"{address}?{query}")
    assert response.status_code == 400
    assert set(response.json()["errors"]) == {parameter}
    assert parameter in response.json()["detail"]


def test_a_search_may_hold_anything(client):
    for text in ("%00", "%", "'; DROP", "\\", "💥", "(?:"):
        assert client.get(AT, {"q": text}).status_code == 200


@pytest.mark.parametrize("address", [AT, FILE])
def test_only_those_signed_in_read_it(db, address):
    assert Client().get(address).status_code == 401


@pytest.mark.parametrize("address", [AT, FILE])
def test_it_is_read_only(client, address):
    assert client.post(address, {}).status_code == 405


# -- the page ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def page(db):
    client = Client()
    client.force_login(make.UserFactory())
    return client


def test_the_page_has_an_anchor_for_every_variable(page):
    text = page.get("/codebook/").content.decode()
    for key in catalogue():
        assert f'id="{key}"' in text, key


def test_the_page_shows_what_is_known(page):
    text = page.get("/codebook/", {"table": "treated_lesions", "q": "cement_volume_ml"}).content.decode()
    for part in ("Cement injected into this lesion", "mL", "0 to 30", "usual 1 to 10", "Cement volume"):
        assert part in text, part
    assert 'id="lesions.volume_ml"' not in text
    assert "/api/v1/codebook.csv?q=cement_volume_ml&amp;table=treated_lesions" in text


def test_long_code_lists_are_folded_and_short_ones_are_not(page):
    assert '<details class="codes">' in page.get("/codebook/", {"q": "lesions.levels"}).content.decode()
    short = page.get("/codebook/", {"q": "lesions.side", "table": "lesions"}).content.decode()
    assert "bilateral" in short and '<details class="codes">' not in short


def test_typing_replaces_the_variables_alone(page):
    part = page.get("/codebook/", {"q": "sins"}, HTTP_HX_REQUEST="true")
    text = part.content.decode()
    assert 'id="lesions.sins_score"' in text and "<html" not in text
    assert "HX-Request" in part["Vary"]


def test_finding_nothing_says_what_to_do(page):
    text = page.get("/codebook/", {"q": "nothing of the kind"}).content.decode()
    assert "No variable fits" in text and 'href="/codebook/"' in text and "codebook.csv" not in text


def test_a_table_that_is_none_is_named_at_its_field(page):
    response = page.get("/codebook/", {"table": "nonsense", "q": "sins"})
    text = response.content.decode()
    assert response.status_code == 200
    assert "nonsense is not one of the available choices" in text and 'id="lesions.sins_score"' in text


def test_the_page_explains_itself(page):
    text = page.get("/codebook/").content.decode()
    for part in ("not_reported", "ages above 90 are shown as 90", "/api/v1/cited-series/", "__missing"):
        assert part in text, part


def test_everyone_signed_in_gets_there_and_nobody_else(page):
    assert 'href="/codebook/" aria-current="page"' in page.get("/codebook/").content.decode()
    assert Client().get("/codebook/").status_code == 302
