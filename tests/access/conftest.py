"""Tests of the sign-in check many passwords; a hash that is slow on purpose would cost them a minute."""

import pytest

from tests import factories


@pytest.fixture(autouse=True)
def _quick_passwords(settings, monkeypatch):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setattr(factories, "_hash", [])
