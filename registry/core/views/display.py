"""How the values of a record are shown: in words, with unit, reason for absence, warning and source.

What the reader may not identify is left out here, in one place: exact dates become days from the index procedure, free
text and identifying numbers become “withheld”.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from registry.core import fields, limits
from registry.core.codes import MissingCode
from registry.core.dates import shown_date, shown_datetime
from registry.core.models import Record
from registry.core.rules import label_of
from registry.core.units import rounded, shown_number, shown_unit, unit_of


@dataclass(frozen=True)
class Shown:
    """One value as a page shows it."""

    name: str
    label: str
    text: str = ""
    unit: str = ""
    #: Why there is no value, in words.
    reason: str = ""
    #: What is unusual about it and unexplained.
    warnings: tuple[str, ...] = ()
    #: The reason given for an unusual value.
    confirmed: str = ""
    #: Where it is printed; a ``literature`` mark with ``number``, ``location`` and ``printed``.
    source: Any = None
    #: Computed by the registry.
    derived: bool = False
    #: The numbers of a value that is one, for alignment.
    numeric: bool = False

    @property
    def empty(self) -> bool:
        return self.text == ""


@dataclass(frozen=True)
class Reader:
    """What the person before the screen may see of one case, and from which day its dates are counted."""

    identify: bool = True
    day_0: datetime.date | None = None
    sources: Mapping[tuple[str, int, str], Any] = field(default_factory=dict)

    def source_of(self, record: Any, name: str) -> Any:
        return self.sources.get((record._meta.label_lower, record.pk, name))

    def show(self, record: Record, *names: str) -> list[Shown]:
        """The named values of a record, stored or derived, in the given order."""
        crossed: dict[str, list[limits.Crossing]] = {}
        if record.soft_limits:
            crossed = limits.by_field(limits.unconfirmed(record))
        return [self.value(record, name, crossed) for name in names]

    def value(
        self, record: Record, name: str, crossed: Mapping[str, list[limits.Crossing]] | None = None
    ) -> Shown:
        derived = next((value for value in record.derived if value.name == name), None)
        if derived is not None:
            return show_derived(record, derived)
        model = type(record)
        column: Any = model._meta.get_field(name)
        stored = getattr(record, name)
        text = self.text_of(record, column, stored)
        reason = missing_label(record.missing.get(name))
        if text == "" and stored not in (None, "") and not reason:
            reason = _("withheld: your role sees no identity")
        entry = record.confirmed.get(name) or {}
        return Shown(
            name=name,
            label=label_of(model, name),
            text=text,
            unit=str(shown_unit(unit_of(name))) if text else "",
            reason=reason,
            # The sentence about an identifying value would tell it.
            warnings=tuple(str(crossing.message) for crossing in (crossed or {}).get(name, ()))
            if self.identify or name not in model.identifying()
            else (),
            # The reason is free text.
            confirmed=str(entry.get("reason", ""))
            if entry and self.identify and not (crossed or {}).get(name)
            else "",
            source=self.source_of(record, name),
            numeric=isinstance(column, models.DecimalField | models.IntegerField),
        )

    def text_of(self, record: Record, column: Any, stored: Any) -> str:
        if not self.identify and column.name in type(record).identifying():
            if isinstance(stored, datetime.date) and not isinstance(stored, datetime.datetime):
                return self.day(stored)
            return ""
        return words(column, stored)

    def date(self, stored: datetime.date | None) -> str:
        """A date for those who may see it, else the day from the index procedure."""
        if stored is None:
            return ""
        return shown_date(stored) if self.identify else self.day(stored)

    def day(self, stored: datetime.date) -> str:
        if self.day_0 is None:
            return ""
        return _("day %(day)d") % {"day": (stored - self.day_0).days}


def missing_label(code: str | None) -> str:
    if not code:
        return ""
    return str(MissingCode(code).label) if code in MissingCode.values else code


def words(column: Any, stored: Any) -> str:
    """A stored value in words, without its unit."""
    if stored is None or stored == "":
        return ""
    if isinstance(column, fields.CodeSetField):
        labels = {str(code): str(label) for code, label in column.codes}
        return ", ".join(labels.get(code, code) for code in str(stored).split(";"))
    if getattr(column, "choices", None):
        return str(dict(column.flatchoices).get(stored, stored))
    if isinstance(stored, bool):
        return str(_("yes") if stored else _("no"))
    if isinstance(stored, datetime.datetime):
        return shown_datetime(stored)
    if isinstance(stored, datetime.date):
        return shown_date(stored)
    if isinstance(column, models.DecimalField | models.IntegerField):
        return shown_number(stored)
    return str(stored)


#: Labels of derived codes by the derived value's name; the floors that derive them say what they are called.
DERIVED_LABELS: dict[str, Mapping[str, Any]] = {}


def show_derived(record: Record, derived: Any) -> Shown:
    """A derived value: numbers to one decimal, codes in words."""
    return Shown(
        name=derived.name,
        label=capfirst(str(derived.label)),
        text=derived_words(derived, derived.python(record)),
        unit=str(shown_unit(derived.unit)),
        derived=True,
        numeric=derived.kind == "number",
    )


def derived_words(derived: Any, answer: Any) -> str:
    if answer is None:
        return ""
    if derived.kind == "boolean":
        return str(_("yes") if answer else _("no"))
    if derived.kind == "code":
        return str(DERIVED_LABELS.get(derived.name, {}).get(answer, answer))
    return shown_number(rounded(answer, 1)) if derived.kind == "number" else str(answer)


def answered(values: Iterable[Shown]) -> list[Shown]:
    """The values that say something: given, or known to be missing."""
    return [value for value in values if not value.empty or value.reason]
