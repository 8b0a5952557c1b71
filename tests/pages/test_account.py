"""Signing in and out, the account page, and the health checks."""

import pytest
from django.urls import reverse

from registry.access import tokens
from registry.access.models import AccessEvent
from tests.factories import PASSWORD


def test_signing_in_leads_to_the_page_that_was_asked_for(client, clinician, case):
    url = reverse("case-detail", args=[case.uuid])
    page = client.get(url)
    assert page.status_code == 302
    response = client.post(page.url, {"username": "clinician", "password": PASSWORD, "next": url})
    assert response.url == url


def test_signing_in_and_out_is_noted_once(client, clinician):
    client.post(reverse("login"), {"username": "clinician", "password": "wrong"})
    client.post(reverse("login"), {"username": "clinician", "password": PASSWORD})
    client.post(reverse("logout"))
    kinds = list(AccessEvent.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == ["sign_in_failed", "sign_in", "sign_out"]


@pytest.mark.parametrize("name", ["clin\x00ician", "💥", "x" * 500, ""])
def test_an_odd_user_name_is_just_wrong(client, clinician, name):
    response = client.post(reverse("login"), {"username": name, "password": "wrong"})
    assert response.status_code == 200 and "error-summary" in response.content.decode()


@pytest.mark.parametrize("next_url", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_led_to_another_host(client, clinician, next_url):
    response = client.post(
        reverse("login"), {"username": "clinician", "password": PASSWORD, "next": next_url}
    )
    assert response.url == reverse("dashboard")


def test_the_account_page_lists_centres_and_tokens(as_clinician, clinician, curator):
    token, _secret = tokens.create(clinician)
    foreign, _secret = tokens.create(curator)
    html = as_clinician.get(reverse("account")).content.decode()
    assert "HEI" in html and "clinician" in html and token.name in html
    assert foreign.name not in html


def test_the_password_can_be_changed(as_clinician, clinician):
    new = "another horse and battery"
    data = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert as_clinician.post(reverse("password_change"), data).status_code == 302
    assert as_clinician.get(reverse("password_change_done")).status_code == 200
    clinician.refresh_from_db()
    assert clinician.check_password(new)


@pytest.mark.parametrize("path", ["/account/", "/cases/", "/literature/", "/cases/new/"])
def test_anonymous_is_asked_to_sign_in(client, db, path):
    response = client.get(path)
    assert response.status_code == 302 and response.url == f"{reverse('login')}?next={path}"
    fragment = client.get(path, headers={"HX-Request": "true"})
    assert fragment.status_code == 204 and fragment["HX-Redirect"].startswith(reverse("login"))


def test_health_needs_no_sign_in(client, db):
    for path in ("/health/live", "/health/ready"):
        response = client.get(path)
        assert (response.status_code, response["Content-Type"]) == (200, "text/plain")


def test_ready_says_when_the_database_is_gone(client, monkeypatch):
    from django.db import OperationalError, connection

    def gone(*args, **kwargs):
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", gone)
    assert client.get("/health/live").status_code == 200
    assert client.get("/health/ready").status_code == 503
