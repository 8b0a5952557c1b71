"""The second factor cannot be gone round: a test for each way that one could think of."""

import datetime
import io
import json
import re

import pytest
import time_machine
from allauth.account.forms import default_token_generator
from allauth.account.signals import password_reset
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.contrib.auth import login as django_login
from django.core.management import CommandError, call_command
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from fido2.utils import websafe_encode

from registry.access import tokens
from registry.access.models import AccessEvent
from registry.access.sign_in import sealing
from tests import factories
from tests.access.signing_in import (
    SECRET,
    SoftKey,
    app_of,
    code,
    confirm,
    kinds,
    passkey_of,
    password,
    recovery_codes,
    sign_in,
    signed_in,
)
from tests.factories import PASSWORD, UserFactory

API = "/api/v1/cases/"
PATIENTS = "/admin/cases/patient/"


@pytest.fixture
def careful(curator):
    """A curator with an authenticator app."""
    app_of(curator)
    return curator


@pytest.fixture
def late(curator):
    """A curator whose days to set up a second factor are over."""
    curator.date_joined = timezone.now() - datetime.timedelta(days=15)
    curator.save()
    curator.memberships.update(start=curator.date_joined.date())
    return curator


@pytest.fixture
def post(client, django_capture_on_commit_callbacks):
    """Sends, and lets happen what happens after the transaction."""

    def send(name, data=None):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(reverse(name), data or {})

    return send


def nowhere(client):
    """Pages, the admin and the API are closed to this session."""
    page, admin, api = (client.get(url) for url in (reverse("dashboard"), PATIENTS, API))
    return (page.status_code, admin.status_code, api.status_code) == (302, 302, 401)


class TestSigningIn:
    def test_both_steps_sign_in(self, client, careful):
        first = password(client, "curator")
        assert first.url == reverse("mfa_authenticate") and nowhere(client)
        assert client.get(first.url).status_code == 200
        assert sign_in(client, careful).url == reverse("dashboard")
        assert signed_in(client) and client.get(API).status_code == 200
        event = AccessEvent.objects.latest("id")
        assert (event.kind, event.detail) == ("sign_in", "password, authenticator app")

    @pytest.mark.parametrize("typed", ["", "000000", "x" * 500, "💥", "12\x003456", "１２３４５６"])
    def test_a_wrong_code_is_refused(self, client, careful, typed):
        password(client, "curator")
        assert client.post(reverse("mfa_authenticate"), {"code": typed}).status_code == 200
        assert nowhere(client)

    def test_a_wrong_code_is_noted(self, client, careful):
        password(client, "curator")
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
        event = AccessEvent.objects.latest("id")
        assert (event.kind, event.user_name, event.detail) == ("sign_in_failed", "curator", "second factor")

    def test_a_code_works_once(self, client, careful):
        used = code()
        sign_in(client, careful, used)
        again = Client()
        sign_in(again, careful, used)
        assert nowhere(again)

    def test_the_second_step_needs_the_first(self, client, careful):
        for sent in ({"code": code()}, {"credential": "{}"}):
            assert client.post(reverse("mfa_authenticate"), sent).url == reverse("login")
        assert nowhere(client)

    def test_the_first_step_is_forgotten_by_starting_again(self, client, careful):
        password(client, "curator")
        client.post(reverse("logout"))
        assert client.post(reverse("mfa_authenticate"), {"code": code()}).url == reverse("login")

    def test_the_first_step_is_forgotten_after_a_quarter_of_an_hour(self, client, careful):
        password(client, "curator")
        with time_machine.travel(timezone.now() + datetime.timedelta(minutes=16)):
            client.post(reverse("mfa_authenticate"), {"code": code()})
            assert nowhere(client)


