"""Who is asking: tokens, sessions, nobody."""

import datetime
import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from registry.access.models import AccessEvent, TokenScope
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def create(*arguments):
    out, err = io.StringIO(), io.StringIO()
    call_command("create_token", *arguments, stdout=out, stderr=err)
    return out.getvalue().strip(), err.getvalue()


def get(token, path="/api/v1/cases/", prefix="Token"):
    return Client().get(path, headers={"Authorization": f"{prefix} {token}"})


def test_a_created_token_opens_the_api_and_is_kept_as_a_hash_only(clinician, case):
    token, said = create("clinician")
    assert get(token).json()["results"][0]["id"] == str(case.uuid)
    stored = AuthToken.objects.get()
    assert token not in (stored.digest, stored.token_key) and "not shown again" in said
    event = AccessEvent.objects.get(kind="token")
    assert (event.kind, event.user_name) == ("token", "clinician") and token not in event.detail


def test_a_token_expires(clinician):
    token, _said = create("clinician", "--days", "7")
    stored = AuthToken.objects.get()
    assert (
        timezone.now() + datetime.timedelta(days=6)
        < stored.expiry
        < timezone.now() + datetime.timedelta(days=8)
    )
    AuthToken.objects.update(expiry=timezone.now() - datetime.timedelta(seconds=1))
    assert get(token).status_code == 401


@pytest.mark.parametrize(
    "arguments", [["nobody"], ["clinician", "--days", "0"], ["clinician", "--days", "9999"]]
)
def test_a_token_that_cannot_be_is_refused(clinician, arguments):
    with pytest.raises(CommandError):
        create(*arguments)
    assert not AuthToken.objects.exists()


def test_the_command_limits_what_a_token_may(clinician, case):
    token, _said = create("clinician", "--read-only", "--center", "HEI", "--name", "nightly copy")
    assert get(token).status_code == 200
    body = json.dumps({"case_id": str(case.uuid), "levels": "L1"})
    headers = {"Authorization": f"Token {token}"}
    refused = Client().post("/api/v1/lesions/", body, content_type="application/json", headers=headers)
    assert refused.status_code == 403
    scope = TokenScope.objects.get()
    assert (scope.name, scope.every_center, scope.profile) == ("nightly copy", False, "identified")
    create("clinician", "--profile", "aggregate")
    assert not TokenScope.objects.get(profile="aggregate").may_write
    for wrong in (["--center", "BER"], ["--name", " "], ["--profile", "all"]):
        with pytest.raises(CommandError):
            create("clinician", *wrong)
    assert AuthToken.objects.count() == 2


def test_a_user_who_may_not_sign_in_gets_no_token_and_loses_the_old_one(clinician):
    token, _said = create("clinician")
    clinician.is_active = False
    clinician.save()
    assert get(token).status_code == 401
    with pytest.raises(CommandError):
        create("clinician")


@pytest.mark.parametrize(
    "header", ["Token", "Token x", "Token a b", "Token \xff\xfe", "Token " + "a" * 3000, "Token a\x00"]
)
def test_a_broken_token_is_401_and_says_how_to_sign_in(clinician, header):
    create("clinician")
    answer = Client().get("/api/v1/cases/", headers={"Authorization": header})
    assert answer.status_code == 401 and answer["WWW-Authenticate"] == "Token"
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/api/v1/", "/api/v1/cases/", "/api/v1/patients/x/", "/api/schema/"])
def test_nobody_gets_401(path, db):
    answer = Client().get(path)
    assert answer.status_code == 401 and answer["WWW-Authenticate"] == "Token"
    assert "“Authorization: Token …”" in answer.json()["detail"]
    assert Client().post("/api/v1/cases/", "{}", content_type="application/json").status_code == 401


def test_a_signed_in_user_writes_with_a_csrf_token_only(clinician, case):
    client = Client(enforce_csrf_checks=True)
    assert client.login(username="clinician", password=PASSWORD)
    assert client.get("/api/v1/cases/").status_code == 200
    body = json.dumps({"case_id": str(case.uuid), "levels": "L1"})
    refused = client.post("/api/v1/lesions/", body, content_type="application/json")
    assert refused.status_code == 403 and refused["Content-Type"] == "application/problem+json"
    client.cookies["csrftoken"] = "a" * 32
    allowed = client.post(
        "/api/v1/lesions/", body, content_type="application/json", headers={"X-CSRFToken": "a" * 32}
    )
    assert allowed.status_code == 201


def test_a_token_writes_without_csrf(clinician, case):
    token, _said = create("clinician")
    client = Client(enforce_csrf_checks=True)
    body = json.dumps({"case_id": str(case.uuid), "levels": "L1"})
    headers = {"Authorization": f"Token {token}"}
    assert (
        client.post("/api/v1/lesions/", body, content_type="application/json", headers=headers).status_code
        == 201
    )


def test_answers_are_not_kept_by_caches(clinician):
    token, _said = create("clinician")
    assert get(token)["Cache-Control"] == "no-store"
    assert get("wrong")["Cache-Control"] == "no-store"
