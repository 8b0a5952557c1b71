"""The index date of a case is the day of its first procedure: taken where it is empty, asked about where it differs."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from cases.models import Case
from procedures.models import Procedure
from registry.core import records
from registry.core.dates import shown_date
from registry.core.policies import Gap


@dataclass(frozen=True)
class Standing:
    """How a procedure's date stands to the index date of its case."""

    procedure: Procedure
    #: Day of the first procedure that has a date.
    first: datetime.date | None
    current: datetime.date | None
    #: Why the index date is missing, where somebody has said so.
    explained: bool

    @property
    def is_index(self) -> bool:
        return self.current is not None and self.current == self.procedure.date

    @property
    def offered(self) -> bool:
        """Whether this procedure's day should be the index date and is not."""
        return self.first is not None and self.procedure.date == self.first and self.current != self.first

    @property
    def by_itself(self) -> bool:
        """Whether it may be taken without asking: nothing has been said about the index date yet."""
        return self.offered and self.current is None and not self.explained


def first_day(case: Case) -> datetime.date | None:
    days = [procedure.date for procedure in case.procedures.all() if procedure.date is not None]
    return min(days, default=None)


def standing(procedure: Procedure) -> Standing:
    case = procedure.case
    known_to_the_day = case.index_day() is not None or case.index_date is None
    # A date known to the month or year is left alone.
    first = first_day(case) if known_to_the_day else None
    return Standing(procedure, first, case.index_date, bool(case.missing.get("index_date")))


def take(case: Case, *, by: Any, reason: str) -> None:
    """Make the day of the first procedure the index date. Raises what the write door raises."""
    day = first_day(case)
    if day is None or case.index_date == day:
        return
    case.index_date = day
    case.missing = {name: code for name, code in case.missing.items() if name != "index_date"}
    records.save(case, by=by, reason=reason, expected_version=case.version)


def follow(before: Procedure, procedure: Procedure, by: Any, reason: str) -> None:
    """Take the date that has just been saved, where nothing else has been said; a correction of it goes along.

    What the door refuses stays an offer on the page.
    """
    if procedure.date is None or procedure.date == before.date:
        return
    procedure = Procedure.objects.select_related("case").get(pk=procedure.pk)
    stands = standing(procedure)
    corrected = stands.offered and stands.current is not None and stands.current == before.date
    if not stands.by_itself and not corrected:
        return
    try:
        take(procedure.case, by=by, reason=reason)
    except (ValidationError, PermissionDenied, records.Conflict):
        return


def contradictions(case: Case) -> list[Gap]:
    """An index date that is not the day of the first procedure."""
    first, index = first_day(case), case.index_day()
    if first is None or index is None or first == index:
        return []
    return [
        Gap(
            case,
            "index_date",
            _("Index date: %(index)s is not the day of the first procedure (%(first)s).")
            % {"index": shown_date(index), "first": shown_date(first)},
        )
    ]