class TestWaysRound:
    def test_the_admin_has_no_door_of_its_own(self, client, careful):
        answer = client.post("/admin/login/", {"username": "curator", "password": PASSWORD})
        assert answer.url.startswith(reverse("login"))
        password(client, "curator")
        assert client.get("/admin/").status_code == 302 and nowhere(client)

    def test_a_session_that_did_not_show_it_is_ended_wherever_it_came_from(self, client, careful):
        request = RequestFactory().get("/")
        request.session = client.session
        django_login(request, careful)
        request.session.save()
        client.cookies["sessionid"] = request.session.session_key
        assert client.get(API).status_code == 401
        assert nowhere(client)
        assert AccessEvent.objects.latest("id").kind == "session_ended"

    def test_setting_it_up_ends_the_sessions_that_lack_it(self, client, curator):
        other = Client()
        for each in (client, other):
            password(each, "curator")
        confirm(client, password=PASSWORD)
        client.get(reverse("mfa_activate_totp"))
        client.post(reverse("mfa_activate_totp"), {"code": code(client.session["mfa.totp.secret"])})
        assert signed_in(client) and nowhere(other)

    def test_a_reset_password_does_not_sign_in_and_takes_nothing_away(self, client, careful):
        where = {"uidb36": user_pk_to_url_str(careful), "key": default_token_generator.make_token(careful)}
        page = client.get(reverse("account_reset_password_from_key", kwargs=where))
        new = "another horse and battery"
        client.post(page.url, {"password1": new, "password2": new})
        assert nowhere(client)
        assert password(client, "curator", new).url == reverse("mfa_authenticate")
        assert nowhere(client)

    def test_a_reset_password_gives_no_more_tries_for_the_code(self, client, careful):
        password(client, "curator")
        for _time in range(5):
            client.post(reverse("mfa_authenticate"), {"code": "000000"})
        password_reset.send(sender=type(careful), request=RequestFactory().post("/"), user=careful)
        sign_in(client, careful)
        assert nowhere(client)

    def test_a_recovery_code_replaces_the_app_once_and_never_the_password(self, client, careful):
        used = recovery_codes(careful)[0]
        assert client.post(reverse("mfa_authenticate"), {"code": used}).url == reverse("login")
        sign_in(client, careful, used)
        assert signed_in(client)
        assert kinds()[-2:] == ["recovery_used", "sign_in"]
        again = Client()
        sign_in(again, careful, used)
        assert nowhere(again)

    def test_signing_in_in_place_asks_for_it(self, client, careful):
        url = reverse("sign-in-again")
        first = client.post(url, {"username": "curator", "password": PASSWORD})
        assert first.json() == {"second_factor": {"passkey": None}} and nowhere(client)
        wrong = client.post(url, {"code": "000000"})
        assert wrong.status_code == 422 and wrong.json()["errors"] and nowhere(client)
        assert client.post(url, {"code": code()}).json() == {"user": "curator"}
        assert signed_in(client)

    def test_signing_in_in_place_cannot_begin_with_the_second_step(self, client, careful):
        for sent in ({"code": code()}, {"credential": "{}"}):
            assert client.post(reverse("sign-in-again"), sent).json() == {"password": True}
        assert nowhere(client)

    @pytest.mark.parametrize(
        "sent", ["", "{}", "[]", "null", '{"id": "x"}', '{"id":1,"response":{}}', "x" * 99]
    )
    def test_no_passkey_is_no_second_factor(self, client, careful, sent):
        alone = client.post(reverse("mfa_login_webauthn"), {"credential": sent})
        assert alone.status_code in (200, 302) and nowhere(client)
        password(client, "curator")
        assert client.post(reverse("mfa_authenticate"), {"credential": sent}).status_code == 200
        assert nowhere(client)

    def test_the_name_in_a_passkey_is_not_believed(self, client, careful):
        client.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"})
        made_up = {
            "id": "AAAA",
            "rawId": "AAAA",
            "type": "public-key",
            "response": {
                "clientDataJSON": "e30",
                "authenticatorData": "AAAA",
                "signature": "",
                "userHandle": "MQ",
            },
        }
        client.post(reverse("mfa_login_webauthn"), {"credential": json.dumps(made_up)})
        assert nowhere(client)


