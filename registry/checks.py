"""System checks: what an installation in use must have set, named so that it can be set."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError


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


@checks.register(checks.Tags.security, deploy=True)
def hosts_are_named(app_configs: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """The site answers to its own names only, over HTTPS."""
    if settings.DEBUG:
        return []
    found: list[checks.CheckMessage] = []
    if any(host.startswith("*") for host in settings.ALLOWED_HOSTS):
        found.append(
            checks.Error(
                "ALLOWED_HOSTS lets the site answer to any host name.",
                hint="Name the hosts, such as ALLOWED_HOSTS=registry.example.org.",
                id="registry.E003",
            )
        )
    if not settings.SESSION_COOKIE_SECURE:
        found.append(
            checks.Warning(
                "HTTPS is off: passwords and patient data would cross the network in clear text.",
                hint="Put the site behind a proxy that speaks HTTPS, and set HTTPS=true.",
                id="registry.W002",
            )
        )
    return found


#: Centres whose code begins so hold synthetic patients only.
SYNTHETIC = "SYN-"
DEBUG_WITH_PATIENTS = (
    "DEBUG is on, and the database holds patients of a hospital. Error pages would show them to whoever sees the "
    "page. Set DEBUG=false, or use another database."
)


def debug_shows_patients() -> bool:
    """Whether DEBUG is on while there is a patient who is neither published nor synthetic."""
    if not settings.DEBUG:
        return False
    from cases.models import Patient

    real = Patient.objects.exclude(center__kind="published").exclude(center__code__startswith=SYNTHETIC)
    try:
        return real.exists()
    except DatabaseError:
        return False  # there are no tables yet


@checks.register(checks.Tags.database)
def debug_is_off_with_patients(app_configs: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Asked by ``check --database default`` and by ``migrate``; the server asks for itself when it starts."""
    return [checks.Error(DEBUG_WITH_PATIENTS, id="registry.E004")] if debug_shows_patients() else []


def refuse_debug_with_patients() -> None:
    """Raises ``ImproperlyConfigured``, so that the server does not start."""
    if debug_shows_patients():
        raise ImproperlyConfigured(DEBUG_WITH_PATIENTS)
