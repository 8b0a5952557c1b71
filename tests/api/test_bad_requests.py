"""Requests that no client should send: 4xx with a clear message, nothing written, never a 500."""

import json
from io import BytesIO

import pytest
from rest_framework.test import APIClient

from cases.models import Case, Lesion
from tests.api.test_bad_input import errors, problem, send

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "",
        "null",
        "[]",
        "3",
        '"text"',
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"a":' * 30 + "1" + "}" * 30,
        '{"volume_ml": NaN}',
        '{"volume_ml": Infinity}',
        '{"side": "left", "side": "right"}',
        '{"a\\u0000b": 1}',
        '{"\\ud800": 1}',
        b"\xff\xfe{}",
        b'{"notes": "\xff"}',
    ],
    ids=lambda text: repr(text[:24]),
)
def test_json_that_is_no_object_is_a_problem(clinician, text):
    problem(send(clinician, text), 400)
    assert Lesion.objects.count() == 0


def test_half_a_surrogate_pair_is_refused_at_its_field(clinician, case):
    text = f'{{"version": 1, "notes": "a\\ud800b"}}'  # noqa: F541 - the braces are JSON
    answer = send(clinician, text, f"cases/{case.uuid}/", "patch")
    assert "surrogate" in errors(answer)["notes"][0]


@pytest.mark.parametrize("number", ["1" * 5000, "1e400", "-1e-400", "1." + "0" * 500 + "1", "1E+999999999"])
def test_absurd_numbers_are_refused_at_their_field(clinician, case, number):
    text = f'{{"case_id": "{case.uuid}", "volume_ml": {number}}}'
    found = errors(send(clinician, text))
    assert list(found) == ["volume_ml"]


def test_ten_megabytes_are_too_large(clinician, case):
    text = json.dumps({"version": 1, "notes": "x" * 10_000_000})
    problem(send(clinician, text, f"cases/{case.uuid}/", "patch"), 413)
    assert Case.objects.get().version == 1


def test_ten_megabytes_are_too_large_with_a_length_that_lies(clinician):
    from registry.core.api.parsers import StrictJSONParser
    from registry.core.api.problems import Problem

    with pytest.raises(Problem) as refused:
        StrictJSONParser().parse(BytesIO(b'{"notes": "' + b"x" * 10_000_000 + b'"}'))
    assert refused.value.status_code == 413


def in_chunks(user, body, **environ):
    """A body whose length is not announced, as a server hands it over."""
    client = APIClient()
    client.force_authenticate(user)
    environ = {
        "HTTP_TRANSFER_ENCODING": "chunked",
        "CONTENT_LENGTH": "",
        "wsgi.input": BytesIO(body),
        **environ,
    }
    return client.generic("POST", "/api/v1/patients/", b"", content_type="application/json", **environ)


def test_a_body_in_chunks_is_read_up_to_the_limit(clinician, center):
    body = b'{"center": "HEI", "sex": "male"}'
    assert in_chunks(clinician, body, **{"wsgi.input_terminated": True}).json()["sex"] == "male"
    problem(in_chunks(clinician, body + b" " * 3_000_000, **{"wsgi.input_terminated": True}), 413)
    problem(in_chunks(clinician, body), 400)


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml", ""],
)
def test_other_formats_than_json_are_415(clinician, content_type):
    refused = send(clinician, "case_id=1", content_type=content_type)
    assert "application/json" in problem(refused, 415)["detail"]


def test_other_answers_than_json_are_406(api):
    answer = api.client.get("/api/v1/cases/", headers={"Accept": "text/csv"})
    problem(answer, 406)


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/*", "application/problem+json"])
def test_json_is_acceptable(api, accept):
    assert api.client.get("/api/v1/cases/", headers={"Accept": accept}).status_code == 200


@pytest.mark.parametrize("name", ["x", "1", "%F0%9F%A6%B4", "..%2f", "0" * 400, "a'b", "%ED%A0%80"])
def test_an_id_that_is_none_is_404(api, name):
    problem(api.get(f"cases/{name}/"), 404)


@pytest.mark.parametrize("path", ["cases/a%00b/", "cases/?sex=%00", "cases/?%00=1"])
def test_null_characters_in_an_address_are_a_problem(api, path):
    assert api.get(path).status_code in (400, 404)
    assert api.get(path)["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v2/cases/", "/api/v1/cohort/", "/api/v1/cases/x/y/", "/api/v1/%F0/"]
)
def test_every_other_address_is_a_problem_too(api, path):
    problem(api.get(path), 404)


def test_a_forgotten_slash_is_added_for_readers_and_named_for_writers(api):
    answer = api.get("/api/v1/cases?sex=male")
    assert answer.status_code == 301 and answer["Location"] == "/api/v1/cases/?sex=male"
    assert "slash" in problem(api.post("/api/v1/cases", {}), 404)["detail"]


def test_options_and_put_are_not_offered(api):
    problem(api.client.options("/api/v1/cases/"), 405)
    problem(api.client.put("/api/v1/cases/", {}, format="json"), 405)


def test_an_unknown_parameter_of_a_single_record_is_refused(api, case):
    assert list(errors(api.get(f"cases/{case.uuid}/", expand="all"))) == ["expand"]
    assert list(errors(api.delete(f"cases/{case.uuid}/?force=1", {"version": 1}))) == ["force"]
    assert list(errors(api.delete(f"cases/{case.uuid}/", {"version": 1, "force": 1}))) == ["force"]
