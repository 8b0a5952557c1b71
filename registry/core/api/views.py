"""Views of records: list, detail, create, change, delete – scoped to the user, written through the door."""

import re
import uuid
from collections.abc import Iterable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import viewsets
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from registry.core import identity_shown, policies, records
from registry.core.api import problems
from registry.core.api.fields import REQUIRED
from registry.core.api.filters import ParameterBackend
from registry.core.api.paging import KeysetPagination
from registry.core.api.parsers import refuse_large
from registry.core.api.schema import RecordSchema
from registry.core.api.serializers import Change, RecordSerializer
from registry.core.models import Record
from registry.core.reading import read_integer, refuse_nul

_ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')
#: What a DELETE may carry in its query or body.
_DELETE_PARAMETERS = frozenset({"version", "reason"})


class JSONOnly(DefaultContentNegotiation):
    """The Accept header decides; there is no ``?format=``."""

    def filter_renderers(self, renderers, format):
        return renderers

    def select_renderer(self, request, renderers, format_suffix=None):
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except NotAcceptable:
            if problems.MEDIA_TYPE in request.headers.get("Accept", ""):
                return renderers[0], renderers[0].media_type
            raise


class ApiViewMixin:
    """What every view of the API shares: size limit, strict parameters, no caching."""

    content_negotiation_class: Any = JSONOnly
    metadata_class: Any = None
    #: Query parameters that a request to a single record may carry, by method.
    detail_parameters: ClassVar[dict[str, frozenset[str]]] = {"DELETE": _DELETE_PARAMETERS}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        refuse_large(request)
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if getattr(self, "action", None) != "list":
            allowed = self.detail_parameters.get(request.method or "", frozenset())
            refuse_unknown_parameters(request, allowed)

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def refuse_unknown_parameters(request: Request, allowed: frozenset[str] | set[str]) -> None:
    """400 naming every query parameter that means nothing here: a mistyped one must never be passed over."""
    unknown = [name for name in request.query_params if name not in allowed]
    if unknown:
        known = ", ".join(sorted(allowed)) or _("none")
        message = _("This parameter is not known. Known here: %(known)s.") % {"known": known}
        raise problems.invalid({name: [message] for name in unknown})


class ReadOnlyRecordViewSet(ApiViewMixin, viewsets.GenericViewSet):
    """Lists and single records of one model, scoped to the user.

    Subclasses name the serializer, the orderings, the filters and what to fetch along.
    """

    schema = RecordSchema()
    serializer_class: type[RecordSerializer]
    pagination_class = KeysetPagination
    filter_backends = (ParameterBackend,)
    filterset_class: Any = None
    http_method_names: tuple[str, ...] = (
        "get",
        "head",
        "post",
        "patch",
        "delete",
    )  # what is not offered answers 405
    #: The columns by which a record may be addressed, the usual one first.
    addressed_by: ClassVar[tuple[str, ...]] = ("uuid",)
    lookup_field = "uuid"
    lookup_url_kwarg = "id"
    lookup_value_regex = r"[^/]+"
    #: Parameter → column path by which a list may be sorted.
    orderings: ClassVar[dict[str, str]] = {}
    default_ordering: ClassVar[tuple[str, ...]] = ()
    #: Related rows that the serializer reads, and columns it does not.
    select: ClassVar[tuple[str, ...]] = ()
    defer: ClassVar[tuple[str, ...]] = ()

    # -- rows ----------------------------------------------------------------------------------------------------

    @property
    def model(self) -> type[Record]:
        return self.serializer_class.model()

    def scoped_rows(self) -> models.QuerySet:
        """The rows the user may see, without anything fetched along."""
        return self.model.objects.for_user(self.request.user)

    def get_queryset(self) -> models.QuerySet:
        rows = self.scoped_rows().select_related(*self.select).prefetch_related(*self.prefetches())
        return rows.defer(*self.defer).order_by("pk")

    def prefetches(self) -> list[Any]:
        """What the serializer needs beyond ``select``, embedded rows included."""
        embedding = self.serializer_class.embedding
        return embedding.prefetches() if embedding else []

    def condition(self) -> models.Q:
        """The record that the address names."""
        value = self.kwargs[self.lookup_url_kwarg]
        condition = models.Q(pk__in=[])
        for column in self.addressed_by:
            if column == "uuid":
                try:
                    condition |= models.Q(uuid=uuid.UUID(value))
                except ValueError:
                    continue
            else:
                condition |= models.Q(**{column: value})
        return condition

    def get_object(self) -> Any:
        found = self.get_queryset().filter(self.condition()).first()
        if found is None:
            raise Http404
        return found

    # -- what a list may be asked ------------------------------------------------------------------------------

    #: Filters and orderings that would tell a withheld value bit by bit.
    identifying_parameters: ClassVar[frozenset[str]] = frozenset()

    def check_filter(self, name: str) -> None:
        """Refuse a question about what the user may not see."""
        if name in self.identifying_parameters and not self.may_identify_all():
            message = _(
                "“%(name)s” is withheld from you in some of your centres, so it can neither filter nor sort."
            )
            raise problems.Problem(403, message % {"name": name})

    check_ordering = check_filter

    def filter_value(self, name: str, value: Any) -> Any:
        """The value a filter is applied with."""
        return value

    def may_identify_all(self) -> bool:
        """Whether the user may see identity in every centre that the list can reach."""
        path = self.model.center_path
        if path is None:
            return True
        centers = self.scoped_rows().order_by().values_list(path, flat=True).distinct()
        return all(policies.may_identify(self.request.user, center_id) for center_id in centers)

    # -- reading -------------------------------------------------------------------------------------------------

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        self.was_read(page or [])
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        record = self.get_object()
        self.was_read([record])
        return Response(self.shown(record), headers=self.headers_of(record))

    def headers_of(self, record: Any) -> dict[str, str]:
        return {"ETag": f'"{record.version}"'}

    def shown(self, record: Any) -> dict[str, Any]:
        return dict(self.get_serializer(record).data)

    def was_read(self, records: Iterable[Any]) -> None:
        """The access log tells who read whose identity. Who has just written a record knows it; that is in history."""
        whole = getattr(self.serializer_class, "embedding", None) is not None
        identity_shown.note(self.request, [row for row in records if isinstance(row, Record)], whole=whole)


