"""Exports in the background: how they are asked for, how they end, and that nothing is left behind."""

import errno
import hashlib
import os
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from registry.research import jobs
from registry.research.cohorts import keeping
from registry.research.cohorts.checking import read
from registry.research.models import ExportJob, ExportReceipt
from registry.research.orders import Order
from tests import factories as make
from tests.research.test_export import GOLDEN, body
from tests.research.world import World

State, Failure = ExportJob.State, ExportJob.Failure


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.EXPORT_DIR = tmp_path / "exports"
    return jobs.folder()


def asked(client, target="cases.csv", **parameters):
    response = client.get(f"/api/v1/export/{target}", {"background": "1", **parameters})
    assert response.status_code == 202, response.content
    return response


def job_of(response):
    return ExportJob.objects.get(uuid=response.json()["id"])


def carry_out(job):
    jobs.carry_out(job)
    job.refresh_from_db()
    return job


def at(client, response):
    return client.get(response["Location"]).json()


# -- asking ------------------------------------------------------------------------------------------------------------


def test_an_export_in_the_background_is_the_same_file(world, client_of, folder):
    client = client_of(world.researcher)
    response = asked(client)
    said = response.json()
    assert response["Location"] == said["url"]
    assert (said["state"], said["percent"], said["file"], said["receipt"]) == ("queued", None, None, None)
    assert client.get(said["url"] + "file/").status_code == 409
    carry_out(job_of(response))
    said = at(client, response)
    assert (said["state"], said["percent"], said["rows"], said["rows_done"]) == ("done", 100, 2, 2)
    file = client.get(said["file"])
    data = body(file)
    assert data == (GOLDEN / "cases.csv").read_bytes()
    receipt = ExportReceipt.objects.get(uuid=said["receipt"])
    assert receipt.finished and receipt.sha256 == hashlib.sha256(data).hexdigest()
    assert file["X-Receipt"] == said["receipt"] and file["X-Rows"] == "2"
    assert file["Content-Type"] == "text/csv; charset=utf-8"
    assert str(receipt.uuid)[:8] in file["Content-Disposition"]
    assert [path.name for path in folder.iterdir()] == [said["id"]]
    assert (folder / said["id"]).stat().st_mode & 0o077 == 0


def test_a_large_export_is_a_job_and_a_small_one_is_not(world, client_of, settings):
    client = client_of(world.researcher)
    settings.EXPORT_INLINE_CELLS = 100
    assert client.get("/api/v1/export/cases.csv", {"center": "OWN"}).status_code == 200
    assert client.get("/api/v1/export/cases.csv").status_code == 202
    assert client.get("/api/v1/export/cases.xlsx", {"center": "OWN"}).status_code == 202
    assert client.get("/api/v1/export/archive.zip").status_code == 202
    # A browser that followed a link shows the page of the job, and saves no file that is none.
    followed = client.get("/api/v1/export/lesions.csv", headers={"Accept": "text/html,*/*;q=0.8"})
    job = ExportJob.objects.get(target="lesions")
    assert (followed.status_code, followed["Location"]) == (302, f"/account/exports/{job.uuid}/")


def test_an_archive_in_the_background(world, client_of):
    client = client_of(world.researcher)
    response = asked(client, "archive.zip", tables="cases", table_format="ndjson")
    carry_out(job_of(response))
    said = at(client, response)
    file = client.get(said["file"])
    assert file["Content-Type"] == "application/zip" and body(file).startswith(b"PK")
    assert said["rows_done"] == 2


def test_what_cannot_be_is_refused_at_once(world, client_of):
    client = client_of(world.researcher)
    for parameters in ({"sex": "m"}, {"profile": "identified"}, {"nothing": "1"}):
        response = client.get("/api/v1/export/cases.csv", {"background": "1", **parameters})
        assert response.status_code in (400, 403)
    assert not ExportJob.objects.exists()


def test_asking_twice_is_asking_once(world, client_of):
    client = client_of(world.researcher)
    first, again = asked(client), asked(client)
    assert first.json()["id"] == again.json()["id"] and DBTaskResult.objects.count() == 1
    assert asked(client, sex="female").json()["id"] != first.json()["id"]
    assert asked(client_of(world.outsider)).json()["id"] != first.json()["id"]
    carry_out(job_of(first))
    assert asked(client).json()["id"] != first.json()["id"]


def test_asking_in_the_same_instant_is_asking_once(world, monkeypatch):
    order = Order.read("cases", "csv", {})
    first = jobs.submit(order, world.researcher)
    # The second did not see the first when it looked.
    looked = ExportJob.objects.none()
    monkeypatch.setattr(type(looked), "first", lambda self: None)
    monkeypatch.setattr(jobs, "settle", lambda rows: None)
    assert jobs.submit(order, world.researcher) == first


