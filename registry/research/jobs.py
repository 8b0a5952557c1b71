"""Exports in the background: kept as a job, taken up by a worker, written to a file, fetched, and thrown away in time.

The file has a temporary name until it is whole and on the disk. While it is written the worker holds a lock on it,
which the system lets go of however the worker ends: a job that is said to run and has no lock has been abandoned.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import logging
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from cases.models import Patient
from registry.access.reach import WHOLE, Reach, limit, reach_of
from registry.access.scope import identified_centers, visible_centers
from registry.core.api.problems import Problem
from registry.core.models import ChangeCounter
from registry.research.delivery import Delivery
from registry.research.models import ExportJob
from registry.research.orders import Order, plan
from registry.research.tables import NO_CONSENT

log = logging.getLogger(__name__)

State, Failure = ExportJob.State, ExportJob.Failure
#: Exports that one user may have under way.
MOST_UNDER_WAY = 5
#: Seconds between two notes of how far a job is.
NOTE_EVERY = 1.0
#: How long a worker may need from taking a job off the queue to writing it; one that was killed in between never does.
TAKEN_UP_WITHIN = timedelta(minutes=1)
_PART = ".part"
#: Beside the rights of a job: the latest change when its file was begun.
CHANGE = "change"


class Stopped(Exception):
    """The job was cancelled while it was written."""


# -- asking ----------------------------------------------------------------------------------------------------------


def submit(order: Order, user: Any) -> ExportJob:
    """Keep the order for a worker. The same order again, while the first is under way, is the same job.

    Raises ``Problem`` 429 for somebody who has many under way.
    """
    from registry.research.tasks import write_export

    order = order.without("background")
    reach = {} if reach_of(user) == WHOLE else reach_of(user).as_json()
    asked = json.dumps(
        [order.target, order.format, order.parameters, *([reach] if reach else [])], sort_keys=True
    )
    fingerprint = hashlib.sha256(asked.encode()).hexdigest()
    mine = ExportJob.objects.for_user(user).under_way()
    settle(mine)
    same = mine.filter(fingerprint=fingerprint).first()
    if same is not None:
        return same
    if mine.count() >= MOST_UNDER_WAY:
        raise Problem(
            429,
            _("You have %(count)d exports under way. Wait for one of them, or cancel it.")
            % {"count": MOST_UNDER_WAY},
        )
    try:
        with transaction.atomic():
            job = ExportJob.objects.create(
                user=user,
                target=order.target,
                format=order.format,
                parameters=order.parameters,
                fingerprint=fingerprint,
                reach=reach,
            )
            write_export.enqueue(str(job.uuid))
    except IntegrityError:
        # Two clicks in the same instant; the other may have ended since, and would do no less.
        return ExportJob.objects.for_user(user).filter(fingerprint=fingerprint)[0]
    return job


def order_of(job: ExportJob) -> Order:
    return Order(job.target, job.format, job.parameters)


def is_within_reach(job: ExportJob, user: Any) -> bool:
    """Whether what the user comes with reaches all that the job was asked with."""
    return reach_of(user).contains(Reach.from_json(job.reach))


def cancel(job: ExportJob) -> bool:
    """Whether there was something to cancel. A worker that writes it finds out within a second or so."""
    stopped = _move(job, ExportJob.UNDER_WAY, State.CANCELLED, ended_at=timezone.now())
    if stopped and not _is_held(job):
        _remove(job)
    return stopped


# -- files -----------------------------------------------------------------------------------------------------------


def folder() -> Path:
    """Where the files lie; nobody but the registry's own user may look into it."""
    path = Path(settings.EXPORT_DIR)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def path_of(job: ExportJob) -> Path:
    return Path(settings.EXPORT_DIR) / str(job.uuid)


def _part_of(job: ExportJob) -> Path:
    return path_of(job).with_suffix(_PART)


