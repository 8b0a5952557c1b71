"""A deployment that lacks a secret is told which."""

from django.test import override_settings

from registry.checks import secrets_are_set


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
