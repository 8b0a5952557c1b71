"""The tidy export and its receipts over HTTP."""

from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from registry.access import log
from registry.access.models import AccessEvent
from registry.research.export import Export, select
from registry.research.formats import FORMATS
from registry.research.models import ExportReceipt
from registry.research.tables import tables

TABLE_NAMES = (
    "patients",
    "cases",
    "lesions",
    "procedures",
    "treated_lesions",
    "balloon_inflations",
    "assessments",
    "complications",
    "reported_values",
    "case_summary",
    "treatments",
    "ablations",
    "transarterial_sessions",
    "transarterial_drugs",
)


class PathDecides(BaseContentNegotiation):
    """The format stands in the path; an ``Accept: text/csv`` must not be answered with 406."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class ExportView(APIView):
    """One table as a file, in full and in one snapshot."""

    http_method_names = ["get", "options"]
    content_negotiation_class = PathDecides

    @extend_schema(
        operation_id="export",
        description=(
            "Streams one table. Headers ahead of the data: `X-Receipt` (id of the receipt) and `X-Rows` (rows "
            "counted in the snapshot the data is read from). The SHA-256 of the whole file stands on the receipt "
            "after the last byte. The filters are those of the list of the same rows, and every coded column "
            "besides; an unknown parameter is refused."
        ),
        parameters=[
            OpenApiParameter("table", str, OpenApiParameter.PATH, enum=TABLE_NAMES),
            OpenApiParameter("format", str, OpenApiParameter.PATH, enum=sorted(FORMATS)),
            OpenApiParameter("publication", str, description="Slug of a publication."),
            OpenApiParameter("center", str, description="Code of a centre."),
            OpenApiParameter("case_status", str),
            OpenApiParameter("diagnosis", str, description="Slug of a diagnosis."),
            OpenApiParameter("disease_status", str),
            OpenApiParameter("strategy", str, description="Such as sacroplasty+rfa."),
            OpenApiParameter(
                "kind", str, description="Kind of procedure or complication, where the table has it."
            ),
        ],
        responses={
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, description="The table."),
            400: OpenApiResponse(
                OpenApiTypes.OBJECT, description="A filter that is unknown or holds what cannot be."
            ),
            404: OpenApiResponse(OpenApiTypes.OBJECT, description="No such table or format."),
        },
    )
    def get(self, request: Request, table: str, format: str) -> HttpResponseBase:
        known = tables().get(table)
        if known is None:
            raise NotFound(f"There is no table “{table[:60]}”. Tables: {', '.join(tables())}.")
        file_format = FORMATS.get(format)
        if file_format is None:
            raise NotFound(f"There is no format “{format[:20]}”. Formats: {', '.join(FORMATS)}.")
        try:
            selection = select(known, request.user, dict(request.query_params.lists()))
        except ModelValidationError as error:
            raise ValidationError(error.message_dict) from None
        export = Export(selection, file_format, request.user)
        log.note(
            AccessEvent.Kind.EXPORT,
            user=request.user,
            request=request,
            subject=f"{known.name}.{file_format.name}",
            detail=f"receipt {export.receipt.uuid}, {export.rows} rows",
        )
        response = StreamingHttpResponse(export, content_type=file_format.content_type)
        response["Content-Disposition"] = f'attachment; filename="{export.file_name}"'
        response["X-Receipt"] = str(export.receipt.uuid)
        response["X-Rows"] = str(export.rows)
        response["Cache-Control"] = "no-store"
        return response


class ReceiptSerializer(serializers.ModelSerializer):
    """A receipt as its owner sees it."""

    user = serializers.CharField(source="user_name")

    class Meta:
        model = ExportReceipt
        fields = (
            "uuid",
            "user",
            "at",
            "table",
            "format",
            "definition",
            "rows",
            "excluded",
            "withheld",
            "sha256",
            "bytes",
            "finished",
            "finished_at",
        )


class ReceiptView(APIView):
    """What an export gave out; for the user who made it."""

    @extend_schema(operation_id="export_receipt", responses=ReceiptSerializer)
    def get(self, request: Request, uuid: Any) -> Response:
        receipt = ExportReceipt.objects.for_user(request.user).filter(uuid=uuid).first()
        if receipt is None:
            raise NotFound("There is no such receipt of yours.")
        return Response(ReceiptSerializer(receipt).data)
