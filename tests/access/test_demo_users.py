"""``demo_users`` makes what is not there and leaves alone what is."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from registry.access.models import Center, Membership, User

NAMES = {"clinician", "curator", "researcher", "admin"}


def run(*arguments):
    out = StringIO()
    call_command("demo_users", *arguments, stdout=out)
    return out.getvalue()


def test_four_users_with_their_roles_in_the_first_of_two_hospitals(db):
    said = run("--password", "a demo password")
    assert "Demo password" not in said
    assert set(User.objects.values_list("username", flat=True)) == NAMES
    assert set(Center.objects.values_list("code", flat=True)) == {"HEI", "BER"}
    roles = dict(Membership.objects.filter(center__code="HEI").values_list("user__username", "role"))
    assert roles == {"clinician": "clinician", "curator": "curator", "researcher": "researcher"}
    assert not Membership.objects.filter(center__code="BER").exists()
    flags = {user.username: (user.is_staff, user.is_superuser) for user in User.objects.all()}
    assert flags == {
        "clinician": (False, False),
        "curator": (True, False),
        "researcher": (False, False),
        "admin": (True, True),
    }
    assert all(user.check_password("a demo password") for user in User.objects.all())


def test_without_a_password_a_random_one_is_printed_once(db):
    said = run()
    password = said.split("Demo password: ")[1].strip()
    assert len(password) >= 12
    assert User.objects.get(username="admin").check_password(password)
    assert "Demo password" not in run()


def test_a_second_run_changes_nothing(db):
    run("--password", "the first one")
    Membership.objects.filter(user__username="curator").delete()
    before = list(User.objects.order_by("id").values())
    assert "nothing was changed" in run("--password", "another one")
    assert list(User.objects.order_by("id").values()) == before
    assert not Membership.objects.filter(user__username="curator").exists()


def test_reset_gives_existing_users_the_password(db):
    run("--password", "the first one")
    run("--password", "another one", "--reset")
    assert User.objects.get(username="admin").check_password("another one")
    with pytest.raises(CommandError):
        run("--reset")


def test_only_the_missing_user_is_made(db):
    run("--password", "the first one")
    User.objects.get(username="researcher").delete()
    said = run("--password", "another one")
    assert "researcher" in said
    assert User.objects.get(username="researcher").check_password("another one")
    assert User.objects.get(username="admin").check_password("the first one")
