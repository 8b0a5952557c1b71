"""The way of a batch: uploaded, checked, confirmed, written as one change; discarded, expired or undone.

State moves by conditional updates, so that of two who confirm at once one wins. That a batch has been written is noted
in the transaction that writes it: whatever ends the process leaves either all of it or nothing.
"""

import gc
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from registry.access.models import Center
from registry.access.scope import curated_centers
from registry.core import many, records
from registry.core.reading import read_reason
from registry.curation.quality.sweep import check_cases
from registry.interchange.importing import shelf
from registry.interchange.importing.checking import Report, check, messages_of, place_of, plan, whereto
from registry.interchange.importing.findings import Finding, Findings
from registry.interchange.models import ImportBatch

log = logging.getLogger(__name__)

State = ImportBatch.State
#: How long a worker may need from taking a batch off the queue to holding its files.
TAKEN_UP_WITHIN = timedelta(minutes=1)
MOST_UNDER_WAY = 3


class Refused(Exception):
    """A step that cannot be taken; the message says why, ``findings`` what is wrong where."""

    def __init__(self, message: str, findings: list[Finding] | None = None) -> None:
        self.message, self.findings = message, findings or []
        super().__init__(message)


def demand_curator(user: Any) -> list[Center]:
    """The centres the user may import into. Raises ``PermissionDenied``."""
    own = curated_centers(user)
    if not own:
        raise PermissionDenied(_("Only curators import."))
    return own


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the garbage collector: it would go over all that has been read again and again, and find nothing."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


# -- taking in and checking -------------------------------------------------------------------------------------------


def take(files: Iterable[tuple[str, Iterable[bytes]]], user: Any) -> ImportBatch:
    """Keep the files of a new batch. Raises ``Refused`` for somebody who has too many under way."""
    demand_curator(user)
    mine = ImportBatch.objects.filter(user=user).under_way()
    settle(mine)
    if mine.count() >= MOST_UNDER_WAY:
        raise Refused(_("You have several imports under way. Wait for one of them."))
    sweep()
    batch = ImportBatch(user=user, user_name=user.get_username())
    batch.language = translation.get_language() or settings.LANGUAGE_CODE
    batch.expires_at = timezone.now() + timedelta(hours=settings.IMPORT_KEEP_HOURS)
    batch.files = shelf.keep(batch, files)
    batch.save()
    return batch


def is_large(batch: ImportBatch) -> bool:
    """Whether a worker does it while the browser waits on its page."""
    return sum(each["bytes"] for each in batch.files) > settings.IMPORT_INLINE_BYTES


def start_check(batch: ImportBatch) -> None:
    from registry.interchange.tasks import check_import

    if is_large(batch):
        check_import.enqueue(str(batch.uuid))
    else:
        carry_out_check(batch)


def carry_out_check(batch: ImportBatch) -> Report | None:
    """The dry run of a batch that waits for it."""
    try:
        with shelf.held(batch), translation.override(batch.language), _uncollected():
            batch.refresh_from_db()
            if batch.state != State.CHECKING:
                return None
            report = check(
                shelf.sources(batch),
                by=batch.user,
                centers=demand_curator(batch.user),
                watch=lambda done, total: shelf.note_progress(batch, done, total),
            ).report
            shelf.keep_report(batch, report)
            batch.centers.set(report.centers)
            _move(
                batch,
                (State.CHECKING,),
                State.READY if report.is_ready else State.REFUSED,
                counts=report.counts,
                error_count=report.error_count,
                warning_count=report.warning_count,
                reason_needed=report.reason_needed,
                only_new=report.only_new,
            )
            return report
    except (BlockingIOError, FileNotFoundError):
        return None  # somebody else is at it, or it has been discarded
    except PermissionDenied as refused:
        _end(batch, (State.CHECKING,), State.FAILED, message=str(refused))
        return None
    except shelf.Changed:
        _end(batch, (State.CHECKING,), State.FAILED, message=_other_files())
        return None
    except Exception:
        _end(batch, (State.CHECKING,), State.FAILED, message=_broke_off())
        raise


def _other_files() -> str:
    return _("A file is not the one that was uploaded. Nothing has been written; upload the files again.")


def _broke_off() -> str:
    return _("The import broke off. The administrator can see why in the log.")


# -- confirming -------------------------------------------------------------------------------------------------------


