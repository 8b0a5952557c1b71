"""Memberships hold from one day to another, and give nothing before or after."""

import datetime

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from cases.models import Case
from registry.access import scope
from registry.access.models import Membership
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
