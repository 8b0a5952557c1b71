"""Export jobs over HTTP: how far one is, its file, and an end to it."""

from typing import Any

from django.http import FileResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from registry.core.api.problems import Problem
from registry.core.api.schema import ProblemSerializer, refusals
from registry.research import jobs
from registry.research.formats import FORMATS
from registry.research.models import ExportJob

_PROBLEM = "application/problem+json"


class JobSerializer(serializers.ModelSerializer):
    """An export in the background, as its owner sees it."""

    id = serializers.UUIDField(source="uuid")
    table = serializers.CharField(source="target")
    percent = serializers.IntegerField(
        allow_null=True, help_text="How far it is; null while nobody knows.", read_only=True
    )
    message = serializers.CharField(source="why", help_text="Why it failed.", read_only=True)
    receipt = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField(help_text="Where to ask again.")
    file = serializers.SerializerMethodField(help_text="Where the file is, once it is ready.")

    class Meta:
        model = ExportJob
        fields = (
            "id",
            "state",
            "table",
            "format",
            "parameters",
            "at",
            "started_at",
            "ended_at",
            "expires_at",
            "rows",
            "rows_done",
            "percent",
            "message",
            "receipt",
            "url",
            "file",
        )

    def get_receipt(self, job: ExportJob) -> str | None:
        return str(job.receipt.uuid) if job.receipt else None

    def get_url(self, job: ExportJob) -> str:
        return reverse("export-job", args=[job.uuid], request=self.context["request"])

    def get_file(self, job: ExportJob) -> str | None:
        if not job.is_ready:
            return None
        return reverse("export-job-file", args=[job.uuid], request=self.context["request"])


ACCEPTED: dict[Any, Any] = {
    (202, "application/json"): OpenApiResponse(
        JobSerializer, description="The export is written in the background; ask at `url` how far it is."
    ),
}
_NOT_YOURS = OpenApiResponse(ProblemSerializer, description="There is no such job of yours.")
_REFUSED = {**refusals("GET"), (404, _PROBLEM): _NOT_YOURS}


def accepted(job: ExportJob, request: Request) -> Response:
    """202: where to ask, in the body and as ``Location``."""
    body = JobSerializer(job, context={"request": request}).data
    return Response(body, status=202, headers={"Location": body["url"], "Cache-Control": "no-store"})


def job_of(user: Any, uuid: Any) -> ExportJob:
    """A user's own job, settled. Raises ``Problem`` 404."""
    own = ExportJob.objects.for_user(user).filter(uuid=uuid)
    jobs.settle(own)
    job = own.select_related("receipt").first()
    if job is None or not jobs.is_within_reach(job, user):
        raise Problem(404, "There is no such export of yours.")
    return job


def file_of(job: ExportJob) -> FileResponse:
    """The whole file. Raises ``Problem``: 409 while it is not whole, 410 where it is gone or never came."""
    if job.is_under_way:
        raise Problem(409, "The export is not ready yet.")
    if not job.is_ready or job.receipt is None:
        raise Problem(410, f"The file is not there any more, or never was: the export is {job.state}.")
    try:
        file = open(jobs.path_of(job), "rb")  # noqa: SIM115 - the response closes it
    except FileNotFoundError:
        raise Problem(410, "The file is not there any more.") from None
    content_type = FORMATS[job.format].content_type if job.format in FORMATS else "application/zip"
    response = FileResponse(file, as_attachment=True, filename=job.file_name, content_type=content_type)
    response["X-Receipt"] = str(job.receipt.uuid)
    response["X-Rows"] = str(job.receipt.rows)
    response["Cache-Control"] = "no-store"
    return response


class JobView(APIView):
    """One export in the background; for the user who asked for it."""

    http_method_names = ["get", "delete", "options"]
    #: Whoever asked for a file by GET may also do without it.
    reading_actions = frozenset({"DELETE"})

    @extend_schema(operation_id="export_job", responses={200: JobSerializer, **_REFUSED})
    def get(self, request: Request, uuid: Any) -> Response:
        return self._said(job_of(request.user, uuid), request)

    @extend_schema(
        operation_id="export_job_cancel",
        description="Cancels the export; of one that has ended nothing changes.",
        responses={200: JobSerializer, **refusals("DELETE"), **_REFUSED},
    )
    def delete(self, request: Request, uuid: Any) -> Response:
        job = job_of(request.user, uuid)
        jobs.cancel(job)
        return self._said(job, request)

    @staticmethod
    def _said(job: ExportJob, request: Request) -> Response:
        body = JobSerializer(job, context={"request": request}).data
        return Response(body, headers={"Cache-Control": "no-store"})


class JobFileView(APIView):
    """The file of an export that was written in the background."""

    http_method_names = ["get", "options"]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        # What the file is stands on the job; a refusal is JSON whatever was asked for.
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type

    @extend_schema(
        operation_id="export_job_file",
        responses={
            (200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, description="The file."),
            **_REFUSED,
            (409, _PROBLEM): OpenApiResponse(ProblemSerializer, description="It is not ready yet."),
            (410, _PROBLEM): OpenApiResponse(
                ProblemSerializer, description="It has expired, or the export failed or was cancelled."
            ),
        },
    )
    def get(self, request: Request, uuid: Any) -> HttpResponseBase:
        return file_of(job_of(request.user, uuid))
