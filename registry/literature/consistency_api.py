"""Consistency checks in the API: computed, so read-only, listed page by page in one fixed order."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from registry.core.api import problems
from registry.core.api.paging import KeysetPagination
from registry.core.api.schema import ProblemSerializer
from registry.core.api.views import ApiViewMixin, refuse_unknown_parameters
from registry.literature.consistency.result import Check, Family, Verdict
from registry.literature.consistency.run import checks_of_all
from registry.literature.models import Publication, ReportedValue

PARAMETERS = frozenset({"publication", "verdict", "family", "variable", "cursor", "page_size"})


class CheckInputSerializer(serializers.Serializer):
    """One printed number that a check used."""

    label: Any = serializers.CharField(help_text="What the number is about, in words.")
    printed = serializers.CharField()
    location = serializers.CharField()
    reported_values = serializers.ListField(
        child=serializers.UUIDField(),
        help_text="Ids of the reported values that print it; empty for patient rows.",
    )


class CheckSerializer(serializers.Serializer):
    """One check of one publication with its arithmetic."""

    publication = serializers.CharField(help_text="The publication’s slug.")
    number = serializers.IntegerField(help_text="Position among the checks of the publication.")
    key = serializers.CharField(help_text="Names the check within its publication.")
    family = serializers.ChoiceField(choices=Family.values)
    title = serializers.CharField()
    variable = serializers.CharField()
    printed = serializers.CharField(help_text="The number that is checked, as printed.")
    verdict = serializers.ChoiceField(choices=Verdict.values)
    formula = serializers.CharField()
    arithmetic = serializers.CharField(help_text="The formula with the printed numbers put in.")
    computed = serializers.CharField(
        help_text="The result over everything that the printed numbers may stand for."
    )
    remark = serializers.CharField()
    inputs = CheckInputSerializer(many=True)


class ConsistencyChecksView(ApiViewMixin, APIView):
    """Checks of the printed numbers of the publications, in the order of publication and number."""

    opens_to_aggregate = True

    http_method_names = ["get", "head", "options"]
    detail_parameters = {"GET": PARAMETERS, "HEAD": PARAMETERS}

    @extend_schema(
        operation_id="consistency_checks_list",
        description=(
            "The arithmetic of printed numbers: sums, percentages, pooled means, P values and more, each consistent, "
            "inconsistent or not_testable. A printed number stands for every value that rounds to it; a check is "
            "inconsistent only when no such values agree. Missing data can explain a mismatch."
        ),
        parameters=[
            OpenApiParameter("publication", str, description="The publication’s slug."),
            OpenApiParameter("verdict", str, enum=Verdict.values),
            OpenApiParameter("family", str, enum=Family.values, description="Kind of check."),
            OpenApiParameter("variable", str, description="Name of the variable that is checked."),
            OpenApiParameter("cursor", str, description="Set by the links “next” and “previous”."),
            OpenApiParameter(
                "page_size",
                {"type": "integer", "minimum": 1, "maximum": 500, "default": KeysetPagination.page_size},
                description="Rows per page.",
            ),
        ],
        responses={
            200: inline_serializer(
                "ConsistencyCheckPage",
                {
                    "next": serializers.URLField(allow_null=True),
                    "previous": serializers.URLField(allow_null=True),
                    "results": CheckSerializer(many=True),
                },
            ),
            (400, problems.MEDIA_TYPE): ProblemSerializer,
            (401, problems.MEDIA_TYPE): ProblemSerializer,
        },
    )
    def get(self, request: Request) -> Response:
        asked = _Asked(request)
        rows = asked.rows()
        start, size = asked.start(len(rows)), KeysetPagination.size(request)
        page = rows[start : start + size]
        following = start + size if start + size < len(rows) else None
        before = max(0, start - size) if start else None
        return Response(
            {
                "next": _link(request, following),
                "previous": _link(request, before),
                "results": _as_json(page),
            }
        )


class _Asked:
    """The parameters of a request, read strictly: what is not understood is refused with its name."""

    def __init__(self, request: Request) -> None:
        refuse_unknown_parameters(request, PARAMETERS)
        self.query = request.query_params
        errors: problems.Errors = {}
        for name, values in self.query.lists():
            if len(values) > 1:
                errors[name] = ["This parameter stands twice."]
            elif not values[0]:
                errors[name] = ["Give a value, or leave the parameter out."]
        for name, codes in (("verdict", Verdict.values), ("family", Family.values)):
            given = self.query.get(name)
            if given and given not in codes:
                errors[name] = [f"“{given[:60]}” is not one of: {', '.join(codes)}."]
        self.publications = Publication.objects.for_user(request.user).defer("tables").order_by("slug")
        slug = self.query.get("publication")
        if slug:
            self.publications = self.publications.filter(slug=slug)
            if not self.publications:
                errors["publication"] = [f"No such publication: “{slug[:60]}”."]
        if errors:
            raise problems.invalid(errors)

    def rows(self) -> list[tuple[Publication, int, Check]]:
        publications = list(self.publications)
        checks = checks_of_all(publications)
        return [
            (publication, number, check)
            for publication in publications
            for number, check in enumerate(checks[publication.pk], start=1)
            if self.passes(check)
        ]

    def passes(self, check: Check) -> bool:
        wanted = {"verdict": check.verdict.value, "family": check.family.value, "variable": check.variable}
        return all(self.query.get(name) in (None, value) for name, value in wanted.items())

    def start(self, most: int) -> int:
        text = self.query.get("cursor")
        if text is None:
            return 0
        if not (text.isascii() and text.isdigit() and len(text) < 8 and int(text) <= most):
            message = (
                "This cursor does not belong to this list. Follow “next” and “previous” as they were given."
            )
            raise problems.invalid({"cursor": [message]})
        return int(text)


def _link(request: Request, position: int | None) -> str | None:
    if position is None:
        return None
    url = remove_query_param(request.build_absolute_uri(), "cursor")
    return replace_query_param(url, "cursor", position) if position else url


def _as_json(rows: Iterable[tuple[Publication, int, Check]]) -> list[dict[str, Any]]:
    rows = list(rows)
    keys = {pk for _publication, _number, check in rows for pk in check.values}
    ids = dict(ReportedValue.objects.filter(pk__in=keys).values_list("pk", "uuid"))
    return [
        {
            "publication": publication.slug,
            "number": number,
            "key": check.key,
            "family": check.family.value,
            "title": check.title,
            "variable": check.variable,
            "printed": check.printed,
            "verdict": check.verdict.value,
            "formula": check.outcome.formula,
            "arithmetic": check.outcome.arithmetic,
            "computed": check.outcome.computed,
            "remark": check.outcome.remark,
            "inputs": [
                {
                    "label": cell.label,
                    "printed": cell.printed,
                    "location": cell.location,
                    "reported_values": [str(ids[pk]) for pk in cell.values if pk in ids],
                }
                for cell in check.inputs
            ],
        }
        for publication, number, check in rows
    ]
