"""Whatever is sent to the API, it answers as its description says: a described status, in the described shape.

Every operation of the description is asked by everybody with generated parameters and bodies, good and bad. In the
tests a few of each, always the same; ``SCHEMA_EXAMPLES=100`` sends that many others.
"""

import logging
import os
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from registry.core.models import Record
from tests.access.addresses import RESOURCES
from tests.access.conftest import Town, make_town
from tests.remembered import remembered

#: Examples for each operation and kind of data; each is sent by everybody.
EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "0"))
ROLES = ("anonymous", "clinician", "curator", "researcher", "superuser")
CHECKS: list[Any] = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
FORGERY = "f" * 32


@pytest.fixture(autouse=True)
def _one_connection(db):
    """A server closes its connection between requests; that of a test holds what it has written."""
    for announcement in (request_started, request_finished):
        announcement.disconnect(close_old_connections)
    yield
    for announcement in (request_started, request_finished):
        announcement.connect(close_old_connections)


@pytest.fixture
def town(db) -> Town:
    return remembered("town", make_town)


@pytest.fixture(scope="module")
def description() -> Any:
    return schemathesis.openapi.from_dict(SchemaGenerator().get_schema(public=True))


def credentials(user: Any) -> dict[str, Any]:
    """A session, and the word against forged requests."""
    client = Client()
    if user is not None:
        client.force_login(user)
    cookies = {name: one.value for name, one in client.cookies.items()}
    return {
        "cookies": {**cookies, "csrftoken": FORGERY},
        "headers": {"X-CSRFToken": FORGERY, "Accept-Encoding": "identity"},
    }


def with_real_ids(case: Any, town: Town) -> None:
    """Most generated ids lead to nothing: put those of the town in their place, so that what is behind is reached."""
    things = town.own.things
    words = case.operation.path.strip("/").split("/")
    resource = {"jobs": "exportjob", "receipts": "exportreceipt"}.get(
        words[3 if words[2] == "export" else 2], words[2]
    )
    name = RESOURCES[resource]._meta.model_name if resource in RESOURCES else resource.removesuffix("s")
    if "id" in (case.path_parameters or {}) and name in things:
        case.path_parameters["id"] = town.own.key(name)
    if "uuid" in (case.path_parameters or {}) and name in things:
        case.path_parameters["uuid"] = town.own.key(name)
    if "slug" in (case.path_parameters or {}) and name in ("cohort", "release"):
        case.path_parameters["slug"] = town.own.key(name)
    if isinstance(case.body, dict):
        for key in list(case.body):
            at = key.removesuffix("_id").replace("_", "")
            if key.endswith("_id") and isinstance(things.get(at), Record):
                case.body[key] = town.own.key(at)
        if "center" in case.body:
            case.body["center"] = things["center"].code
        if "version" in case.body and name in things and hasattr(things[name], "version"):
            case.body["version"] = things[name].version


@pytest.mark.parametrize("half", [0, 1])
def test_everything_is_answered_as_described(half, town, description, caplog):
    caplog.set_level(logging.CRITICAL)
    app, sent = get_wsgi_application(), {role: credentials(town.people[role]) for role in ROLES}
    examples = settings(
        max_examples=EXAMPLES or 2,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    failures: dict[str, str] = {}
    operations = [found.ok() for found in description.get_all_operations()]
    for operation in operations[half::2]:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @examples
            @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
            def ask(case: Any, real: bool) -> None:
                if not real:
                    with_real_ids(case, town)
                # The description names tokens; a generated one would be refused before anything else is looked at.
                case.headers = {
                    name: one for name, one in (case.headers or {}).items() if name != "Authorization"
                }
                for role in ROLES:
                    with transaction.atomic():
                        response = case.call(app=app, **sent[role])
                        transaction.set_rollback(True)
                    try:
                        case.validate_response(response, checks=CHECKS)
                    except BaseExceptionGroup as problems:
                        said = "; ".join(str(one)[:400] for one in problems.exceptions)
                        asked = case.as_curl_command()[:600]
                        raise AssertionError(f"{role}: {response.status_code} {said}\n{asked}") from None

            try:
                ask()
            except Unsatisfiable:
                pass  # nothing that is sent there can be wrong
            except Exception as problem:
                failures[f"{operation.label} {mode.value}"] = str(problem)[:1500]
    assert not failures, "\n\n".join(f"{label}: {said}" for label, said in failures.items())