class RecordViewSet(ReadOnlyRecordViewSet):
    """Records that may also be written, through the door."""

    def object_to_change(self) -> Any:
        """The record as stored, with nothing prefetched: rules across rows must see what is there now."""
        found = self.scoped_rows().select_related(*self.select).filter(self.condition()).first()
        if found is None:
            raise Http404
        if not policies.may_write(self.request.user, found):
            raise problems.Problem(403, _("You may not change records of this centre."))
        return found

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        change = self.change(request)
        change.version = None
        serializer: Any = self.get_serializer(data=request.data)
        record = serializer.write(change)
        return self.written(record, 201)

    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        record = self.object_to_change()
        change = self.change(request)
        demand_version(change)
        serializer: Any = self.get_serializer(record, data=request.data)
        record = serializer.write(change)
        return self.written(record, 200)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        record = self.object_to_change()
        unknown = set(request.data) - _DELETE_PARAMETERS
        if unknown:
            raise problems.invalid({name: [_("This field is not known.")] for name in sorted(unknown)})
        change = self.change(request)
        demand_version(change)
        serializer: Any = self.get_serializer(record)
        try:
            records.delete(record, by=change.by, reason=change.reason, expected_version=change.version)
        except ValidationError as refused:
            raise serializer.refusal(refused) from None
        except records.Conflict as conflict:
            raise serializer.conflict_problem(conflict) from None
        return Response(status=204)

    def written(self, record: Record, status: int) -> Response:
        """The record as it now stands, read anew with everything that is shown of it."""
        fresh = self.get_queryset().get(pk=record.pk)
        headers = self.headers_of(fresh)
        if status == 201:
            here = self.request.build_absolute_uri(self.request.path)
            headers["Location"] = f"{here}{getattr(fresh, self.addressed_by[0])}/"
        return Response(self.shown_after_writing(fresh), status=status, headers=headers)

    def shown_after_writing(self, record: Record) -> dict[str, Any]:
        return self.shown(record)

    def change(self, request: Request) -> Change:
        """How the write is meant: version, reason and confirmations from body, query and headers."""
        body: Any = request.data
        data = {**{name: request.query_params[name] for name in request.query_params}, **body}
        errors: problems.Errors = {}
        change = Change(by=request.user)
        try:
            change.version = version_of(data.get("version"), request.headers.get("If-Match"))
        except ValidationError as refused:
            errors["version"] = list(refused.messages)
        try:
            change.reason = _text_of(data.get("reason"))
        except ValidationError as refused:
            errors["reason"] = list(refused.messages)
        confirm = data.get("confirm")
        if confirm is not None and not isinstance(confirm, dict):
            errors["confirm"] = [_("Enter an object of field and reason.")]
        else:
            for name, why in (confirm or {}).items():
                try:
                    change.confirm[name] = _text_of(why)
                except ValidationError as refused:
                    errors[f"confirm.{name}"] = list(refused.messages)
        if errors:
            raise problems.invalid(errors)
        return change


def demand_version(change: Change) -> None:
    if change.version is None:
        message = _("Name the version that you read, as “version” in the body or in If-Match.")
        raise problems.Problem(428, message, {"version": [str(REQUIRED)]})


def version_of(value: Any, if_match: str | None) -> int | None:
    """The version that a change was made from, by body or header. Raises ``ValidationError``."""
    version = read_integer(value)
    if if_match is None or if_match.strip() == "*":
        return version
    matched = _ETAG.fullmatch(if_match.strip())
    if matched is None:
        raise ValidationError(_('If-Match must be one version in double quotes, such as "3".'))
    named = int(matched[1])
    if version is not None and version != named:
        raise ValidationError(_("The body and If-Match name different versions."))
    return named


def _text_of(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValidationError(_("Enter text."))
    return refuse_nul(value).strip()
