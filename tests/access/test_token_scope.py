"""A token has no more than its scope leaves of its user's rights, at every door of the API."""

import datetime
import json

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from cases.models import Patient
from registry.access import tokens
from registry.access.models import AccessEvent, Membership, TokenScope
from registry.research import jobs
from registry.research.models import ExportJob
from tests import factories

READ = {"may_write": False, "profile": "identified"}
PSEUDONYMISED = {"may_write": False, "profile": "pseudonymised"}
AGGREGATE = {"may_write": False, "profile": "aggregate"}


class Door:
    """The API, entered with a token of this scope."""

    def __init__(self, user, **scope):
        self.scope, self.secret = tokens.create(user, name="a script", **scope)
        self.client = Client(headers={"Authorization": f"Token {self.secret}"})

    def get(self, path, **query):
        return self.client.get(f"/api/v1/{path}", query)

    def send(self, method, path, body):
        return getattr(self.client, method)(
            f"/api/v1/{path}", json.dumps(body), content_type="application/json"
        )

    def rows(self, path, **query):
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.content
        return answer.json()["results"]

    def exported(self, table, **query):
        answer = self.get(f"export/{table}.csv", **query)
        assert answer.status_code == 200, answer.content
        return b"".join(answer.streaming_content).decode()


@pytest.fixture
def here(center):
    return factories.PatientFactory(center=center, birth_year=1950, hospital_number="4711")


@pytest.fixture
def there(other_center):
    return factories.PatientFactory(center=other_center, birth_year=1960, hospital_number="0815")


@pytest.fixture
def both(center, other_center):
    """A curator of two centres."""
    user = factories.member(center, "curator", username="both")
    Membership.objects.create(user=user, center=other_center, role="clinician")
    return user


@pytest.fixture
def boss(db):
    return factories.UserFactory(username="boss", is_superuser=True)


def test_a_token_that_reads_does_not_write(case, clinician, here):
    door = Door(clinician, **READ)
    assert door.get(f"patients/{here.uuid}/").json()["birth_year"] == 1950
    body = {"case_id": str(case.uuid), "levels": "L1", "version": 1}
    for method, path in (
        ("post", "lesions/"),
        ("patch", f"cases/{case.uuid}/"),
        ("delete", f"cases/{case.uuid}/"),
        ("post", "cohorts/"),
        ("post", "releases/"),
    ):
        answer = door.send(method, path, body)
        assert answer.status_code == 403, (method, path)
        assert "This token may read" in answer.json()["detail"]
    assert door.send("post", "cohorts/preview/", {"title": "x", "where": {"all": []}}).status_code == 200
    assert [row["may_write"] for row in door.rows("centers/")] == [False]


def test_a_token_that_writes_writes_as_its_user(case, clinician, researcher):
    body = {"case_id": str(case.uuid), "levels": "L1"}
    assert Door(clinician).send("post", "lesions/", body).status_code == 201
    assert Door(researcher).send("post", "lesions/", body).status_code == 403


@pytest.mark.parametrize("who", ["both", "boss"])
def test_centres_limit_lists_records_filters_search_and_exports(request, who, center, here, there):
    user = request.getfixturevalue(who)
    door = Door(user, centers=[center])
    assert [row["id"] for row in door.rows("patients/")] == [str(here.uuid)]
    assert [row["center"] for row in door.rows("centers/")] == ["HEI"]
    assert door.get(f"patients/{there.uuid}/").status_code == 404
    assert door.get("patients/", center="BER").json().get("results", []) == []
    assert there.registry_id not in door.exported("patients", profile="identified")
    assert here.registry_id in door.exported("patients", profile="identified")
    change = door.send("patch", f"patients/{there.uuid}/", {"sex": "male", "version": 1})
    assert change.status_code == 404
    made = door.send("post", "patients/", {"center": "BER", "sex": "male"})
    assert made.status_code == 400
    assert Patient.objects.filter(center=there.center).count() == 1
    # Without a token the same user has both.
    client = Client()
    client.force_login(user)
    assert len(client.get("/api/v1/patients/").json()["results"]) == 2


def test_a_centre_that_was_never_the_users_is_not_gained(clinician, other_center, there):
    door = Door(clinician, centers=[other_center])
    assert door.rows("patients/") == []


def test_a_pseudonymised_token_shows_nobody(clinician, here):
    door = Door(clinician, **PSEUDONYMISED)
    (shown,) = door.rows("patients/")
    assert "birth_year" not in shown and "hospital_number" not in shown
    assert "4711" not in door.get(f"patients/{here.uuid}/").content.decode()
    refused = door.get("export/patients.csv", profile="identified")
    assert refused.status_code == 403
    plain = door.exported("patients")
    assert "4711" not in plain and "1950" not in plain
    factories.CaseFactory(patient=here)
    # It would tell the date day by day.
    assert door.get("cases/", index_date_from="2020-01-01").status_code == 403
    assert [row["may_identify"] for row in door.rows("centers/")] == [False]
    assert not AccessEvent.objects.filter(kind="identity_read").exists()


