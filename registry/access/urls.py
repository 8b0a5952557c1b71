"""Addresses of the account pages."""

from django.contrib.auth import views as auth_views
from django.urls import path

from registry.access import views

urlpatterns = [
    path("account/", views.account, name="account"),
    path("account/login/", auth_views.LoginView.as_view(), name="login"),
    path("account/logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("account/password/", auth_views.PasswordChangeView.as_view(), name="password_change"),
    path("account/password/done/", auth_views.PasswordChangeDoneView.as_view(), name="password_change_done"),
]
