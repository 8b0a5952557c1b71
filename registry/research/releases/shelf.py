"""Where the files of releases lie: a folder each, which has its name only when all in it is whole and on the disk.

A release is written into a folder whose name begins with a dot. While it is written the writer holds a lock on it,
which the system lets go of however the writer ends: a folder of that kind without a lock has been abandoned.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from django.conf import settings

_PART = ".part"
_POSTGRESQL_DISK_FULL = "53100"
#: Bytes hashed at a time.
_CHUNK = 1024 * 1024


class Busy(Exception):
    """Somebody is writing there."""


def root() -> Path:
    """Where the folders lie; there is none before the first release."""
    return Path(settings.RELEASE_DIR)


def folder_of(slug: str) -> Path:
    return root() / slug


def sha256_of(path: Path) -> str:
    """The hash of a file as it lies on the disk; empty where it is not there."""
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()


def is_full(error: BaseException) -> bool:
    """Whether there was no room: for a file, or for the temporary tables of the database."""
    cause = error.__cause__
    return (
        getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        or getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        or getattr(cause, "pgcode", None) == _POSTGRESQL_DISK_FULL
    )


def is_being_written(name: str) -> bool:
    """Whether a writer is at it; the lock stays on the folder when that gets its name."""
    return _is_locked(_part_of(name)) or _is_locked(folder_of(name))


def _part_of(name: str) -> Path:
    return root() / f".{name}{_PART}"


def _is_locked(path: Path) -> bool:
    try:
        held = os.open(path, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(held)
    return False


class Draft:
    """A folder that is being written. At its end it is gone, unless ``publish`` has given it its name.

    Raises ``Busy`` where somebody is writing it, and ``OSError`` where the disk does not let it be written.
    """

    def __init__(self, name: str) -> None:
        self.name, self.path = name, _part_of(name)
        self._held: int | None = None

    def __enter__(self) -> "Draft":
        # Nobody but the registry's own user may look into it.
        root().mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self.path.mkdir(mode=0o700)
        except FileExistsError:
            if _is_locked(self.path):
                raise Busy from None
            shutil.rmtree(self.path, ignore_errors=True)
            self.path.mkdir(mode=0o700)
        self._held = os.open(self.path, os.O_RDONLY)
        fcntl.flock(self._held, fcntl.LOCK_EX)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        if self._held is not None:
            os.close(self._held)

    @contextlib.contextmanager
    def file(self, name: str) -> Iterator[Any]:
        """A file to write to; it is on the disk when this ends."""
        path = self.path / name
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())

    def publish(self) -> Path:
        """Give the whole folder its name: after this it is on the disk under it, or it is not there."""
        final = folder_of(self.name)
        _settle(self.path)
        # Only a release whose writer ended between this and saying so leaves one behind.
        shutil.rmtree(final, ignore_errors=True)
        os.rename(self.path, final)
        _settle(root())
        return final


def _settle(folder: Path) -> None:
    """Put the names in a folder on the disk."""
    held = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)