class TestPasskeys:
    @pytest.fixture
    def held(self, curator):
        key, _row = passkey_of(curator)
        return key

    def options(self, client, url):
        page = client.get(url).content.decode()
        return json.loads(re.search(r'<script id="passkey-options"[^>]*>(.*?)</script>', page, re.DOTALL)[1])

    def test_one_is_added_and_signs_in(self, client, late, post):
        client.force_login(late)
        confirm(client, password=PASSWORD)
        key = SoftKey()
        made = key.make(self.options(client, reverse("mfa_add_webauthn")))
        done = post("mfa_add_webauthn", {"name": "Key ring", "credential": json.dumps(made)})
        assert done.url == reverse("mfa_view_recovery_codes")
        assert "Key ring" in client.get(reverse("mfa_index")).content.decode() and signed_in(client)
        assert "factor_added" in kinds()
        other = Client()
        assert password(other, "curator").url == reverse("mfa_authenticate")
        sent = key.answer(self.options(other, reverse("mfa_authenticate")))
        other.post(reverse("mfa_authenticate"), {"credential": json.dumps(sent)})
        assert signed_in(other)
        assert AccessEvent.objects.latest("id").detail == "password, passkey"

    def test_one_without_pin_or_finger_is_not_added(self, client, curator):
        client.force_login(curator)
        confirm(client, password=PASSWORD)
        made = SoftKey(verified=False).make(self.options(client, reverse("mfa_add_webauthn")))
        refused = client.post(reverse("mfa_add_webauthn"), {"credential": json.dumps(made)})
        assert refused.status_code == 200 and "was not added" in refused.content.decode()

    @pytest.mark.parametrize("sent", ["", "[]", "null", '{"id": "x"}', '{"id":1,"response":{}}', '"x"'])
    def test_odd_ones_are_refused(self, client, curator, sent):
        client.force_login(curator)
        confirm(client, password=PASSWORD)
        client.get(reverse("mfa_add_webauthn"))
        refused = client.post(reverse("mfa_add_webauthn"), {"name": "x", "credential": sent})
        assert refused.status_code == 200 and "error-summary" in refused.content.decode()

    def alone(self, client, key, **more):
        url = reverse("mfa_login_webauthn")
        options = client.get(url, headers={"Accept": "application/json"}).json()["request_options"]
        return client.post(url, {"credential": json.dumps(key.answer(options, **more))})

    def test_one_signs_in_alone(self, client, curator, held):
        held.owner = websafe_encode(user_pk_to_url_str(curator).encode())
        self.alone(client, held)
        assert signed_in(client) and client.get(API).status_code == 200

    def test_one_without_pin_or_finger_does_not(self, client, curator, held):
        held.flags = 1
        self.alone(client, held)
        assert nowhere(client)

    def test_one_without_them_does_not_with_the_question_put_to_somebody_else(
        self, client, curator, held, clinician
    ):
        passkey_of(clinician)
        first = client.post(reverse("sign-in-again"), {"username": "clinician", "password": PASSWORD}).json()
        held.flags, held.owner = 1, websafe_encode(user_pk_to_url_str(curator).encode())
        sent = held.answer(first["second_factor"]["passkey"])
        with time_machine.travel(
            timezone.now() + datetime.timedelta(minutes=16)
        ):  # the first step is forgotten
            client.post(reverse("mfa_login_webauthn"), {"credential": json.dumps(sent)})
            assert nowhere(client)

    def test_another_site_cannot_pass_one_on(self, client, curator, held):
        self.alone(client, held, origin="https://evil.example")
        assert nowhere(client)

    def test_one_is_not_answered_twice(self, client, curator, held):
        url = reverse("mfa_login_webauthn")
        options = client.get(url, headers={"Accept": "application/json"}).json()["request_options"]
        sent = {"credential": json.dumps(held.answer(options))}
        client.post(url, sent)
        client.post(reverse("logout"))
        client.post(url, sent)
        assert nowhere(client)

    def test_one_of_a_stopped_account_opens_nothing(self, client, curator, held):
        curator.is_active = False
        curator.save()
        self.alone(client, held)
        assert nowhere(client)

    def test_one_signs_in_in_place(self, client, curator, held):
        url = reverse("sign-in-again")
        first = client.post(url, {"username": "curator", "password": PASSWORD}).json()
        options = first["second_factor"]["passkey"]
        sent = client.post(url, {"credential": json.dumps(held.answer(options))})
        assert sent.json() == {"user": "curator"} and signed_in(client)

    def test_one_confirms(self, client, curator, held):
        self.alone(client, held)
        page = client.get(reverse("mfa_activate_totp"))
        assert page.url.startswith(reverse("mfa_reauthenticate_webauthn"))
        sent = held.answer(self.options(client, page.url))
        client.post(page.url, {"credential": json.dumps(sent)})
        assert client.get(reverse("mfa_activate_totp")).status_code == 200

    def test_the_last_one_stays_where_the_role_demands_it(self, client, curator, held):
        self.alone(client, held)
        page = client.get(reverse("mfa_activate_totp"))
        client.post(page.url, {"credential": json.dumps(held.answer(self.options(client, page.url)))})
        remove = reverse("mfa_remove_webauthn", args=[Authenticator.objects.get(type="webauthn").pk])
        assert client.get(remove).status_code == 200
        client.post(remove)
        assert Authenticator.objects.filter(type="webauthn").exists()


