"""Addresses of the literature."""

from django.urls import path

from registry.literature import views

urlpatterns = [
    path("literature/", views.publication_list, name="literature"),
    path("literature/<slug:slug>/", views.publication_detail, name="publication-detail"),
]
