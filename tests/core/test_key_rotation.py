"""Changing the key: old keys still read, everything is written anew, and the chain verifies with the new key alone."""

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection

from cases import checks, rotation
from cases.identity import is_current, lookup_hash
from cases.models import Patient
from registry.access.chain import link_events
from registry.access.models import AccessEvent
from registry.access.sign_in import sealing
from registry.core import records
from registry.core.chain import checking
from registry.core.history import field_changes
from tests import factories as make
from tests.factories import TESTS

OLD, NEW = "the old key", "the new key"


def use(settings, key, *old):
    settings.IDENTITY_KEY, settings.IDENTITY_KEYS_OLD = key, list(old)


def raw():
    with connection.cursor() as cursor:
        cursor.execute("SELECT hospital_number FROM cases_patient WHERE hospital_number <> '' ORDER BY id")
        return [token for (token,) in cursor.fetchall()]


def chains():
    link_events(AccessEvent)
    return [checking.check(chain) for chain in checking.CHAINS.values()]


@pytest.fixture
def patients(settings, center):
    use(settings, OLD, settings.IDENTITY_KEY)  # under which the chains began
    make.PatientFactory(center=center)
    return [make.PatientFactory(center=center, hospital_number=f"KH {n}") for n in (1, 2, 3)]


def test_former_keys_read_and_find_until_the_numbers_are_written_anew(settings, center, patients, client):
    use(settings, NEW, OLD)
    assert [p.hospital_number for p in Patient.objects.exclude(hospital_number_hash="")] == [
        "KH 1",
        "KH 2",
        "KH 3",
    ]
    twin = make.PatientFactory(center=center, hospital_number="kh-2")
    assert list(twin.same_hospital_number()) == [patients[1]]
    client.force_login(make.member(center, "curator"))
    assert patients[1].registry_id in client.get("/admin/cases/patient/", {"q": "KH 2"}).content.decode()


def test_the_numbers_are_written_anew_under_the_current_key(settings, center, patients, monkeypatch, capsys):
    monkeypatch.setattr(rotation, "BATCH", 2)
    before = list(Patient.objects.order_by("pk").values("version", "modified_at"))
    use(settings, NEW, OLD, *settings.IDENTITY_KEYS_OLD)
    call_command("rotate_keys", "--dry-run")
    assert "3 of 3 hospital numbers would be" in capsys.readouterr().out
    assert not any(map(is_current, raw()))
    call_command("rotate_keys")
    link_events(AccessEvent)
    use(settings, NEW)
    assert all(map(is_current, raw()))
    assert list(Patient.objects.order_by("pk").values("version", "modified_at")) == before
    for patient in Patient.objects.exclude(hospital_number_hash=""):
        assert patient.hospital_number_hash == lookup_hash(center.pk, patient.hospital_number)
    row = patients[0].history.first()
    assert (row.history_user_name, row.history_change_reason) == ("system: rotate_keys", rotation.REASON)
    (change,) = field_changes(row, row.prev_record)
    assert change.secret and "KH" not in str(change)
    event = AccessEvent.objects.get(kind="keys")
    assert event.user_name == "system: rotate_keys" and "3 of 3 numbers" in event.detail
    assert all(found.fault is None and found.unread_seals for found in chains())
    call_command("rotate_keys")
    assert "0 of 3" in capsys.readouterr().out
    assert patients[0].history.count() == 2


def test_the_chain_needs_a_key_that_it_was_sealed_with(settings, patients):
    use(settings, NEW)
    history, _access = chains()
    assert history.fault.what == "link broken" and "IDENTITY_KEY" in history.fault.why


def test_a_number_that_no_key_reads_is_left_alone_and_counted(settings, center, patients):
    use(settings, "a key of nobody")
    make.PatientFactory(center=center, hospital_number="KH 9")
    use(settings, NEW, OLD)
    stored = raw()
    with pytest.raises(CommandError, match="1 cannot be read"):
        call_command("rotate_keys")
    assert raw()[-1] == stored[-1]
    use(settings, NEW, OLD, "a key of nobody")
    call_command("rotate_keys")
    use(settings, NEW)
    assert all(map(is_current, raw()))


def test_a_wrong_key_says_so_and_overwrites_nothing(settings, patients, caplog):
    assert checks.numbers_can_be_read(databases=["default"]) == []
    use(settings, "a wrong key")
    (fault,) = checks.numbers_can_be_read(databases=["default"])
    assert patients[0].registry_id in fault.msg and "IDENTITY_KEYS_OLD" in fault.hint
    checks.report()
    assert patients[0].registry_id in caplog.text
    stored = raw()
    patient = Patient.objects.get(pk=patients[0].pk)
    assert patient.hospital_number == ""
    patient.sex = "male"
    with pytest.raises(ValidationError, match="another key"):
        records.save(patient, by=TESTS)
    assert raw() == stored


def test_secrets_of_second_factors_turn_too(settings, clinician, capsys):
    use(settings, OLD)
    factor = Authenticator.objects.create(
        user=clinician, type=Authenticator.Type.TOTP, data={"secret": sealing.seal("SECRET")}
    )
    use(settings, NEW, OLD)
    assert sealing.unseal(factor.data["secret"]) == "SECRET"
    call_command("rotate_keys")
    assert "1 second factors were" in capsys.readouterr().out
    use(settings, NEW)
    factor.refresh_from_db()
    assert sealing.unseal(factor.data["secret"]) == "SECRET"
    assert sealing.turn() == (0, 0)
