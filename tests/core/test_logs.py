"""The log says what happened and to which request, and nobody's name, words or values."""

import json
import logging

import pytest
from django.http import HttpRequest

from registry.core.logs import JsonFormatter, TextFormatter
from tests import factories


class Kept(logging.Handler):
    """Lines as they would be written."""

    def __init__(self, formatter):
        super().__init__()
        self.setFormatter(formatter)
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))


@pytest.fixture
def log():
    kept = Kept(JsonFormatter())
    logging.getLogger().addHandler(kept)
    yield kept
    logging.getLogger().removeHandler(kept)


def requests_of(log):
    return [line for line in map(json.loads, log.lines) if line["logger"] == "registry.requests"]


def test_a_request_is_one_line_with_the_number_of_the_user(log, client, clinician, case):
    client.force_login(clinician)
    answer = client.get("/cases/?q=Musterfrau")
    (line,) = requests_of(log)
    about = "time level logger message request_id method path status duration_ms user_id"
    assert list(line) == about.split()
    assert (line["method"], line["path"], line["status"], line["user_id"]) == (
        "GET",
        "/cases/",
        200,
        clinician.pk,
    )
    assert line["request_id"] == answer["X-Request-ID"]
    assert "Musterfrau" not in "".join(log.lines) and "clinician" not in "".join(log.lines)


def test_nothing_that_is_sent_is_logged(log, client, clinician, case):
    client.force_login(clinician)
    client.post("/account/login/", {"username": "Musterfrau", "password": "Geheimnis"})
    client.post(f"/cases/{case.uuid}/form/", {"indications": "Musterfrau"})
    client.get("/cases/", {"q": "4711-0815"}, headers={"host": "Musterfrau.example"})
    client.get("/admin/cases/case/", {"Musterfrau": "1"})
    client.get("/api/v1/cases/?Musterfrau=1", headers={"authorization": "Token Geheimnis"})
    assert len(requests_of(log)) == 5
    for word in ("Musterfrau", "Geheimnis", "4711"):
        assert word not in "".join(log.lines)


def test_an_id_of_the_proxy_is_kept_and_one_that_could_forge_lines_is_not(log, client, db):
    assert (
        client.get("/health/live", headers={"x-request-id": "abc-123-def"})["X-Request-ID"] == "abc-123-def"
    )
    for given in ("short", "x" * 65, 'abc"},{"level', "abc defghij"):
        assert client.get("/health/live", headers={"x-request-id": given})["X-Request-ID"] != given


def test_an_error_is_logged_with_its_place_and_without_its_values(log, client, clinician, monkeypatch):
    client.force_login(clinician)
    client.raise_request_exception = False

    def fail(self):
        hospital_number = "4711-0815"
        raise ValueError(f"cannot read {hospital_number}")

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", fail)
    assert client.get("/account/?q=Musterfrau").status_code == 500
    said = [json.loads(line) for line in log.lines]
    error = next(line for line in said if line["level"] == "error")
    assert (error["path"], error["method"]) == ("/account/", "GET")
    assert "builtins.ValueError at" in error["error"] and "test_logs.py" in error["error"]
    assert error["request_id"] == requests_of(log)[0]["request_id"]
    assert "4711" not in "".join(log.lines) and "Musterfrau" not in "".join(log.lines)


def test_every_line_of_the_log_is_one_line_of_json():
    record = logging.LogRecord("a.b", logging.WARNING, "x.py", 1, "two\nlines %s", ("“q”",), None)
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert json.loads(line)["message"] == "two\nlines “q”" and json.loads(line)["level"] == "warning"
    assert "a.b two" in TextFormatter().format(record)


def test_a_refused_host_is_logged_without_it(log, client, settings):
    record = logging.LogRecord(
        "django.security", logging.ERROR, "x.py", 1, "Invalid host: %s", ("evil",), None
    )
    record.request = HttpRequest()
    assert "evil" not in JsonFormatter().format(record)


def test_ready_waits_for_what_is_needed_and_says_why_in_the_log_only(log, client, db, monkeypatch):
    from registry.core.views import health

    assert client.get("/health/ready").content == b"ok\n"
    monkeypatch.setitem(health._needed, "the cellar is flooded", lambda: False)
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.content) == (503, b"not ready\n")
    assert "the cellar is flooded" in "".join(log.lines)


def test_a_table_that_is_missing_is_not_ready(db, monkeypatch):
    from django.db.migrations.executor import MigrationExecutor

    from registry.core.views import health

    monkeypatch.setattr(health, "_applied", [])
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda self, targets: [("cases.0099", False)])
    assert health.migrations_are_applied() is False
    assert factories.CenterFactory().pk


@pytest.mark.parametrize(
    ("before", "secret", "after"),
    [("invitations/accept/", "Geheimnis", "/"), ("password/reset/1-", "c9-Geheimnis", "/")],
)
def test_an_address_that_opens_something_is_logged_without_its_secret(log, client, db, before, secret, after):
    client.get(f"/account/{before}{secret}{after}")
    (line,) = requests_of(log)
    assert line["path"] == f"/account/{before}…{after}" and "Geheimnis" not in "".join(log.lines)
