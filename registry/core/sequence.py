"""The sequence of changes: every committed change has a number, and the numbers follow the order of the commits.

The dates of history are no such order: they are taken before the commit, and two of them may be equal. Who knows that
change 4711 has been committed has seen every change before it, and can ask for the state as of any of them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

from registry.core import new_rows
from registry.core.chain import digests, links


class ChangeCounter(models.Model):
    """The number of the latest change, in one row; and that of the latest link of the access log, in another."""

    #: The key of the row that counts changes.
    ONLY = 1
    #: The key of the row that counts what is linked in the access log.
    ACCESS_LOG = 2

    last = models.BigIntegerField(_("latest change"))

    class Meta:
        verbose_name = _("counter of changes")
        verbose_name_plural = _("counter of changes")

    def __str__(self) -> str:
        return str(self.last)

    @classmethod
    def take(cls, which: int = ONLY) -> int:
        """The next number. The row stays locked until the transaction ends, so a number that is taken back is given
        out again: no gaps, and the order of the numbers is that of the commits.
        """
        name = connection.ops.quote_name
        table, column, key = name(cls._meta.db_table), name("last"), name("id")
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({key}, {column}) VALUES (%s, 1) "  # noqa: S608 - names of our own
                f"ON CONFLICT ({key}) DO UPDATE SET {column} = {table}.{column} + 1 RETURNING {column}",
                [which],
            )
            return cursor.fetchone()[0]

    @classmethod
    def latest(cls) -> int:
        """The number of the latest committed change; 0 before the first."""
        return cls.objects.filter(pk=cls.ONLY).values_list("last", flat=True).first() or 0


class _Noted:
    """A row of history that waits for the number of its change.

    It is handed to the connection as something to do after the commit, though nothing is left to do then: Django
    forgets such things when a savepoint is rolled back, and with them exactly the rows that have not happened.
    """

    def __init__(self, change: "_Change", row: models.Model) -> None:
        self.change, self.row = change, row

    def __call__(self) -> None:
        pass


class _Change:
    """A change under way."""

    def note(self, row: models.Model) -> None:
        transaction.on_commit(_Noted(self, row))

    def number(self) -> None:
        """Write the rows of history that have come together, under one number.

        Nothing else is locked after the counter: whoever waits for it holds what it needs already.
        """
        if connection.needs_rollback:
            return
        by_model: dict[Any, list[Any]] = {}
        for entry in connection.run_on_commit:
            call = entry[1]
            if isinstance(call, _Noted) and call.change is self:
                by_model.setdefault(type(call.row), []).append(call.row)
        if not by_model:
            return
        number = ChangeCounter.take()
        tables = []
        for model, rows in by_model.items():
            for row in rows:
                row.change_sequence = number
                digests.seal(row)
            new_rows.add(model, rows)
            tables.append(links.RowsOfTable(model._meta.db_table))
            for row in rows:
                tables[-1].add(row.pk, row.digest)
        # Under the lock of the counter: the link before is committed, and nobody else writes this one.
        links.add(links.ChainLink, number, tables)


_under_way: ContextVar[_Change | None] = ContextVar("change_under_way", default=None)


@contextmanager
def together() -> Iterator[None]:
    """All that is written inside is one change: one transaction, one number, all of it or nothing.

    The number is taken when everything else has been done, and inside another ``together`` when that one ends: two
    writers that hold each other's case would otherwise wait for each other at the counter. Around writes it takes the
    place of ``transaction.atomic``, which would keep the counter until its own end.
    """
    if _under_way.get() is not None:
        with transaction.atomic():
            yield
        return
    change = _Change()
    token = _under_way.set(change)
    try:
        with transaction.atomic():
            yield
            change.number()
    finally:
        _under_way.reset(token)


def mark() -> int:
    """A change without rows: a link that vouches, under the current key, for everything before it."""
    with transaction.atomic():
        number = ChangeCounter.take()
        links.add(links.ChainLink, number, [])
    return number


def note(row: models.Model) -> None:
    """A row of history for the change under way; outside of one it is a change of its own."""
    change = _under_way.get()
    if change is not None:
        change.note(row)
        return
    with together():
        note(row)
