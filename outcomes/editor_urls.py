"""Addresses of the editor's sections of outcomes, complications and follow-up."""

from django.urls import path

from cases.views.editor import register_page
from outcomes.views import editor_complications, editor_followup, editor_grid

for page in (
    editor_grid.OutcomesGrid,
    editor_complications.ComplicationsSection,
    editor_followup.FollowupSection,
):
    register_page(page)

urlpatterns = [
    path(
        "cases/<uuid:uuid>/assessments/visit/",
        editor_grid.AddVisit.as_view(),
        name="assessment-visit",
    ),
    path(
        "cases/<uuid:uuid>/assessments/<slug:point>/column/",
        editor_grid.ColumnView.as_view(),
        name="assessment-column",
    ),
    path(
        "cases/<uuid:uuid>/assessments/<slug:point>/save/",
        editor_grid.PointSaveView.as_view(),
        name="assessment-point-save",
    ),
    path("assessments/<uuid:uuid>/remove/", editor_grid.RemoveColumn.as_view(), name="assessment-remove"),
    path(
        "procedures/<uuid:uuid>/complications/add/",
        editor_complications.AddComplication.as_view(),
        name="complication-add",
    ),
    path(
        "complications/<uuid:uuid>/sir/", editor_complications.SirProposal.as_view(), name="complication-sir"
    ),
    path(
        "cases/<uuid:uuid>/followup/save/", editor_followup.FollowupSaveView.as_view(), name="followup-save"
    ),
]
