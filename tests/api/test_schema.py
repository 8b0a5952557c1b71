"""The API's description: valid, complete, and true about units, ranges and codes."""

import io

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver
from jsonschema import Draft202012Validator
from rest_framework.schemas.generators import EndpointEnumerator

from registry.api import RESOURCES
from registry.research.cohorts.choosing import COHORT, VERSION
from registry.research.orders import HOW
from tests import factories
from tests.api.bodies import BODIES, OTHER
from tests.api.test_queries import crowded

PROBLEMS = {"GET": {"400", "401", "404"}, "PATCH": {"400", "401", "403", "404", "409", "413", "415", "428"}}


@pytest.fixture(scope="module")
def schema():
    from drf_spectacular.generators import SchemaGenerator

    return SchemaGenerator().get_schema(public=True)


def test_the_description_is_valid_and_leaves_no_warning():
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=io.StringIO())


def test_it_is_openapi_3_1(schema):
    assert schema["openapi"].startswith("3.1")


def test_every_resource_is_described_with_its_refusals(schema):
    for resource in RESOURCES:
        single, listed = (
            schema["paths"][f"/api/v1/{resource}/{{id}}/"],
            schema["paths"][f"/api/v1/{resource}/"],
        )
        assert PROBLEMS["GET"] <= set(single["get"]["responses"])
        assert "application/problem+json" in single["get"]["responses"]["404"]["content"]
        names = {parameter["name"] for parameter in listed["get"]["parameters"]}
        assert {"cursor", "page_size"} <= names
        assert set(single) >= ({"get", "patch", "delete"} if resource in BODIES else {"get"})
        if resource in BODIES:
            assert (
                PROBLEMS["PATCH"] <= set(single["patch"]["responses"])
                and "201" in listed["post"]["responses"]
            )
        elif resource not in OTHER:
            assert set(single) == set(listed) == {"get"}


def addresses(patterns, before=""):
    """Every address below these patterns, as the description writes it."""
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from addresses(pattern.url_patterns, path)
        else:
            yield EndpointEnumerator().get_path_from_regex(path).replace("\\.", ".")


def test_every_address_is_described(schema):
    found = {path for path in addresses(get_resolver().url_patterns) if path.startswith("/api/v1/")}
    assert found - {"/api/v1/"} == set(schema["paths"])


def test_the_parameters_of_an_export_are_described(schema):
    for path in ("/api/v1/export/{table}.{suffix}", "/api/v1/export/archive.zip"):
        names = {parameter["name"] for parameter in schema["paths"][path]["get"]["parameters"]}
        assert {*HOW, COHORT, VERSION} <= names, path


def test_numbers_are_described_with_unit_and_range(schema):
    volume = schema["components"]["schemas"]["Lesion"]["properties"]["volume_ml"]
    assert volume["exclusiveMinimum"] == 0 and volume["maximum"] == 6000
    assert volume["description"] == "Lesion volume, above 0 to 6000 mL."
    stay = schema["components"]["schemas"]["Procedure"]["properties"]["hospital_stay_days"]
    assert "0 to 365 d" in stay["description"]


def test_codes_are_listed(schema):
    side = schema["components"]["schemas"]["Lesion"]["properties"]["side"]
    assert side["anyOf"][0]["enum"] == ["left", "right", "central", "bilateral"]
    missing = schema["components"]["schemas"]["LesionRequest"]["properties"]["side__missing"]
    assert "not_reported" in missing["anyOf"][0]["enum"]


def test_what_a_new_record_needs_is_said(schema):
    shapes = schema["components"]["schemas"]
    assert shapes["AssessmentRequest"]["required"] == ["case_id", "time_point"]
    assert "required" not in shapes["PatchedAssessmentRequest"]


def test_a_case_shows_what_it_embeds(schema):
    properties = schema["components"]["schemas"]["Case"]["properties"]
    for name in ("lesions", "treatments", "procedures", "assessments", "complications", "followup"):
        assert "$ref" in str(properties[name]), name
    assert properties["strategy"]["readOnly"]


def test_every_shape_is_sound(schema):
    for name, shape in schema["components"]["schemas"].items():
        Draft202012Validator.check_schema(shape)
        assert "'null', 'null'" not in str(shape), name


@pytest.mark.django_db
def test_answers_are_what_the_description_says(schema, api, center, published_case):
    crowded(center, 1)
    factories.ReportedValueFactory(arm=factories.StudyArmFactory())
    factories.CitedSeriesFactory()
    factories.CohortFactory(owner=api.user)
    for resource in RESOURCES:
        operation = schema["paths"][f"/api/v1/{resource}/"]["get"]
        conforms(schema, operation, api.get(f"{resource}/"))
        single = schema["paths"][f"/api/v1/{resource}/{{id}}/"]["get"]
        for record in api.get(f"{resource}/").json()["results"][:1]:
            conforms(schema, single, api.get(f"{resource}/{record['id']}/"))
    conforms(schema, single, api.get("cases/?sex=x"))
    conforms(schema, single, api.get("cases/x/"))


def conforms(schema, operation, answer):
    media = answer["Content-Type"].split(";")[0]
    shape = operation["responses"][str(answer.status_code)]["content"][media]["schema"]
    validator = Draft202012Validator({**shape, "components": schema["components"]})
    assert [error.message for error in validator.iter_errors(answer.json())] == []


@pytest.mark.django_db
def test_the_description_and_its_page_are_for_signed_in_users(clinician):
    answer = Client().get("/api/docs/")
    assert answer.status_code == 302 and answer["Location"].endswith("login/?next=/api/docs/")
    client = Client()
    client.force_login(clinician)
    page = client.get("/api/docs/")
    assert page.status_code == 200 and b"swagger-ui" in page.content
    policy = page["Content-Security-Policy"]
    assert "unsafe" not in policy and b"<style" not in page.content
    assert client.get("/api/docs/?script=")["Content-Type"].startswith("application/javascript")
    assert client.get("/api/schema/").status_code == 200
