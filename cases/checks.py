"""A check of the database: whether the hospital numbers in it can be read with the keys of this installation."""

import logging
from typing import Any

from django.core import checks
from django.db import DatabaseError

from cases.rotation import unreadable_number

logger = logging.getLogger(__name__)

WRONG_KEY = (
    "The hospital number of %s cannot be read: IDENTITY_KEY is not the key it was written with. Pages show such "
    "numbers as missing, and patients with them cannot be changed."
)
HINT = "Set IDENTITY_KEY to the former key, or add that to IDENTITY_KEYS_OLD and run manage.py rotate_keys."


@checks.register(checks.Tags.database)
def numbers_can_be_read(app_configs: Any = None, databases: Any = None, **kwargs: Any) -> list[Any]:
    """One number tells: run by ``migrate``, by ``check --database default``, and when a server starts."""
    if not databases:
        return []
    try:
        registry_id = unreadable_number()
    except DatabaseError:
        return []  # not migrated yet
    return [checks.Warning(WRONG_KEY % registry_id, hint=HINT, id="registry.W003")] if registry_id else []


def report() -> None:
    """The same, as an error in the log."""
    for fault in numbers_can_be_read(databases=["default"]):
        logger.error("%s %s", fault.msg, fault.hint)
