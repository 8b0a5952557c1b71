"""What a draft says of a value: the value in words, or a gap that shows in the text and is listed beside it.

A gap is listed when it is printed: what a template leaves out is no gap of its text, and no gap in the text is missing
from the list.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from outcomes.report.layout import NAME, NAME_END
from registry.core.codes import MissingCode
from registry.core.models import Record
from registry.core.policies import Gap
from registry.core.units import shown_number
from registry.core.views.display import Reader


@dataclass(frozen=True)
class Missing:
    """One value that the text needs and the record lacks."""

    gap: Gap
    #: What the value belongs to: the lesion, the procedure, the time point.
    heading: str
    label: str
    #: Why it is missing, in words; empty when nobody has said.
    reason: str = ""

    @property
    def key(self) -> tuple[str, Any, str]:
        return (self.gap.record._meta.label_lower, self.gap.record.pk, self.gap.field)


class Phrase:
    """A part of a sentence. Printing it notes its gaps; asking whether it says anything does not."""

    def __init__(self, text: str, missing: tuple[Missing, ...] = (), printed: list[Missing] | None = None):
        self.text, self.missing, self.printed = text, missing, printed

    def __bool__(self) -> bool:
        return bool(self.text)

    def __str__(self) -> str:
        if self.printed is not None:
            self.printed.extend(self.missing)
        return self.text


class Joined(Phrase):
    """Several phrases one after the other; those that say nothing are left out."""

    def __init__(self, parts: Iterable[Any], separator: str = ", ") -> None:
        super().__init__("")
        self.parts, self.separator = [part for part in parts if part], separator

    def __bool__(self) -> bool:
        return bool(self.parts)

    def __str__(self) -> str:
        return self.separator.join(str(part) for part in self.parts)


class Sentence(Phrase):
    """A phrase with other phrases in it: ``pattern`` has a named placeholder for each."""

    def __init__(self, pattern: str, **parts: Any) -> None:
        super().__init__("")
        self.pattern, self.parts = pattern, parts

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return self.pattern % {name: str(part) for name, part in self.parts.items()}


@dataclass
class Sheet:
    """One draft while it is written: who reads it, and the gaps printed so far."""

    reader: Reader
    printed: list[Missing] = field(default_factory=list)

    def of(self, record: Record, heading: str, *, place: Record | None = None, **more: Any) -> "Facts":
        return Facts(self, record, heading, place, more)

    def absent(self, *missing: Missing, what: str | None = None) -> Phrase:
        """“[blood loss: not recorded]”: the gap of values that are missing for one reason.

        ``what`` names them otherwise than by their labels, or not at all.
        """
        if what is None:
            what = ", ".join(dict.fromkeys(gap.label for gap in missing))
        why = missing[0].reason or _("not entered")
        named = {"what": f"{NAME}{what}{NAME_END}", "why": why}
        return Phrase(_("[%(what)s: %(why)s]") % named if what else f"[{why}]", missing, self.printed)

    def absent_rows(self, parent: Record, rows: str, heading: str, label: str) -> Phrase:
        """The gap of rows that have not been entered beneath a record."""
        return self.absent(Missing(Gap(parent, rows, label), heading, label))

    def gaps(self) -> list[Missing]:
        """The gaps printed, each once, in the order of the text."""
        return list({missing.key: missing for missing in reversed(self.printed)}.values())[::-1]


class Facts:
    """The values of one record for a template: ``facts.blood_loss_ml`` is its phrase.

    ``facts.said.…`` is empty where there is no value: for what a text mentions only when it is known. ``facts.yes.…``
    and ``facts.no.…`` ask for an answer that was given, ``facts.code.…`` for the stored code. Where one of these was
    asked in vain and the gap not printed, ``facts.unsaid`` – at the end of the paragraph – names the reason that was
    given, for all of them in one go. A name that the record does not have is a mistake in the template and raises
    ``FieldDoesNotExist``.
    """

    def __init__(
        self, sheet: Sheet, record: Any, heading: str, place: Record | None, more: dict[str, Any]
    ) -> None:
        self.sheet, self.record, self.heading, self.place, self.more = sheet, record, heading, place, more
        self.asked: list[str] = []
        self.said = Answers(self, self._if_known)
        self.yes = Answers(self, lambda name: self._is_answered(name) and getattr(record, name) is True)
        self.no = Answers(self, lambda name: self._is_answered(name) and getattr(record, name) is False)
        self.code = Answers(self, lambda name: getattr(record, name))

    def __getitem__(self, name: str) -> Any:
        if name in self.more:
            return self.more[name]
        if name in self.__dict__ or name == "unsaid":
            raise KeyError(name)  # the template goes on to the attribute
        return self.phrase(self.known(name))

    def known(self, name: str) -> str:
        if all(derived.name != name for derived in self.record.derived):
            self.record._meta.get_field(name)
        return name

    def _if_known(self, name: str) -> Phrase:
        return self.phrase(name) if self._is_answered(name) else Phrase("")

    def _is_answered(self, name: str) -> bool:
        """Whether there is a value; what has none is remembered for ``unsaid``."""
        answered = self.given(name)
        if not answered and name not in self.asked:
            self.asked.append(name)
        return answered

    @property
    def unsaid(self) -> Phrase:
        """“[INR, platelets: not recorded]”: the reasons of what was asked for in vain since the last time."""
        asked, self.asked = self.asked, []
        by_reason: dict[str, list[Missing]] = {}
        for name in asked:
            missing = self.missing(name)
            if missing.reason and self.record.missing.get(name) != MissingCode.NOT_APPLICABLE:
                by_reason.setdefault(missing.reason, []).append(missing)
        return Joined((self.sheet.absent(*group) for group in by_reason.values()), " ")

    def phrase(self, name: str) -> Phrase:
        """The value with its unit, or its gap."""
        shown = self.sheet.reader.value(self.record, name)
        if shown.text:
            return Phrase(f"{shown.text} {shown.unit}" if shown.unit else shown.text)
        if name in self.asked:
            self.asked.remove(name)
        return self.sheet.absent(self.missing(name))

    def missing(self, name: str, label: str = "") -> Missing:
        label = label or label_within(self.record, name)
        place, column = (self.place, name) if self.place is not None else (self.record, name)
        return Missing(
            Gap(place, column, label),
            self.heading,
            label,
            self.sheet.reader.value(self.record, name).reason,
        )

    def given(self, name: str) -> bool:
        """Whether there is a value, not only a reason."""
        return bool(self.sheet.reader.value(self.record, name).text)


class Answers:
    """One question about any field of a record, as a template asks it: ``facts.yes.technical_success``."""

    def __init__(self, facts: Facts, answer: Any) -> None:
        self.facts, self.answer = facts, answer

    def __getitem__(self, name: str) -> Any:
        return self.answer(self.facts.known(name))


def label_within(record: Record, name: str) -> str:
    """The label of a value inside a sentence, as its field declares it."""
    derived = next((value for value in record.derived if value.name == name), None)
    if derived is not None:
        return str(derived.label)
    column: Any = record._meta.get_field(name)
    if not hasattr(column, "verbose_name"):
        raise FieldDoesNotExist(name)
    return str(column.verbose_name)


def days(count: int) -> str:
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": count}


def years(count: int) -> str:
    return ngettext("%(count)s year", "%(count)s years", count) % {"count": count}


def interval(value: Any, unit: str | None) -> str:
    """“3 months”, “1 year”, “2.5 weeks”."""
    number = 1 if value == 1 else 2  # a fraction is a plural
    words = {
        "days": ngettext("%(count)s day", "%(count)s days", number),
        "weeks": ngettext("%(count)s week", "%(count)s weeks", number),
        "months": ngettext("%(count)s month", "%(count)s months", number),
        "years": ngettext("%(count)s year", "%(count)s years", number),
    }
    return words[unit or "days"] % {"count": shown_number(value)}
