"""Querysets of records: scoped to the user, and closed to writes that would pass by the write door."""

from typing import Any, Self

from django.db import models

from registry.core import policies
from registry.core.history import current_pass


class WrongDoor(RuntimeError):
    """A clinical record was about to be written without the write door, so without rights, rules and history."""


def _require_pass() -> None:
    if current_pass.get() is None:
        raise WrongDoor("Clinical records are written by registry.core.records only.")


class RecordQuerySet(models.QuerySet):
    """The queryset of every record."""

    model: Any

    def for_user(self, user: Any) -> Self:
        """What the user may see: own centres and published data; nothing for an unknown user."""
        if user is None or not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        path = self.model.center_path
        if path is None:
            return self
        condition = policies.visible(user, path)
        return self.none() if condition is None else self.filter(condition)

    def with_derived(self, *names: str) -> Self:
        """Annotate the model's derived values (all of them, or the named ones)."""
        wanted = [value for value in self.model.derived if not names or value.name in names]
        return self.annotate(**{value.name: value.sql() for value in wanted})

    def update(self, **kwargs: Any) -> int:
        _require_pass()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        _require_pass()
        return super().delete()

    def bulk_create(self, *args: Any, **kwargs: Any) -> list:
        _require_pass()
        return super().bulk_create(*args, **kwargs)

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        _require_pass()
        return super().bulk_update(*args, **kwargs)
