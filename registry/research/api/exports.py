"""The tidy export and its receipts over HTTP."""

from typing import Any

from django.conf import settings
from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from registry.core.api.schema import ProblemSerializer, refusals
from registry.research import jobs
from registry.research.api.jobs import ACCEPTED, accepted
from registry.research.archive import ARCHIVE
from registry.research.cohorts.choosing import COHORT, VERSION
from registry.research.delivery import Delivery
from registry.research.formats import FORMATS
from registry.research.models import ExportReceipt
from registry.research.orders import DEFAULT_TABLE_FORMAT, Order, plan
from registry.research.profiles import IDENTIFIED, PSEUDONYMISED, Dates

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
_PROBLEM = "application/problem+json"
_REFUSALS = {
    (400, _PROBLEM): OpenApiResponse(
        ProblemSerializer,
        description="A parameter is unknown or holds what cannot be, or the format cannot hold so many rows.",
    ),
    (401, _PROBLEM): OpenApiResponse(ProblemSerializer, description="Sign in, or send a token."),
    (403, _PROBLEM): OpenApiResponse(
        ProblemSerializer, description="The profile is above your right; the answer says what you may use."
    ),
    (404, _PROBLEM): OpenApiResponse(ProblemSerializer, description="No such table or format."),
    (429, _PROBLEM): OpenApiResponse(ProblemSerializer, description="You have many exports under way."),
    (501, _PROBLEM): OpenApiResponse(
        ProblemSerializer,
        description="What writes this format is not installed; the answer says what it needs.",
    ),
}
_HEADERS = [
    OpenApiParameter(
        "X-Receipt", str, OpenApiParameter.HEADER, description="Id of the receipt.", response=[200]
    ),
    OpenApiParameter(
        "X-Rows",
        int,
        OpenApiParameter.HEADER,
        description="Rows counted in the snapshot that the data is read from.",
        response=[200],
    ),
]
_HOW = [
    OpenApiParameter(
        "profile",
        str,
        enum=[PSEUDONYMISED.name, IDENTIFIED.name],
        description=(
            "What is shown of columns that identify: `pseudonymised` (the default), or `identified` for clinicians "
            "and curators, of the rows of their own centres."
        ),
    ),
    OpenApiParameter(
        "dates",
        str,
        enum=[one.value for one in Dates],
        description=(
            "How dates are shown: as `days` from the index procedure, as the `year`, or `exact` (identified exports "
            "only, and the default there)."
        ),
    ),
    OpenApiParameter(
        "background",
        bool,
        description="Answer 202 and write the file in the background, whatever its size.",
    ),
    OpenApiParameter(COHORT, str, description="Short name of a cohort: the rows of its cases."),
    OpenApiParameter(VERSION, int, description="Version of that cohort; the latest where nothing is said."),
    OpenApiParameter("publication", str, description="Slug of a publication."),
    OpenApiParameter("center", str, description="Code of a centre."),
    OpenApiParameter("case_status", str),
    OpenApiParameter("diagnosis", str, description="Slug of a diagnosis."),
    OpenApiParameter("disease_status", str),
    OpenApiParameter("strategy", str, description="Such as sacroplasty+rfa."),
]


class PathDecides(BaseContentNegotiation):
    """The format stands in the path; an ``Accept: text/csv`` must not be answered with 406."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


def streamed(delivery: Delivery) -> StreamingHttpResponse:
    """The bytes of an export as an answer, what is known of them ahead of them."""
    response = StreamingHttpResponse(delivery, content_type=delivery.content_type)
    response["Content-Disposition"] = f'attachment; filename="{delivery.file_name}"'
    response["X-Receipt"] = str(delivery.receipt.uuid)
    response["X-Rows"] = str(delivery.rows)
    response["Cache-Control"] = "no-store"
    return response


class _Exports(APIView):
    """What a table and an archive share."""

    http_method_names = ["get", "options"]
    content_negotiation_class = PathDecides

    def answer(self, request: Request, target: str, file_format: str) -> HttpResponseBase:
        order = Order.read(target, file_format, dict(request.query_params.lists()))
        compiled = plan(order, request.user)
        cells = compiled.check()
        if order.in_background or cells > settings.EXPORT_INLINE_CELLS:
            job = jobs.submit(compiled.kept, request.user)
            if "text/html" in request.headers.get("Accept", ""):
                # Somebody followed a link: what stands in the place of the file must not be saved as if it were it.
                return redirect("export-progress", job.uuid)
            return accepted(job, request)
        return streamed(compiled.start(request))


class ExportView(_Exports):
    """One table as a file, in full and in one snapshot."""

    @extend_schema(
        operation_id="export",
        description=(
            "Streams one table. Headers ahead of the data: `X-Receipt` (id of the receipt) and `X-Rows` (rows "
            "counted in the snapshot the data is read from). The SHA-256 of the whole file stands on the receipt "
            "after the last byte. The filters are those of the list of the same rows, and every coded column "
            "besides; an unknown parameter is refused. A large table is written in the background: then the answer "
            "is 202 with the address of the job (a browser is led to its page). In CSV and XLSX, free text that a "
            "spreadsheet could take for a formula begins with an apostrophe."
        ),
        parameters=[
            OpenApiParameter("table", str, OpenApiParameter.PATH, enum=TABLE_NAMES),
            # Not “format”: that would be taken for the format suffix of the framework, and left out.
            OpenApiParameter("suffix", str, OpenApiParameter.PATH, enum=list(FORMATS)),
            *_HOW,
            OpenApiParameter(
                "kind", str, description="Kind of procedure or complication, where the table has it."
            ),
            *_HEADERS,
        ],
        responses={
            **{
                (200, made.content_type.partition(";")[0]): OpenApiResponse(
                    OpenApiTypes.STR if made.content_type.startswith("text/") else OpenApiTypes.BINARY,
                    description="The table.",
                )
                for made in FORMATS.values()
            },
            **ACCEPTED,
            **_REFUSALS,
        },
    )
    def get(self, request: Request, table: str, suffix: str) -> HttpResponseBase:
        return self.answer(request, table, suffix)


class ArchiveView(_Exports):
    """Several tables in one archive, all of one snapshot."""

    @extend_schema(
        operation_id="export_archive",
        description=(
            "Streams a zip archive: the tables, `codebook.csv`, `definition.json`, `load.R` (reads every table into "
            "R with types and labels) and, last, `receipt.json` with rows and SHA-256 of every file. All tables are "
            "of one snapshot. A filter narrows every table of patients and is refused where one of them does not "
            "know it."
        ),
        parameters=[
            OpenApiParameter(
                "tables", str, description="Tables with commas between them; all where nothing is said."
            ),
            OpenApiParameter("table_format", str, enum=list(FORMATS), default=DEFAULT_TABLE_FORMAT),
            *_HOW,
            *_HEADERS,
        ],
        responses={
            (200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY, description="The archive."),
            **ACCEPTED,
            **_REFUSALS,
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        return self.answer(request, ARCHIVE, "zip")


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
            "files",
            "sha256",
            "bytes",
            "finished",
            "finished_at",
        )


class ReceiptView(APIView):
    """What an export gave out; for the user who made it."""

    @extend_schema(operation_id="export_receipt", responses={200: ReceiptSerializer, **refusals("GET")})
    def get(self, request: Request, uuid: Any) -> Response:
        receipt = ExportReceipt.objects.for_user(request.user).filter(uuid=uuid).first()
        if receipt is None:
            raise NotFound("There is no such receipt of yours.")
        return Response(ReceiptSerializer(receipt).data)
