"""System checks: what an installation in use must have set, named so that it can be set."""

from typing import Any

from django.conf import settings
from django.core import checks


@checks.register(checks.Tags.security, deploy=True)
def secrets_are_set(app_configs: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Both secrets come from the environment; without them sessions and hospital numbers do not outlive a restart."""
    if settings.DEBUG:
        return []
    found: list[checks.CheckMessage] = []
    if not settings.SECRET_KEY_IS_SET:
        found.append(
            checks.Error(
                "SECRET_KEY is not set: a random one is used, and every session ends with the process.",
                hint="Set SECRET_KEY in the environment or in var/env to at least 50 random characters.",
                id="registry.E001",
            )
        )
    if not settings.IDENTITY_KEY_IS_SET:
        found.append(
            checks.Error(
                "IDENTITY_KEY is not set: hospital numbers could not be read again after a restart.",
                hint="Set IDENTITY_KEY in the environment or in var/env, and keep it apart from SECRET_KEY.",
                id="registry.E002",
            )
        )
    if (
        settings.SECRET_KEY_IS_SET
        and settings.IDENTITY_KEY == settings.SECRET_KEY
        and settings.IDENTITY_KEY_IS_SET
    ):
        found.append(
            checks.Warning(
                "IDENTITY_KEY is the same as SECRET_KEY.",
                hint="Use two keys: SECRET_KEY may have to change, IDENTITY_KEY must not without re-encryption.",
                id="registry.W001",
            )
        )
    return found