class TestChanging:
    def test_it_takes_another_confirmation(self, client, careful):
        sign_in(client, careful)
        for name in ("mfa_deactivate_totp", "mfa_add_webauthn", "mfa_generate_recovery_codes"):
            for ask in (client.get, client.post):
                assert "/account/confirm/" in ask(reverse(name)).url, name
        assert Authenticator.objects.filter(user=careful, type="totp").exists()

    def test_the_password_does_not_confirm_for_who_has_a_second_factor(self, client, careful):
        sign_in(client, careful)
        assert confirm(client, password=PASSWORD).url.startswith(reverse("mfa_reauthenticate"))
        assert "/account/confirm/" in client.get(reverse("mfa_generate_recovery_codes")).url
        confirm(client, code=recovery_codes(careful)[0])
        assert client.get(reverse("mfa_generate_recovery_codes")).status_code == 200

    def test_codes_are_shown_once(self, client, careful, post):
        sign_in(client, careful)
        confirm(client, code=recovery_codes(careful)[0])
        post("mfa_generate_recovery_codes")
        made = recovery_codes(careful)
        page = client.get(reverse("mfa_view_recovery_codes")).content.decode()
        assert len(made) == 10 and all(each in page for each in made)
        again = client.get(reverse("mfa_view_recovery_codes")).content.decode()
        assert not any(each in again for each in made)
        assert "recovery_made" in kinds()

    def test_the_last_one_stays_where_the_role_demands_it(self, client, careful):
        sign_in(client, careful)
        confirm(client, code=recovery_codes(careful)[0])
        assert client.post(reverse("mfa_deactivate_totp")).status_code == 200
        assert Authenticator.objects.filter(user=careful, type="totp").exists()

    def test_others_may_remove_it(self, client, clinician):
        app_of(clinician)
        sign_in(client, clinician)
        confirm(client, code=recovery_codes(clinician)[0])
        assert client.post(reverse("mfa_deactivate_totp")).url == reverse("mfa_index")
        assert not Authenticator.objects.filter(user=clinician).exists() and signed_in(client)
        assert kinds()[-2:] == ["factor_removed", "factor_removed"]

    def test_nobody_removes_the_passkey_of_another(self, client, careful, clinician):
        theirs = Authenticator.objects.create(
            user=clinician, type="webauthn", data={"name": "x", "credential": {}}
        )
        sign_in(client, careful)
        confirm(client, code=recovery_codes(careful)[0])
        assert client.post(reverse("mfa_remove_webauthn", args=[theirs.pk])).status_code == 404


