"""What an export shows of who the patients are: never more than its user may see, and never more than was asked for."""

import json

import pytest

from registry.access.models import AccessEvent
from registry.research.models import ExportReceipt
from tests import factories as make
from tests.research.test_export import body, parsed

#: What is known of case B in the world's own centre.
SECRETS = ("4711", "1960", "Mrs Example", "2024-03-11", "free text", "OWN-0")


@pytest.fixture
def curator_of_own(world):
    return make.member(world.own, "curator")


def fetched(client, table, **parameters):
    response = client.get(f"/api/v1/export/{table}.csv", parameters)
    assert response.status_code == 200, response.content
    return response, body(response)


def test_a_curator_gets_the_own_centre_identified(world, client_of, curator_of_own):
    client = client_of(curator_of_own)
    _response, patients = fetched(client, "patients", profile="identified")
    rows = {row["center"]: row for row in parsed(patients)}
    own = rows["OWN"]
    assert (own["hospital_number"], own["birth_year"], own["consent_date"]) == ("4711", "1960", "2024-03-11")
    assert own["registry_id"].startswith("OWN-0")
    _response, cases = fetched(client, "cases", profile="identified")
    own = {row["center"]: row for row in parsed(cases)}["OWN"]
    assert own["index_date"] == "2024-03-11" and own["diagnosis_text"] == "names Mrs Example"
    assert own["notes"] == "'=SUM(A1:A9)"


@pytest.mark.parametrize("role", ["clinician", "curator"])
def test_identified_rows_stand_in_the_access_log_and_on_the_receipt(world, client_of, role):
    user = make.member(world.own, role)
    response, _data = fetched(client_of(user), "cases", profile="identified")
    receipt = ExportReceipt.objects.get(uuid=response["X-Receipt"])
    assert receipt.definition["profile"] == "identified" and receipt.definition["dates"] == "exact"
    assert receipt.withheld == []
    event = AccessEvent.objects.get(kind=AccessEvent.Kind.IDENTITY_READ)
    assert event.user_name == user.username and event.subject == "cases.csv"
    assert response["X-Receipt"] in event.detail


def test_a_pseudonymised_export_is_no_reading_of_identity(world, client_of, curator_of_own):
    fetched(client_of(curator_of_own), "cases")
    assert not AccessEvent.objects.filter(kind=AccessEvent.Kind.IDENTITY_READ).exists()


@pytest.mark.parametrize("user", ["researcher", "nobody"])
def test_who_treats_nobody_may_not_ask_for_identity(world, client_of, user):
    asking = world.researcher if user == "researcher" else make.UserFactory()
    response = client_of(asking).get("/api/v1/export/cases.csv", {"profile": "identified"})
    assert response.status_code == 403 and response["Content-Type"] == "application/problem+json"
    assert "pseudonymised" in response.json()["detail"]
    assert not ExportReceipt.objects.exists()


def test_rows_of_other_centres_stay_as_they_were(world, client_of):
    """A clinician of one centre who is a researcher of another."""
    user = make.member(make.CenterFactory(code="MINE"), "clinician")
    make.Membership.objects.create(user=user, center=world.own, role="researcher")
    mine = make.CaseFactory(
        patient=make.PatientFactory(
            center=user.memberships.get(role="clinician").center, hospital_number="99"
        ),
        diagnosis=world.diagnosis,
        diagnosis_text="mine",
        age_years=95,
        index_date="2023-05-06",
        index_date_precision="day",
    )
    client = client_of(user)
    for table in ("patients", "cases", "procedures", "case_summary", "complications", "assessments"):
        response, data = fetched(client, table, profile="identified")
        for secret in SECRETS:
            assert secret not in data.decode(), (table, secret)
        receipt = client.get(f"/api/v1/export/receipts/{response['X-Receipt']}/").json()
        assert all(entry["reason"].startswith("shown for your own") for entry in receipt["withheld"])
    _response, data = fetched(client, "cases", profile="identified")
    rows = {row["case_id"]: row for row in parsed(data)}
    assert rows[str(mine.uuid)]["diagnosis_text"] == "mine"
    assert rows[str(mine.uuid)]["age_years"] == "95"
    assert rows[str(mine.uuid)]["index_date"] == "2023-05-06"
    assert rows[str(world.b.uuid)]["index_date"] == "" and rows[str(world.b.uuid)]["age_years"] == "64"


