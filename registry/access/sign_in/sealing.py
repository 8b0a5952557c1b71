"""Secrets of second factors: what the database holds of them can be read with the registry's key only."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

#: Where an authenticator keeps what is sealed.
SEALED = ("secret", "seed")
SEALED_LISTS = ("migrated_codes",)


def _box(key: str | None = None) -> Fernet:
    """A key of its own, derived from IDENTITY_KEY by its purpose."""
    secret = hmac.new((key or settings.IDENTITY_KEY).encode(), b"second-factor", hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(secret))


def seal(text: str, key: str | None = None) -> str:
    return _box(key).encrypt(text.encode()).decode()


def unseal(sealed: str, key: str | None = None) -> str:
    """The secret, by the given key or by any that the registry has.

    Without the right key nothing may take its place: an empty one would have codes.
    """
    keys = [key] if key else [settings.IDENTITY_KEY, *settings.IDENTITY_KEYS_OLD]
    try:
        return MultiFernet([_box(each) for each in keys]).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise ValidationError(
            _("This second factor can no longer be read. Ask an administrator to remove it."),
            code="unreadable",
        ) from None


def reseal(old_key: str, new_key: str) -> int:
    """Seal every stored secret with another key; answers how many authenticators were changed.

    For the rotation of keys, inside one transaction of its caller. A secret that the old key cannot read stops it.
    """
    from allauth.mfa.models import Authenticator

    def again(sealed: str) -> str:
        return seal(unseal(sealed, old_key), new_key)

    changed = 0
    for authenticator in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).order_by("pk"):
        authenticator.data = _with(authenticator.data, again)
        authenticator.save(update_fields=["data"])
        changed += 1
    return changed


def turn(*, dry_run: bool = False) -> tuple[int, int]:
    """Seal anew what is not under the current key; answers how many factors that were, and how many no key reads.

    May be broken off and begun again.
    """
    from allauth.mfa.models import Authenticator

    changed = unreadable = 0
    for authenticator in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).order_by("pk"):
        try:
            _with(authenticator.data, lambda sealed: unseal(sealed, settings.IDENTITY_KEY))
            continue
        except ValidationError:
            pass
        try:
            authenticator.data = _with(authenticator.data, lambda sealed: seal(unseal(sealed)))
        except ValidationError:
            unreadable += 1
            continue
        changed += 1
        if not dry_run:
            authenticator.save(update_fields=["data"])
    return changed, unreadable


def _with(data: dict[str, Any], again: Callable[[str], str]) -> dict[str, Any]:
    changed: dict[str, Any] = {name: again(data[name]) for name in SEALED if name in data}
    changed.update({name: [again(each) for each in data[name]] for name in SEALED_LISTS if data.get(name)})
    return {**data, **changed}
