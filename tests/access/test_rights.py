"""Who may open which address of a record of the own centre; and that every address is accounted for."""

import pytest
from django.db import transaction
from django.urls import reverse

from cases import editor
from cases.models import Case, Patient
from tests import factories
from tests.access.addresses import (
    CURATING,
    DETAILS,
    LISTS,
    OF_ANY_RECORD,
    OPEN,
    PAGES,
    READABLE,
    SHARED,
    World,
    addresses,
    one_of_each,
)

#: Answers of an address that is there and open, to somebody who sends it nothing: a page, another page, “cannot be
#: read”, “not that way”, “refused”.
OPENED = {200, 302, 400, 405, 422}


@pytest.fixture
def world(center) -> World:
    return one_of_each(center)


def answers(client, url):
    """To looking and to sending; what is sent leaves nothing behind."""
    looked = client.get(url).status_code
    with transaction.atomic():
        sent = client.post(url).status_code
        transaction.set_rollback(True)
    return looked, sent


def test_every_address_is_listed():
    listed = LISTS | set(SHARED) | set(PAGES) | set(DETAILS) | set(OF_ANY_RECORD)
    found = {name or route for route, name in addresses() if not route.startswith(("admin/", "static/"))}
    assert found - listed == set(), "say in addresses.py what the new address leads to"
    assert listed - found == set(), "these addresses are gone"


def test_every_record_of_a_section_has_an_address(world):
    assert set(editor.models_by_name().values()) <= set(world.records)


@pytest.mark.parametrize("role", ["clinician", "curator"])
def test_those_who_write_open_every_page(client, center, world, role):
    client.force_login(factories.member(center, role))
    for name, url in world.pages():
        found = answers(client, url)
        if name in CURATING and role == "clinician":
            assert found == (403, 403), name
            continue
        assert set(found) <= OPENED and found != (405, 405), (name, found)


@pytest.mark.parametrize("model", [Case, Patient])
def test_a_whole_case_is_not_removed_as_a_row(client, curator, world, model):
    client.force_login(curator)
    record = world.records[model]
    url = reverse("record-remove", args=[model._meta.model_name, record.uuid])
    assert client.post(url).status_code == 404
    assert model.objects.filter(pk=record.pk).exists()


def test_those_who_read_without_identity_open_no_page_that_writes_or_identifies(client, researcher, world):
    client.force_login(researcher)
    for name, url in world.pages():
        looked, sent = answers(client, url)
        if name in READABLE:
            assert (looked, sent) == (200, 405), (name, looked, sent)
        else:
            assert {looked, sent} <= {403, 405} and 403 in (looked, sent), (name, looked, sent)


def test_a_stranger_is_sent_to_sign_in(client, world):
    own = [(name, reverse(name)) for name in sorted(LISTS) if not name.startswith("api-")]
    for name, url in [*world.pages(), *own]:
        for answer in (client.get(url), client.post(url)):
            assert (answer.status_code, answer.url) == (302, f"{reverse('login')}?next={url}"), name


def test_a_page_that_must_stay_is_told_instead(client, world):
    for name, url in world.pages():
        assert client.post(url, headers={"X-Stay-On-Page": "1"}).status_code == 401, name


def test_the_api_asks_a_stranger_who_it_is(client, world):
    for name, model in DETAILS.items():
        url = reverse(name, args=[world.records[model].uuid])
        for ask in (client.get, client.patch, client.delete):
            assert ask(url).status_code == 401, name


def test_nothing_but_signing_in_is_open_to_a_stranger(client, center):
    """Every address without a record that is not named as open asks for a sign-in."""
    for route, name in addresses():
        if "<" in route or "(?P" in route or not name or name in OPEN or route.startswith(("admin/", "api/")):
            continue
        answer = client.get(reverse(name))
        assert answer.status_code in (302, 405), name
