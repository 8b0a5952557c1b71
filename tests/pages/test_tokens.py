"""Users make and revoke their own tokens; the secret is shown once."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from knox.models import AuthToken

from registry.access import tokens
from registry.access.models import AccessEvent, TokenScope
from tests import factories


def wish(**more):
    return {
        "name": "R on my laptop",
        "access": "read",
        "reach": "every",
        "profile": "pseudonymised",
        "days": "30",
        **more,
    }


def api(secret, path="patients/"):
    return Client(headers={"Authorization": f"Token {secret}"}).get(f"/api/v1/{path}").status_code


def test_a_token_is_made_and_shown_once(as_clinician, clinician):
    made = as_clinician.post(reverse("tokens"), wish())
    secret = re.search(r'<code id="secret">(\w+)</code>', made.content.decode())[1]
    assert made.status_code == 200 and made["Cache-Control"] == "no-store"
    assert api(secret) == 200
    again = as_clinician.get(reverse("tokens")).content.decode()
    assert secret not in again and "R on my laptop" in again
    scope = TokenScope.objects.get()
    assert (scope.may_write, scope.profile, scope.every_center) == (False, "pseudonymised", True)
    event = AccessEvent.objects.get(kind="token")
    assert event.user_name == "clinician" and "pseudonymised" in event.detail and secret not in event.detail


def test_a_token_is_revoked_by_its_user_only(as_clinician, clinician, curator):
    own, secret = tokens.create(clinician, name="mine")
    foreign, kept = tokens.create(curator, name="not mine")
    assert as_clinician.post(reverse("token-revoke", args=[foreign.uuid])).status_code == 404
    assert as_clinician.get(reverse("token-revoke", args=[own.uuid])).status_code == 405
    assert as_clinician.post(reverse("token-revoke", args=[own.uuid])).status_code == 302
    assert (api(secret), api(kept)) == (401, 200)
    assert AccessEvent.objects.filter(detail__startswith="revoked: mine").exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"days": "0"}, "days"),
        ({"days": "3651"}, "days"),
        ({"days": "soon"}, "days"),
        ({"profile": "everything"}, "profile"),
        ({"access": "read-write", "profile": "aggregate"}, "profile"),
        ({"reach": "some"}, "centers"),
        ({"reach": "some", "centers": ["999999"]}, "centers"),
        ({"access": "admin"}, "access"),
    ],
)
def test_a_token_that_cannot_be_names_the_field(as_clinician, wrong, field):
    refused = as_clinician.post(reverse("tokens"), wish(**wrong))
    assert refused.status_code == 422 and field in refused.context["form"].errors
    assert not AuthToken.objects.exists()


def test_nobody_chooses_beyond_their_rights(client, researcher, center, other_center):
    client.force_login(researcher)
    for wrong in (
        {"profile": "identified"},
        {"reach": "some", "centers": [other_center.pk]},
    ):
        assert client.post(reverse("tokens"), wish(**wrong)).status_code == 422
    more = wish(reach="some", centers=[center.pk], may_write="on", user="1", every_center="on")
    assert client.post(reverse("tokens"), more).status_code == 200
    scope = TokenScope.objects.get()
    assert (scope.token.user, scope.may_write, scope.every_center) == (researcher, False, False)


def test_somebody_without_a_centre_makes_a_token_for_what_is_published(client, db):
    client.force_login(factories.UserFactory())
    assert client.post(reverse("tokens"), wish()).status_code == 200
