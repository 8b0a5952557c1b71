"""Too many failures lock the sign-in, by user and by address, for some minutes or until somebody unlocks it."""

import datetime

import pytest
import time_machine
from django.core.cache import cache
from django.core.cache.backends.db import DatabaseCache
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from registry.access.address import address_of
from registry.access.models import AccessEvent
from registry.access.sign_in import lockout
from tests import factories
from tests.access.signing_in import app_of, code, kinds, password, sign_in, signed_in
from tests.factories import PASSWORD, UserFactory


def fail(name, times, **more):
    answers = [password(Client(), name, "wrong", **more) for _time in range(times)]
    return answers[-1]


@pytest.fixture
def locked(clinician):
    fail("clinician", 5)
    return clinician


def test_the_counters_are_kept_where_every_worker_looks(db):
    assert isinstance(cache._connections["default"], DatabaseCache)


def test_five_failures_lock_the_user_with_the_right_password_too(client, locked):
    answer = password(client, "clinician")
    assert answer.status_code == 429 and int(answer["Retry-After"]) == 15 * 60
    assert "In 15 minutes you can try again" in answer.content.decode()
    assert not signed_in(client)
    assert kinds() == [*["sign_in_failed"] * 5, "locked", "sign_in_failed"]
    lock = AccessEvent.objects.get(kind="locked")
    assert (lock.user_name, lock.subject) == ("clinician", f"user:{locked.pk}")
    assert AccessEvent.objects.latest("id").detail == "locked"


def test_it_ends_by_itself_and_says_when(client, locked):
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=10), tick=False):
        assert "In 5 minutes you can try again" in password(client, "clinician").content.decode()
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=16), tick=False):
        assert password(client, "clinician").status_code == 302


def test_user_name_and_address_of_one_user_count_together(client, clinician):
    clinician.email = "anna@clinic.example"
    clinician.save()
    fail("clinician", 2)
    fail("ANNA@clinic.example", 3)
    assert password(client, "clinician").status_code == 429


def test_a_name_that_nobody_has_locks_just_the_same(client, clinician):
    fail("nobody", 5)
    assert password(client, "nobody").status_code == 429
    assert password(client, "clinician").status_code == 302


def test_a_sign_in_between_does_not_start_the_count_anew(client, clinician):
    fail("clinician", 4)
    assert password(Client(), "clinician").status_code == 302
    fail("clinician", 1)
    assert password(client, "clinician").status_code == 429


def test_spraying_one_password_over_many_names_locks_the_address(client, clinician, settings):
    settings.LOCK_ADDRESS_AFTER = 6
    for number in range(6):
        fail(f"name{number}", 1, REMOTE_ADDR="192.0.2.7")
    assert password(client, "clinician", REMOTE_ADDR="192.0.2.7").status_code == 429
    assert AccessEvent.objects.get(kind="locked").subject == "address:192.0.2.7"
    assert password(client, "clinician", REMOTE_ADDR="192.0.2.8").status_code == 302


def test_an_own_account_does_not_wash_an_address_clean(client, clinician, outsider, settings):
    settings.LOCK_ADDRESS_AFTER = 6
    app_of(outsider)
    for number in range(5):
        fail(f"name{number}", 1)
    sign_in(client, outsider)
    fail("name9", 1)
    assert password(Client(), "clinician").status_code == 429


def test_wrong_codes_lock_too(client, curator):
    app_of(curator)
    password(client, "curator")
    for _time in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    answer = client.post(reverse("mfa_authenticate"), {"code": code()})
    assert "locked for 15 minutes" in answer.content.decode() and not signed_in(client)
    assert kinds().count("locked") == 1
    lockout.release(RequestFactory().post("/"), lockout.of_user(curator))
    assert client.post(reverse("mfa_authenticate"), {"code": code()}).status_code == 302


def test_signing_in_in_place_is_locked_with_it(client, locked):
    answer = client.post(reverse("sign-in-again"), {"username": "clinician", "password": PASSWORD})
    assert answer.status_code == 422 and "locked for 15 minutes" in answer.json()["errors"][0]


class TestUnlocking:
    def page(self, client):
        return client.get(reverse("locks")).content.decode()

    def test_a_curator_of_the_centre_unlocks(self, client, locked, curator):
        client.force_login(curator)
        assert "clinician" in self.page(client)
        client.post(reverse("unlock"), {"subject": f"user:{locked.pk}"})
        assert password(Client(), "clinician").status_code == 302
        event = AccessEvent.objects.get(kind="unlocked")
        assert (event.user_name, event.subject, event.detail) == ("curator", f"user:{locked.pk}", "clinician")
        assert "No sign-in is locked" in self.page(client)

    def test_a_curator_of_another_centre_sees_and_unlocks_nothing(self, client, locked, other_center):
        client.force_login(factories.member(other_center, "curator"))
        assert f"user:{locked.pk}" not in self.page(client)
        client.post(reverse("unlock"), {"subject": f"user:{locked.pk}"})
        assert password(Client(), "clinician").status_code == 429

    @pytest.mark.parametrize("role", ["clinician", "researcher"])
    def test_it_is_closed_to_others(self, client, center, role):
        client.force_login(factories.member(center, role))
        assert client.get(reverse("locks")).status_code == 403
        assert client.post(reverse("unlock"), {"subject": "user:1"}).status_code == 403

    def test_addresses_are_unlocked_by_superusers_only(self, client, curator, settings):
        settings.LOCK_ADDRESS_AFTER = 3
        for number in range(3):
            fail(f"name{number}", 1, REMOTE_ADDR="192.0.2.7")
        client.force_login(curator)
        client.post(reverse("unlock"), {"subject": "address:192.0.2.7"})
        assert "192.0.2.7" not in self.page(client)
        client.force_login(UserFactory(is_superuser=True))
        assert "192.0.2.7" in self.page(client)
        client.post(reverse("unlock"), {"subject": "address:192.0.2.7"})
        assert password(Client(), "curator", REMOTE_ADDR="192.0.2.7").status_code == 302

    def test_a_reset_password_unlocks(self, client, locked):
        from allauth.account.signals import password_reset

        password_reset.send(sender=type(locked), request=RequestFactory().post("/"), user=locked)
        assert password(client, "clinician").status_code == 302


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "198.51.100.9", "192.0.2.1"),
        (1, "198.51.100.9", "198.51.100.9"),
        (1, "203.0.113.5, 198.51.100.9", "198.51.100.9"),
        (2, "203.0.113.5, 198.51.100.9", "203.0.113.5"),
        (2, "198.51.100.9", "192.0.2.1"),
        (1, "", None),
        (1, "not an address", None),
    ],
)
def test_the_sender_behind_proxies_is_who_they_saw(settings, proxies, forwarded, expected):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": forwarded})
    assert address_of(request) == expected


def test_a_sender_by_either_protocol_is_the_same():
    request = RequestFactory().get("/", REMOTE_ADDR="::ffff:192.0.2.1")
    assert address_of(request) == "192.0.2.1"
