"""Curators invite by a link that can be used once; nobody gets more than they were invited to."""

import datetime
import re

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry.access import scope
from registry.access.models import AccessEvent, Invitation, Membership, User
from tests import factories

NEW = "a long enough pass phrase"


def wish(center, **more):
    return {
        "email": "Anna@Example.org",
        "first_name": "Anna",
        "last_name": "Arnold",
        "center": center.pk,
        "role": "clinician",
        "start": datetime.date.today().isoformat(),
        "end": "",
        **more,
    }


def answer(**more):
    return {
        "username": "anna",
        "first_name": "Anna",
        "last_name": "A",
        "password1": NEW,
        "password2": NEW,
        **more,
    }


@pytest.fixture
def desk(curator):
    """The curator's browser."""
    client = Client()
    client.force_login(curator)
    return client


@pytest.fixture
def invited(desk, center):
    """The link in the mail of an invitation."""
    assert desk.post(reverse("invitations"), wish(center)).status_code == 302
    return link()


def link():
    return re.search(r"http://testserver(/\S+)", mail.outbox[-1].body)[1]


def test_a_new_person_chooses_name_and_password_and_signs_in_apart(client, center, invited):
    (sent,) = mail.outbox
    assert sent.to == ["anna@example.org"] and "HEI" in sent.subject and "\n" not in sent.subject
    page = client.get(invited)
    assert page.status_code == 200 and "at least 12 characters" in page.content.decode()
    assert page["Cache-Control"] == "no-store" and page["Referrer-Policy"] == "strict-origin"
    done = client.post(invited, answer())
    assert (done.status_code, done.url) == (302, reverse("login"))
    assert "_auth_user_id" not in client.session
    anna = User.objects.get(username="anna")
    assert (anna.email, anna.is_superuser, anna.check_password(NEW)) == ("anna@example.org", False, True)
    row = anna.memberships.get()
    assert (row.center, row.role, row.end) == (center, "clinician", None)
    kinds = list(AccessEvent.objects.order_by("id").values_list("kind", "user_name", "detail"))
    assert [(kind, name) for kind, name, _ in kinds if kind in ("invitation", "user", "membership")] == [
        ("invitation", "curator"),
        ("user", "anna"),
        ("invitation", "anna"),
        ("membership", "anna"),
    ]
    secret = invited.rstrip("/").rsplit("/", 1)[1]
    assert secret not in str([vars(event) for event in AccessEvent.objects.all()])
    assert secret not in str([vars(row) for row in Invitation.objects.all()])


def test_what_is_sent_beside_the_form_changes_nothing(client, center, other_center, invited):
    more = {
        "email": "eve@example.org",
        "is_superuser": "on",
        "is_staff": "on",
        "role": "curator",
        "center": other_center.pk,
        "end": "",
        "is_active": "",
    }
    client.post(invited, answer(**more))
    anna = User.objects.get(username="anna")
    assert (anna.email, anna.is_superuser, anna.is_staff, anna.is_active) == (
        "anna@example.org",
        False,
        False,
        True,
    )
    assert list(anna.memberships.values_list("center__code", "role")) == [("HEI", "clinician")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"password1": "short", "password2": "short"},
        {"password2": "another long pass phrase"},
        {"username": "curator"},
        {"username": "a b"},
        {"username": "curator@clinic.example"},
        {"username": ""},
        {"username": "x" * 151},
        {"username": "nul\x00"},
    ],
)
def test_an_answer_that_cannot_be_leaves_the_invitation_open(client, invited, wrong):
    refused = client.post(invited, answer(**wrong))
    assert refused.status_code == 422 and "error-summary" in refused.content.decode()
    assert Invitation.objects.get().accepted_at is None and not User.objects.filter(username="anna").exists()


def test_the_own_address_may_be_the_user_name(client, invited):
    assert client.post(invited, answer(username="anna@example.org")).status_code == 302


def test_a_link_works_once(client, invited):
    client.post(invited, answer())
    for again in (client.get(invited), client.post(invited, answer(username="second"))):
        assert again.status_code == 410 and "has been accepted" in again.content.decode()
    assert not User.objects.filter(username="second").exists()


def test_a_link_expires_after_seven_days_and_can_be_sent_again(client, desk, curator, center):
    with time_machine.travel(datetime.datetime.now(datetime.UTC), tick=False) as clock:
        desk.post(reverse("invitations"), wish(center))
        old = link()
        clock.shift(datetime.timedelta(days=7))
        closed = client.get(old)
        assert closed.status_code == 410 and "has expired" in closed.content.decode()
        invitation = Invitation.objects.get()
        desk.force_login(curator)  # no session lives as long
        desk.post(reverse("invitation-send", args=[invitation.uuid]))
        assert client.get(link()).status_code == 200
        assert client.get(old).status_code == 404
        assert client.post(old, answer()).status_code == 404


def test_a_revoked_link_says_so(client, desk, invited):
    invitation = Invitation.objects.get()
    desk.post(reverse("invitation-revoke", args=[invitation.uuid]))
    closed = client.post(invited, answer())
    assert closed.status_code == 410 and "has been revoked" in closed.content.decode()
    desk.post(reverse("invitation-send", args=[invitation.uuid]))
    assert len(mail.outbox) == 1


def test_it_lapses_with_the_right_of_its_sender(client, curator, invited):
    yesterday = datetime.date.today() - datetime.timedelta(days=1)
    curator.memberships.update(start=yesterday, end=yesterday)
    assert client.get(invited).status_code == 410
    assert client.post(invited, answer()).status_code == 410
    assert not User.objects.filter(username="anna").exists()


