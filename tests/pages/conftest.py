"""Who asks for the pages."""

import re
from html import unescape

import pytest
from django.test import Client

from tests.pages.followup_list import made


def _signed_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_clinician(clinician):
    return _signed_in(clinician)


@pytest.fixture
def as_researcher(researcher):
    return _signed_in(researcher)


@pytest.fixture
def as_outsider(outsider):
    return _signed_in(outsider)


@pytest.fixture
def as_anonymous():
    return Client()


@pytest.fixture
def inputs():
    """What a browser would send of a page's form as it stands: name → value or values."""
    return form_data


def form_data(response) -> dict:
    """The successful controls of the page's main form (the one in ``main``), as a browser collects them."""
    html = response.content.decode()
    html = html[html.index("<main") :]
    found: dict = {}

    def add(name, value):
        value = unescape(value)
        if name in found:
            found[name] = [*found[name], value] if isinstance(found[name], list) else [found[name], value]
        else:
            found[name] = value

    for tag in re.finditer(
        r"<(input|select|textarea)\b([^>]*)>(.*?)(?=<(?:input|select|textarea)\b|</form>)", html, re.S
    ):
        kind, attrs, rest = tag.groups()
        name = re.search(r'name="([^"]*)"', attrs)
        if not name or name[1] == "csrfmiddlewaretoken":
            continue
        value = re.search(r'value="([^"]*)"', attrs)
        if kind == "input":
            box = re.search(r'type="(checkbox|radio)"', attrs)
            if not box or re.search(r"\bchecked\b", attrs):
                add(name[1], value[1] if value else "on" if box else "")
        elif kind == "select":
            options = rest.split("</select>")[0]
            chosen = re.search(r'<option value="([^"]*)"\s+selected', options)
            add(name[1], chosen[1] if chosen else "")
        else:
            add(name[1], rest.split("</textarea>")[0].strip())
    return found


@pytest.fixture
def due(center):
    """Due at one month, and the other time points answered."""
    return made(center, 30, "baseline", "day_1")