def test_a_job_keeps_to_the_version_of_the_cohort_that_was_asked_for(world, client_of):
    """What is exported is what was in force when somebody asked, however long the queue is."""

    def men_or_women(sex):
        one = {"variable": "cases.sex", "is": "=", "value": sex}
        return read({"title": "Cohort", "where": {"all": [one]}}, world.researcher)

    cohort = keeping.create(men_or_women("male"), world.researcher)
    client = client_of(world.researcher)
    first = asked(client, "archive.zip", tables="cases", cohort="cohort")
    keeping.change(cohort, men_or_women("female"), world.researcher)
    second = asked(client, "archive.zip", tables="cases", cohort="cohort")
    assert first.json()["id"] != second.json()["id"]
    for response, version in ((first, 1), (second, 2)):
        receipt = carry_out(job_of(response)).receipt
        assert receipt.definition["cohort"]["version"] == version
        assert receipt.definition["filters"]["cases"]["cohort_version"] == [str(version)]


def test_nobody_fills_the_queue(world, client_of):
    client = client_of(world.researcher)
    tables = ["cases", "lesions", "patients", "procedures", "assessments"]
    for table in tables:
        asked(client, f"{table}.csv")
    response = client.get("/api/v1/export/complications.csv", {"background": "1"})
    assert response.status_code == 429 and "5" in response.json()["detail"]
    assert client_of(world.outsider).get("/api/v1/export/cases.csv", {"background": "1"}).status_code == 202


def test_a_job_is_nobody_elses(world, client_of, client):
    response = asked(client_of(world.researcher))
    carry_out(job_of(response))
    address = response["Location"]
    for stranger in (world.outsider, make.UserFactory(is_superuser=True)):
        for url in (address, address + "file/"):
            assert client_of(stranger).get(url).status_code == 404
        assert client_of(stranger).delete(address).status_code == 404
    assert client.get(address).status_code == 401
    assert job_of(response).state == State.DONE


# -- how it ends -------------------------------------------------------------------------------------------------------


def test_a_job_that_waits_can_be_cancelled(world, client_of, folder):
    client = client_of(world.researcher)
    response = asked(client)
    assert client.delete(response["Location"]).json()["state"] == "cancelled"
    assert carry_out(job_of(response)).state == State.CANCELLED
    assert client.get(response["Location"] + "file/").status_code == 410
    assert not ExportReceipt.objects.exists() and not list(folder.iterdir())


def test_a_job_that_runs_stops_when_it_is_cancelled(world, client_of, folder, monkeypatch):
    client = client_of(world.researcher)
    response = asked(client)
    monkeypatch.setattr(jobs, "NOTE_EVERY", 0)
    seen = []

    def cancel_half_way(watch):
        job = watch.job
        seen.append((ExportJob.objects.get(pk=job.pk).state, [path.suffix for path in folder.iterdir()]))
        assert client.delete(response["Location"]).json()["state"] == "cancelled"
        return original(watch)

    original = jobs._Watch.__call__
    monkeypatch.setattr(jobs._Watch, "__call__", cancel_half_way)
    job = carry_out(job_of(response))
    assert seen == [(State.RUNNING, [".part"])]
    assert job.state == State.CANCELLED and not list(folder.iterdir())
    assert not ExportReceipt.objects.get().finished
    assert client.get(response["Location"] + "file/").status_code == 410


def test_a_full_disk_is_said_and_leaves_nothing(world, client_of, folder, monkeypatch):
    client = client_of(world.researcher)
    response = asked(client)

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    job = carry_out(job_of(response))
    assert (job.state, job.failure) == (State.FAILED, Failure.DISK_FULL)
    assert "disk is full" in at(client, response)["message"] and not list(folder.iterdir())
    assert client.get(response["Location"] + "file/").status_code == 410


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_disk_that_fills_while_it_is_written(world, client_of, folder):
    response = asked(client_of(world.researcher))
    job = job_of(response)
    os.symlink("/dev/full", folder / f"{job.uuid}.part")
    assert carry_out(job).failure == Failure.DISK_FULL and not list(folder.iterdir())


def test_a_folder_that_cannot_be_written_to(world, client_of, settings, tmp_path):
    response = asked(client_of(world.researcher))
    (tmp_path / "file").touch()
    settings.EXPORT_DIR = tmp_path / "file"
    with pytest.raises(OSError):
        jobs.folder()
    assert carry_out(job_of(response)).failure == Failure.NOT_WRITTEN
    settings.EXPORT_DIR = tmp_path / "exports"
    again = job_of(asked(client_of(world.researcher)))
    os.symlink("/nowhere/at/all", tmp_path / "exports" / f"{again.uuid}.part")
    assert carry_out(again).failure == Failure.NOT_WRITTEN


def test_a_fault_is_for_the_log_and_the_state(world, client_of, folder, monkeypatch):
    response = asked(client_of(world.researcher))

    def fault(*_arguments):
        raise ZeroDivisionError

    monkeypatch.setattr("registry.research.export.Export.is_whole", fault)
    with pytest.raises(ZeroDivisionError):
        jobs.carry_out(job_of(response))
    job = job_of(response)
    assert (job.state, job.failure) == (State.FAILED, Failure.BROKE_OFF) and not list(folder.iterdir())


