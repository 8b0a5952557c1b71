"""Exports in the background end where their user’s rights do: while they are written, and while the file waits."""

import pytest

from registry.access.models import Membership
from registry.research import jobs
from registry.research.models import ExportJob, ExportReceipt
from tests import factories as make
from tests.research.test_jobs import asked, at, carry_out, folder, job_of  # noqa: F401 - a fixture

Failure = ExportJob.Failure


def test_rights_are_those_of_the_moment_it_is_written(world, client_of):
    curator = make.member(world.own, "curator")
    response = asked(client_of(curator), profile="identified")
    Membership.objects.filter(user=curator).delete()
    job = carry_out(job_of(response))
    assert job.failure == Failure.REFUSED and "pseudonymised" in job.why
    assert not ExportReceipt.objects.exists()


@pytest.mark.parametrize(
    ("role", "profile", "left", "kept"),
    [
        ("researcher", "pseudonymised", None, False),
        ("curator", "identified", "researcher", False),
        ("curator", "pseudonymised", "researcher", True),
    ],
)
def test_a_file_is_not_handed_out_beyond_the_rights_it_was_made_with(
    world, client_of, role, profile, left, kept
):
    """``left`` is the role that is left to the user once the file is there."""
    user = make.member(world.own, role)
    client = client_of(user)
    response = asked(client, profile=profile)
    carry_out(job_of(response))
    file = at(client, response)["file"]
    Membership.objects.filter(user=user).delete()
    if left:
        Membership.objects.create(user=user, center=world.own, role=left)
    assert client.get(file).status_code == (200 if kept else 410)
    said = at(client, response)
    assert said["state"] == ("done" if kept else "expired")
    assert kept or ("rights have changed" in said["message"] and not list(jobs.folder().iterdir()))


def test_an_account_that_was_closed_gets_nothing(world, client_of):
    response = asked(client_of(world.researcher))
    world.researcher.is_active = False
    world.researcher.save()
    assert carry_out(job_of(response)).failure == Failure.REFUSED
