"""What every rule is: a constraint that answers in Python too, and the words of its refusal."""

import copy
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Number = int | Decimal | float

#: First words that keep their capital within an English sentence though they are no abbreviations.
_PROPER_NAMES = frozenset({"Barthel", "Clavien", "Denis", "Frankel", "Karnofsky", "Oswestry"})
_FIRST_WORD = re.compile(r"[^\s–-]+")


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
    return capfirst(str(model._meta.get_field(name).verbose_name))  # type: ignore[union-attr]


def name_of(model: type[models.Model], name: str) -> str:
    """The field's label as it stands inside a sentence."""
    return inside_sentence(model._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def inside_sentence(label: "StrOrPromise") -> str:
    """A label as it stands inside a sentence: in English without its capital, unless that is a name or an abbreviation.

    Other languages keep their own spelling: a German noun has its capital everywhere.
    """
    text = str(label)
    first = _FIRST_WORD.match(text)
    if first is None or not (get_language() or "en").startswith("en"):
        return text
    word = first.group()
    if len(word) == 1 or word[1:] != word[1:].lower() or word in _PROPER_NAMES:
        return text
    return text[:1].lower() + text[1:]


def answer_in_words(model: type[models.Model], name: str, value: Any) -> str:
    """A stored answer as the reader knows it: the label of a code, yes or no."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    field: Any = model._meta.get_field(name)
    listed = dict(getattr(field, "flatchoices", ()) or getattr(field, "codes", ()))
    return str(listed.get(value, value))


def choice_list(codes: Iterable[object]) -> str:
    return ", ".join(str(code) for code in codes)


def _why_missing(model: type[models.Model], name: str) -> str:
    return _("%(label)s: why missing") % {"label": label_of(model, name)}


#: (model, field) → label of the field's missing code, in the language of whoever reads it.
why_missing_label = lazy(_why_missing, str)
