"""The registry's URLs, composed from the floors."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("registry.research.urls")),
    # Behind everything else beneath /api/: it answers for every address there that is none.
    path("api/", include("registry.api")),
    path("admin/", admin.site.urls),
]
