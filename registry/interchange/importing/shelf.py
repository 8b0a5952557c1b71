"""Where the files of imports lie: a folder per batch that the registry alone may open, gone with the batch's end."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings

from registry.interchange.importing.checking import Report
from registry.interchange.importing.reading import Source
from registry.interchange.models import ImportBatch

_REPORT, _LOCK, _PROGRESS = "report.json", "lock", "progress"


def folder() -> Path:
    path = Path(settings.IMPORT_DIR)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def folder_of(batch: ImportBatch) -> Path:
    return Path(settings.IMPORT_DIR) / str(batch.uuid)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)


def keep(batch: ImportBatch, files: Iterable[tuple[str, Iterable[bytes]]]) -> list[dict[str, Any]]:
    """Keep the files; answers with name, size and SHA-256 of each."""
    folder()
    folder_of(batch).mkdir(mode=0o700)
    kept = []
    for number, (name, chunks) in enumerate(files):
        digest, size = hashlib.sha256(), 0
        with open(_open(folder_of(batch) / str(number)), "wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
        kept.append({"name": name, "bytes": size, "sha256": digest.hexdigest()})
    return kept


class Changed(Exception):
    """A file on the shelf is not the one that was uploaded."""


def sources(batch: ImportBatch) -> list[Source]:
    """The files as they were given; each is compared with its hash when it is read."""

    def content(number: int, sha256: str) -> bytes:
        found = (folder_of(batch) / str(number)).read_bytes()
        if hashlib.sha256(found).hexdigest() != sha256:
            raise Changed
        return found

    return [
        Source(each["name"], partial(content, number, each["sha256"]))
        for number, each in enumerate(batch.files)
    ]


def keep_report(batch: ImportBatch, report: Report) -> None:
    with open(_open(folder_of(batch) / _REPORT), "w", encoding="utf-8") as file:
        json.dump(report.as_json(), file, ensure_ascii=False)


def report_of(batch: ImportBatch) -> Report | None:
    """What the dry run found, as long as it is kept."""
    try:
        return Report(**json.loads((folder_of(batch) / _REPORT).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def remove(batch: ImportBatch) -> None:
    shutil.rmtree(folder_of(batch), ignore_errors=True)


# -- who is at it, and how far ----------------------------------------------------------------------------------------


@contextlib.contextmanager
def held(batch: ImportBatch) -> Iterator[None]:
    """The batch is being worked on; the system lets go of it however the work ends.

    Raises ``BlockingIOError`` where somebody else is at it.
    """
    file = open(os.open(folder_of(batch) / _LOCK, os.O_RDWR | os.O_CREAT, 0o600), "wb")  # noqa: SIM115
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        file.close()


def is_held(batch: ImportBatch) -> bool:
    try:
        with open(folder_of(batch) / _LOCK, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def note_progress(batch: ImportBatch, done: int, total: int) -> None:
    """In a file: what is noted inside the transaction that writes could be seen by nobody."""
    with contextlib.suppress(OSError), open(_open(folder_of(batch) / _PROGRESS), "w") as file:
        file.write(f"{done} {total}")


def progress_of(batch: ImportBatch) -> tuple[int, int] | None:
    """How many records have been looked at, of how many."""
    try:
        done, total = (folder_of(batch) / _PROGRESS).read_text().split()
        return int(done), int(total)
    except (OSError, ValueError):
        return None