class TestDuty:
    def test_there_is_time_and_a_notice_says_how_much(self, client, curator):
        client.force_login(curator)
        for url in (reverse("dashboard"), PATIENTS):
            assert "14 days left" in client.get(url).content.decode()
        assert client.get(API).status_code == 200

    @pytest.mark.parametrize("role", ["clinician", "researcher"])
    def test_it_is_not_asked_of_others(self, client, center, role):
        user = factories.member(center, role)
        user.date_joined -= datetime.timedelta(days=99)
        user.save()
        client.force_login(user)
        page = client.get(reverse("dashboard"))
        assert page.status_code == 200 and "second factor" not in page.content.decode()

    def test_afterwards_every_door_leads_to_the_set_up(self, client, late, case):
        client.force_login(late)
        set_up = reverse("mfa_index")
        for url in ("/", PATIENTS, "/admin/", reverse("case-detail", args=[case.uuid]), reverse("account")):
            assert client.get(url).url == set_up, url
            assert client.post(url).url == set_up, url
        fragment = client.get(reverse("case-counts"), headers={"HX-Request": "true"})
        assert (fragment.status_code, fragment["HX-Redirect"]) == (204, set_up)
        assert (
            client.get("/admin/autocomplete/?app_label=cases&model_name=case&field_name=patient").url
            == set_up
        )
        staying = client.post(reverse("case-edit", args=[case.uuid]), headers={"X-Stay-On-Page": "1"})
        assert staying.status_code == 403
        answer = client.get(API)
        assert answer.status_code == 403 and "second factor" in answer.json()["detail"]
        assert answer["Content-Type"] == "application/problem+json"
        assert client.get(set_up).status_code == 200
        assert client.post(reverse("logout")).status_code == 302

    def test_afterwards_tokens_rest_too(self, client, late):
        _made, token = tokens.create(late)
        answer = client.get(API, headers={"Authorization": f"Token {token}"})
        assert answer.status_code == 403 and "second factor" in answer.json()["detail"]
        app_of(late)
        assert client.get(API, headers={"Authorization": f"Token {token}"}).status_code == 200

    def test_before_nobody_makes_a_token_that_outlasts_the_days(self, client, curator):
        client.force_login(curator)
        sent = {"name": "R", "access": "read", "reach": "every", "profile": "pseudonymised", "days": "30"}
        refused = client.post(reverse("tokens"), sent)
        assert refused.status_code == 422 and "second factor first" in refused.content.decode()
        assert not curator.auth_token_set.exists()
        client.logout()
        app_of(curator)
        sign_in(client, curator)
        assert client.post(reverse("tokens"), sent).status_code == 200

    def test_it_begins_with_the_membership(self, client, late):
        late.memberships.update(start=timezone.localdate() - datetime.timedelta(days=5))
        client.force_login(late)
        assert "9 days left" in client.get("/").content.decode()

    def test_it_ends_with_the_membership(self, client, late):
        late.memberships.update(end=timezone.localdate() - datetime.timedelta(days=1))
        client.force_login(late)
        assert "second factor" not in client.get("/").content.decode()

    def test_superusers_owe_it_too(self, client, db):
        user = UserFactory(username="root", is_superuser=True)
        user.date_joined -= datetime.timedelta(days=15)
        user.save()
        client.force_login(user)
        assert client.get("/admin/").url == reverse("mfa_index")

    def test_setting_it_up_opens_the_doors(self, client, late, post):
        client.force_login(late)
        assert "/account/confirm/" in client.get(reverse("mfa_activate_totp")).url
        confirm(client, password=PASSWORD)
        page = client.get(reverse("mfa_activate_totp")).content.decode()
        assert "data:image/svg+xml;base64," in page and "style=" not in page
        done = post("mfa_activate_totp", {"code": code(client.session["mfa.totp.secret"])})
        assert done.url == reverse("mfa_view_recovery_codes")
        assert client.get(reverse("dashboard")).status_code == 200
        assert kinds().count("factor_added") == 2

    def test_the_days_are_a_setting(self, client, curator, settings):
        settings.SECOND_FACTOR_GRACE_DAYS = 0
        client.force_login(curator)
        assert client.get("/").url == reverse("mfa_index")


class TestSecretsAtRest:
    def test_the_database_never_sees_a_secret(self, careful):
        held = {each.type: each.data for each in Authenticator.objects.filter(user=careful)}
        assert SECRET not in str(held) and sealing.unseal(held["totp"]["secret"]) == SECRET
        seed = sealing.unseal(held["recovery_codes"]["seed"])
        assert seed and seed not in str(held)

    def test_another_key_reads_nothing_and_signs_nobody_in(self, client, careful, settings):
        settings.IDENTITY_KEY = "another key"
        password(client, "curator")
        answer = client.post(reverse("mfa_authenticate"), {"code": code()})
        assert "no longer be read" in answer.content.decode() and nowhere(client)

    def test_they_can_be_sealed_with_a_new_key(self, client, careful, settings):
        old, settings.IDENTITY_KEY = settings.IDENTITY_KEY, "another key"
        assert sealing.reseal(old, "another key") == 2
        sign_in(client, careful)
        assert signed_in(client)


class TestLost:
    def test_an_administrator_takes_it_away_and_ends_the_sessions(self, client, careful):
        sign_in(client, careful)
        call_command("remove_second_factor", "curator", stdout=io.StringIO())
        assert not signed_in(client)
        assert not Authenticator.objects.filter(user=careful).exists()
        assert kinds()[-2:] == ["factor_removed", "factor_removed"]
        password(client, "curator")
        assert signed_in(client)

    @pytest.mark.parametrize("name", ["nobody", "clinician"])
    def test_there_has_to_be_one(self, clinician, name):
        with pytest.raises(CommandError):
            call_command("remove_second_factor", name)
