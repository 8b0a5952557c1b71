"""Addresses of curation."""

from django.urls import path

from registry.curation.views import ascertainment, freezes
from registry.curation.views.at_records import CaseQueries, RecordQueries, SectionQueries
from registry.curation.views.erase import ErasePatient
from registry.curation.views.history import history, history_file
from registry.curation.views.listing import query_csv, query_list
from registry.curation.views.merging import MergePage
from registry.curation.views.query import QueryPage
from registry.curation.views.signature import SignPage, WithdrawPage, signature
from registry.curation.views.summary import QuerySummary
from registry.curation.views.unsigned import UnsignedPage

urlpatterns = [
    path("history/", history, name="history"),
    path("history/history.csv", history_file, name="history-file"),
    path("patients/merge/", MergePage.as_view(), name="patient-merge"),
    path("cases/unsigned/", UnsignedPage.as_view(), name="cases-unsigned"),
    path("cases/<uuid:uuid>/signature/", signature, name="case-signature"),
    path("cases/<uuid:uuid>/sign/", SignPage.as_view(), name="case-sign"),
    path("cases/<uuid:uuid>/unsign/", WithdrawPage.as_view(), name="case-unsign"),
    path("freezes/", freezes.FreezesPage.as_view(), name="freezes"),
    path("freezes/<int:pk>/thaw/", freezes.ThawPage.as_view(), name="freeze-thaw"),
    path("ascertainment/", ascertainment.AscertainmentPage.as_view(), name="ascertainment"),
    path("ascertainment/csv/", ascertainment.table, name="ascertainment-csv"),
    path("ascertainment/completeness/", ascertainment.completeness, name="ascertainment-completeness"),
    path(
        "ascertainment/<slug:center>/<int:year>-<int:month>/",
        ascertainment.MonthPage.as_view(),
        name="ascertainment-month",
    ),
    path(
        "ascertainment/<slug:center>/<int:year>-<int:month>/sign-off/",
        ascertainment.SignOff.as_view(),
        name="ascertainment-sign-off",
    ),
    path(
        "ascertainment/<slug:center>/<int:year>-<int:month>/reopen/",
        ascertainment.Reopen.as_view(),
        name="ascertainment-reopen",
    ),
    path("queries/", query_list, name="query-list"),
    path("queries/queries.csv", query_csv, name="query-csv"),
    path("queries/summary/", QuerySummary.as_view(), name="query-summary"),
    path("queries/<uuid:uuid>/", QueryPage.as_view(), name="query-detail"),
    path("queries/at/<slug:model>/<uuid:uuid>/", RecordQueries.as_view(), name="record-queries"),
    path("cases/<uuid:uuid>/queries/", CaseQueries.as_view(), name="case-queries"),
    path("cases/<uuid:uuid>/queries/<slug:slug>/", SectionQueries.as_view(), name="section-queries"),
    path("patients/<uuid:uuid>/erase/", ErasePatient.as_view(), name="patient-erase"),
]
