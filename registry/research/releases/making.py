"""Releases are made here: asked for, written by whoever gets to it, and said how they ended.

The data are as of the latest change when the release was asked for, whenever it is written: what happens in between is
in history, but not in the release.
"""

import logging
from collections.abc import Callable
from contextlib import closing
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from cases.models import Case
from registry.access import log
from registry.access.models import AccessEvent
from registry.access.scope import visible_centers
from registry.core import software
from registry.core.actors import identity_of
from registry.core.models import ChangeCounter
from registry.research.cohorts.choosing import Chosen
from registry.research.cohorts.sentence import sentence
from registry.research.models import ExportReceipt, Release
from registry.research.models.cohort import LONGEST_SLUG
from registry.research.profiles import PSEUDONYMISED
from registry.research.releases import shelf
from registry.research.releases.content import FORM, FORMAT, Content
from registry.research.releases.wish import Wish

logger = logging.getLogger(__name__)

State, Failure = Release.State, Release.Failure
#: Two who freeze the same cohort at the same moment are told apart at the second attempt.
ATTEMPTS = 20
#: What makes two requests the same one.
REQUEST = ("owner_id", "cohort_version_id", "replaces_id", "title", "authors", "notes")
#: What a release is called among the receipts of exports.
RECEIPT = "release"


class Unaccounted(Exception):
    """History does not give what the tables hold."""


# -- asking ------------------------------------------------------------------------------------------------------------


def freeze(chosen: Chosen, wish: Wish, address: Callable[[str], str] | None = None) -> Release:
    """Ask for a release of a cohort as it is now; small registries write it at once.

    ``address`` gives the full address of a short name, to stand in the citation. Raises ``ValidationError`` for a
    cohort without a case, and for a token that stands for something else.
    """
    if not chosen.cases.exists():
        raise ValidationError({"cohort": [_("No case fits: there is nothing to freeze.")]})
    version = chosen.version
    centers = [_kept(row) for row in visible_centers(chosen.user).order_by("pk").values()]
    release = Release(
        token=wish.token,
        owner=chosen.user,
        owner_name=identity_of(chosen.user)[1],
        title=wish.title,
        authors=list(wish.authors),
        notes=wish.notes,
        cohort_version=version,
        definition=version.definition,
        sentence=sentence(chosen.definition),
        sequence=ChangeCounter.latest(),
        centers=centers,
    )
    return _ask(release, address)


def edition_without(
    release: Release, keys: Any, token: Any, address: Callable[[str], str] | None = None
) -> Release:
    """Ask for the same release without some of its patients: of the same change, by the same definition.

    Raises ``ValidationError`` where nobody would be left, and for a token that stands for something else.
    """
    if len(set(keys)) >= next(file["rows"] for file in release.files if file["table"] == "patients"):
        raise ValidationError({"cohort": [_("No patient is left: there is nothing to freeze.")]})
    copied = (
        "owner",
        "title",
        "authors",
        "notes",
        "cohort_version",
        "definition",
        "sentence",
        "sequence",
        "centers",
    )
    edition = Release(
        token=token,
        owner_name=identity_of(release.owner)[1],
        left_out=sorted({*release.left_out, *keys}),
        replaces=release,
        **{name: getattr(release, name) for name in copied},
    )
    return _ask(edition, address)


def _kept(row: dict[str, Any]) -> dict[str, Any]:
    """A centre as it is kept: what stood in its columns."""
    return {**row, "uuid": str(row["uuid"])}


def _ask(release: Release, address: Callable[[str], str] | None) -> Release:
    release.profile, release.software = PSEUDONYMISED.name, software.version()
    release.form, release.small_cell = FORM, settings.EXPORT_SMALL_CELL
    asked_before = _asked_before(release)
    if asked_before is not None:
        return asked_before
    stem = release.cohort_version.cohort.slug[: LONGEST_SLUG - 8]
    # Cohorts whose long names begin alike count up together.
    number = Release.objects.filter(slug__regex=rf"^{stem}-r[0-9]+$").count()
    for attempt in range(1, ATTEMPTS + 1):
        release.slug = f"{stem}-r{number + attempt}"
        release.address = address(release.slug) if address else ""
        try:
            with transaction.atomic():
                release.save(force_insert=True)
        except IntegrityError:
            asked_before = _asked_before(release)
            if asked_before is not None:
                return asked_before
            continue
        start(release)
        return release
    raise RuntimeError("No short name was free.")


