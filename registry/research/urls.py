"""Addresses of exports and of what research shows of a case; included before the router of the API."""

from django.urls import path, re_path

from registry.research.api.codebook import CodebookFileView, CodebookView
from registry.research.api.exports import ArchiveView, ExportView, ReceiptView
from registry.research.api.jobs import JobFileView, JobView
from registry.research.api.statistics import CohortStatisticsView
from registry.research.views.bands import PublishedBands
from registry.research.views.codebook import CodebookPage
from registry.research.views.cohort_builder import CohortBuilder, CohortVariables
from registry.research.views.cohorts import CohortDeletion, CohortList, CohortPage
from registry.research.views.compare import Compare
from registry.research.views.exports import CancelExport, ExportFile, Exports, NewExport, Progress, Receipt
from registry.research.views.freezing import FreezeCohort
from registry.research.views.pain import PainBesidePublished
from registry.research.views.releases import (
    Compare as CompareReleases,
)
from registry.research.views.releases import (
    Edition,
    NewRelease,
    ReleaseFile,
    ReleaseList,
    ReleasePage,
    Rerun,
    TryAgain,
)
from registry.research.views.statistics import StatisticsFigure, StatisticsPage

urlpatterns = [
    path("literature/compare/", Compare.as_view(), name="compare"),
    path("pain-beside-published/", PainBesidePublished.as_view(), name="pain-beside-published"),
    path("cases/<uuid:uuid>/published-bands/", PublishedBands.as_view(), name="case-published-bands"),
    path("account/exports/", Exports.as_view(), name="exports"),
    path("account/exports/new/", NewExport.as_view(), name="export-new"),
    path("account/exports/receipts/<uuid:uuid>/", Receipt.as_view(), name="export-receipt-page"),
    path("account/exports/<uuid:uuid>/", Progress.as_view(), name="export-progress"),
    path("account/exports/<uuid:uuid>/cancel/", CancelExport.as_view(), name="export-cancel"),
    path("account/exports/<uuid:uuid>/file/", ExportFile.as_view(), name="export-file"),
    path("api/v1/export/receipts/<uuid:uuid>/", ReceiptView.as_view(), name="export-receipt"),
    path("api/v1/export/jobs/<uuid:uuid>/", JobView.as_view(), name="export-job"),
    path("api/v1/export/jobs/<uuid:uuid>/file/", JobFileView.as_view(), name="export-job-file"),
    path("api/v1/export/archive.zip", ArchiveView.as_view(), name="export-archive"),
    path(
        "api/v1/cohorts/<slug:slug>/statistics/", CohortStatisticsView.as_view(), name="api-cohort-statistics"
    ),
    # Anything with a dot, so that an unknown table or format is answered by the view, in the API's own shape.
    re_path(r"^api/v1/export/(?P<table>[^/.]+)\.(?P<suffix>[^/.]+)$", ExportView.as_view(), name="export"),
    path("codebook/", CodebookPage.as_view(), name="codebook"),
    path("api/v1/codebook/", CodebookView.as_view(), name="api-codebook"),
    re_path(r"^api/v1/codebook\.(?P<suffix>[^/.]+)$", CodebookFileView.as_view(), name="api-codebook-file"),
    path("cohorts/", CohortList.as_view(), name="cohort-list"),
    path("cohorts/new/", CohortBuilder.as_view(), name="cohort-new"),
    path("cohorts/variables/", CohortVariables.as_view(), name="cohort-variables"),
    path("cohorts/<slug:slug>/", CohortPage.as_view(), name="cohort-detail"),
    path("cohorts/<slug:slug>/edit/", CohortBuilder.as_view(), name="cohort-edit"),
    path("cohorts/<slug:slug>/delete/", CohortDeletion.as_view(), name="cohort-delete"),
    path("cohorts/<slug:slug>/freeze/", FreezeCohort.as_view(), name="cohort-freeze"),
    path("cohorts/<slug:slug>/statistics/", StatisticsPage.as_view(), name="cohort-statistics"),
    path(
        "cohorts/<slug:slug>/statistics/figures/<slug:name>.svg",
        StatisticsFigure.as_view(),
        name="cohort-figure",
    ),
    path("releases/", ReleaseList.as_view(), name="release-list"),
    path("releases/new/", NewRelease.as_view(), name="release-new"),
    path("releases/<slug:slug>/", ReleasePage.as_view(), name="release-detail"),
    path("releases/<slug:slug>/rerun/", Rerun.as_view(), name="release-rerun"),
    path("releases/<slug:slug>/again/", TryAgain.as_view(), name="release-again"),
    path("releases/<slug:slug>/edition/", Edition.as_view(), name="release-edition"),
    path("releases/<slug:slug>/files/<str:name>", ReleaseFile.as_view(), name="release-file"),
    path("releases/<slug:slug>/diff/", CompareReleases.as_view(), name="release-compare"),
    path("releases/<slug:slug>/diff/<slug:other>/", CompareReleases.as_view(), name="release-diff"),
]
