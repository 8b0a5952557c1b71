"""The statistics of a cohort over HTTP, as JSON or a table of them as a file."""

from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from registry.access.reach import reach_of
from registry.core.api import problems
from registry.core.api.schema import refusals
from registry.core.api.views import ApiViewMixin
from registry.research.cohort_statistics import aggregate
from registry.research.cohort_statistics.files import CSV_TYPE, as_csv
from registry.research.cohort_statistics.tables import as_json
from registry.research.cohort_statistics.whole import (
    TABLES,
    CohortStatistics,
    statistics_of_cohort,
)
from registry.research.cohorts.choosing import Chosen, of_version
from registry.research.cohorts.sentence import sentence
from registry.research.models import Cohort
from registry.research.profiles import PSEUDONYMISED

FORMATS = ("json", "csv")
PROFILES = (PSEUDONYMISED.name, aggregate.NAME)


def cohort_or_404(user: Any, slug: str) -> Cohort:
    """A cohort that the user may see."""
    cohort = Cohort.objects.for_user(user).filter(slug=slug).first()
    if cohort is None:
        raise Http404
    return cohort


def computed(chosen: Chosen, profile: str, *names: str) -> CohortStatistics:
    """The statistics under a profile, all tables or those named.

    Aggregate output is decided upon as a whole: what is withheld must not depend on which table is asked for.
    """
    if profile == aggregate.NAME:
        return aggregate.aggregated(statistics_of_cohort(chosen))
    return statistics_of_cohort(chosen, *names)


class CohortStatisticsView(ApiViewMixin, APIView):
    """Table 1, outcomes over time, complications, survival, recurrence and lesions of a cohort and its arms."""

    opens_to_aggregate = True
    http_method_names = ("get", "head", "options")
    parameters = frozenset({"version", "profile", "table", "format"})
    detail_parameters = {"GET": parameters, "HEAD": parameters}

    @extend_schema(
        operation_id="cohort_statistics",
        description=(
            "Every number with its n, its interval, the formula and library behind it, and the definition of its "
            "variable; where there is none, the reason. P values stand beside an effect and its interval only. "
            "`profile=aggregate` withholds what would show numbers of unpublished patients from 1 to the limit."
        ),
        parameters=[
            OpenApiParameter("slug", str, OpenApiParameter.PATH, description="Short name of the cohort."),
            OpenApiParameter("version", int, description="A version of the cohort; the latest without it."),
            OpenApiParameter("profile", str, enum=PROFILES),
            OpenApiParameter("table", str, enum=list(TABLES), description="One table instead of all."),
            OpenApiParameter("format", str, enum=FORMATS, description="A file is of one table: csv."),
        ],
        responses={
            (200, "application/json"): OpenApiResponse(OpenApiTypes.OBJECT, description="The tables."),
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, description="One table."),
            **refusals("GET"),
        },
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        cohort = cohort_or_404(request.user, slug)
        asked = Asked.of(request)
        try:
            chosen = of_version(cohort, asked.version, request.user)
        except ModelValidationError as refused:
            raise problems.invalid(refused.message_dict) from None
        names = [asked.table] if asked.table else list(TABLES)
        found = computed(chosen, asked.profile, *names)
        tables = [table for table in found.tables if table.name in names]
        if asked.format == "csv":
            response = HttpResponse(as_csv(tables[0]), content_type=CSV_TYPE)
            name = f"{cohort.slug}-v{chosen.version.number}-{tables[0].name}.csv"
            response["Content-Disposition"] = f'attachment; filename="{name}"'
            return response
        return Response(
            {
                "cohort": cohort.slug,
                "version": chosen.version.number,
                "sentence": sentence(chosen.definition),
                "profile": found.profile,
                "groups": groups_json(found),
                "warnings": list(found.warnings),
                "tables": [as_json(table) for table in tables],
            }
        )


def groups_json(found: CohortStatistics) -> list[dict[str, Any]]:
    """The columns of every table. How many patients the cases belong to would tell who has several."""
    exact = found.profile != aggregate.NAME
    return [
        {"code": group.code or "all", "label": group.label, "cases": group.n}
        | ({"patients": group.patients} if exact else {})
        for group in found.data.groups
        if group.code in found.groups
    ]


class Asked:
    """What the parameters of a request say; whatever they cannot say is refused with its name."""

    def __init__(self, version: str | None, profile: str, table: str, format: str) -> None:
        self.version, self.profile, self.table, self.format = version, profile, table, format

    @classmethod
    def of(cls, request: Request) -> "Asked":
        errors: problems.Errors = {}
        for name in request.query_params:
            if len(request.query_params.getlist(name)) > 1:
                errors[name] = [_("This parameter stands twice.")]
        values = {}
        rows = reach_of(request.user).rows
        for name, known, default in (
            ("profile", PROFILES, PSEUDONYMISED.name if rows else aggregate.NAME),
            ("table", tuple(TABLES), ""),
            ("format", FORMATS, "json"),
        ):
            value = request.query_params.get(name, default)
            if name in request.query_params and value not in known:
                message = _("“%(value)s” is not one of: %(known)s.")
                errors[name] = [message % {"value": value[:60], "known": ", ".join(known)}]
            values[name] = value
        if values["format"] == "csv" and not values["table"]:
            errors["table"] = [
                _("A file holds one table. Name it: %(known)s.") % {"known": ", ".join(TABLES)}
            ]
        if errors:
            raise problems.invalid(errors)
        if not rows and values["profile"] != aggregate.NAME:
            said = _("This token sees statistics with profile=%(profile)s only.")
            raise problems.Problem(403, said % {"profile": aggregate.NAME})
        return cls(request.query_params.get("version"), **values)