def confirm(batch: ImportBatch, user: Any, reason: object, *, here: bool = False) -> None:
    """Begin to write a batch that has been checked; ``here`` and now, if wished. Raises ``Refused``."""
    from registry.interchange.tasks import write_import

    demand_curator(user)
    said = read_reason(reason)
    if batch.reason_needed and not said:
        raise Refused(_("Complete cases change. Say why."))
    now = timezone.now()
    if not _move(
        batch,
        (State.READY,),
        State.WRITING,
        reason=said,
        user=user,
        user_name=user.get_username(),
        started_at=now,
    ):
        raise Refused(_not_waiting())
    if is_large(batch) and not here:
        write_import.enqueue(str(batch.uuid))
    else:
        carry_out(batch)


def carry_out(batch: ImportBatch) -> None:
    """Write a confirmed batch: all of it or nothing; the batch says which."""
    try:
        with shelf.held(batch), translation.override(batch.language), _uncollected():
            batch.refresh_from_db()
            if batch.state != State.WRITING:
                return
            cases = _write(batch)
        shelf.remove(batch)
        _look_at(cases)
    except (BlockingIOError, FileNotFoundError):
        return
    except Refused as refused:
        _note_refusal(batch, refused)
    except (PermissionDenied, ValidationError) as refused:
        _end(batch, (State.WRITING,), State.FAILED, message=_sentence(refused))
    except shelf.Changed:
        _end(batch, (State.WRITING,), State.FAILED, message=_other_files())
    except Exception:
        _end(batch, (State.WRITING,), State.FAILED, message=_broke_off())
        raise


def _look_at(cases: set[int]) -> None:
    """Ask the rules of quality, after the transaction, so that nobody waits for it. The nightly run finds the rest."""
    try:
        check_cases(cases)
    except Exception:
        log.exception("The cases of an import could not be looked at")


def _sentence(refused: Exception) -> str:
    return " ".join(refused.messages) if isinstance(refused, ValidationError) else str(refused)


def _note_refusal(batch: ImportBatch, refused: Refused) -> None:
    """Back to the page with errors: what was right at the check is so no longer."""
    report = shelf.report_of(batch) or Report()
    report.errors = [each.as_json() for each in refused.findings]
    report.error_count = len(refused.findings)
    shelf.keep_report(batch, report)
    _move(
        batch,
        (State.WRITING,),
        State.REFUSED,
        error_count=report.error_count,
        message=refused.message[:400],
    )


def _write(batch: ImportBatch) -> set[int]:
    """Write all of it as one change; answers with the keys of the cases."""
    findings = Findings()
    centers = demand_curator(batch.user)
    report = shelf.report_of(batch)
    if report is None:
        raise Refused(_("The files of this import are gone. Upload them again."))
    # Read before the transaction, which others wait for; it loads and locks what it writes itself.
    _found, planner = plan(shelf.sources(batch), centers, findings)
    items = {id(item.record): item for item in planner.items}
    _demand_same(planner.items, report, findings)
    if findings:
        raise Refused(_changed_meanwhile(), findings.listed())
    proposals = [
        many.Proposed(item.record, report.versions.get(str(item.record.uuid))) for item in planner.items
    ]
    total = len(proposals)
    try:
        with records.together():
            written = records.save_many(
                proposals,
                by=batch.user,
                reason=batch.reason or _("import of %(files)s") % {"files": _names(batch)},
                watch=lambda done: shelf.note_progress(batch, done, total),
            )
            first = next(iter((*written.created, *written.changed)), None)
            done: dict[str, Any] = {"ended_at": timezone.now(), "expires_at": None, "message": ""}
            if first is not None:
                done["written"] = [first._meta.label, first.pk, first.version]
            if not _move(batch, (State.WRITING,), State.DONE, **done):
                raise Refused(_not_waiting())
    except many.Refused as refused:
        for each in refused.refusals:
            item = items[id(each.record)]
            for column, message in messages_of(item, each.error):
                findings.say(item.row.file, item.row.at, column, message)
        raise Refused(_changed_meanwhile(), findings.listed()) from None
    roots = [root for each in (*written.created, *written.changed) for root in each.roots_beneath()]
    return {root.pk for root in roots}


def _not_waiting() -> str:
    return _("This import is not waiting to be confirmed any more.")


def _names(batch: ImportBatch) -> str:
    return ", ".join(each["name"] for each in batch.files)[:200]


