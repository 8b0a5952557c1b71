"""Rows that are added and never changed or removed: who did it stands in them as text, as in the access log."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.core.actors import identity_of


class Unchangeable(RuntimeError):
    """A row that is kept was about to be changed or removed."""


class KeptQuerySet(models.QuerySet):
    """Rows may be added and read."""

    def update(self, **kwargs: Any) -> int:
        raise Unchangeable("These rows are never changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise Unchangeable("These rows are never removed.")

    def empty(self, **values: str) -> int:
        """For the erasure of a patient, which lifts the triggers: without that the database refuses."""
        return models.QuerySet.update(self, **values)


class KeptRow(models.Model):
    """An act with its moment and its actor. ``printed_name`` is the name as a reader knows the person."""

    #: Triggers refuse to change or remove such rows, too.
    insert_only = True
    #: Whether the erasure of a patient may empty columns of them.
    erasure_empties = False

    at = models.DateTimeField(_("at"), auto_now_add=True)
    # Text, not a foreign key: the row outlives the user.
    user_id_text = models.CharField(_("user id"), max_length=64, blank=True, default="")
    user_name = models.CharField(_("user"), max_length=150)
    printed_name = models.CharField(_("name"), max_length=310)

    objects = KeptQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Unchangeable("These rows are never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise Unchangeable("These rows are never removed.")

    @staticmethod
    def actor(user: Any) -> dict[str, str]:
        """The columns that say who."""
        user_id, user_name = identity_of(user)
        full = str(getattr(user, "get_full_name", str)()).strip()
        return {"user_id_text": user_id, "user_name": user_name, "printed_name": full or user_name}

    @property
    def who(self) -> str:
        """``Marie Curie (mcurie)``, or the user name alone."""
        if self.printed_name == self.user_name:
            return self.user_name
        return f"{self.printed_name} ({self.user_name})"
