"""Sessions end by themselves, and their users see and end them."""

import datetime
import re

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry.access.models import AccessEvent
from tests.access.signing_in import password, signed_in


def later(**much):
    return time_machine.travel(timezone.now() + datetime.timedelta(**much), tick=False)


def test_an_hour_without_use_ends_it_everywhere(client, clinician):
    password(client, "clinician")
    with later(minutes=61):
        page = client.get(reverse("dashboard"), follow=True)
        assert page.redirect_chain[0][0].startswith(reverse("login"))
        assert "not used for some time" in page.content.decode()
        event = AccessEvent.objects.latest("id")
        assert (event.kind, event.user_name, event.detail) == ("session_ended", "clinician", "idle")


def test_the_api_is_closed_with_it(client, clinician):
    password(client, "clinician")
    with later(minutes=61):
        assert client.get("/api/v1/cases/").status_code == 401


def test_an_invitation_is_closed_with_it(client, clinician, curator, center):
    clinician.email = "anna@clinic.example"
    clinician.save()
    sender = Client()
    sender.force_login(curator)
    today = timezone.localdate().isoformat()
    wish = {"email": clinician.email, "center": center.pk, "role": "researcher", "start": today}
    sender.post(reverse("invitations"), wish)
    link = re.search(r"http://testserver(/\S+)", mail.outbox[-1].body)[1]
    password(client, "clinician")
    with later(minutes=61):
        assert client.post(link).status_code == 403
    assert clinician.memberships.count() == 1


def test_a_page_with_unsaved_text_is_told(client, clinician, case):
    password(client, "clinician")
    with later(minutes=61):
        url = reverse("case-edit", args=[case.uuid])
        assert client.post(url, headers={"X-Stay-On-Page": "1"}).status_code == 401
        again = client.post(
            reverse("sign-in-again"), {"username": "clinician", "password": "correct horse battery staple"}
        )
        assert again.json() == {"user": "clinician"} and signed_in(client)


def test_use_keeps_it_but_not_beyond_its_hours(client, clinician):
    password(client, "clinician")
    for hour in range(1, 12):
        with later(minutes=hour * 55):
            assert signed_in(client), hour
    with later(hours=12, minutes=1):
        assert not signed_in(client)


def test_both_limits_are_settings(client, clinician, settings):
    settings.SESSION_IDLE_MINUTES = 5
    password(client, "clinician")
    with later(minutes=6):
        assert not signed_in(client)


def test_a_session_that_does_not_say_when_it_began_is_over(client, clinician):
    password(client, "clinician")
    session = client.session
    del session["signed_in_at"]
    session.save()
    assert not signed_in(client)


class TestOwnSessions:
    @pytest.fixture
    def other(self, clinician):
        made = Client(headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Gecko Firefox/140.0"})
        password(made, "clinician", REMOTE_ADDR="192.0.2.7")
        return made

    @pytest.fixture
    def here(self, client, clinician):
        password(client, "clinician")
        return client

    def test_they_are_listed(self, here, other):
        page = here.get(reverse("sessions")).content.decode()
        assert "192.0.2.7" in page and "Firefox · Windows" in page and "this one" in page

    def test_one_is_ended(self, here, other):
        session = UserSession.objects.get(ip="192.0.2.7")
        here.post(reverse("session-end", args=[session.pk]))
        assert signed_in(here) and not signed_in(other)
        assert AccessEvent.objects.latest("id").kind == "session_ended"

    def test_all_others_are_ended(self, here, other):
        here.post(reverse("sessions-end-others"))
        assert signed_in(here) and not signed_in(other)

    def test_the_own_one_is_not_ended_by_mistake(self, here):
        session = UserSession.objects.get()
        here.post(reverse("session-end", args=[session.pk]))
        assert signed_in(here)

    def test_nobody_ends_the_session_of_another(self, here, outsider):
        stranger = Client()
        password(stranger, "outsider")
        theirs = UserSession.objects.get(user=outsider)
        assert here.post(reverse("session-end", args=[theirs.pk])).status_code == 404
        assert signed_in(stranger)

    def test_signing_out_takes_it_from_the_list(self, here, other):
        other.post(reverse("logout"))
        assert "192.0.2.7" not in here.get(reverse("sessions")).content.decode()
