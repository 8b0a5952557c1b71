"""Memberships hold from one day to another, and give nothing before or after."""

import datetime

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from cases.models import Case
from registry.access import scope, tokens
from registry.access.models import AccessEvent, Membership, User
from tests import factories

TODAY = datetime.date(2026, 3, 10)
DAY = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def _today():
    # Late in the evening in Greenwich it is the next day in Berlin; memberships end with the installation's day.
    with time_machine.travel(datetime.datetime(2026, 3, 10, 21, tzinfo=datetime.UTC), tick=False):
        yield


def fresh(user):
    """As the next request finds the user."""
    return type(user).objects.get(pk=user.pk)


#: from, until → whether it holds today
PERIODS = [
    (TODAY, None, True),
    (TODAY, TODAY, True),
    (TODAY - DAY, TODAY + DAY, True),
    (TODAY - 9 * DAY, TODAY - DAY, False),
    (TODAY + DAY, None, False),
]


@pytest.mark.parametrize(("start", "end", "holds"), PERIODS)
def test_first_and_last_day_count(center, start, end, holds):
    user = factories.UserFactory()
    row = Membership.objects.create(user=user, center=center, role="curator", start=start, end=end)
    assert Membership.objects.in_force().filter(pk=row.pk).exists() is holds
    assert row.is_in_force is holds
    assert user.is_staff is holds


@pytest.mark.parametrize("role", ["clinician", "curator", "researcher"])
@pytest.mark.parametrize(("start", "end"), [(None, TODAY - DAY), (TODAY + DAY, None)])
def test_what_has_ended_or_not_begun_gives_nothing(client, case, center, role, start, end):
    user = factories.member(center, role)
    user.memberships.update(start=start or TODAY - 30 * DAY, end=end)
    user = fresh(user)
    assert not Case.objects.for_user(user).exists()
    assert not scope.visible_centers(user).exists() and not scope.writable_centers(user).exists()
    assert not scope.identified_centers(user).exists() and not scope.member_centers(user).exists()
    assert not scope.may_write(user, case) and not scope.may_identify(user, center.pk)
    assert not Case.objects.filter(scope.identifiable(user, "center")).exists()
    assert not user.is_staff and not scope.curated(user)
    client.force_login(user)
    assert client.get(reverse("case-detail", args=[case.uuid])).status_code == 404
    assert client.get(f"/api/v1/cases/{case.uuid}/").status_code == 404
    assert client.get("/admin/").status_code != 200
    assert "Administration" not in client.get(reverse("account")).content.decode()


def test_it_ends_at_midnight_of_the_installation(center, case, clinician):
    clinician.memberships.update(end=TODAY)
    assert Case.objects.for_user(clinician).exists()
    with time_machine.travel(datetime.datetime(2026, 3, 10, 23, 30, tzinfo=datetime.UTC)):
        assert not Case.objects.for_user(clinician).exists()


def test_the_end_is_not_before_the_start(center, clinician):
    row = clinician.memberships.get()
    row.end = row.start - DAY
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert "end" in refused.value.message_dict
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_who_comes_back_has_two_memberships_that_do_not_overlap(center, clinician):
    old = clinician.memberships.get()
    old.start, old.end = TODAY - 30 * DAY, TODAY - 10 * DAY
    old.full_clean()
    old.save()
    again = Membership(user=clinician, center=center, role="clinician", start=TODAY - 10 * DAY)
    with pytest.raises(ValidationError):
        again.full_clean()
    again.start = TODAY
    again.full_clean()
    again.save()
    assert scope.may_identify(fresh(clinician), center.pk)


def test_a_superuser_is_made_by_command(db):
    boss = User.objects.create_superuser("boss", "boss@example.org", "a long enough pass phrase")
    assert boss.is_superuser and boss.is_staff and boss.check_password("a long enough pass phrase")
    assert not User.objects.create_user("plain").is_staff


