"""One token sends so many requests a minute; then 429, and when to come back."""

import pytest
import time_machine
from django.test import Client

from registry.access import tokens
from registry.access.throttling import counts


@pytest.fixture(autouse=True)
def _three_a_minute(settings):
    settings.API_RATE = 3
    counts.clear()
    with time_machine.travel("2026-03-10 12:00:20+00:00", tick=False) as clock:
        yield clock
    counts.clear()


def door(user):
    _scope, secret = tokens.create(user, name="script")
    return Client(headers={"Authorization": f"Token {secret}"})


def test_the_fourth_request_of_a_minute_waits_for_the_next(clinician, _three_a_minute):
    api = door(clinician)
    assert [api.get("/api/v1/centers/").status_code for _n in range(4)] == [200, 200, 200, 429]
    refused = api.get("/api/v1/cases/")
    assert refused["Content-Type"] == "application/problem+json" and refused["Retry-After"] == "40"
    assert refused.json()["status"] == 429 and "Retry-After" in refused.json()["detail"]
    _three_a_minute.shift(40)
    assert api.get("/api/v1/centers/").status_code == 200


def test_each_token_has_its_own_count_and_sessions_are_counted_by_user(clinician, curator):
    first, second = door(clinician), door(clinician)
    for _n in range(4):
        last = first.get("/api/v1/centers/")
    assert last.status_code == 429 and second.get("/api/v1/centers/").status_code == 200
    one, other = Client(), Client()
    for browser in (one, other):
        browser.force_login(curator)
    answers = [browser.get("/api/v1/centers/").status_code for browser in (one, other, one, other)]
    assert answers == [200, 200, 200, 429]


def test_writing_is_counted_and_nothing_is_written_beyond(clinician, case):
    api = door(clinician)
    body = f'{{"case_id": "{case.uuid}", "levels": "L1"}}'
    sent = [api.post("/api/v1/lesions/", body, content_type="application/json") for _n in range(5)]
    assert [answer.status_code for answer in sent] == [201, 201, 201, 429, 429]
    assert case.lesions.count() == 3


def test_no_rate_is_no_limit(clinician, settings):
    settings.API_RATE = 0
    api = door(clinician)
    assert {api.get("/api/v1/centers/").status_code for _n in range(5)} == {200}


def test_the_description_says_so_of_every_operation(clinician, settings):
    settings.API_RATE = 0
    paths = door(clinician).get("/api/schema/?format=json").json()["paths"]
    for path, operations in paths.items():
        for method, operation in operations.items():
            assert {"401", "403", "429"} <= set(operation["responses"]), (method, path)
