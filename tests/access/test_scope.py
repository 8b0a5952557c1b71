"""Who may see, write and identify – role by role, and nobody by default."""

import pytest
from django.contrib.auth.models import AnonymousUser

from cases.models import Case, Patient
from registry.access import scope
from registry.access.models import Center, Membership
from registry.core.actors import System
from tests import factories

#: role → sees own centre, writes own centre, sees who a patient of it is
ROLES = {
    "clinician": (True, True, True),
    "curator": (True, True, True),
    "researcher": (True, False, False),
    "outsider": (False, False, False),
    "inactive": (False, False, False),
    "anonymous": (False, False, False),
    "nobody": (False, False, False),
    "superuser": (True, True, True),
}


@pytest.fixture
def people(center, clinician, curator, researcher, outsider):
    inactive = factories.member(center, "clinician", username="gone", is_active=False)
    return {
        "clinician": clinician,
        "curator": curator,
        "researcher": researcher,
        "outsider": outsider,
        "inactive": inactive,
        "anonymous": AnonymousUser(),
        "nobody": factories.UserFactory(username="nobody"),
        "superuser": factories.UserFactory(username="boss", is_superuser=True),
    }


@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_writes_and_identifies_its_own_centre(role, people, case, center):
    user, (sees, writes, identifies) = people[role], ROLES[role]
    assert Case.objects.for_user(user).filter(pk=case.pk).exists() is sees
    assert scope.visible_centers(user).filter(pk=center.pk).exists() is sees
    assert scope.may_write(user, case) is writes
    assert scope.writable_centers(user).filter(pk=center.pk).exists() is writes
    assert scope.may_identify(user, center.pk) is identifies


@pytest.mark.parametrize("role", ROLES)
def test_published_records_are_read_by_everyone_signed_in_and_written_by_nobody(role, people):
    published = factories.CenterFactory(code="PAPER", kind="published")
    case = factories.CaseFactory(patient=factories.PatientFactory(center=published))
    user, signed_in = people[role], role not in ("anonymous", "inactive")
    assert Case.objects.for_user(user).filter(pk=case.pk).exists() is signed_in
    assert scope.may_write(user, case) is False
    assert scope.may_identify(user, published.pk) is signed_in
    assert scope.may_write(System("loader"), case) is True


def test_an_unknown_user_sees_nothing(case):
    assert not Case.objects.for_user(None).exists()
    assert not Case.objects.for_user(object()).exists()


@pytest.mark.parametrize("role", ROLES)
def test_records_of_no_centre_are_written_by_superusers_only(role, people):
    diagnosis = factories.DiagnosisFactory()
    assert scope.may_write(people[role], diagnosis) is (role == "superuser")


def test_roles_differ_by_centre(center, other_center):
    user = factories.member(center, "researcher")
    Membership.objects.create(user=user, center=other_center, role="clinician")
    here = factories.PatientFactory(center=center)
    there = factories.PatientFactory(center=other_center)
    assert set(Patient.objects.for_user(user)) == {here, there}
    assert (scope.may_write(user, here), scope.may_write(user, there)) == (False, True)
    assert (scope.may_identify(user, center.pk), scope.may_identify(user, other_center.pk)) == (False, True)


def test_two_roles_in_one_centre_show_each_record_once(center, case):
    user = factories.member(center, "researcher")
    Membership.objects.create(user=user, center=center, role="curator")
    assert Case.objects.for_user(user).count() == 1
    assert scope.visible_centers(user).filter(kind=Center.Kind.CLINICAL).count() == 1
