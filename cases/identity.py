"""Hospital numbers: encrypted at rest, found again by a keyed hash."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.core import fields

#: Every age from here on is shown as this to those who may not see identity (HIPAA Safe Harbor).
HIGHEST_SHOWN_AGE_YEARS = 90


def _key(purpose: str) -> bytes:
    return hmac.new(settings.IDENTITY_KEY.encode(), purpose.encode(), hashlib.sha256).digest()


def encrypt(text: str) -> str:
    return Fernet(base64.urlsafe_b64encode(_key("hospital-number"))).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """The text, or an empty text when the key no longer fits: a lost key must not break every page."""
    try:
        return Fernet(base64.urlsafe_b64encode(_key("hospital-number"))).decrypt(token.encode()).decode()
    except InvalidToken:
        return ""


def lookup_hash(center_id: int, hospital_number: str) -> str:
    """Keyed hash of a hospital number within its centre; spacing, hyphens and case do not matter."""
    plain = "".join(ch for ch in hospital_number.casefold() if ch.isalnum())
    if not plain:
        return ""
    return hmac.new(
        _key("hospital-number-lookup"), f"{center_id}:{plain}".encode(), hashlib.sha256
    ).hexdigest()


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
