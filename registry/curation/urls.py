"""Addresses of curation."""

from django.urls import path

from registry.curation.views.merging import MergePage

urlpatterns = [
    path("patients/merge/", MergePage.as_view(), name="patient-merge"),
]
