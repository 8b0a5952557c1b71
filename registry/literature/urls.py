"""Addresses of the literature."""

from django.urls import path

from registry.literature.views import cells, publications

urlpatterns = [
    path("literature/", publications.publication_list, name="literature"),
    path("literature/<slug:slug>/", publications.publication_detail, name="publication-detail"),
    path("literature/<slug:slug>/cell/", cells.printed_cell, name="printed-cell"),
]
