"""Addresses of patients, cases, lesions and treatments."""

from django.urls import path

from cases.views import sections
from cases.views.autosave import RecordSaveView
from cases.views.case_list import case_list
from cases.views.case_page import CasePage
from cases.views.dashboard import counts, dashboard
from cases.views.editor import EditorStart, register_page, section_page
from cases.views.forms import (
    CaseDeleteView,
    CaseFormView,
    ConsentFormView,
    DiagnosisFormView,
    LesionDeleteView,
    LesionFormView,
    NewCaseView,
    PatientFormView,
    TreatmentDeleteView,
    TreatmentFormView,
)
from cases.views.history import HistoryPage
from cases.views.rows import RemoveRowView
from cases.views.status import CompletePage, DraftPage

for page in (sections.PatientSection, sections.LesionsSection, sections.ReviewSection):
    register_page(page)

urlpatterns = [
    path("", dashboard, name="dashboard"),
    path("case-counts/", counts, name="case-counts"),
    path("cases/", case_list, name="case-list"),
    path("cases/new/", NewCaseView.as_view(), name="case-new"),
    path("cases/<uuid:uuid>/", CasePage.as_view(), name="case-detail"),
    path("cases/<uuid:uuid>/edit/", EditorStart.as_view(), name="case-editor"),
    path("cases/<uuid:uuid>/edit/<slug:slug>/", section_page, name="case-section"),
    path("cases/<uuid:uuid>/lesions/add/", sections.AddLesion.as_view(), name="lesion-add"),
    path("cases/<uuid:uuid>/treatments/add/", sections.AddTreatment.as_view(), name="treatment-add"),
    path("records/<slug:model>/<uuid:uuid>/save/", RecordSaveView.as_view(), name="record-save"),
    path("records/<slug:model>/<uuid:uuid>/remove/", RemoveRowView.as_view(), name="record-remove"),
    path("cases/<uuid:uuid>/form/", CaseFormView.as_view(), name="case-edit"),
    path("cases/<uuid:uuid>/delete/", CaseDeleteView.as_view(), name="case-delete"),
    path("cases/<uuid:uuid>/history/", HistoryPage.as_view(), name="case-history"),
    path("cases/<uuid:uuid>/complete/", CompletePage.as_view(), name="case-complete"),
    path("cases/<uuid:uuid>/draft/", DraftPage.as_view(), name="case-draft"),
    path("cases/<uuid:parent>/lesions/new/", LesionFormView.as_view(), name="lesion-new"),
    path("cases/<uuid:parent>/treatments/new/", TreatmentFormView.as_view(), name="treatment-new"),
    path("patients/<uuid:uuid>/edit/", PatientFormView.as_view(), name="patient-edit"),
    path("patients/<uuid:uuid>/consent/", ConsentFormView.as_view(), name="patient-consent"),
    path("lesions/<uuid:uuid>/edit/", LesionFormView.as_view(), name="lesion-edit"),
    path("lesions/<uuid:uuid>/delete/", LesionDeleteView.as_view(), name="lesion-delete"),
    path("treatments/<uuid:uuid>/edit/", TreatmentFormView.as_view(), name="treatment-edit"),
    path("treatments/<uuid:uuid>/delete/", TreatmentDeleteView.as_view(), name="treatment-delete"),
    path("diagnoses/new/", DiagnosisFormView.as_view(), name="diagnosis-new"),
    path("diagnoses/<uuid:uuid>/edit/", DiagnosisFormView.as_view(), name="diagnosis-edit"),
]
