"""Releases over HTTP: made, read, rebuilt, compared, and their files fetched."""

import uuid
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from registry.core import reading
from registry.core.api import problems
from registry.core.api.schema import ProblemSerializer, refusals
from registry.core.api.views import ReadOnlyRecordViewSet
from registry.research.api.release_schema import (
    BODY,
    DIFF,
    DIFF_PARAMETERS,
    EXAMPLE,
    ReleaseSchema,
)
from registry.research.api.release_shown import ReleaseSerializer, WholeReleaseSerializer
from registry.research.cohorts import choosing
from registry.research.cohorts.choosing import Chosen, of_version
from registry.research.models import Cohort, Release
from registry.research.releases import comparing, making, rebuilding
from registry.research.releases.difference import LISTED
from registry.research.releases.fetching import file_of
from registry.research.releases.standing import standing
from registry.research.releases.wish import Wish

#: So many rows and cells of each table a diff lists at most.
MOST_LISTED = 100_000
FIELDS = frozenset({"cohort", "version", "title", "authors", "notes", "token"})
_WITHHELD = "Patients have withdrawn their consent since, so its tables are handed out no more."


class ReleaseViewSet(ReadOnlyRecordViewSet):
    """Your releases: cohorts frozen with their data, each of which can be rebuilt and cited."""

    schema = ReleaseSchema()
    serializer_class: Any = ReleaseSerializer
    http_method_names = ("get", "head", "post")
    addressed_by = ("slug",)
    select = ("cohort_version__cohort", "replaces")
    orderings: ClassVar = {"created_at": "created_at", "title": "title"}
    default_ordering = ("-created_at",)
    detail_parameters: ClassVar = {"GET": frozenset({"table", "limit"}), "HEAD": frozenset()}

    def scoped_rows(self) -> QuerySet:
        return Release.objects.for_user(self.request.user)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        for release in self.scoped_rows().filter(state=Release.State.WRITING):
            making.settle(release)
        return super().list(request, *args, **kwargs)

    def one(self) -> Release:
        return rebuilding.settle(making.settle(self.get_object()))

    @extend_schema(responses={200: WholeReleaseSerializer, **refusals("GET")})
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.no_parameters(request)
        return self.whole(self.one())

    @extend_schema(
        request=BODY,
        responses={
            201: WholeReleaseSerializer,
            202: OpenApiResponse(WholeReleaseSerializer, description="It is written in the background."),
            **refusals("POST"),
            (507, problems.MEDIA_TYPE): OpenApiResponse(ProblemSerializer, description="The disk is full."),
        },
        examples=[EXAMPLE],
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Freeze a cohort as it is now.

        Its tables (pseudonymised, as CSV), the definition, codebook, main results, receipt, manifest and citation are
        kept under a name that never changes, with the SHA-256 of each.
        """
        chosen, wish = self.asked(request)
        release = making.freeze(chosen, wish, lambda slug: page_of(slug, request))
        if release.state == Release.State.FAILED:
            full = release.failure == Release.Failure.DISK_FULL
            said = str(release.get_failure_display())
            raise problems.Problem(507 if full else 409, said, slug=release.slug)
        here = request.build_absolute_uri(request.path)
        return self.whole(release, 201 if release.is_ready else 202, Location=f"{here}{release.slug}/")

    @extend_schema(
        request=None,
        responses={
            200: WholeReleaseSerializer,
            202: OpenApiResponse(WholeReleaseSerializer, description="It is rebuilt in the background."),
            **refusals("POST"),
        },
    )
    @action(detail=True, methods=["post"], filter_backends=(), pagination_class=None)
    def rerun(self, request: Request, id: str) -> Response:
        """Rebuild every file from history, as of the release's change, and compare the SHA-256 of each.

        What came of it stands under `rerun`: `same`, and of every file that differs what differs. Nothing of it is
        kept, and nothing of the release changes.
        """
        release = self.readable(self.one())
        refuse_fields(request.data, frozenset())
        rebuilding.rerun(release, request.user)
        under_way = (release.rerun or {}).get("state") in rebuilding.UNDER_WAY
        return self.whole(release, 202 if under_way else 200)

    @extend_schema(
        parameters=DIFF_PARAMETERS,
        responses={200: OpenApiResponse(DIFF), **refusals("GET"), **refusals("POST")},
    )
    @action(
        detail=True,
        url_path="diff/(?P<other>[^/]+)",
        filter_backends=(),
        pagination_class=None,
    )
    def diff(self, request: Request, id: str, other: str) -> Response:
        """What lies between this release and another of yours: rows added and removed, cells changed, by public id.

        Counts are exact; of each table as many rows and cells are listed as `limit` says. `results` are the main
        results that moved.
        """
        before = self.readable(self.one())
        self.kwargs["id"] = other
        after = self.readable(self.one())
        table, limit = self.table_asked(request, before, after), self.limit_asked(request)
        return Response(compared(before, after, request.user, table=table, limit=limit).as_json())

    @extend_schema(
        responses={
            (200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, description="The file."),
            **refusals("GET"),
            (409, problems.MEDIA_TYPE): OpenApiResponse(
                ProblemSerializer, description="It is not written yet."
            ),
            (410, problems.MEDIA_TYPE): OpenApiResponse(
                ProblemSerializer, description="It was lost or damaged."
            ),
            (451, problems.MEDIA_TYPE): OpenApiResponse(ProblemSerializer, description=_WITHHELD),
        }
    )
    @action(
        detail=True,
        url_path="files/(?P<name>[^/]+)",
        filter_backends=(),
        pagination_class=None,
    )
    def file(self, request: Request, id: str, name: str) -> HttpResponseBase:
        """One of its files."""
        self.no_parameters(request)
        return file_of(self.one(), name, request.user, request)

    # -- what these share --------------------------------------------------------------------------------------------

    @staticmethod
    def no_parameters(request: Request) -> None:
        refuse_fields(request.query_params, frozenset())

    def asked(self, request: Request) -> tuple[Chosen, Wish]:
        """The cohort and what is said of the release. Raises ``Problem`` with every field that cannot be."""
        data: Any = request.data
        refuse_fields(data, FIELDS)
        errors: problems.Errors = {}
        chosen, wish = None, None
        try:
            chosen = cohort_asked(request.user, data.get("cohort"), data.get("version"))
        except ValidationError as refused:
            errors |= problems.messages_of(refused)
        title = data.get("title")
        if title is None and chosen is not None:
            title = chosen.cohort.title
        try:
            token = token_asked(data.get("token"))
            wish = Wish.read(title or ("" if chosen else "–"), data.get("authors"), data.get("notes"), token)
        except ValidationError as refused:
            errors |= problems.messages_of(refused)
        if errors or chosen is None or wish is None:
            raise problems.invalid(errors)
        return chosen, wish

    def readable(self, release: Release) -> Release:
        refuse_unreadable(release, self.request.user)
        return release

    @staticmethod
    def table_asked(request: Request, before: Release, after: Release) -> str:
        asked = request.query_params.get("table", "")
        known = list(
            dict.fromkeys(file["table"] for one in (after, before) for file in one.files if file["table"])
        )
        if "table" in request.query_params and asked not in known:
            message = _("“%(value)s” is not one of: %(codes)s.")
            raise problems.invalid({"table": [message % {"value": asked[:60], "codes": ", ".join(known)}]})
        return asked

    @staticmethod
    def limit_asked(request: Request) -> int:
        try:
            limit = reading.read_integer(request.query_params.get("limit"))
        except ValidationError as refused:
            raise problems.invalid({"limit": refused.messages}) from None
        if limit is not None and not 0 <= limit <= MOST_LISTED:
            raise problems.invalid(
                {"limit": [_("Enter a number from 0 to %(most)d.") % {"most": MOST_LISTED}]}
            )
        return LISTED if limit is None else limit

    def whole(self, release: Release, status: int = 200, **headers: str) -> Response:
        context = {**self.get_serializer_context(), "standing": standing(release, self.request.user)}
        return Response(WholeReleaseSerializer(release, context=context).data, status=status, headers=headers)


def refuse_unreadable(release: Release, user: Any) -> None:
    """``Problem`` 409 for a release that is not written, 403 for one of centres that its owner has lost."""
    if not release.is_ready:
        raise problems.Problem(409, _("%(slug)s is not written yet.") % {"slug": release.slug})
    how = standing(release, user)
    if how.lost:
        raise problems.Problem(403, how.why)


def refuse_fields(data: Any, known: frozenset[str]) -> None:
    """400 naming every field that means nothing here."""
    unknown = sorted(set(data) - known)
    if unknown:
        raise problems.invalid({name: [_("This field is not known.")] for name in unknown})


def cohort_asked(user: Any, slug: Any, number: Any) -> Chosen:
    """A version of a cohort that the user may see. Raises ``ValidationError`` under ``cohort`` or ``version``."""
    if not isinstance(slug, str) or not slug:
        raise ValidationError({choosing.COHORT: [_("Name a cohort by its short name.")]})
    # A null character is in no short name, and no database can be asked for it.
    cohort = None if "\x00" in slug else Cohort.objects.for_user(user).filter(slug=slug).first()
    if cohort is None:
        message = _("There is no cohort “%(slug)s”, or you may not see it.") % {"slug": slug[:80]}
        raise ValidationError({choosing.COHORT: [message]})
    if number is not None and (isinstance(number, bool) or not isinstance(number, int)):
        raise ValidationError({"version": [_("Enter a whole number.")]})
    return of_version(cohort, None if number is None else str(number), user)


def token_asked(value: Any) -> uuid.UUID | None:
    """A token of the asker's own making. Raises ``ValidationError``."""
    if value is None:
        return None
    try:
        return uuid.UUID(value)
    except (ValueError, AttributeError, TypeError):
        raise ValidationError({"token": [_("Enter a UUID.")]}) from None


def compared(
    before: Release, after: Release, user: Any, *, table: str = "", limit: int = LISTED
) -> comparing.Comparison:
    """The comparison. Raises ``Problem`` 410 where a file is not what it was."""
    try:
        return comparing.compare(before, after, user, table=table, limit=limit)
    except comparing.Unavailable as missing:
        said = _("%(file)s of %(slug)s is not what it was, so the two cannot be compared. Rerun the release.")
        raise problems.Problem(410, said % {"file": missing.file, "slug": missing.release.slug}) from None


def page_of(slug: str, request: Any) -> str:
    """The full address of the release's page, as it stands in the citation."""
    return str(request.build_absolute_uri(reverse("release-detail", args=[slug])))
