"""The registry's URLs, composed from the floors."""

from django.contrib import admin
from django.urls import include, path

from registry.core.views import health
from registry.core.views.script_messages import ScriptMessages

urlpatterns = [
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("jsi18n/", ScriptMessages.as_view(), name="javascript-catalog"),
    path("", include("registry.access.urls")),
    # Ahead of the publications: one of its pages stands beneath /literature/.
    path("", include("registry.research.urls")),
    path("", include("registry.literature.urls")),
    path("", include("cases.urls")),
    path("", include("procedures.urls")),
    path("", include("outcomes.urls")),
    path("", include("registry.curation.urls")),
    path("", include("registry.interchange.urls")),
    # Behind everything else beneath /api/: it answers for every address there that is none.
    path("api/", include("registry.api")),
    path("admin/", admin.site.urls),
]