def _changed_meanwhile() -> str:
    return _("The registry has changed since the check. Nothing has been written; check the files again.")


def _demand_same(items: list[Any], report: Report, findings: Findings) -> None:
    """The rows must mean the records that they meant at the check."""
    now = {str(item.record.uuid): item for item in items if item.expected_version is not None}
    for uuid, item in now.items():
        if uuid not in report.versions:
            findings.say(item.row.file, item.row.at, "", _("This record has been added since the check."))
    leads_to = whereto(items)
    for item in items:
        if leads_to[place_of(item)] != report.leads_to.get(place_of(item)):
            text = _("This row leads to another record than at the check.")
            findings.say(item.row.file, item.row.at, "", text)
    if set(report.versions) - set(now) and not findings:
        findings.say(
            items[0].row.file if items else "", "", "", _("A record has been deleted since the check.")
        )


# -- ending -----------------------------------------------------------------------------------------------------------


def again(batch: ImportBatch) -> None:
    """Check a batch once more, as after a change by others."""
    if _move(batch, (State.REFUSED, State.READY), State.CHECKING, message=""):
        start_check(batch)


def discard(batch: ImportBatch) -> bool:
    """Throw the files away; what has been written or is being written stays."""
    gone = _move(batch, (State.REFUSED, State.READY), State.DISCARDED, ended_at=timezone.now())
    if gone:
        shelf.remove(batch)
    return gone


def forget(center_id: int) -> None:
    """A patient of the centre has been erased: whatever may name the patient goes at once."""
    for batch in ImportBatch.objects.may_name(center_id):
        if not discard(batch):  # somebody is at it: its time is over with that step
            ImportBatch.objects.filter(pk=batch.pk, state__in=ImportBatch.OPEN).update(
                expires_at=timezone.now()
            )


def _end(batch: ImportBatch, before: Any, after: str, message: str) -> None:
    if _move(batch, before, after, ended_at=timezone.now(), message=message[:400]):
        shelf.remove(batch)


def _move(batch: ImportBatch, before: Any, after: str, **values: Any) -> bool:
    """Change the state, if it still is what it was taken for."""
    moved = ImportBatch.objects.filter(pk=batch.pk, state__in=before).update(state=after, **values)
    batch.refresh_from_db()
    return bool(moved)


def settle(batches: Any) -> None:
    """Say of batches how they stand, where nobody else could: their worker is gone, or their time is over."""
    for batch in batches.filter(state__in=ImportBatch.UNDER_WAY):
        if shelf.is_held(batch) or _is_waiting(batch):
            continue
        if batch.state == State.WRITING:
            # Nothing of it has been written, as that and the state are one transaction.
            text = _("The worker stopped before the import was written. Nothing has been written.")
            _move(batch, (State.WRITING,), State.READY, message=text)
        else:
            _end(batch, (State.CHECKING,), State.FAILED, _("The check stopped. Upload the files again."))
    for batch in batches.filter(state__in=ImportBatch.OPEN, expires_at__lte=timezone.now()):
        if not shelf.is_held(batch):
            _end(batch, (State.REFUSED, State.READY, State.CHECKING), State.EXPIRED, "")


def _is_waiting(batch: ImportBatch) -> bool:
    """Whether a worker will take it up, or has done so this moment."""
    from registry.interchange.tasks import check_import, write_import

    paths = [check_import.module_path, write_import.module_path]
    tasks = DBTaskResult.objects.filter(task_path__in=paths, args_kwargs__args=[str(batch.uuid)])
    just_taken = Q(started_at__gt=timezone.now() - TAKEN_UP_WITHIN)
    recent = batch.started_at is not None and batch.started_at > timezone.now() - timedelta(seconds=5)
    return recent or tasks.filter(Q(status=TaskResultStatus.READY) | just_taken).exists()


def sweep() -> None:
    """Settle every batch, and remove folders that belong to none that is open."""
    settle(ImportBatch.objects.all())
    states = ImportBatch.objects.filter(state__in=ImportBatch.OPEN)
    kept = {str(uuid) for uuid in states.values_list("uuid", flat=True)}
    old = timezone.now().timestamp() - TAKEN_UP_WITHIN.total_seconds()
    for path in shelf.folder().iterdir():
        if path.name not in kept and path.stat().st_mtime < old:
            shelf.shutil.rmtree(path, ignore_errors=True)
