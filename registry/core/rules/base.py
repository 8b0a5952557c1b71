"""What every rule is: a constraint that answers in Python too, and the words of its refusal."""

import copy
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

Number = int | Decimal | float


class Rule(models.CheckConstraint):
    """A constraint that builds its SQL, answers in Python, and names the field its message belongs to.

    Subclasses define ``condition()``, ``holds()`` and ``message()``.
    """

    code = "rule"

    def __init__(self, kind: str, field: str, *others: str) -> None:
        self.field = field
        self.fields = (field, *others)
        # PostgreSQL keeps 63 characters of a name: each field gets its share of what is left beside the model's.
        share = 36 // len(self.fields) if len(self.fields) > 1 else 40
        parts = "_".join(name[:share] for name in self.fields)
        super().__init__(condition=self.build(), name=f"%(class)s_{parts}_{kind}")

    def build(self) -> Q:
        """The rule as a condition of the database."""
        raise NotImplementedError

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether the values (field → Python value) satisfy the rule; a missing value does."""
        raise NotImplementedError

    def message(self, model: type[models.Model], values: Mapping[str, Any]) -> str:
        """What every door says when the rule is broken, with the field's name and the accepted range."""
        raise NotImplementedError

    # -- Django's side -------------------------------------------------------------------------------------------

    def validate(self, model, instance, exclude=None, using=None) -> None:
        """Refuse the instance; ``exclude`` is ignored on purpose: a rule holds whatever a form happens to show."""
        values = {name: getattr(instance, model._meta.get_field(name).attname) for name in self.fields}
        try:
            held = self.holds(values)
        except (TypeError, ValueError, AttributeError):
            return  # a value that could not be read has been refused by its field already
        if not held:
            error = ValidationError(self.message(model, values), code=self.code)
            raise ValidationError({self.field: error})

    def clone(self) -> "Rule":
        """A copy of the rule itself: Django clones constraints while naming them and must not strip ``holds()``."""
        return copy.copy(self)

    def deconstruct(self):
        """Migrations hold the plain constraint: they must run when the rule class has long changed."""
        return (
            "django.db.models.CheckConstraint",
            (),
            {"condition": self.condition, "name": self.name},
        )

    def __eq__(self, other: object) -> bool:
        if isinstance(other, models.CheckConstraint):
            return self.name == other.name and self.condition == other.condition
        return NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), self.name))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {', '.join(self.fields)}>"


def label_of(model: type[models.Model], name: str) -> str:
    """The field's label with a capital first letter."""
    text = str(model._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return text[:1].upper() + text[1:]


def choice_list(codes: Iterable[object]) -> str:
    return ", ".join(str(code) for code in codes)
