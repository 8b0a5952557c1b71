"""Case ascertainment: what a centre did, what of it is registered, and what it says of the rest.

Registered procedures are counted by their date, which has no time and so needs no time zone; “this month” is that of
the installation's time zone. Procedures without a date are in no month. The share of eligible procedures that are
registered is what a registry can say of what it missed; a month without an entry is unknown, never complete.
"""

import datetime
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from procedures.codes import Kind
from procedures.models import Procedure
from registry.access import scope
from registry.core import records
from registry.core.actors import System
from registry.core.policies import Gap, Lock
from registry.curation.models import AscertainmentMonth
from registry.curation.models.ascertainment import REASONS, MonthState

#: So many months make the figure, the current one not among them: it is not over.
WINDOW = 12


# -- months ---------------------------------------------------------------------------------------------------------


def first_of(day: datetime.date) -> datetime.date:
    return day.replace(day=1)


def this_month() -> datetime.date:
    return first_of(timezone.localdate())


def before(month: datetime.date, count: int = 1) -> datetime.date:
    """The month so many before."""
    for _step in range(count):
        month = first_of(month - datetime.timedelta(days=1))
    return month


def after(month: datetime.date) -> datetime.date:
    return first_of(month + datetime.timedelta(days=31))


def window(today: datetime.date) -> list[datetime.date]:
    """The last whole months, the latest first."""
    return [before(first_of(today), count) for count in range(1, WINDOW + 1)]


# -- counting -------------------------------------------------------------------------------------------------------

#: (centre id, month) → kind → number.
Counts = Mapping[tuple[int, datetime.date], Counter[str]]


#: How a ``values_list`` queryset is read: from the database, or from a view of it as it was.
Reading = Callable[[Any], Iterable[tuple[Any, ...]]]


def registered(
    center_ids: Iterable[int], first: datetime.date, end: datetime.date, read: Reading = iter
) -> Counts:
    """Registered procedures from ``first`` up to the day before ``end``, by centre, month and kind."""
    rows = Procedure._base_manager.filter(
        case__center__in=list(center_ids), date__gte=first, date__lt=end
    ).order_by()
    by_day = rows.values_list("case__center_id", "kind", "date").annotate(n=Count("pk"))
    found: dict[tuple[int, datetime.date], Counter[str]] = {}
    for center_id, kind, date, n in read(by_day):
        found.setdefault((center_id, first_of(date)), Counter())[kind] += n
    return found


def of_month(center_id: int, month: datetime.date) -> Counter[str]:
    return registered([center_id], month, after(month)).get((center_id, month), Counter())


def undated(center_id: int) -> int:
    """Registered procedures of a centre that are in no month."""
    return Procedure.objects.filter(case__center=center_id, date__isnull=True).count()


@dataclass(frozen=True)
class Figure:
    """One kind of one month: what was done, what is registered, what is said of the rest."""

    kind: str
    registered: int
    eligible: int | None
    reasons: int = 0
    text: str = ""

    @property
    def label(self) -> str:
        return str(Kind(self.kind).label)

    @property
    def difference(self) -> int | None:
        """Eligible procedures of which nothing is known; below zero where more is accounted for than was done."""
        return None if self.eligible is None else self.eligible - self.registered - self.reasons

    @property
    def adds_up(self) -> bool:
        return self.difference == 0

    @property
    def surplus(self) -> int:
        """Registered procedures beyond the eligible ones."""
        return 0 if self.eligible is None else max(self.registered - self.eligible, 0)

    def fault(self) -> str:
        """Why the month cannot be signed off with this kind as it stands; empty where it can."""
        if self.eligible is None:
            return _("%(kind)s: say how many eligible procedures there were; 0 is an answer.") % {
                "kind": capfirst(self.label)
            }
        if self.adds_up or self.text:
            return ""
        if self.surplus:
            return _(
                "%(kind)s: %(registered)d are registered, %(eligible)d are said to be eligible. Correct the figure, "
                "or explain the difference."
            ) % {"kind": capfirst(self.label), "registered": self.registered, "eligible": self.eligible}
        return _(
            "%(kind)s: %(eligible)d eligible are not %(registered)d registered and %(reasons)d with a reason. Correct "
            "the figures, or explain the difference."
        ) % {
            "kind": capfirst(self.label),
            "eligible": self.eligible,
            "registered": self.registered,
            "reasons": self.reasons,
        }


def figures(entry: AscertainmentMonth | None, counted: Mapping[str, int]) -> list[Figure]:
    """The four kinds of a month."""
    if entry is None:
        return [Figure(kind, counted.get(kind, 0), None) for kind in Kind.values]
    return [
        Figure(kind, counted.get(kind, 0), entry.eligible(kind), entry.reasons(kind), entry.text(kind))
        for kind in Kind.values
    ]


# -- completeness -----------------------------------------------------------------------------------------------------


