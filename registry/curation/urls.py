"""Addresses of curation."""

from django.urls import path

from registry.curation.views.history import history, history_file
from registry.curation.views.merging import MergePage

urlpatterns = [
    path("history/", history, name="history"),
    path("history/history.csv", history_file, name="history-file"),
    path("patients/merge/", MergePage.as_view(), name="patient-merge"),
]
