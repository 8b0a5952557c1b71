"""One consistent view of the database for the time of an export.

PostgreSQL: a connection of its own in a REPEATABLE READ, read-only transaction, read by COPY or a server-side cursor.
SQLite: a connection of its own in a DEFERRED transaction, which under WAL blocks no writer. Inside somebody's open
transaction, and on an in-memory database, that connection is the view.
"""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet

from registry.research.copying import CopyStream

#: Rows per fetch: large enough to make round trips cheap, small enough to keep memory flat.
FETCH = 2000


class Snapshot:
    """An open view; ``close()`` it. Not tied to an alias, so it survives the end of the view function."""

    def __init__(self, using: str = "default") -> None:
        shared = connections[using]
        self.own = not (shared.in_atomic_block or _in_memory(shared))
        self.connection: Any = shared
        self._copy: CopyStream | None = None
        if self.own:
            self.connection = connections.create_connection(using)
            try:
                self._begin()
            except BaseException:
                self.connection.close()
                raise

    def _begin(self) -> None:
        connection = self.connection
        connection.settings_dict = {
            **connection.settings_dict,
            "OPTIONS": {**connection.settings_dict["OPTIONS"]},
        }
        if connection.vendor == "postgresql":
            from django.db.backends.postgresql.psycopg_any import IsolationLevel

            connection.settings_dict["OPTIONS"]["isolation_level"] = IsolationLevel.REPEATABLE_READ
            connection.set_autocommit(False)
            self.prepare()
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
                # The whole result is read: plan for it, and do not compile hundreds of plain columns to machine code.
                cursor.execute("SET LOCAL cursor_tuple_fraction = 1")
                cursor.execute("SET LOCAL jit = off")
        else:
            connection.settings_dict["OPTIONS"]["transaction_mode"] = "DEFERRED"
            with connection.cursor() as cursor:
                cursor.execute("BEGIN DEFERRED")
            self.prepare()

    def prepare(self) -> None:
        """What a view needs before anything is read from it; the base needs nothing."""

    def count(self, queryset: QuerySet) -> int:
        """How many rows the queryset has in this view."""
        query = queryset.order_by().values("pk").query
        try:
            sql, params = query.get_compiler(connection=self.connection).as_sql()
        except EmptyResultSet:
            return 0
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM ({sql}) counted", params)  # noqa: S608 - the compiler's own SQL
            return cursor.fetchone()[0]

    def rows(self, queryset: QuerySet) -> Iterator[tuple[Any, ...]]:
        """The rows of a ``values_list`` queryset, fetched in batches."""
        compiler = queryset.query.get_compiler(connection=self.connection)
        return compiler.results_iter(tuple_expected=True, chunked_fetch=True, chunk_size=FETCH)

    @property
    def copies(self) -> bool:
        """Whether the database may write files itself; on a connection that others use it would keep them waiting."""
        return self.own and self.connection.vendor == "postgresql"

    def copy(self, queryset: QuerySet, options: str) -> CopyStream:
        """The rows of a ``values_list`` queryset as the database's COPY writes them; one at a time."""
        try:
            statement = queryset.query.get_compiler(connection=self.connection).as_sql()
        except EmptyResultSet:
            return CopyStream(None, "")
        query = self.connection.ops.compose_sql(*statement)
        self.connection.ensure_connection()
        self._copy = CopyStream(self.connection.connection, f"COPY ({query}) TO STDOUT WITH {options}")
        return self._copy

    def close(self) -> None:
        if self._copy is not None:
            self._copy.close()
        if self.own and self.connection.connection is not None:
            self.connection.close()


def _in_memory(connection: Any) -> bool:
    return connection.vendor == "sqlite" and connection.is_in_memory_db()
