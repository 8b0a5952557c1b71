"""Whoever withdraws consent, or is erased, is out of research at once, at every door."""

import pytest

from cases.models import Patient
from registry.core import records
from registry.curation import erasure
from registry.research.cohorts.compiler import cases_in_research
from registry.research.own_course import own_values
from registry.research.releases import making, rebuilding
from registry.research.releases.consent import releases_with
from registry.research.releases.standing import standing
from tests import factories as make
from tests.factories import TESTS
from tests.research.releases.conftest import EVERYONE, frozen, shelf_root  # noqa: F401 - a fixture
from tests.research.test_jobs import asked, at, carry_out, folder, job_of  # noqa: F401 - a fixture

TABLES = ("patients", "cases", "lesions", "procedures", "treated_lesions", "assessments", "case_summary")


def withdraw(patient):
    patient.consent_status = "withdrawn"
    records.save(patient, by=TESTS, reason="letter of the patient")


def erase(patient):
    erasure.erase(patient, by=TESTS, reason="asked for")


GONE = pytest.mark.parametrize("go", [withdraw, erase])


@GONE
def test_no_export_and_no_statistic_has_them(world, client_of, go):
    client, user, patient = client_of(world.researcher), world.researcher, world.b.patient
    make.AssessmentFactory(case=world.b, time_point="month_24", vas_pain=9)
    public_ids = {str(patient.uuid), str(world.b.uuid)}
    assert own_values(user)["month_24"].n == 1 and world.b in cases_in_research(user)
    go(patient)
    for table in TABLES:
        body = b"".join(client.get(f"/api/v1/export/{table}.csv").streaming_content).decode()
        assert not any(public_id in body for public_id in public_ids), table
    assert "month_24" not in own_values(user)
    assert not cases_in_research(user).filter(patient=patient).exists()


@GONE
def test_a_file_of_an_export_that_waits_is_not_handed_out(world, client_of, go):
    client = client_of(world.researcher)
    response = asked(client)
    carry_out(job_of(response))
    file = at(client, response)["file"]
    assert client.get(file).status_code == 200
    go(world.b.patient)
    assert client.get(file).status_code == 410
    assert "withdrawn consent" in at(client, response)["message"]
    again = asked(client)
    carry_out(job_of(again))
    assert client.get(at(client, again)["file"]).status_code == 200


def test_a_release_says_how_many_have_been_erased_and_so_does_its_rerun(world):
    release = frozen(world.researcher, EVERYONE)
    assert releases_with(world.b.patient) == [release]
    assert release.slug in " ".join(erasure.what_goes(world.b.patient))
    erase(world.b.patient)
    how = standing(release, world.researcher)
    assert how.erased == 1 and how.why == "1 patient of this release has been erased since."
    assert not how.withholds(release.file("MANIFEST")) and how.withholds(release.file("cases.csv"))
    rebuilding.rerun(release, world.researcher)
    release.refresh_from_db()
    assert (release.rerun["state"], release.rerun["erased"], release.rerun["same"]) == ("done", 1, False)
    edition = making.edition_without(release, how.withdrawn.values(), "6f2f0a9c-5d0f-4b6d-9a53-6a0a4a2a7f01")
    assert edition.state == "ready"
    rebuilding.rerun(edition, world.researcher)
    edition.refresh_from_db()
    assert edition.rerun["same"]


def test_an_erased_patient_is_shown_and_changed_nowhere(world, client_of):
    curator, patient = make.member(world.own, "curator"), world.b.patient
    client, case = client_of(curator), str(world.b.uuid)
    erase(patient)
    assert client.get(f"/api/v1/patients/{patient.uuid}/").status_code == 404
    assert client.get(f"/cases/{case}/").status_code == 404
    assert patient.registry_id not in client.get("/cases/").content.decode()
    stub = Patient.objects.get(pk=patient.pk)
    stub.sex = "male"
    with pytest.raises(Exception, match="erased"):
        records.save(stub, by=curator, reason="x")
    with pytest.raises(Exception, match="erased"):
        make.CaseFactory(patient=Patient.objects.get(pk=patient.pk))