@pytest.mark.parametrize("secret", ["x", "a" * 500, "ü", "%F0%9F%92%80"])
def test_a_link_that_nobody_sent_is_not_known(client, db, secret):
    answered = client.get(f"/account/invitations/accept/{secret}/")
    assert answered.status_code == 404 and "not known" in answered.content.decode()


def test_who_has_an_account_accepts_signed_in_and_gets_the_membership_only(
    client, center, other_center, desk
):
    anna = factories.member(other_center, "researcher", username="anna", email="anna@example.org")
    before = anna.password
    desk.post(reverse("invitations"), wish(center))
    url = link()
    asked = client.get(url)
    assert asked.status_code == 403 and f"{reverse('login')}?next=" in asked.content.decode()
    assert client.post(url, answer(username="another")).status_code == 403
    assert not User.objects.filter(username="another").exists()
    client.force_login(anna)
    assert client.get(url).status_code == 200
    assert client.post(url, answer(username="another")).url == reverse("account")
    anna.refresh_from_db()
    assert (anna.username, anna.password) == ("anna", before)
    assert set(anna.memberships.values_list("center__code", "role")) == {
        ("BER", "researcher"),
        ("HEI", "clinician"),
    }


def test_somebody_else_who_is_signed_in_gets_nothing(outsider, invited):
    client = Client()
    client.force_login(outsider)
    for answered in (client.get(invited), client.post(invited)):
        assert answered.status_code == 403 and "Sign out" in answered.content.decode()
    assert outsider.memberships.count() == 1


def test_nobody_raises_their_own_rights_by_an_invitation(desk, curator, center, researcher):
    curator.email = "me@example.org"
    curator.save()
    own = desk.post(reverse("invitations"), wish(center, email="ME@example.org"))
    assert own.status_code == 422 and "your own address" in own.content.decode()
    # Nor by way of an address that becomes theirs afterwards.
    desk.post(reverse("invitations"), wish(center, email="later@example.org"))
    curator.email = "later@example.org"
    curator.save()
    assert desk.post(link()).status_code == 403
    assert curator.memberships.count() == 1


@pytest.mark.parametrize("role", ["clinician", "researcher"])
def test_only_curators_invite(center, role, invited):
    client = Client()
    client.force_login(factories.member(center, role))
    uuid = Invitation.objects.get().uuid
    assert client.get(reverse("invitations")).status_code == 403
    assert client.post(reverse("invitations"), wish(center, email="b@example.org")).status_code == 403
    for name in ("invitation-send", "invitation-revoke"):
        assert client.post(reverse(name, args=[uuid]), {}).status_code == 403
    assert len(mail.outbox) == 1


def test_a_curator_invites_into_own_centres_only(desk, center, other_center, invited):
    foreign = factories.member(other_center, "curator")
    refused = desk.post(reverse("invitations"), wish(other_center, email="b@example.org"))
    assert refused.status_code == 422
    client = Client()
    client.force_login(foreign)
    assert "anna@example.org" not in client.get(reverse("invitations")).content.decode()
    for name in ("invitation-send", "invitation-revoke"):
        assert client.post(reverse(name, args=[Invitation.objects.get().uuid])).status_code == 404
        assert desk.get(reverse(name, args=[Invitation.objects.get().uuid])).status_code == 405


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"email": ""}, "email"),
        ({"email": "a@example.org\nBcc: b@example.org"}, "email"),
        ({"role": "admin"}, "role"),
        ({"end": "2000-01-01"}, "end"),
        ({"start": "2199-01-01", "end": "2198-01-01"}, "end"),
        ({"start": "yesterday"}, "start"),
        ({"center": "x"}, "center"),
    ],
)
def test_an_invitation_that_cannot_be_names_the_field(desk, center, wrong, field):
    refused = desk.post(reverse("invitations"), wish(center) | wrong)
    assert refused.status_code == 422 and field in refused.context["form"].errors
    assert not Invitation.objects.exists() and not mail.outbox


def test_nobody_is_invited_twice_or_to_what_they_have(desk, center, invited, clinician):
    again = desk.post(reverse("invitations"), wish(center))
    assert again.status_code == 422 and "open invitation" in again.content.decode()
    clinician.email = "c@example.org"
    clinician.save()
    has = desk.post(reverse("invitations"), wish(center, email="c@example.org"))
    assert has.status_code == 422 and "already" in has.content.decode()
    assert Invitation.objects.count() == 1


def test_a_mail_server_that_is_away_loses_no_invitation(desk, center, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    answered = desk.post(reverse("invitations"), wish(center), follow=True)
    assert "could not be sent" in answered.content.decode() and Invitation.objects.count() == 1


def test_the_list_costs_the_same_for_one_and_for_many(desk, center):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(reverse("invitations")).status_code == 200
        return len(queries)

    desk.post(reverse("invitations"), wish(center))
    one = cost()
    for number in range(4):
        desk.post(reverse("invitations"), wish(center, email=f"p{number}@example.org"))
    assert cost() <= one


def test_the_new_account_signs_in_and_has_the_rights(client, case, center, invited):
    client.post(invited, answer())
    assert client.login(username="anna", password=NEW)
    assert client.get(reverse("case-detail", args=[case.uuid])).status_code == 200
    assert Membership.objects.count() == 2
    assert scope.may_write(User.objects.get(username="anna"), case)