def _asked_before(release: Release) -> Release | None:
    """What the same request has made already.

    Raises ``ValidationError`` for a token that stands for another request, or for a receipt: that would be overwritten.
    """
    same = Release.objects.filter(token=release.token).first()
    if same is None and not ExportReceipt.objects.filter(uuid=release.token).exists():
        return None
    if same is None or any(getattr(same, name) != getattr(release, name) for name in REQUEST):
        raise ValidationError({"token": [_("This token stands for something else. Send a new one.")]})
    return same


def start(release: Release) -> None:
    """Write it at once where the registry is small, else leave it to the worker."""
    if writes_at_once():
        carry_out(release)
    else:
        # Imported here, as what the worker does imports what it is asked for.
        from registry.research.tasks import write_release

        write_release.enqueue(release.slug)


def writes_at_once() -> bool:
    """The state of a change is put together for all cases, whatever the cohort."""
    return Case.objects.count() <= settings.RELEASE_INLINE_CASES


def try_again(release: Release) -> None:
    """Once more for a release that failed; nothing changes of any other."""
    if _move(release, (State.FAILED,), State.QUEUED, failure=""):
        start(release)


# -- carrying out ------------------------------------------------------------------------------------------------------


def carry_out(release: Release) -> None:
    """Write a release that waits, and say on it how that ended."""
    try:
        # The lock comes before the state: whoever sees the state can see the lock.
        with shelf.Draft(release.slug) as draft:
            if _move(release, (State.QUEUED,), State.WRITING):
                with override("en"):
                    _write(release, draft)
    except shelf.Busy:
        return
    except ValidationError:
        _fail(release, Failure.UNREADABLE)
    except Unaccounted:
        _fail(release, Failure.UNACCOUNTED)
    except (OSError, DatabaseError) as error:
        _fail(release, Failure.DISK_FULL if shelf.is_full(error) else Failure.NOT_WRITTEN)
        logger.exception("Release %s could not be written", release.slug)
    except (SystemExit, KeyboardInterrupt):
        _fail(release, Failure.STOPPED)
        raise
    except Exception:
        _fail(release, Failure.BROKE_OFF)
        raise


def _write(release: Release, draft: shelf.Draft) -> None:
    content = Content(release)
    with closing(content.view()) as view:
        differing = view.unaccounted()
        if differing:
            logger.error("Release %s: history does not account for %s", release.slug, differing)
            raise Unaccounted
        content.write(draft, view)
    receipt = _receipt(release, content)
    draft.publish()
    size = sum(file.bytes for file in content.written)
    receipt.finish(release.manifest_sha256, size, [file.as_json() for file in content.written])
    done = {
        "files": [file.as_json() for file in content.written],
        "rows": content.rows,
        "manifest_sha256": release.manifest_sha256,
        "results": content.results,
        "ascertainment": content.ascertainment,
        "receipt": receipt,
    }
    _move(release, (State.WRITING,), State.READY, **done)


def _receipt(release: Release, content: Content) -> ExportReceipt:
    """As of every export; a second attempt has that of the first."""
    user_id, user_name = identity_of(release.owner)
    said = {
        "user_id_text": user_id,
        "user_name": user_name,
        "table": RECEIPT,
        "format": FORMAT.name,
        "definition": content.definition(),
        "rows": content.rows,
        "withheld": content.withheld(),
    }
    receipt, _made = ExportReceipt.objects.update_or_create(uuid=release.token, defaults=said)
    log.note(
        AccessEvent.Kind.EXPORT,
        user=release.owner,
        subject=f"release {release.slug}",
        detail=f"receipt {receipt.uuid}, {content.rows} rows, {release.profile}",
    )
    return receipt


def _move(release: Release, before: Any, after: str, **values: Any) -> bool:
    """Change the state, if it still is what it was taken for."""
    moved = Release.objects.filter(pk=release.pk, state__in=before).update(state=after, **values)
    release.refresh_from_db()
    return bool(moved)


def _fail(release: Release, failure: str) -> None:
    _move(release, Release.UNDER_WAY, State.FAILED, failure=failure)


def settle(release: Release) -> Release:
    """Say of a release how it ended, where its writer cannot any more."""
    if release.state == State.WRITING and not shelf.is_being_written(release.slug):
        _fail(release, Failure.STOPPED)
    return release
