"""The codebook over HTTP: every variable with definition, unit, limits and codes, in JSON or as CSV."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from registry.core.api import problems
from registry.core.api.schema import ProblemSerializer
from registry.core.api.views import ApiViewMixin
from registry.research import codebook
from registry.research.api.exports import TABLE_NAMES, PathDecides
from registry.research.columns import ColumnType, Identity
from registry.research.variables import Variable

FORMATS = ("json", "csv")
#: Longer than any search that somebody means.
MOST_CHARACTERS = 100


class CodeSerializer(serializers.Serializer):
    """One code of a list."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class VariableSerializer(serializers.Serializer):
    """One variable of one export table."""

    variable = serializers.CharField(help_text="Table and name, such as lesions.volume_ml.")
    table = serializers.CharField()
    name = serializers.CharField(help_text="The column of that table.")
    label = serializers.CharField()  # type: ignore[assignment]
    definition = serializers.CharField()
    type = serializers.ChoiceField(choices=[one.value for one in ColumnType])
    unit = serializers.CharField(allow_blank=True)
    minimum = serializers.FloatField(allow_null=True, help_text="Lower values are refused.")
    maximum = serializers.FloatField(allow_null=True, help_text="Higher values are refused.")
    limits = serializers.CharField(allow_blank=True, help_text="The same in words, such as above 0 to 6000.")
    usual_minimum = serializers.FloatField(allow_null=True, help_text="Lower values are asked about.")
    usual_maximum = serializers.FloatField(allow_null=True, help_text="Higher values are asked about.")
    usual = serializers.CharField(allow_blank=True, help_text="The same in words, by kind where it differs.")
    codes = CodeSerializer(many=True)
    missable = serializers.BooleanField(help_text="A column <name>__missing says why a value is absent.")
    identifying = serializers.ChoiceField(choices=["", *(one.value for one in Identity)])
    derived = serializers.BooleanField(help_text="Computed, not entered.")
    time_point = serializers.CharField(allow_blank=True)
    loinc = serializers.CharField(allow_blank=True, help_text="LOINC code of what is measured.")
    code_system = serializers.CharField(allow_blank=True, help_text="Terminology of the values.")
    source = serializers.CharField(help_text="Where it is declared or how it is computed.")  # type: ignore[assignment]
    stata_name = serializers.CharField(
        help_text="What the column is called in Stata files; long names are cut."
    )


class CodebookSerializer(serializers.Serializer):
    """All variables asked for, on one page."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = VariableSerializer(many=True)


FILTERS = [
    OpenApiParameter("table", str, enum=TABLE_NAMES, description="Variables of one export table."),
    OpenApiParameter("q", str, description="Words that must all stand somewhere in the entry."),
]
REFUSALS = {
    (status, problems.MEDIA_TYPE): OpenApiResponse(ProblemSerializer, description=text)
    for status, text in (
        (400, "A parameter that is unknown or holds what cannot be."),
        (401, "Sign in, or send a token."),
    )
}
CSV = {(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, description="A line per variable.")}


def asked(request: Request) -> dict[str, str]:
    """The known parameters, each at most once and with a value that can be; else refused with their names."""
    errors: problems.Errors = {}
    codes = {"table": TABLE_NAMES, "format": FORMATS}
    for name, values in request.query_params.lists():
        value = values[0]
        if len(values) > 1:
            errors[name] = [_("This parameter stands twice.")]
        elif not value.strip():
            errors[name] = [_("Give a value, or leave the parameter out.")]
        elif name in codes and value not in codes[name]:
            text = _("“%(value)s” is not one of: %(codes)s.")
            errors[name] = [text % {"value": value[:60], "codes": ", ".join(codes[name])}]
        elif len(value) > MOST_CHARACTERS:
            text = _("Ensure this value has at most %(limit)d characters (it has %(length)d).")
            errors[name] = [text % {"limit": MOST_CHARACTERS, "length": len(value)}]
    if errors:
        raise problems.invalid(errors)
    return {name: str(value) for name, value in request.query_params.items()}


def found(parameters: dict[str, str]) -> list[Variable]:
    return codebook.search(parameters.get("q", ""), parameters.get("table", ""))


def file(variables: list[Variable]) -> HttpResponse:
    response = HttpResponse(codebook.as_csv(variables), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="codebook.csv"'
    return response


class CodebookView(ApiViewMixin, APIView):
    """Every variable of every export table."""

    opens_to_aggregate = True
    http_method_names = ["get", "head"]
    content_negotiation_class = PathDecides
    detail_parameters = dict.fromkeys(("GET", "HEAD"), frozenset({"table", "q", "format"}))

    @extend_schema(
        operation_id="codebook",
        summary="List variables",
        description=(
            "Every variable of every export table with its definition, unit, limits, codes and identifying level. "
            "A variable that is missable has a column `<name>__missing` beside it. All on one page."
        ),
        parameters=[*FILTERS, OpenApiParameter("format", str, enum=FORMATS)],
        responses={200: CodebookSerializer, **CSV, **REFUSALS},
    )
    def get(self, request: Request) -> Any:
        parameters = asked(request)
        variables = found(parameters)
        if parameters.get("format") == "csv":
            return file(variables)
        return Response(
            {"next": None, "previous": None, "results": [codebook.entry(variable) for variable in variables]}
        )


class CodebookFileView(ApiViewMixin, APIView):
    """The codebook as a file."""

    opens_to_aggregate = True
    http_method_names = ["get", "head"]
    content_negotiation_class = PathDecides
    detail_parameters = dict.fromkeys(("GET", "HEAD"), frozenset({"table", "q"}))

    @extend_schema(
        operation_id="codebook_file",
        summary="List variables as a file",
        description="The codebook as CSV; the codes of a variable stand in one cell as `code=label | code=label`.",
        parameters=[
            OpenApiParameter("suffix", str, OpenApiParameter.PATH, enum=["csv"]),
            *FILTERS,
        ],
        responses={
            **CSV,
            **REFUSALS,
            (404, problems.MEDIA_TYPE): OpenApiResponse(ProblemSerializer, description="No such format."),
        },
    )
    def get(self, request: Request, suffix: str) -> HttpResponse:
        if suffix != "csv":
            raise NotFound(f"There is no format “{suffix[:20]}” of the codebook. Formats: csv.")
        return file(found(asked(request)))
