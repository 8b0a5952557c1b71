"""What a quality rule is, and which cases are old enough to be asked about."""

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone

from cases.codes import CaseStatus
from registry.core.models import Record
from registry.core.policies import Gap

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

#: A draft is being entered: its editor says what is still needed. Left alone for so long, it is asked about (a
#: judgement of this registry).
DRAFT_RESTS_DAYS = 30


@dataclass(frozen=True)
class Rule:
    """One rule over the records of a case. It answers with gaps: the record, the field, and the sentence to ask.

    ``of_case`` is the rule: it takes a case loaded by ``cases.editor.load`` and asks the database nothing.
    ``of_record`` is the same for one record that can be judged by itself, as it is saved. ``offenders`` says in SQL
    which cases ``of_case`` finds something in: exactly those where ``exact``, else those and some more.
    ``drafts`` asks about young drafts too.
    """

    code: str
    label: "StrOrPromise"
    sentence: "StrOrPromise"
    of_case: Callable[[Any], Iterable[Gap]]
    offenders: Callable[[], Q]
    exact: bool = True
    of_record: Callable[[Any], Iterable[Gap]] | None = None
    models: Sequence[type[Record]] = ()
    drafts: bool = False
    #: What it finds in a complete case is refused by the write door, so nothing new comes up while one is saved.
    held_by_door: bool = False

    def asks(self, case: Any) -> list[Gap]:
        """What it finds in a loaded case, if the case is one that may be asked about."""
        return list(self.of_case(case)) if self.drafts or is_due(case) else []


@dataclass(frozen=True)
class CrossRule:
    """A rule that compares patients with each other; it runs over whole centres and never while something is saved."""

    code: str
    label: "StrOrPromise"
    sentence: "StrOrPromise"
    of_center: Callable[[Any], Iterable[Gap]]


def _rested_since() -> datetime.datetime:
    return timezone.now() - datetime.timedelta(days=DRAFT_RESTS_DAYS)


def is_due(case: Any) -> bool:
    """Declared complete, or a draft that has been left alone."""
    return bool(case.is_settled() or case.created_at <= _rested_since())


def due_sql() -> Q:
    """``is_due`` as a condition on cases."""
    return ~Q(status=CaseStatus.DRAFT.value) | Q(created_at__lte=_rested_since())