class TestInTheAdmin:
    """Curators manage the memberships of their centre, for others; nobody raises their own rights."""

    @pytest.fixture(autouse=True)
    def _desk(self, client, curator):
        client.force_login(curator)
        self.client, self.curator = client, curator

    @staticmethod
    def url(page, *args):
        return reverse(f"admin:access_membership_{page}", args=args)

    def add(self, user, center, role="curator", **more):
        sent = {"user": user.pk, "center": center.pk, "role": role, "start": TODAY, "end": "", **more}
        return self.client.post(self.url("add"), sent)

    def test_a_curator_gives_a_colleague_another_role_and_it_is_noted(self, center, clinician):
        assert self.add(clinician, center, end=TODAY + 30 * DAY, start=TODAY).status_code == 302
        assert fresh(clinician).is_staff
        event = AccessEvent.objects.filter(kind="membership").get()
        assert event.user_name == "curator" and "clinician" in event.subject
        assert "created: HEI, curator, from 2026-03-10 until 2026-04-09" in event.detail

    def test_a_curator_ends_a_membership(self, clinician):
        row = clinician.memberships.get()
        row.start = TODAY - 30 * DAY
        row.save()
        sent = {"role": "clinician", "start": row.start, "end": TODAY - DAY}
        assert self.client.post(self.url("change", row.pk), sent).status_code == 302
        assert not fresh(clinician).roles_by_center
        assert self.client.post(self.url("delete", row.pk), {"post": "yes"}).status_code == 302
        details = (
            AccessEvent.objects.filter(kind="membership").order_by("id").values_list("detail", flat=True)
        )
        assert [detail.split(":")[0] for detail in details] == ["changed", "removed"]

    def test_nobody_gives_a_membership_to_themselves_or_in_a_foreign_centre(
        self, center, other_center, clinician
    ):
        outsider = factories.member(other_center, "clinician")
        before = Membership.objects.count()
        for user, where in ((self.curator, center), (clinician, other_center), (outsider, center)):
            refused = self.add(user, where)
            assert refused.status_code == 200 and refused.context["adminform"].form.errors
        assert Membership.objects.count() == before

    def test_nobody_changes_or_removes_their_own(self, center):
        own = self.curator.memberships.get()
        own.end = TODAY
        own.save()
        sent = {"role": "curator", "start": own.start, "end": ""}
        assert self.client.post(self.url("change", own.pk), sent).status_code == 403
        assert self.client.post(self.url("delete", own.pk), {"post": "yes"}).status_code == 403
        action = {"action": "delete_selected", "_selected_action": own.pk, "post": "yes"}
        self.client.post(self.url("changelist"), action)
        own.refresh_from_db()
        assert own.end == TODAY

    def test_fields_that_the_form_does_not_have_change_nothing(self, other_center, clinician):
        row = clinician.memberships.get()
        sent = {
            "role": "researcher",
            "start": TODAY,
            "end": "",
            "user": self.curator.pk,
            "center": other_center.pk,
            "is_superuser": "on",
            "user__is_superuser": "on",
        }
        assert self.client.post(self.url("change", row.pk), sent).status_code == 302
        row.refresh_from_db()
        assert (row.user, row.center.code, row.role) == (clinician, "HEI", "researcher")
        assert not fresh(clinician).is_superuser and not fresh(self.curator).is_superuser

    def test_a_foreign_membership_is_not_there_and_users_are_closed(self, other_center, clinician):
        foreign = factories.member(other_center, "clinician").memberships.get()
        sent = {"role": "curator", "start": TODAY, "end": ""}
        assert self.client.post(self.url("change", foreign.pk), sent).status_code in (302, 404)
        foreign.refresh_from_db()
        assert foreign.role == "clinician"
        flags = {"is_superuser": "on", "is_active": "on", "username": "clinician"}
        for user in (clinician, self.curator):
            address = reverse("admin:access_user_change", args=[user.pk])
            assert self.client.post(address, flags).status_code == 403
        assert self.client.get("/admin/autocomplete/?app_label=access").status_code in (403, 404)

    def test_a_superuser_who_makes_somebody_inactive_revokes_their_tokens(self, center, clinician):
        _scope, secret = tokens.create(clinician)
        boss = factories.UserFactory(is_superuser=True)
        self.client.force_login(boss)
        row = clinician.memberships.get()
        sent = {
            "username": "clinician",
            "email": "",
            "memberships-TOTAL_FORMS": 1,
            "memberships-INITIAL_FORMS": 1,
            "memberships-0-id": row.pk,
            "memberships-0-user": clinician.pk,
            "memberships-0-center": center.pk,
            "memberships-0-role": "researcher",
            "memberships-0-start": row.start,
            "memberships-0-end": "",
        }
        saved = self.client.post(reverse("admin:access_user_change", args=[clinician.pk]), sent)
        assert saved.status_code == 302
        assert not fresh(clinician).is_active
        asked = self.client.__class__(headers={"Authorization": f"Token {secret}"}).get("/api/v1/cases/")
        assert asked.status_code == 401
        noted = AccessEvent.objects.filter(user_name=boss.username).values_list("kind", "detail")
        assert {
            ("user", "is_active: False"),
            ("membership", f"changed: HEI, researcher, from {row.start} without end"),
        } <= set(noted)
