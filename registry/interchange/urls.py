"""Addresses of the interchange floor."""

from django.urls import path

from registry.interchange.views.imports import (
    Batch,
    CheckAgain,
    Confirm,
    Discard,
    Errors,
    Imports,
    Template,
    Undo,
)

urlpatterns = [
    path("import/", Imports.as_view(), name="imports"),
    path("import/templates/<slug:table>.<slug:suffix>", Template.as_view(), name="import-template"),
    path("import/<uuid:uuid>/", Batch.as_view(), name="import-batch"),
    path("import/<uuid:uuid>/confirm/", Confirm.as_view(), name="import-confirm"),
    path("import/<uuid:uuid>/again/", CheckAgain.as_view(), name="import-again"),
    path("import/<uuid:uuid>/discard/", Discard.as_view(), name="import-discard"),
    path("import/<uuid:uuid>/undo/", Undo.as_view(), name="import-undo"),
    path("import/<uuid:uuid>/errors.csv", Errors.as_view(), name="import-errors"),
]