def test_a_file_expires(world, client_of, folder):
    client = client_of(world.researcher)
    response = asked(client)
    job = carry_out(job_of(response))
    assert job.expires_at > timezone.now() + timedelta(hours=23)
    ExportJob.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(response["Location"] + "file/").status_code == 410
    assert at(client, response)["state"] == "expired" and not list(folder.iterdir())


def test_a_file_that_somebody_removed_is_gone(world, client_of, folder):
    client = client_of(world.researcher)
    response = asked(client)
    job = carry_out(job_of(response))
    jobs.path_of(job).unlink()
    assert client.get(response["Location"] + "file/").status_code == 410
    assert at(client, response)["state"] == "expired"


def test_what_belongs_to_no_job_is_swept_away(world, folder):
    for name in ("left-over.part", "0ddba11", f"{make.UserFactory().pk}.tmp"):
        (folder / name).touch()
    jobs.sweep()
    assert not list(folder.iterdir())


# -- the worker --------------------------------------------------------------------------------------------------------

HOLD = """
import fcntl, os, sys
file = open(os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600), "wb")
fcntl.flock(file, fcntl.LOCK_EX)
file.write(b"half a file")
file.flush()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_worker_that_was_killed_is_noticed(world, client_of, folder):
    """The lock goes with the process, however it ends."""
    client = client_of(world.researcher)
    response = asked(client)
    job = job_of(response)
    part = folder / f"{job.uuid}.part"
    worker = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(part)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert worker.stdout.readline() == b"held\n"
        ExportJob.objects.update(state=State.RUNNING, started_at=timezone.now())
        assert at(client, response)["state"] == "running" and part.exists()
        worker.kill()
        worker.wait()
        said = at(client, response)
    finally:
        worker.kill()
        worker.communicate()
    assert said["state"] == "failed" and "worker stopped" in said["message"]
    assert not list(folder.iterdir())
    assert client.get(response["Location"] + "file/").status_code == 410
    assert asked(client).json()["id"] != str(job.uuid)


def test_a_worker_that_was_killed_before_it_began_is_noticed(world, client_of):
    """The queue has given the task away, and nobody will take it up again."""
    client = client_of(world.researcher)
    response = asked(client)
    for taken, state in ((timedelta(seconds=5), "queued"), (timedelta(minutes=2), "failed")):
        DBTaskResult.objects.update(status="RUNNING", started_at=timezone.now() - taken)
        assert at(client, response)["state"] == state
    assert "worker stopped" in at(client, response)["message"]
    assert asked(client).json()["id"] != response.json()["id"]


@pytest.mark.django_db(transaction=True)
def test_the_worker_takes_jobs_from_the_queue(client_of, folder):
    world = World()
    client = client_of(world.researcher)
    first, second = asked(client), asked(client, "lesions.ndjson")
    cancelled = asked(client, "patients.csv")
    client.delete(cancelled["Location"])
    call_command("db_worker", batch=True, startup_delay=False, interval=0, reload=False, verbosity=0)
    assert [at(client, response)["state"] for response in (first, second, cancelled)] == [
        "done",
        "done",
        "cancelled",
    ]
    assert body(client.get(at(client, first)["file"])) == (GOLDEN / "cases.csv").read_bytes()
    assert set(DBTaskResult.objects.values_list("status", flat=True)) == {"SUCCESSFUL"}
    assert len(list(folder.iterdir())) == 2


@pytest.mark.skipif(connection.vendor != "postgresql", reason="connections are counted by the server")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ending", ["whole", "cancelled", "disk full", "fault"])
def test_no_job_leaves_a_connection_open(client_of, monkeypatch, ending):
    world = World()
    response = asked(client_of(world.researcher), "case_summary.csv")
    monkeypatch.setattr(jobs, "NOTE_EVERY", 0)

    def connections(wanted=None):
        for _attempt in range(50):
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
                (found,) = cursor.fetchone()
            if wanted in (None, found):
                break
            time.sleep(0.1)
        return found

    before = connections()
    if ending == "cancelled":
        monkeypatch.setattr(jobs._Watch, "__call__", lambda watch: (_ for _ in ()).throw(jobs.Stopped))
    elif ending == "disk full":
        monkeypatch.setattr(os, "fsync", lambda _file: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    elif ending == "fault":
        monkeypatch.setattr("registry.research.export.Export.is_whole", lambda _self: 1 / 0)
    try:
        jobs.carry_out(job_of(response))
    except ZeroDivisionError:
        assert ending == "fault"
    assert connections(before) == before
    assert job_of(response).state in ({State.DONE} if ending == "whole" else {State.FAILED, State.RUNNING})
