"""Whoever has not signed in is led to the sign-in page, and back from it to where they wanted to go."""

import pytest
from django.urls import reverse

from tests.access.matrix import EDITOR, FORMS, READING
from tests.access.test_matrix import address

PAGES = [row for row in [*READING, *FORMS, *EDITOR] if "302 " in str(row.answers) and row.thing]


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_is_sent_to_sign_in_and_back(client, town, method):
    for row in PAGES:
        url = address(row, town)
        answer = getattr(client, method)(url)
        assert (answer.status_code, answer.url) == (302, f"{reverse('login')}?next={url}"), row.name


def test_a_page_that_must_stay_is_told_instead(client, town):
    for row in PAGES:
        answer = client.post(address(row, town), headers={"X-Stay-On-Page": "1"})
        assert answer.status_code == 401, row.name


def test_a_fragment_leads_the_whole_page_to_sign_in(client, town):
    for row in PAGES:
        answer = client.get(address(row, town), headers={"HX-Request": "true"})
        assert answer.status_code == 204 and reverse("login") in answer["HX-Redirect"], row.name
