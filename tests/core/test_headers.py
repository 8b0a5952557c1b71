"""Every answer carries what keeps a browser from doing more with it than it should; and so do its cookies."""

import json
import os
import secrets
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def assert_guarded(answer, framed=True):
    for name, value in ALWAYS.items():
        assert answer[name] == value, name
    assert "camera=()" in answer["Permissions-Policy"]
    if framed:
        assert answer["X-Frame-Options"] == "DENY"
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy and "*" not in policy and "http" not in policy


PAGES = (
    "/",
    "/cases/",
    "/account/",
    "/codebook/",
    "/nothing/",
    "/admin/",
    "/admin/cases/case/",
    "/api/docs/",
)
ANSWERS = ("cases/", "nothing/", "cases/?x=1", "export/cases.csv", "codebook.csv")


@pytest.mark.parametrize("path", [*PAGES, *(f"/api/v1/{one}" for one in ANSWERS)])
def test_what_holds_data_is_guarded_and_kept_nowhere(path, client, curator, case):
    client.force_login(curator)
    answer = client.get(path)
    assert_guarded(answer)
    assert "no-store" in answer["Cache-Control"] and "public" not in answer["Cache-Control"]


def test_pages_for_strangers_and_errors_are_guarded(client, db):
    client.raise_request_exception = False
    for path in (reverse("login"), "/", "/health/live", "/%00", "/api/v1/cases/"):
        assert_guarded(client.get(path))
    assert_guarded(Client(enforce_csrf_checks=True).post(reverse("login")))


def test_an_error_of_the_registry_is_guarded(client, clinician, monkeypatch):
    client.force_login(clinician)
    client.raise_request_exception = False
    # A session that cannot be read is as broken as a page can be.
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", lambda self: 1 / 0)
    answer = client.get("/account/")
    assert answer.status_code == 500
    assert_guarded(answer)


def test_static_files_are_guarded_too(client):
    order = [name.rpartition(".")[2] for name in settings.MIDDLEWARE]
    assert order.index("ProtectiveHeaders") < order.index("WhiteNoiseMiddleware")
    assert_guarded(client.get("/static/nothing.svg"), framed=False)


def test_cookies_are_for_the_server_and_for_this_site_alone(client, clinician, settings):
    settings.SESSION_SAVE_EVERY_REQUEST = True
    client.force_login(clinician)
    cookies = client.get(reverse("cohort-new")).cookies
    session = cookies[settings.SESSION_COOKIE_NAME]
    assert session["httponly"] and session["path"] == "/" and not session["domain"]
    assert all(cookie["samesite"] == "Lax" for cookie in cookies.values())


IN_USE = """
import json, django
django.setup()
from django.conf import settings
from django.core.management import call_command
from django.test import Client
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
call_command("check", deploy=True, fail_level="WARNING")
client = Client(headers={"host": "registry.example.org"})
page = client.get("/account/login/", secure=True)
plain = client.get("/account/login/")
print(json.dumps({
    "status": page.status_code, "hsts": page.headers.get("Strict-Transport-Security"),
    "cookies": {name: dict(one.items()) for name, one in client.cookies.items()},
    "session": [settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY],
    "plain": [plain.status_code, plain.headers.get("Location")],
    "csp": page.headers.get("Content-Security-Policy", ""),
}))
"""


def test_in_use_the_checks_are_clean_and_everything_is_for_https_only():
    """With the settings that ``docs/security.md`` asks for."""
    env = {
        **{name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"},
        "DJANGO_SETTINGS_MODULE": "registry.settings",
        "DEBUG": "false",
        "HTTPS": "true",
        "ALLOWED_HOSTS": "registry.example.org",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "IDENTITY_KEY": secrets.token_urlsafe(48),
        "DATABASE_URL": "sqlite://:memory:",
    }
    run = subprocess.run([sys.executable, "-c", IN_USE], env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    said = json.loads(run.stdout.splitlines()[-1])
    assert said["status"] == 200
    assert said["hsts"] == "max-age=31536000; includeSubDomains; preload"
    assert said["plain"] == [301, "https://registry.example.org/account/login/"]
    assert said["session"] == ["__Host-sessionid", True, True]
    forgery = said["cookies"]["__Host-csrftoken"]
    assert (
        forgery["secure"]
        and forgery["path"] == "/"
        and not forgery["domain"]
        and forgery["samesite"] == "Lax"
    )