@dataclass
class Completeness:
    """Registered of eligible procedures over some months of one or several centres.

    Of a month in which more is registered than was eligible only the eligible ones count as registered, so that no
    surplus hides what another month has missed.
    """

    registered: Counter[str] = field(default_factory=Counter)
    eligible: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    surplus: int = 0
    months: int = 0
    known: int = 0
    closed: int = 0

    def add(self, entry: AscertainmentMonth | None, counted: Mapping[str, int]) -> None:
        """One month of one centre; it is known once every kind has a figure."""
        self.months += 1
        if entry is None or any(entry.eligible(kind) is None for kind in Kind.values):
            return
        self.known += 1
        self.closed += entry.is_closed
        for figure in figures(entry, counted):
            eligible = figure.eligible or 0
            self.eligible[figure.kind] += eligible
            self.registered[figure.kind] += min(figure.registered, eligible)
            self.surplus += figure.surplus
        for kind in Kind.values:
            for name in REASONS:
                self.reasons[name] += getattr(entry, f"{kind}_{name}")

    @property
    def unknown(self) -> int:
        return self.months - self.known

    @property
    def rows(self) -> list[tuple[str, str, int, int]]:
        """Kind, its label, registered, eligible: the kinds in their order."""
        return [
            (kind, str(Kind(kind).label), self.registered[kind], self.eligible[kind]) for kind in Kind.values
        ]

    @property
    def total(self) -> tuple[int, int]:
        return self.registered.total(), self.eligible.total()


#: What completeness reads of an entry.
_COLUMNS = (
    "center_id",
    "month",
    "state",
    *(f"{kind}_{name}" for kind in Kind.values for name in ("eligible", "text", *REASONS)),
)


def completeness(
    center_ids: Iterable[int], today: datetime.date, read: Reading = iter
) -> dict[int, Completeness]:
    """Centre → completeness over the last whole months."""
    ids, months = list(center_ids), window(today)
    counted = registered(ids, months[-1], first_of(today), read)
    rows = AscertainmentMonth._base_manager.filter(center__in=ids, month__in=months).order_by("pk")
    entries = {}
    for values in read(rows.values_list(*_COLUMNS)):
        entry = AscertainmentMonth(**dict(zip(_COLUMNS, values, strict=True)))
        entries[entry.center_id, entry.month] = entry
    found = {}
    for center_id in ids:
        found[center_id] = Completeness()
        for month in months:
            key = (center_id, month)
            found[center_id].add(entries.get(key), counted.get(key, Counter()))
    return found


def together(parts: Iterable[Completeness]) -> Completeness:
    """Several centres as one."""
    whole = Completeness()
    for part in parts:
        whole.registered += part.registered
        whole.eligible += part.eligible
        whole.reasons += part.reasons
        whole.surplus += part.surplus
        whole.months += part.months
        whole.known += part.known
        whole.closed += part.closed
    return whole


# -- the write door -------------------------------------------------------------------------------------------------


def may_write(actor: Any, record: Any) -> bool:
    """The log is the curators'."""
    if not isinstance(record, AscertainmentMonth) or isinstance(actor, System):
        return True
    return scope.may_curate(actor, record.center_id)


def lock_of(root: Any) -> Lock | None:
    if not isinstance(root, AscertainmentMonth) or not root.is_closed:
        return None
    return Lock(
        _("This month is signed off. Reopen it first, with a reason."),
        "closed",
        reverse("ascertainment-month", args=[root.center.code, root.month.year, root.month.month]),
        _("To the month"),
    )


def refuse_closed(attempt: Any) -> None:
    """A check of the write door: a month that was signed off can only be reopened."""
    stored, record = attempt.stored, attempt.record
    if not isinstance(record, AscertainmentMonth) or stored is None or not stored.is_closed:
        return
    if not attempt.deleting and not record.is_closed and _same_figures(stored, record):
        return
    lock = lock_of(stored)
    assert lock is not None  # noqa: S101  (it is closed)
    raise lock.refusal()


def _same_figures(stored: AscertainmentMonth, record: AscertainmentMonth) -> bool:
    names = [f"{kind}_{name}" for kind in Kind.values for name in ("eligible", "text", *REASONS)]
    return all(getattr(stored, name) == getattr(record, name) for name in names)


def gaps(root: Any) -> list[Gap]:
    """What keeps a month from being signed off; the figures are held against what was counted at that moment."""
    if not isinstance(root, AscertainmentMonth):
        return []
    found = figures(root, root.registered or {})
    return [Gap(root, f"{figure.kind}_eligible", fault) for figure in found if (fault := figure.fault())]


def sign_off(entry: AscertainmentMonth, *, by: Any, expected_version: int) -> AscertainmentMonth:
    """Close the month with what is registered now. Raises what the write door raises."""
    if not scope.may_curate(by, entry.center_id):
        raise PermissionDenied(_("The log is kept by the curators of the centre."))
    if entry.month >= this_month():
        raise ValidationError(
            _("This month is not over. It can be signed off once it is over."), code="early"
        )
    with records.together():
        entry.registered = dict(of_month(entry.center_id, entry.month))
        entry.state = MonthState.CLOSED
        return records.save(  # type: ignore[return-value]
            entry, by=by, reason="Signed off", expected_version=expected_version
        )


def reopen(entry: AscertainmentMonth, *, by: Any, reason: str, expected_version: int) -> AscertainmentMonth:
    """Open a month again."""
    if not reason.strip():
        raise ValidationError({"reason": [_("Say why the month is reopened.")]})
    entry.state = MonthState.OPEN
    return records.save(  # type: ignore[return-value]
        entry, by=by, reason=f"Reopened: {reason.strip()}"[:400], expected_version=expected_version
    )
