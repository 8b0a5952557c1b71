"""Finding rows of history over all tables: the newest first, page by page, without reading what is not shown.

Each table gives its newest matching rows, narrow and limited; one statement puts them together. The rows of one page
are then read from their tables, each with the row before it. The numbers of changes follow the order of the commits
(``core.sequence``), so a page is where it is, however much is written meanwhile.
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, Func, OuterRef, Q, Subquery
from django.db.models.fields import BooleanField
from django.db.models.fields.json import KeyTextTransform

from registry.core.models import Record
from registry.curation.trail.kinds import kinds, within

#: Kinds of change as history rows name them.
ADDED, CHANGED, DELETED = "+", "~", "-"


@dataclass(frozen=True)
class Place:
    """Where a row stands among all: after every row of a later change, and of the same change in a fixed order."""

    change: int
    kind: str
    row: int

    @classmethod
    def read(cls, text: str) -> "Place | None":
        change, _dot, rest = text.partition("~")
        kind, _dot, row = rest.partition("~")
        if all(part.isdecimal() and len(part) < 19 for part in (change, row)):
            return cls(int(change), kind, int(row))
        return None

    def __str__(self) -> str:
        return f"{self.change}~{self.kind}~{self.row}"


@dataclass(frozen=True)
class Found:
    """A row of history with the one before it."""

    row: Any
    previous: Any
    place: Place


@dataclass(frozen=True)
class Search:
    """What is asked of the history. ``centers`` is ``None`` for everything, also what belongs to no centre."""

    centers: tuple[int, ...] | None
    user: str = ""
    kind: str = ""
    change: str = ""
    field: str = ""
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None
    #: ``yes`` with a reason, ``no`` without one.
    reason: str = ""
    text: str = ""

    def models(self) -> list[type[Record]]:
        offered = kinds(everything=self.centers is None)
        return [model for model in offered if not self.kind or model._meta.label_lower == self.kind]

    def _rows(self, model: type[Record]) -> Any:
        condition = Q()
        if self.centers is not None:
            condition &= within(model, list(self.centers))
        if self.user:
            condition &= Q(history_user_id=self.user) | Q(history_user_name__iexact=self.user)
        if self.change:
            condition &= Q(history_type=self.change)
        if self.since:
            condition &= Q(history_date__gte=self.since)
        if self.until:
            condition &= Q(history_date__lt=self.until)
        if self.reason:
            empty = Q(history_change_reason__isnull=True) | Q(history_change_reason="")
            condition &= ~empty if self.reason == "yes" else empty
        if self.text:
            condition &= Q(history_change_reason__icontains=self.text)
        rows = model.history.filter(condition).order_by("-change_sequence", "-history_id")
        return rows.filter(_has_changed(model, self.field)) if self.field else rows

    def page(self, size: int, after: Place | None = None) -> tuple[list[Found], bool]:
        """The newest rows after that place, and whether more follow."""
        places = self._places(size + 1, after)
        return _read(places[:size]), len(places) > size

    def every(self, size: int = 500) -> Iterator[list[Found]]:
        """All rows, a page at a time."""
        after, more = None, True
        while more:
            found, more = self.page(size, after)
            if found:
                after = found[-1].place
                yield found

    def _places(self, limit: int, after: Place | None) -> list[Place]:
        parts, params = [], []
        for model in self.models():
            kind = model._meta.label_lower
            rows = self._rows(model)
            if after is not None:
                rows = rows.filter(_behind(kind, after))
            try:
                sql, given = rows.values_list("change_sequence", "history_id")[:limit].query.sql_with_params()
            except EmptyResultSet:
                continue
            # The name is a literal of our own; it is compared with others, so it must have the type of a text.
            parts.append(f"SELECT '{kind}' AS kind, part.* FROM ({sql}) part")  # noqa: S608
            params += given
        if not parts:
            return []
        statement = (
            f"SELECT change_sequence, kind, history_id FROM ({' UNION ALL '.join(parts)}) found "  # noqa: S608
            f"ORDER BY change_sequence DESC, kind{_bytewise()} DESC, history_id DESC LIMIT {limit:d}"
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, params)
            return [Place(*row) for row in cursor.fetchall()]


def _bytewise() -> str:
    """Names in the order in which Python compares them."""
    return ' COLLATE "C"' if connection.vendor == "postgresql" else ""


def _behind(kind: str, after: Place) -> Q:
    """Rows of this kind that come after the place; the bound that is redundant lets the index be used."""
    if kind > after.kind:
        return Q(change_sequence__lt=after.change)
    bound = Q(change_sequence__lte=after.change)
    if kind < after.kind:
        return bound
    return bound & (Q(change_sequence__lt=after.change) | Q(history_id__lt=after.row))


class _Differs(Func):
    """Whether two values differ, where nothing is a value too."""

    output_field = BooleanField()
    template = "(%(expressions)s)"
    arg_joiner = " IS DISTINCT FROM "

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, arg_joiner=" IS NOT ", **context)


def _has_changed(model: type[Record], name: str) -> Q:
    """The condition on rows that say something else in this field than the row before them.

    A new record changes what it gives a value, a deletion what had one.
    """
    column: Any = model._meta.get_field(name)
    before = _before(model)
    said = Q(**{f"{name}__isnull": False})
    if column.empty_strings_allowed and not column.is_relation and "Char" in column.get_internal_type():
        said &= ~Q(**{name: ""})
    attname = column.attname
    differs = Q(_Differs(F(attname), Subquery(before.values(attname)[:1])))
    code = KeyTextTransform(name, "missing")
    earlier = Subquery(before.annotate(code=code).values("code")[:1])
    differs |= Q(_Differs(code, earlier))
    return (Q(history_type=CHANGED) & differs) | (~Q(history_type=CHANGED) & said)


def _before(model: type[Record]) -> Any:
    """The earlier rows of the same record, the latest first."""
    return model.history.filter(id=OuterRef("id"), history_id__lt=OuterRef("history_id")).order_by(
        "-history_id"
    )


def _read(places: list[Place]) -> list[Found]:
    """The rows at these places, each with the row before it: two queries for each kind."""
    wanted: dict[str, list[int]] = {}
    for place in places:
        wanted.setdefault(place.kind, []).append(place.row)
    rows: dict[tuple[str, int], tuple[Any, Any]] = {}
    for model in kinds(everything=True):
        kind = model._meta.label_lower
        if kind not in wanted:
            continue
        earlier = Subquery(_before(model).values("history_id")[:1])
        found = list(model.history.filter(history_id__in=wanted[kind]).annotate(before_id=earlier))
        known = model.history.in_bulk([row.before_id for row in found if row.before_id])
        for row in found:
            rows[kind, row.history_id] = (row, known.get(row.before_id))
    return [Found(*rows[place.kind, place.row], place) for place in places]
