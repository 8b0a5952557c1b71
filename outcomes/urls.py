"""Addresses of assessments, complications and follow-up."""

from django.urls import include, path

from outcomes.views import forms
from outcomes.views.dashboard import FollowUpSummary, KeyVariables
from outcomes.views.followup import followup
from outcomes.views.followup_entry import TimePointView, followup_line
from outcomes.views.report import LetterPage, ReportPage
from outcomes.views.section import OutcomesSection
from outcomes.views.timeline import TimelineSection

urlpatterns = [
    path("", include("outcomes.editor_urls")),
    path("followup/", followup, name="followup"),
    path("followup/summary/", FollowUpSummary.as_view(), name="followup-summary"),
    path("key-variables/", KeyVariables.as_view(), name="key-variables"),
    path("followup/<uuid:parent>/", followup_line, name="followup-line"),
    path("followup/<uuid:parent>/<slug:time_point>/", TimePointView.as_view(), name="followup-entry"),
    path("cases/<uuid:uuid>/timeline/", TimelineSection.as_view(), name="case-timeline"),
    path("cases/<uuid:uuid>/outcomes/", OutcomesSection.as_view(), name="case-outcomes"),
    path("cases/<uuid:uuid>/report/", ReportPage.as_view(), name="case-report"),
    path("cases/<uuid:uuid>/letter/", LetterPage.as_view(), name="case-letter"),
    path("cases/<uuid:parent>/assessments/new/", forms.AssessmentFormView.as_view(), name="assessment-new"),
    path("assessments/<uuid:uuid>/edit/", forms.AssessmentFormView.as_view(), name="assessment-edit"),
    path("assessments/<uuid:uuid>/delete/", forms.AssessmentDeleteView.as_view(), name="assessment-delete"),
    path(
        "procedures/<uuid:parent>/complications/new/",
        forms.ComplicationFormView.as_view(),
        name="complication-new",
    ),
    path("complications/<uuid:uuid>/edit/", forms.ComplicationFormView.as_view(), name="complication-edit"),
    path(
        "complications/<uuid:uuid>/delete/",
        forms.ComplicationDeleteView.as_view(),
        name="complication-delete",
    ),
    path("cases/<uuid:parent>/followup/", forms.FollowUpFormView.as_view(), name="followupstatus-new"),
    path("followup-status/<uuid:uuid>/edit/", forms.FollowUpFormView.as_view(), name="followupstatus-edit"),
    path(
        "followup-status/<uuid:uuid>/delete/",
        forms.FollowUpDeleteView.as_view(),
        name="followupstatus-delete",
    ),
]
