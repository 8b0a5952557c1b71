"""A deployment that lacks a secret is told which."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from registry.checks import (
    debug_is_off_with_patients,
    hosts_are_named,
    refuse_debug_with_patients,
    secrets_are_set,
)
from tests import factories


def ids(**settings):
    with override_settings(**settings):
        return {message.id for message in secrets_are_set()}


def test_missing_secrets_are_named():
    found = ids(DEBUG=False, SECRET_KEY_IS_SET=False, IDENTITY_KEY_IS_SET=False)
    assert found == {"registry.E001", "registry.E002"}


def test_debug_needs_none():
    assert ids(DEBUG=True, SECRET_KEY_IS_SET=False, IDENTITY_KEY_IS_SET=False) == set()


def test_one_key_for_both_is_a_warning():
    both = {"SECRET_KEY": "a" * 60, "SECRET_KEY_IS_SET": True, "IDENTITY_KEY_IS_SET": True, "DEBUG": False}
    assert ids(**both, IDENTITY_KEY="a" * 60) == {"registry.W001"}
    assert ids(**both, IDENTITY_KEY="b" * 60) == set()


def test_the_check_runs_at_deployment():
    from django.core.checks.registry import registry

    assert secrets_are_set in registry.get_checks(include_deployment_checks=True)
    assert secrets_are_set not in registry.get_checks()


def test_a_site_that_answers_to_any_host_is_refused_and_one_without_https_warned_of():
    with override_settings(DEBUG=False, ALLOWED_HOSTS=["*"], SESSION_COOKIE_SECURE=False):
        assert [message.id for message in hosts_are_named()] == ["registry.E003", "registry.W002"]
    with override_settings(DEBUG=False, ALLOWED_HOSTS=["registry.example.org"], SESSION_COOKIE_SECURE=True):
        assert hosts_are_named() == []


def test_debug_is_refused_with_a_patient_of_a_hospital(db):
    published = factories.CenterFactory(code="PAPER", kind="published")
    factories.PatientFactory(center=published)
    factories.PatientFactory(center=factories.CenterFactory(code="SYN-1"))
    with override_settings(DEBUG=True):
        refuse_debug_with_patients()
        factories.PatientFactory(center=factories.CenterFactory(code="HEI"))
        assert [message.id for message in debug_is_off_with_patients()] == ["registry.E004"]
        with pytest.raises(ImproperlyConfigured, match="DEBUG is on, and the database holds patients"):
            refuse_debug_with_patients()
    with override_settings(DEBUG=False):
        refuse_debug_with_patients()
        assert debug_is_off_with_patients() == []
