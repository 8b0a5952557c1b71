"""The files of a release as they are handed out: whole, to whom they may be, and noted in the access log."""

from typing import Any

from django.http import FileResponse
from django.utils.translation import gettext as _

from registry.access import log
from registry.access.models import AccessEvent
from registry.core.api import problems
from registry.research.models import Release
from registry.research.releases import shelf
from registry.research.releases.standing import standing


def file_of(release: Release, name: str, user: Any, request: Any) -> FileResponse:
    """One stored file. Raises ``Problem``: 404, 409 before it is whole, 410 where it is lost, 451 where withheld."""
    file = release.file(name)
    if not release.is_ready:
        raise problems.Problem(409, _("This release is not written yet."))
    if file is None:
        raise problems.Problem(404, _("There is no such file in this release."))
    how = standing(release, user)
    if how.withholds(file):
        raise problems.Problem(403 if how.lost else 451, how.why)
    path = shelf.folder_of(release.slug) / file["file"]
    if shelf.sha256_of(path) != file["sha256"]:
        raise problems.Problem(
            410, _("The file is not what it was, so it is handed out no more. Rerun the release.")
        )
    log.note(
        AccessEvent.Kind.EXPORT,
        user=user,
        request=request,
        subject=f"release {release.slug}/{file['file']}",
        detail=f"SHA-256 {file['sha256']}",
    )
    is_csv = file["file"].endswith(".csv")
    response = FileResponse(
        open(path, "rb"),  # noqa: SIM115 - the response closes it
        as_attachment=True,
        filename=f"{release.slug}-{file['file']}",
        content_type="text/csv; charset=utf-8" if is_csv else "text/plain; charset=utf-8",
    )
    response["Cache-Control"] = "no-store"
    return response
