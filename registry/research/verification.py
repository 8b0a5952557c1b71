"""Whether a file on a disk is what its receipt says: byte for byte, by SHA-256.

The receipt of an archive vouches for the archive, that of a release for each of its files.
"""

import enum
import hashlib
import json
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from registry.research.archive import RECEIPT_FILE
from registry.research.models import ExportReceipt, Release

_READ = 1024 * 1024
#: What the library raises for an archive whose bytes are not what they were: in its heads, its data or its end.
_SPOILT = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError)
#: How a file's name leads to its receipt: ``cases-2024-03-11-1a2b3c4d.csv``.
_IN_NAME = re.compile(r"-\d{4}-\d{2}-\d{2}-([0-9a-f]{8})(?=\D|$)")


class Verdict(enum.IntEnum):
    """What was found; the number is the exit code of the command."""

    WHOLE = 0
    DIFFERS = 1
    UNKNOWN = 2


@dataclass
class Finding:
    """The verdict and everything that led to it, in sentences."""

    verdict: Verdict
    said: list[str] = field(default_factory=list)
    receipt: ExportReceipt | None = None


def verify(path: Path, receipt: ExportReceipt | None = None) -> Finding:
    """Compare a file with its receipt: the given one, else the one of this hash, else the one its name leads to."""
    digest, size = _hash_of(path)
    said = [f"{path.name}: {size:,} bytes, SHA-256 {digest}"]
    if receipt is None:
        receipt = _by_hash(digest) or _by_name(path.name)
    if receipt is None:
        files = _trailer_of(path)
        if files is None:
            said.append("No receipt has this hash, and neither name nor content leads to one.")
            return Finding(Verdict.UNKNOWN, said)
        return Finding(Verdict.UNKNOWN, said + _against_trailer(path, files))
    said.append(_about(receipt))
    release = Release.objects.filter(receipt=receipt).first()
    if release is not None:
        return _of_release(release, path.name, digest, size, said)
    if receipt.sha256 == digest:
        said.append("The file is whole, and it is the one that was given out.")
        return Finding(Verdict.WHOLE, said, receipt)
    said += _difference(path, receipt, size)
    return Finding(Verdict.DIFFERS, said, receipt)


def _hash_of(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as file:
        while chunk := file.read(_READ):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


def _by_hash(digest: str) -> ExportReceipt | None:
    """The export with this hash, or the release with a file that has it."""
    export = ExportReceipt.objects.filter(sha256=digest).first()
    if export is not None:
        return export
    release = Release.objects.filter(files__icontains=digest).select_related("receipt").first()
    return release.receipt if release else None


def _of_release(release: Release, name: str, digest: str, size: int, said: list[str]) -> Finding:
    """One file of a release, found by its hash, else by its name with or without that of the release before it."""
    name = name.removeprefix(f"{release.slug}-")
    same = next((file for file in release.files if file["sha256"] == digest), None)
    if same is not None:
        said.append(f"The file is whole: {same['file']} of release {release.slug}.")
        return Finding(Verdict.WHOLE, said, release.receipt)
    named = release.file(name)
    if named is None:
        said.append(f"Release {release.slug} has no file of this hash, and none that is called {name}.")
    else:
        said.append(_size_said(size, named["bytes"]))
    return Finding(Verdict.DIFFERS, said, release.receipt)


def _by_name(name: str) -> ExportReceipt | None:
    release = Release.objects.filter(slug=name.rpartition("-")[0]).select_related("receipt").first()
    if release is not None:
        return release.receipt
    found = _IN_NAME.search(name)
    if found is None:
        return None
    # The end of the range of ids that begin with these eight characters.
    first, last = (
        f"{found[1]}-{rest}" for rest in ("0000-0000-0000-000000000000", "ffff-ffff-ffff-ffffffffffff")
    )
    return ExportReceipt.objects.filter(uuid__gte=first, uuid__lte=last).first()


def _about(receipt: ExportReceipt) -> str:
    return (
        f"Receipt {receipt.uuid}: {receipt.table}.{receipt.format}, {receipt.rows:,} rows, given to "
        f"{receipt.user_name} at {receipt.at:%Y-%m-%d %H:%M} UTC."
    )


def _difference(path: Path, receipt: ExportReceipt, size: int) -> list[str]:
    if not receipt.finished or receipt.bytes is None:
        return ["The last byte of this export was never sent, so no file of it can be whole."]
    said = [_size_said(size, receipt.bytes)]
    if receipt.files:
        said += _members(path, receipt.files)
    return said


def _size_said(size: int, given: int) -> str:
    if size < given:
        return f"The file is cut off: {given - size:,} of {given:,} bytes are missing."
    if size > given:
        return f"The file has {size - given:,} bytes more than were given out."
    return "The file has been changed since it was given out."


def _members(path: Path, files: list[dict[str, Any]]) -> list[str]:
    """Which files of an archive are still as they were."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [_member(archive, file) for file in files]
    except _SPOILT:
        return ["It cannot be opened as an archive."]


def _member(archive: zipfile.ZipFile, file: dict[str, Any]) -> str:
    try:
        with archive.open(file["file"]) as member:
            digest = hashlib.sha256()
            while chunk := member.read(_READ):
                digest.update(chunk)
    except KeyError:
        return f"  {file['file']}: not in the archive"
    except _SPOILT:
        return f"  {file['file']}: cannot be read"
    same = digest.hexdigest() == file["sha256"]
    return f"  {file['file']}: {'as it was given out' if same else 'changed'}"


def _trailer_of(path: Path) -> list[dict[str, Any]] | None:
    """The files that the receipt inside an archive names; of another installation it is all there is."""
    try:
        with zipfile.ZipFile(path) as archive:
            files = json.loads(archive.read(RECEIPT_FILE))["files"]
            return [{"file": str(file["file"]), "sha256": str(file["sha256"])} for file in files]
    except (*_SPOILT, LookupError, TypeError):
        return None


def _against_trailer(path: Path, files: list[dict[str, Any]]) -> list[str]:
    return [
        "No receipt of this registry has this hash. Against the receipt inside the archive, which vouches for nothing "
        "by itself:",
        *_members(path, files),
    ]
