"""The REST API, composed from the floors."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponsePermanentRedirect
from django.urls import include, is_valid_path, path, re_path
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from cases import api as cases
from outcomes import api as outcomes
from procedures import api as procedures
from registry.access import api as access
from registry.core.api import problems
from registry.core.api.views import ApiViewMixin
from registry.literature import api as literature
from registry.literature.consistency_api import ConsistencyChecksView
from registry.research.api import cohorts, releases

RESOURCES: dict[str, Any] = {
    "publications": literature.PublicationViewSet,
    "study-arms": literature.StudyArmViewSet,
    "reported-values": literature.ReportedValueViewSet,
    "cited-series": literature.CitedSeriesViewSet,
    "source-values": literature.SourceValueViewSet,
    "centers": access.CenterViewSet,
    "diagnoses": cases.DiagnosisViewSet,
    "patients": cases.PatientViewSet,
    "cases": cases.CaseViewSet,
    "lesions": cases.LesionViewSet,
    "treatments": cases.TreatmentViewSet,
    "procedures": procedures.ProcedureViewSet,
    "treated-lesions": procedures.TreatedLesionViewSet,
    "ablations": procedures.AblationViewSet,
    "balloon-inflations": procedures.BalloonInflationViewSet,
    "transarterial-sessions": procedures.TransarterialSessionViewSet,
    "transarterial-drugs": procedures.TransarterialDrugViewSet,
    "assessments": outcomes.AssessmentViewSet,
    "complications": outcomes.ComplicationViewSet,
    "follow-up-status": outcomes.FollowUpStatusViewSet,
    "cohorts": cohorts.CohortViewSet,
    "releases": releases.ReleaseViewSet,
}

#: What stands beside the resources, under the name of its address.
BESIDE = {"codebook": "api-codebook", "consistency-checks": "api-consistency-checks-list"}


class RootView(ApiViewMixin, APIView):
    """The addresses of all resources."""

    opens_to_aggregate = True

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        names = {name: f"api-{name}-list" for name in RESOURCES} | BESIDE
        return Response({name: reverse(address, request=request) for name, address in names.items()})


class NowhereView(ApiViewMixin, APIView):
    """Every other address under /api/: a problem document instead of a page, and the slash that was forgotten."""

    authentication_classes = ()
    permission_classes = ()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        forgotten = request.method in ("GET", "HEAD") and not request.path.endswith("/")
        if forgotten and is_valid_path(f"{request.path_info}/"):
            query = request.META.get("QUERY_STRING", "")
            return HttpResponsePermanentRedirect(f"{request.path}/{'?' + query if query else ''}")
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if not request.path.endswith("/") and request.method not in ("GET", "HEAD"):
            raise problems.Problem(404, _("There is nothing at this address. Addresses end with a slash."))
        raise Http404


class SchemaView(SpectacularAPIView):
    """The description of the API (OpenAPI 3.1), as YAML or JSON; a refusal is a problem document like any other."""

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.content_type == problems.MEDIA_TYPE:
            response.accepted_renderer = JSONRenderer()
        return response


class DocsView(SpectacularSwaggerSplitView):
    """The API's description, readable and usable in the browser, from this server alone."""

    url_name = "api-schema"
    template_name = "api/docs.html"

    def handle_exception(self, exc: Exception) -> Any:
        if not self.request.user.is_authenticated:
            return redirect_to_login(self.request.get_full_path())
        return super().handle_exception(exc)


router = SimpleRouter()
for _name, _viewset in RESOURCES.items():
    router.register(_name, _viewset, basename=f"api-{_name}")

urlpatterns = [
    path("v1/", RootView.as_view(), name="api-root"),
    path("v1/consistency-checks/", ConsistencyChecksView.as_view(), name="api-consistency-checks-list"),
    path("v1/", include(router.urls)),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", DocsView.as_view(), name="api-docs"),
    re_path("", NowhereView.as_view(), name="api-nowhere"),
]
