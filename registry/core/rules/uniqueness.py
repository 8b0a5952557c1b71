"""Rules across the rows of a table that the database can hold itself."""

import copy
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q


class OnlyOne(models.UniqueConstraint):
    """At most one row with these values; the refusal stands at ``fields[-1]`` in words."""

    def __init__(self, *fields: str, message: Any, where: Q | None = None) -> None:
        self.text = message
        super().__init__(fields=fields, condition=where, name=f"%(class)s_{'_'.join(fields)[:40]}_once")

    def validate(self, model, instance, exclude=None, using="default") -> None:
        # Excluded fields count too: the form may not show the parent, yet the parent decides.
        try:
            super().validate(model, instance, exclude=None, using=using)
        except ValidationError:
            raise ValidationError({self.fields[-1]: ValidationError(self.text, code="unique")}) from None
        except (TypeError, ValueError):
            return  # a value that could not be read has been refused by its field already

    def clone(self) -> "OnlyOne":
        return copy.copy(self)

    def deconstruct(self):
        kwargs: dict[str, Any] = {"fields": self.fields, "name": self.name}
        if self.condition:
            kwargs["condition"] = self.condition
        return "django.db.models.UniqueConstraint", (), kwargs

    def __eq__(self, other: object) -> bool:
        if isinstance(other, models.UniqueConstraint):
            return (self.name, self.fields, self.condition) == (other.name, other.fields, other.condition)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.name)
