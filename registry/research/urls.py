"""Addresses of exports and of what research shows of a case; included before the router of the API."""

from django.urls import path, re_path

from registry.research.api.exports import ExportView, ReceiptView
from registry.research.api.statistics import CohortStatisticsView
from registry.research.views.bands import PublishedBands
from registry.research.views.cohort_builder import CohortBuilder, CohortVariables
from registry.research.views.cohorts import CohortList, CohortPage
from registry.research.views.pain import PainBesidePublished
from registry.research.views.statistics import StatisticsFigure, StatisticsPage

urlpatterns = [
    path("pain-beside-published/", PainBesidePublished.as_view(), name="pain-beside-published"),
    path("cases/<uuid:uuid>/published-bands/", PublishedBands.as_view(), name="case-published-bands"),
    path("api/v1/export/receipts/<uuid:uuid>/", ReceiptView.as_view(), name="export-receipt"),
    path(
        "api/v1/cohorts/<slug:slug>/statistics/", CohortStatisticsView.as_view(), name="api-cohort-statistics"
    ),
    # Anything with a dot, so that an unknown table or format is answered by the view, in the API's own shape.
    re_path(r"^api/v1/export/(?P<table>[^/.]+)\.(?P<format>[^/.]+)$", ExportView.as_view(), name="export"),
    path("cohorts/", CohortList.as_view(), name="cohort-list"),
    path("cohorts/new/", CohortBuilder.as_view(), name="cohort-new"),
    path("cohorts/variables/", CohortVariables.as_view(), name="cohort-variables"),
    path("cohorts/<slug:slug>/", CohortPage.as_view(), name="cohort-detail"),
    path("cohorts/<slug:slug>/edit/", CohortBuilder.as_view(), name="cohort-edit"),
    path("cohorts/<slug:slug>/statistics/", StatisticsPage.as_view(), name="cohort-statistics"),
    path(
        "cohorts/<slug:slug>/statistics/figures/<slug:name>.svg",
        StatisticsFigure.as_view(),
        name="cohort-figure",
    ),
]
