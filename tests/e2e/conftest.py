"""A real browser against a live server."""

import re
import time

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.urls import reverse
from playwright.sync_api import expect

from tests import factories

# Two browsers share two cores with two servers.
expect.set_options(timeout=15_000)

#: What the page says when the server has everything.
SAVED = re.compile(r"^saved \d\d:\d\d:\d\d$")

CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory):
    """On SQLite a file: the server's threads cannot share the one connection of a database in memory."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        connection = connections["default"]
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("e2e") / "test.sqlite3")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": list(QUIET)}


@pytest.fixture(autouse=True)
def _rows_are_committed(transactional_db):
    """The live server reads over its own connection. The table of the cache is no model's, so it is emptied here."""
    cache.clear()


def soon(check, seconds=5.0):
    """Wait until the server holds what it should."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if check():
            return True
        time.sleep(0.05)
    return check()


def watch(page, host):
    """Collect what no page may do: complain in the console, or ask another host for anything."""
    faults = []
    page.on(
        "console",
        lambda message: faults.append(message.text) if message.type in ("error", "warning") else None,
    )
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((host, "data:", "about:"))
            else faults.append(f"asked {request.url}")
        ),
    )
    return faults


def sign_in(page, host, user):
    page.goto(host + reverse("login"))
    page.get_by_label("User name").fill(user.username)
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{host}/")


@pytest.fixture
def desk(page, live_server, clinician):
    """A clinician who has signed in; whatever the browser complains about fails the test."""
    faults = watch(page, live_server.url)
    sign_in(page, live_server.url, clinician)
    yield page
    # A refused form answers 422 and a conflict 409: the browser logs both, and both are meant.
    # An ended session and a cut line are what some tests are about.
    meant = ("422", "409", "404", "403", "401", "ERR_INTERNET_DISCONNECTED")
    # What htmx says of a cut line.
    meant += ("htmx:sendError", "htmx:afterRequest")
    assert [fault for fault in faults if not any(code in fault for code in meant)] == []


@pytest.fixture(params=["en", "de"])
def visit(request, browser, live_server, clinician):
    """A clinician in each language, who looks at pages in every width and scheme; what is found fails the test."""
    from tests.e2e.barriers import Visit

    made = Visit(browser, live_server, clinician, request.param)
    yield made
    made.close()


@pytest.fixture
def section(desk, live_server, case):
    def go(page=desk):
        page.goto(live_server.url + reverse("case-section", args=[case.uuid, "procedures"]))
        return page

    return go
