"""Addresses of procedures and the rows beneath them."""

from django.urls import path

from cases.views.editor import register_page
from procedures import kinds
from procedures.views import editor, forms, index_date, occlusion
from procedures.views.section import ProceduresSection

register_page(editor.ProceduresEditor)

urlpatterns = [
    path("cases/<uuid:uuid>/procedures/", ProceduresSection.as_view(), name="case-procedures"),
    path("cases/<uuid:uuid>/procedures/add/", editor.AddProcedure.as_view(), name="procedure-add"),
    path("procedures/<uuid:uuid>/details/add/", editor.AddDetails.as_view(), name="procedure-details-add"),
    path(
        "procedures/<uuid:uuid>/treated-lesions/add/",
        editor.AddTreatedLesions.as_view(),
        name="treatedlesion-add",
    ),
    path("treated-lesions/<uuid:uuid>/ablations/add/", editor.AddAblation.as_view(), name="ablation-add"),
    path(
        "procedures/<uuid:uuid>/inflations/add/", editor.AddInflation.as_view(), name="ballooninflation-add"
    ),
    path(
        "procedures/<uuid:uuid>/sessions/add/", editor.AddSession.as_view(), name="transarterialsession-add"
    ),
    path("sessions/<uuid:uuid>/drugs/add/", editor.AddDrug.as_view(), name="transarterialdrug-add"),
    path(
        "procedures/<uuid:uuid>/index-date/", index_date.IndexDateView.as_view(), name="procedure-index-date"
    ),
    path("procedures/<uuid:uuid>/occlusion/shift/", occlusion.ShiftView.as_view(), name="procedure-shift"),
    path(
        "procedures/<uuid:uuid>/occlusion/", occlusion.OcclusionFragment.as_view(), name="procedure-occlusion"
    ),
    path(
        "procedures/<uuid:uuid>/occlusion/<slug:what>/", occlusion.StampView.as_view(), name="procedure-stamp"
    ),
    path("cases/<uuid:parent>/procedures/new/", forms.ProcedureFormView.as_view(), name="procedure-new"),
    path("procedures/<uuid:uuid>/edit/", forms.ProcedureFormView.as_view(), name="procedure-edit"),
    path("procedures/<uuid:uuid>/delete/", forms.ProcedureDeleteView.as_view(), name="procedure-delete"),
    path(
        "procedures/<uuid:parent>/treated-lesions/new/",
        forms.TreatedLesionFormView.as_view(),
        name="treatedlesion-new",
    ),
    path(
        "treated-lesions/<uuid:uuid>/edit/", forms.TreatedLesionFormView.as_view(), name="treatedlesion-edit"
    ),
    path(
        "treated-lesions/<uuid:uuid>/delete/",
        forms.TreatedLesionDeleteView.as_view(),
        name="treatedlesion-delete",
    ),
    path(
        "treated-lesions/<uuid:parent>/ablations/new/", forms.AblationFormView.as_view(), name="ablation-new"
    ),
    path("ablations/<uuid:uuid>/edit/", forms.AblationFormView.as_view(), name="ablation-edit"),
    path("ablations/<uuid:uuid>/delete/", forms.AblationDeleteView.as_view(), name="ablation-delete"),
    path(
        "procedures/<uuid:parent>/inflations/new/",
        forms.BalloonInflationFormView.as_view(),
        name="ballooninflation-new",
    ),
    path(
        "inflations/<uuid:uuid>/edit/", forms.BalloonInflationFormView.as_view(), name="ballooninflation-edit"
    ),
    path(
        "inflations/<uuid:uuid>/delete/",
        forms.BalloonInflationDeleteView.as_view(),
        name="ballooninflation-delete",
    ),
    path(
        "procedures/<uuid:parent>/sessions/new/",
        forms.TransarterialSessionFormView.as_view(),
        name="transarterialsession-new",
    ),
    path(
        "sessions/<uuid:uuid>/edit/",
        forms.TransarterialSessionFormView.as_view(),
        name="transarterialsession-edit",
    ),
    path(
        "sessions/<uuid:uuid>/delete/",
        forms.TransarterialSessionDeleteView.as_view(),
        name="transarterialsession-delete",
    ),
    path(
        "sessions/<uuid:parent>/drugs/new/",
        forms.TransarterialDrugFormView.as_view(),
        name="transarterialdrug-new",
    ),
    path("drugs/<uuid:uuid>/edit/", forms.TransarterialDrugFormView.as_view(), name="transarterialdrug-edit"),
    path(
        "drugs/<uuid:uuid>/delete/",
        forms.TransarterialDrugDeleteView.as_view(),
        name="transarterialdrug-delete",
    ),
    *(
        path(
            f"procedures/{kind.kind}-details/<uuid:uuid>/edit/",
            forms.DetailsFormView.as_view(form_class=kind.form),
            name=f"{kind.model_name.lower()}-edit",
        )
        for kind in kinds.KINDS.values()
    ),
]