def _remove(job: ExportJob) -> None:
    for path in (_part_of(job), path_of(job)):
        with contextlib.suppress(OSError):  # what cannot be removed now is swept away later
            path.unlink(missing_ok=True)


def _is_held(job: ExportJob) -> bool:
    """Whether a worker is at it."""
    return any(_is_locked(path) for path in (_part_of(job), path_of(job)))


def _is_locked(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


@contextlib.contextmanager
def _file(job: ExportJob) -> Iterator[Any]:
    """The job's file to write to, held while it is open; gone at the end unless it was given its name."""
    folder()
    part = _part_of(job)
    file = open(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "wb")  # noqa: SIM115 - see below
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        part.unlink(missing_ok=True)
        with contextlib.suppress(
            OSError
        ):  # on a full disk even closing fails, and what matters has been said
            file.close()


def _keep(job: ExportJob, file: Any) -> None:
    """Give the whole file its name: after this it is on the disk, or nowhere."""
    file.flush()
    os.fsync(file.fileno())
    os.rename(_part_of(job), path_of(job))
    directory = os.open(folder(), os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


# -- carrying out ----------------------------------------------------------------------------------------------------


def carry_out(job: ExportJob) -> None:
    """Write the file of a job that waits, and say on the job how it ended."""
    with contextlib.ExitStack() as held:
        try:
            # The lock comes before the state: whoever sees the state can see the lock.
            file = held.enter_context(_file(job))
            if not _move(job, (State.QUEUED,), State.RUNNING, started_at=timezone.now()):
                return
            sweep()
            _write(job, file)
        except Stopped:
            return
        except Problem as refused:
            _fail(job, Failure.REFUSED, str(refused.detail))
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            _fail(job, Failure.DISK_FULL if full else Failure.NOT_WRITTEN)
            log.exception("Export job %s could not write its file", job.uuid)
        except (SystemExit, KeyboardInterrupt):
            _fail(job, Failure.STOPPED)
            raise
        except Exception:
            _fail(job, Failure.BROKE_OFF)
            raise


def _write(job: ExportJob, file: Any) -> None:
    if not job.user.is_active:
        raise Problem(403, _("The account is closed."))
    # Whoever asked with a token gets no more than the token reaches, though it is somebody else who writes.
    asker = limit(job.user, Reach.from_json(job.reach))
    compiled = plan(order_of(job), asker)
    # Ahead of the data: whatever changes from now on may be in the file or not.
    job.rights = {**_rights(asker, compiled.profile.identified), CHANGE: ChangeCounter.latest()}
    delivery = compiled.start()
    try:
        job.rows, job.receipt, job.file_name = delivery.rows, delivery.receipt, delivery.file_name
        job.save(update_fields=["rows", "receipt", "file_name", "rights"])
        delivery.watch = _Watch(job, delivery)
        for chunk in delivery:
            file.write(chunk)
    finally:
        delivery.close()
    if not delivery.receipt.finished:
        raise Problem(500, _("The rows changed while they were written. Try again."))
    _keep(job, file)
    expires = timezone.now() + timedelta(hours=settings.EXPORT_KEEP_HOURS)
    done = {"ended_at": timezone.now(), "expires_at": expires, "rows_done": delivery.rows}
    if not _move(job, (State.RUNNING,), State.DONE, **done):
        _remove(job)


class _Watch:
    """Notes on the job how far it is, and stops it where it was cancelled."""

    def __init__(self, job: ExportJob, delivery: Delivery) -> None:
        self.job, self.delivery, self.noted = job, delivery, time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self.noted < NOTE_EVERY:
            return
        self.noted = time.monotonic()
        running = ExportJob.objects.filter(pk=self.job.pk, state=State.RUNNING)
        if not running.update(rows_done=self.delivery.done):
            raise Stopped


def _move(job: ExportJob, before: Any, after: str, **values: Any) -> bool:
    """Change the state, if it still is what it was taken for."""
    moved = ExportJob.objects.filter(pk=job.pk, state__in=before).update(state=after, **values)
    job.refresh_from_db()
    return bool(moved)


def _fail(job: ExportJob, failure: str, message: str = "") -> None:
    said = {"failure": failure, "message": message[:400]}
    if _move(job, ExportJob.UNDER_WAY, State.FAILED, ended_at=timezone.now(), **said):
        _remove(job)


def _rights(user: Any, identified: bool) -> dict[str, list[int]]:
    """The centres whose rows are in a user's file, and those whose patients it names."""
    centers = {"read": visible_centers(user)} | ({"identify": identified_centers(user)} if identified else {})
    return {name: sorted(found.values_list("pk", flat=True)) for name, found in centers.items()}


def _consent_has_changed(job: ExportJob) -> bool:
    """Whether somebody whose rows may be in the file has withdrawn consent, or has been erased, since."""
    if CHANGE not in job.rights:
        return False
    later = Patient.history.filter(change_sequence__gt=job.rights[CHANGE], publication=None)
    return later.filter(consent_status__in=NO_CONSENT, center_id__in=job.rights.get("read", ())).exists()


def forget(center_id: int) -> None:
    """A patient of the centre has been erased: files that may have its rows go at once."""
    settle(ExportJob.objects.filter(state=State.DONE))
    for job in ExportJob.objects.filter(state=State.RUNNING):
        if center_id in job.rights.get("read", (center_id,)):
            cancel(job)


def holding_rows_of(center_id: int) -> int:
    """How many files there are that may have rows of the centre."""
    kept = ExportJob.objects.filter(state=State.DONE).values_list("rights", flat=True)
    return sum(center_id in rights.get("read", ()) for rights in kept)


def _may_have(job: ExportJob) -> bool:
    """Whether the user might still make the file as it is: who has left a centre does not take its rows along."""
    now = _rights(job.user, True)
    return all(set(centers) <= set(now[name]) for name, centers in job.rights.items() if name in now)


# -- clearing away ---------------------------------------------------------------------------------------------------


def settle(jobs: Any) -> None:
    """Say of jobs how they ended, where nobody else could.

    Their worker is gone, their time is over, their file is lost, or it holds rows that the user may read no more, or
    that nobody may because a patient does not agree any more.
    """
    for job in jobs.filter(state__in=ExportJob.UNDER_WAY):
        waits = job.state == State.QUEUED and _is_waiting(job)
        if not waits and not _is_held(job):
            _fail(job, Failure.STOPPED)
    for job in jobs.filter(state=State.DONE).select_related("user"):
        if not _may_have(job):
            _expire(job, _("Your rights have changed since the file was written. Start the export again."))
        elif _consent_has_changed(job):
            _expire(
                job, _("A patient has withdrawn consent since the file was begun. Start the export again.")
            )
        elif job.is_past or not path_of(job).exists():
            _expire(job)


def _is_waiting(job: ExportJob) -> bool:
    """Whether a worker will take it up, or has done so this moment and not yet said so on the job."""
    from registry.research.tasks import write_export

    tasks = DBTaskResult.objects.filter(task_path=write_export.module_path, args_kwargs__args=[str(job.uuid)])
    just_taken = Q(started_at__gt=timezone.now() - TAKEN_UP_WITHIN)
    return tasks.filter(Q(status=TaskResultStatus.READY) | just_taken).exists()


def _expire(job: ExportJob, message: str = "") -> None:
    _move(job, (State.DONE,), State.EXPIRED, message=message)
    _remove(job)


def sweep() -> None:
    """Settle every job, and remove files that belong to none."""
    settle(ExportJob.objects.all())
    kept = {str(uuid) for uuid in _with_files()}
    for path in folder().iterdir():
        if path.stem not in kept and not _is_locked(path):
            path.unlink(missing_ok=True)


def _with_files() -> Any:
    states = (*ExportJob.UNDER_WAY, State.DONE)
    return ExportJob.objects.filter(state__in=states).values_list("uuid", flat=True)