def test_nobody_sees_a_foreign_centre_by_asking_for_identity(world, client_of, curator_of_own):
    _response, data = fetched(client_of(curator_of_own), "cases", profile="identified")
    assert {row["center"] for row in parsed(data)} == {"OWN", "PAPER"}


@pytest.mark.parametrize("profile", ["pseudonymised", "identified"])
def test_years_take_the_place_of_dates(world, client_of, curator_of_own, profile):
    response, data = fetched(client_of(curator_of_own), "assessments", profile=profile, dates="year")
    row = parsed(data)[2]
    assert row["year"] == "2024" and row["day"] == "-3" and "date" not in row
    withheld = ExportReceipt.objects.get(uuid=response["X-Receipt"]).withheld
    assert {"column": "date", "reason": "exact date; the year stands in its place"} in withheld
    _response, data = fetched(client_of(curator_of_own), "procedures", profile=profile, dates="year")
    assert "incision_at" not in parsed(data)[0] and "2024-0" not in data.decode()


def test_an_identified_export_may_do_without_dates(world, client_of, curator_of_own):
    response, data = fetched(client_of(curator_of_own), "cases", profile="identified", dates="days")
    assert "index_date" not in parsed(data)[0] and "names Mrs Example" in data.decode()
    names = [entry["column"] for entry in ExportReceipt.objects.get(uuid=response["X-Receipt"]).withheld]
    assert names == ["index_date"]


@pytest.mark.parametrize(
    ("parameters", "status", "field", "said"),
    [
        ({"dates": "exact"}, 403, None, "dates=days, dates=year"),
        ({"dates": "months"}, 400, "dates", "days, year, exact"),
        ({"dates": ""}, 400, "dates", "leave the parameter out"),
        ({"dates": ["days", "year"]}, 400, "dates", "twice"),
        ({"profile": "aggregate"}, 400, "profile", "statistics"),
        ({"profile": "everything"}, 400, "profile", "identified, pseudonymised"),
        ({"profile": "IDENTIFIED"}, 400, "profile", "identified, pseudonymised"),
        ({"background": "perhaps"}, 400, "background", ""),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    world, client_of, curator_of_own, parameters, status, field, said
):
    response = client_of(curator_of_own).get("/api/v1/export/cases.csv", parameters)
    assert response.status_code == status and response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert said in problem["detail"]
    assert list(problem.get("errors", {})) == ([field] if field else [])
    assert not ExportReceipt.objects.exists()


def test_an_administrator_may_see_who_everybody_is(world, client_of):
    admin = make.UserFactory(is_superuser=True)
    response, data = fetched(client_of(admin), "patients", profile="identified")
    assert {row["center"] for row in parsed(data)} >= {"OWN", "FOR", "PAPER"} and "4711" in data.decode()
    assert ExportReceipt.objects.get(uuid=response["X-Receipt"]).withheld == []


def test_consent_is_asked_for_whatever_the_profile(world, client_of, curator_of_own):
    response, data = fetched(client_of(curator_of_own), "cases", profile="identified")
    assert str(world.c.uuid) not in data.decode()
    excluded = ExportReceipt.objects.get(uuid=response["X-Receipt"]).excluded
    assert excluded == {"consent refused or withdrawn": 1}


def test_every_format_hides_alike(world, client_of):
    client = client_of(world.researcher)
    data = body(client.get("/api/v1/export/case_summary.ndjson"))
    for line in data.splitlines():
        row = json.loads(line)
        assert not {"index_date", "registry_id", "birth_year", "reboa__date"} & set(row)
    assert not [secret for secret in SECRETS if secret in data.decode()]
