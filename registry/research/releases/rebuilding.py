"""A release is rebuilt from history and compared with what it was: the same bytes, or what differs.

Nothing that is rebuilt is kept. The stored files are looked at as well: one that is not what its hash says has been
damaged since.
"""

import itertools
import logging
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext_lazy, override

from registry.core import software
from registry.core.actors import identity_of
from registry.research.models import Release
from registry.research.releases import shelf
from registry.research.releases.consent import erased_of, withdrawn_since
from registry.research.releases.content import Content, Written
from registry.research.releases.difference import compare_tables
from registry.research.releases.making import writes_at_once

logger = logging.getLogger(__name__)

#: Rows and cells that a result names of each table; it is kept with the release.
LISTED = 100
#: Characters shown of a line that differs.
_LINE = 200

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
UNDER_WAY = (WAITING, RUNNING)
#: Why a release could not be rebuilt.
REASONS = {
    "unreadable": gettext_lazy("The definition names what the catalogue no longer has."),
    "disk_full": gettext_lazy("The disk is full. Ask the administrator for room, then try again."),
    "not_written": gettext_lazy("The files could not be written. The administrator can see why in the log."),
    "stopped": gettext_lazy("It was not carried out to the end. Try again."),
}


def rerun(release: Release, user: Any) -> None:
    """Ask for it; small registries do it at once. What came of it stands on the release."""
    _note(release, {"state": WAITING, "draft": _draft_name(release), "by": identity_of(user)[1]})
    if writes_at_once():
        carry_out(release)
    else:
        from registry.research.tasks import rerun_release

        rerun_release.enqueue(release.slug)


def _draft_name(release: Release) -> str:
    """Two who rebuild the same release at once do it each in a folder of their own."""
    return f"{release.slug}.{uuid.uuid4().hex[:8]}"


def carry_out(release: Release) -> None:
    """Rebuild a release of which that was asked, and note what came of it."""
    asked = release.rerun or {}
    try:
        # The lock comes before the state: whoever sees the state can see the lock.
        with shelf.Draft(asked["draft"]) as draft, override("en"):
            _note(release, {**asked, "state": RUNNING})
            found = _compared(release, draft)
    except shelf.Busy:
        return
    except ValidationError:
        found = {"state": FAILED, "failure": "unreadable"}
    except (OSError, DatabaseError) as error:
        found = {"state": FAILED, "failure": "disk_full" if shelf.is_full(error) else "not_written"}
        logger.exception("Release %s could not be rebuilt", release.slug)
    except BaseException:
        _note(release, {**asked, "state": FAILED, "failure": "stopped"})
        raise
    _note(release, {**asked, **found})


def _note(release: Release, said: dict[str, Any]) -> None:
    release.rerun = {**said, "at": timezone.now().isoformat(timespec="seconds")}
    release.save(update_fields=["rerun"])


def settle(release: Release) -> Release:
    """A rerun that nobody is at any more has come to nothing."""
    asked = release.rerun or {}
    if asked.get("state") == RUNNING and not shelf.is_being_written(asked["draft"]):
        _note(release, {**asked, "state": FAILED, "failure": "stopped"})
    return release


def _compared(release: Release, draft: shelf.Draft) -> dict[str, Any]:
    # A copy: what is found on the way must not change what is kept.
    content = Content(Release.objects.get(pk=release.pk))
    content.write_anew(draft)
    hidden = withdrawn_since(release)
    rebuilt = {file.file: file for file in content.written}
    kept = {file["file"]: file for file in release.files}
    files = [
        _file(name, kept.get(name), rebuilt.get(name), release, draft, hidden)
        for name in dict.fromkeys((*kept, *rebuilt))
    ]
    return {
        "state": DONE,
        "same": all(file["same"] for file in files),
        "whole": all(file["whole"] for file in files),
        "erased": len(erased_of(hidden.values())),
        "software": software.version(),
        "manifest_sha256": content.release.manifest_sha256,
        "files": files,
    }


def _file(
    name: str,
    kept: dict[str, Any] | None,
    rebuilt: Written | None,
    release: Release,
    draft: shelf.Draft,
    hidden: Mapping[str, int],
) -> dict[str, Any]:
    """One file on both sides: its hash then, its hash now, whether the stored one is whole, and what differs."""
    stored, made = shelf.folder_of(release.slug) / name, draft.path / name
    said: dict[str, Any] = {
        "file": name,
        "sha256": kept["sha256"] if kept else "",
        "rebuilt_sha256": rebuilt.sha256 if rebuilt else "",
        "whole": kept is None or shelf.sha256_of(stored) == kept["sha256"],
    }
    said["same"] = said["sha256"] == said["rebuilt_sha256"]
    if not said["same"] and kept and rebuilt and said["whole"]:
        if kept["table"]:
            table = compare_tables(kept["table"], kept["key"], stored, made, hidden, LISTED)
            said["difference"] = table.as_json()
        else:
            said["line"] = _first_difference(stored, made)
    return said


def _first_difference(one: Path, other: Path) -> dict[str, Any] | None:
    """The first line that differs, with its number."""
    for number, (before, after) in enumerate(
        itertools.zip_longest(_lines(one), _lines(other), fillvalue=""), 1
    ):
        if before != after:
            return {"number": number, "before": before[:_LINE], "after": after[:_LINE]}
    return None


def _lines(path: Path) -> Iterator[str]:
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield line.rstrip("\n")