def test_an_aggregate_token_sees_no_row(clinician, here, case):
    door = Door(clinician, **AGGREGATE)
    cohort = factories.CohortFactory(owner=clinician)
    for path in ("patients/", f"cases/{case.uuid}/", "lesions/", "export/cases.csv", "export/archive.zip"):
        assert door.get(path).status_code == 403, path
    assert door.send("post", "cohorts/preview/", {"title": "x", "where": {"all": []}}).status_code == 403
    assert door.get(f"cohorts/{cohort.slug}/").status_code == 403  # its counts are live
    for path in ("", "publications/", "codebook/", "centers/", "cohorts/"):
        assert door.get(path).status_code == 200, path
    statistics = f"cohorts/{cohort.slug}/statistics/"
    assert door.get(statistics).json()["profile"] == "aggregate"
    assert door.get(statistics, profile="pseudonymised").status_code == 403


def test_an_export_in_the_background_keeps_the_reach_of_its_token(both, center, here, there):
    narrow, wide = Door(both, centers=[center], **READ), Door(both, **READ)
    asked = narrow.get("export/patients.csv", profile="identified", background="true")
    assert asked.status_code == 202
    job = ExportJob.objects.get()
    jobs.carry_out(job)
    assert job.state == "done", job.message
    mine = narrow.client.get(narrow.client.get(asked.json()["url"]).json()["file"])
    text = b"".join(mine.streaming_content).decode()
    assert here.registry_id in text and there.registry_id not in text
    # The same wish with a wider token is another job, which the narrow one does not reach.
    other = wide.get("export/patients.csv", profile="identified", background="true")
    assert other.json()["id"] != str(job.uuid)
    assert narrow.client.get(other.json()["url"]).status_code == 404
    assert wide.client.get(asked.json()["url"]).status_code == 200
    pseudonymised = Door(both, **PSEUDONYMISED)
    assert pseudonymised.client.get(asked.json()["url"]).status_code == 404
    for made in ExportJob.objects.all():
        jobs.path_of(made).unlink(missing_ok=True)


def test_rights_that_are_lost_are_lost_to_the_token(clinician, here):
    door = Door(clinician)
    assert door.rows("patients/")
    clinician.memberships.update(end=timezone.localdate() - datetime.timedelta(days=1), start="2020-01-01")
    assert door.rows("patients/") == []


def test_a_user_who_is_made_inactive_loses_every_token_for_good(clinician, curator):
    door, other = Door(clinician), Door(curator)
    clinician.is_active = False
    clinician.save()
    assert door.get("cases/").status_code == 401
    assert not AuthToken.objects.filter(user=clinician).exists()
    assert AccessEvent.objects.filter(kind="token", detail__startswith="revoked, as the account").count() == 1
    clinician.is_active = True
    clinician.save()
    assert door.get("cases/").status_code == 401
    assert other.get("cases/").status_code == 200


def test_a_removed_user_and_a_token_without_a_scope_open_nothing(clinician, curator):
    door, bare = Door(clinician), Door(curator)
    clinician.delete()
    TokenScope.objects.filter(pk=bare.scope.pk).delete()
    assert (door.get("cases/").status_code, bare.get("cases/").status_code) == (401, 401)


def test_the_last_use_is_noted_once_a_minute(clinician, django_assert_num_queries):
    with time_machine.travel("2026-03-10 12:00:00+00:00", tick=False) as clock:
        door = Door(clinician)
        events = AccessEvent.objects.count()
        door.get("centers/")
        noted = TokenScope.objects.get().last_used_at
        clock.shift(59)
        door.get("centers/")
        assert TokenScope.objects.get().last_used_at == noted
        clock.shift(2)
        door.get("centers/")
        assert TokenScope.objects.get().last_used_at == noted + datetime.timedelta(seconds=61)
        assert AccessEvent.objects.count() == events


def test_a_pseudonymised_token_that_writes_keeps_cohorts_and_changes_no_record(clinician, case):
    door = Door(clinician, may_write=True, profile="pseudonymised")
    kept = door.send("post", "cohorts/", {"title": "Kept", "where": {"all": []}})
    assert kept.status_code == 201
    assert door.send("post", "lesions/", {"case_id": str(case.uuid), "levels": "L1"}).status_code == 403
    change = {"age_years": 50, "version": case.version}
    assert door.send("patch", f"cases/{case.uuid}/", change).status_code == 403
    assert [row["may_write"] for row in door.rows("centers/")] == [False]
    with pytest.raises(IntegrityError), transaction.atomic():
        tokens.create(clinician, may_write=True, profile="aggregate")
