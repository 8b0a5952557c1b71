"""Signing in by user name or e-mail address, and passwords."""

import re

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.hashers import identify_hasher
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, reverse

from registry.access.models import AccessEvent
from registry.settings import PASSWORD_HASHERS
from tests.access.signing_in import app_of, kinds, password, signed_in
from tests.factories import PASSWORD, UserFactory

NEW = "another horse and battery"


@pytest.mark.parametrize("typed", ["clinician", "Anna@Clinic.example", "anna@clinic.example"])
def test_the_user_name_and_the_address_in_any_case_sign_in(client, clinician, typed):
    clinician.email = "Anna@clinic.example"
    clinician.save()
    assert password(client, typed).url == reverse("dashboard")
    assert signed_in(client)


def test_a_user_name_is_taken_as_it_is_spelt_and_before_any_address(client, clinician, outsider):
    outsider.email = "clinician"  # not one that a form would take
    outsider.save()
    assert password(client, "Clinician").status_code == 200
    assert password(client, "clinician").status_code == 302
    assert AccessEvent.objects.latest("id").user_name == "clinician"


def test_who_may_not_sign_in_is_just_wrong(client, clinician):
    clinician.is_active = False
    clinician.save()
    refused = password(client, "clinician")
    unknown = password(client, "nobody")
    assert "is not right" in refused.content.decode()
    assert refused.content.decode().count("is not right") == unknown.content.decode().count("is not right")
    assert not signed_in(client)


def test_passwords_are_kept_by_argon2(clinician, settings):
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    clinician.set_password(PASSWORD)
    assert identify_hasher(clinician.password).algorithm == "argon2"


@pytest.mark.parametrize(
    "name",
    [
        "account_signup",
        "account_email",
        "account_set_password",
        "account_inactive",
        "account_confirm_email",
        "account_request_login_code",
        "mfa_list_webauthn",
        "mfa_edit_webauthn",
        "mfa_download_recovery_codes",
        "mfa_trust",
        "usersessions_list",
    ],
)
def test_what_is_not_offered_has_no_address(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_the_rules_of_passwords_are_shown_and_held(client, clinician):
    password(client, "clinician")
    assert "12" in client.get(reverse("password_change")).content.decode()
    weak = {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}
    assert client.post(reverse("password_change"), weak).status_code == 200
    clinician.refresh_from_db()
    assert clinician.check_password(PASSWORD)


def test_a_changed_password_ends_every_other_session(client, clinician):
    other = Client()
    for each in (client, other):
        password(each, "clinician")
    data = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert client.post(reverse("password_change"), data).status_code == 302
    assert signed_in(client) and not signed_in(other)
    assert kinds()[-1] == "password_changed"


def test_a_wrong_old_password_is_noted(client, clinician):
    password(client, "clinician")
    client.post(
        reverse("password_change"), {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    )
    assert kinds() == ["sign_in", "sign_in_failed"]


def test_the_administration_has_no_page_of_its_own_for_it(client, curator):
    password(client, "curator")
    sent = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert client.post("/admin/password_change/", sent).url == reverse("password_change")
    curator.refresh_from_db()
    assert curator.check_password(PASSWORD)


class TestReset:
    @pytest.fixture
    def anna(self, clinician):
        clinician.email = "Anna@clinic.example"
        clinician.save()
        return clinician

    def ask(self, client, address):
        return client.post(reverse("account_reset_password"), {"email": address})

    def link(self):
        return re.search(r"https?://[^/]+(/\S+)", mail.outbox[-1].body).group(1)

    def test_the_answer_is_the_same_for_every_address(self, client, anna):
        answers = [self.ask(client, address) for address in ("anna@CLINIC.example", "nobody@clinic.example")]
        assert len({(answer.status_code, answer.url) for answer in answers}) == 1
        assert [message.to for message in mail.outbox] == [["Anna@clinic.example"]]
        assert kinds() == ["reset_asked"]

    def test_the_link_works_once_and_signs_nobody_in(self, client, anna):
        other = Client()
        other.force_login(anna)
        self.ask(client, "anna@clinic.example")
        page = client.get(self.link())
        done = client.post(page.url, {"password1": NEW, "password2": NEW})
        assert done.url == reverse("account_reset_password_from_key_done")
        assert client.get(done.url).status_code == 200
        assert not signed_in(client) and not signed_in(other)
        assert "does not work any more" in client.get(self.link()).content.decode()
        assert password(client, "clinician", NEW).status_code == 302
        assert kinds()[-3:] == ["reset_asked", "password_reset", "sign_in"]

    def test_the_rules_hold_there_too(self, client, anna):
        self.ask(client, "anna@clinic.example")
        page = client.get(self.link())
        assert "12" in client.get(page.url).content.decode()
        assert client.post(page.url, {"password1": "short", "password2": "short"}).status_code == 200
        anna.refresh_from_db()
        assert anna.check_password(PASSWORD)

    def test_a_made_up_link_is_refused(self, client, anna):
        app_of(anna)
        for uid, key in (("zzzzzzzzzzzzzz", "c-d"), (user_pk_to_url_str(anna), "set-password")):
            url = reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": key})
            assert "does not work any more" in client.get(url).content.decode()

    def test_a_link_of_another_address_does_not_outlive_it(self, client, anna):
        key = default_token_generator.make_token(anna)
        anna.email = "new@clinic.example"
        anna.save()
        url = reverse(
            "account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(anna), "key": key}
        )
        assert "does not work any more" in client.get(url).content.decode()


def test_a_password_set_in_the_administration_is_noted(client, clinician):
    client.force_login(UserFactory(username="root", is_superuser=True))
    url = reverse("admin:auth_user_password_change", args=[clinician.pk])
    sent = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    assert client.post(url, sent).status_code == 302
    event = AccessEvent.objects.latest("id")
    assert (event.kind, event.user_name, event.subject) == ("password_changed", "root", "user clinician")
