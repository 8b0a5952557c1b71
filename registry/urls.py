"""The registry's URLs, composed from the floors."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("registry.research.urls")),
    path("admin/", admin.site.urls),
]
