"""Sign-in, failure and sign-out are noted, with the address and never with a password."""

import pytest
from django.contrib.auth.signals import user_login_failed
from django.test import RequestFactory
from django.urls import reverse

from registry.access import log
from registry.access.address import address_of
from registry.access.models import AccessEvent
from tests.factories import PASSWORD, UserFactory


def events():
    return list(AccessEvent.objects.order_by("id").values_list("kind", "user_name", "address"))


def test_signing_in_and_out_is_noted(client, clinician):
    client.post(reverse("login"), {"username": "clinician", "password": PASSWORD}, REMOTE_ADDR="192.0.2.7")
    client.post(reverse("logout"), REMOTE_ADDR="192.0.2.7")
    assert events() == [("sign_in", "clinician", "192.0.2.7"), ("sign_out", "clinician", "192.0.2.7")]
    assert AccessEvent.objects.first().user_id_text == str(clinician.pk)


def test_a_failed_sign_in_keeps_the_name_cut_and_no_password(client, clinician):
    secret = "my secret password"
    client.post(reverse("login"), {"username": "x" * 150, "password": secret}, REMOTE_ADDR="2001:db8::1")
    request = RequestFactory().post("/", REMOTE_ADDR="192.0.2.7")
    typed = {"username": "y\x00" * 200, "password": "********"}
    user_login_failed.send(sender=__name__, credentials=typed, request=request)
    assert events() == [
        ("sign_in_failed", "x" * 150, "2001:db8::1"),
        ("sign_in_failed", "y" * 150, "192.0.2.7"),
    ]
    for event in AccessEvent.objects.all():
        assert secret not in str(vars(event))


@pytest.mark.parametrize("given", ["", "unix:", "192.0.2.7:4711", "not an address", None])
def test_an_address_that_is_none_does_not_keep_anybody_from_signing_in(given):
    request = RequestFactory().get("/")
    request.META["REMOTE_ADDR"] = given or ""
    assert address_of(request) is None
    assert address_of(None) is None


def test_the_session_of_nobody_is_not_signed_out(client, db):
    client.post(reverse("logout"))
    assert events() == []


def test_texts_are_cut_to_what_the_log_holds(db):
    event = log.note("export", user=UserFactory(username="u"), subject="s" * 999, detail="d" * 999)
    assert (len(event.subject), len(event.detail), event.user_name) == (200, 999, "u")
