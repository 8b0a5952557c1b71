"""Queries as lists show them: loaded with their threads and records in a fixed number of questions to the database."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from cases import editor
from outcomes.views.followup import note_identity
from registry.access import scope
from registry.curation import queries
from registry.curation.models import DataQuery
from registry.curation.models.query import EventKind, State
from registry.curation.quality.rules import label_of_rule
from registry.curation.targets import Target, targets_of

#: Rules whose question stands at the field already, where its reason is given too.
SAID_AT_FIELD = ("unusual_value", "outside_window")


@dataclass(frozen=True)
class Line:
    """One query with what it is about, and what this reader may do with it."""

    query: DataQuery
    target: Target
    may_answer: bool
    may_close: bool
    may_assign: bool

    @property
    def rule(self) -> str:
        return label_of_rule(self.query.rule) if self.query.rule else ""

    @property
    def events(self) -> list[Any]:
        return list(self.query.events.all())

    @property
    def may_reopen(self) -> bool:
        return self.may_close and self.query.state != State.OPEN

    @property
    def last_answer(self) -> Any:
        said = [event for event in self.events if event.kind == EventKind.ANSWERED]
        return said[-1] if said else None

    @property
    def at(self) -> str:
        """The id of the field in the editor."""
        record = self.target.record
        if record is None or not self.query.field:
            return ""
        return f"field-{editor.prefix_of(record)}-{self.query.field}"

    @property
    def plainly_at(self) -> str:
        """The id of the field in the record's own form."""
        return f"field-{self.query.field}" if self.query.field else ""

    @property
    def said_at_field(self) -> bool:
        """Whether the notice at the field asks the same, and nobody has said anything yet."""
        human = (EventKind.ANSWERED, EventKind.ASSIGNED)
        return self.query.rule in SAID_AT_FIELD and not any(event.kind in human for event in self.events)


def loaded(rows: Any) -> Any:
    return rows.select_related("case__patient", "center", "assigned_to").prefetch_related("events")


def lines_of(rows: Iterable[DataQuery], user: Any) -> list[Line]:
    """The lines of queries that ``loaded`` has read."""
    rows = list(rows)
    targets = targets_of(rows)
    return [
        Line(
            query,
            targets[query.pk],
            queries.may_answer(user, query),
            queries.may_close(user, query),
            scope.may_curate(user, query.center_id),
        )
        for query in rows
    ]


def note_seen(request: HttpRequest, lines: Iterable[Line]) -> None:
    """Sentences name dates and ages: the access log says whose."""
    named = {line.query.case.patient_id: line.query for line in lines if line.query.case is not None}
    note_identity(request, list(named.values()))  # type: ignore[arg-type]
