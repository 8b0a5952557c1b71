"""Hospital numbers: encrypted at rest, found again by a keyed hash.

``IDENTITY_KEY`` encrypts and hashes; ``IDENTITY_KEYS_OLD`` are read as well, until ``manage.py rotate_keys`` has
written everything anew under the current one.
"""

import base64
import hashlib
import hmac
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.core import fields

#: Every age from here on is shown as this to those who may not see identity (HIPAA Safe Harbor).
HIGHEST_SHOWN_AGE_YEARS = 90


class Unreadable(str):
    """Stands, empty, for a number that none of the keys can read, so that nobody takes it for no number."""

    __slots__ = ()


@cache
def _key(secret: str, purpose: str) -> bytes:
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).digest()


@cache
def _box(secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key(secret, "hospital-number")))


def _secrets() -> list[str]:
    """Every key of the installation, the current one first."""
    return [settings.IDENTITY_KEY, *settings.IDENTITY_KEYS_OLD]


def encrypt(text: str) -> str:
    return _box(settings.IDENTITY_KEY).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """The text, or ``Unreadable`` when no key fits: a lost key must not break every page."""
    try:
        return MultiFernet([_box(secret) for secret in _secrets()]).decrypt(token.encode()).decode()
    except InvalidToken:
        return Unreadable()


def is_current(token: str) -> bool:
    """Whether the current key alone reads it."""
    try:
        _box(settings.IDENTITY_KEY).decrypt(token.encode())
    except InvalidToken:
        return False
    return True


def lookup_hash(center_id: int, hospital_number: str) -> str:
    """Keyed hash of a hospital number within its centre; spacing, hyphens and case do not matter."""
    return next(iter(lookup_hashes(center_id, hospital_number)), "")


def lookup_hashes(center_id: int, hospital_number: str) -> list[str]:
    """The hash under each key, the current one first: until the keys are rotated, stored ones may be of any."""
    plain = "".join(ch for ch in hospital_number.casefold() if ch.isalnum())
    if not plain:
        return []
    said = f"{center_id}:{plain}".encode()
    return [
        hmac.new(_key(secret, "hospital-number-lookup"), said, hashlib.sha256).hexdigest()
        for secret in _secrets()
    ]


class EncryptedLineField(fields.LineField):
    """A short text that the database only ever sees encrypted."""

    def __init__(self, *args, max_length: int = 400, plain_length: int = 40, **kwargs) -> None:
        self.plain_length = plain_length
        super().__init__(*args, max_length=max_length, **kwargs)

    def read(self, value):
        text = super().read(value)
        if len(text) > self.plain_length:
            from django.core.exceptions import ValidationError

            raise ValidationError(
                _("Ensure this value has at most %(limit)d characters (it has %(length)d)."),
                code="max_length",
                params={"limit": self.plain_length, "length": len(text)},
            )
        return text

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return encrypt(value) if value else ""

    def from_db_value(self, value, expression, connection):
        return decrypt(value) if value else ""

    def formfield(self, **kwargs):
        return models.Field.formfield(self, **{"max_length": self.plain_length, **kwargs})
