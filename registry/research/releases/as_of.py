"""The registry as it was after a change, read by the very SQL that reads it as it is.

On a connection of its own every table of records is shadowed by a temporary one of the same name, filled from history.
Both databases look for a name among the temporary tables first (``pg_temp`` on PostgreSQL, ``temp`` on SQLite), so
nothing that reads needs to know. Other connections never see these tables, and they go with the connection.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.apps import apps
from django.db import models

from cases.codes import ConsentStatus
from cases.models import Patient
from registry.access.models import Center
from registry.core.models import Record
from registry.research.snapshot import Snapshot


def record_models() -> list[type[Record]]:
    """The models whose tables are shadowed."""
    return [model for model in apps.get_models() if issubclass(model, Record)]


class AsOf(Snapshot):
    """The state after change ``sequence``; ``close()`` it.

    Of each record the latest row of history up to that change, unless it says that the record was deleted; rows from
    before changes were counted come before all others. What history does not keep (the hospital number) is NULL.

    Centres have no history. Where ``centers`` gives their rows (column → value), those stand in for the table.
    ``withdrawn`` are keys of patients who are shown as having withdrawn their consent, whatever they had said by then.
    """

    def __init__(
        self,
        sequence: int,
        centers: Iterable[Mapping[str, Any]] | None = None,
        withdrawn: Iterable[int] = (),
        using: str = "default",
    ) -> None:
        self.sequence, self.withdrawn = sequence, list(withdrawn)
        self.centers = None if centers is None else list(centers)
        self.shadowed: list[str] = []
        super().__init__(using)
        if not self.own:
            self._shadow_or_close()

    def prepare(self) -> None:
        """The temporary tables come before the connection is bound to read only."""
        self._shadow_or_close()

    def close(self) -> None:
        # Only on a connection that others go on using: anywhere else the tables go with it.
        if not self.own:
            with self.connection.cursor() as cursor:
                while self.shadowed:
                    cursor.execute(f"DROP TABLE {self._temporary(self.shadowed.pop())}")
        super().close()

    # -- the tables --------------------------------------------------------------------------------------------------

    def _shadow_or_close(self) -> None:
        try:
            with self.connection.cursor() as cursor:
                for model in record_models():
                    self._create(cursor, model)
                    self._fill_from_history(cursor, model)
                    self._index(cursor, model)
                if self.centers is not None:
                    self._create(cursor, Center)
                    self._fill(cursor, Center, self.centers)
                self._withdraw(cursor)
        except BaseException:
            self.close()
            raise

    def _quoted(self, name: Any) -> str:
        return self.connection.ops.quote_name(name)

    def _temporary(self, table: str) -> str:
        schema = "pg_temp" if self.connection.vendor == "postgresql" else "temp"
        return f"{schema}.{self._quoted(table)}"

    def _create(self, cursor: Any, model: type[models.Model]) -> None:
        """The columns with their types and no rule: what was stored once is shown as it was."""
        table, key = model._meta.db_table, model._meta.pk
        columns = [
            f"{self._quoted(field.column)} {field.db_type(self.connection)}"
            + (" PRIMARY KEY" if field is key else "")
            for field in model._meta.concrete_fields
        ]
        cursor.execute(f"CREATE TEMPORARY TABLE {self._quoted(table)} ({', '.join(columns)})")
        self.shadowed.append(table)

    def _fill_from_history(self, cursor: Any, model: type[Record]) -> None:
        history, listed = model.history.model, self._kept(model)
        key, table = self._quoted(model._meta.pk.column), self._quoted(history._meta.db_table)
        # Which rows they are is found on a few narrow columns; the rows themselves are wide.
        cursor.execute(
            f"INSERT INTO {self._temporary(model._meta.db_table)} ({listed}) "  # noqa: S608 - names of our own
            f"SELECT {listed} FROM {table} WHERE history_id IN ("
            "SELECT history_id FROM (SELECT history_id, history_type, row_number() OVER ("
            f"PARTITION BY {key} ORDER BY change_sequence DESC, history_id DESC) AS nth "
            f"FROM {table} WHERE change_sequence <= %s) latest WHERE nth = 1 AND history_type <> '-') "
            f"ORDER BY {key}",
            [self.sequence],
        )

    def _kept(self, model: type[Record]) -> str:
        """The columns of a table that history keeps."""
        kept = {field.column for field in model.history.model._meta.concrete_fields}
        return ", ".join(
            self._quoted(field.column) for field in model._meta.concrete_fields if field.column in kept
        )

    def _fill(self, cursor: Any, model: type[models.Model], rows: Iterable[Mapping[str, Any]]) -> None:
        for row in rows:
            fields: list[Any] = [model._meta.get_field(name) for name in row]
            values = [field.get_db_prep_save(row[field.name], self.connection) for field in fields]
            columns = ", ".join(self._quoted(field.column) for field in fields)
            cursor.execute(
                f"INSERT INTO {self._temporary(model._meta.db_table)} ({columns}) "  # noqa: S608 - names of our own
                f"VALUES ({', '.join(['%s'] * len(values))})",
                values,
            )

    def _withdraw(self, cursor: Any) -> None:
        patients = self._temporary(Patient._meta.db_table)
        cursor.executemany(
            f"UPDATE {patients} SET consent_status = %s WHERE id = %s",  # noqa: S608 - names of our own
            [(ConsentStatus.WITHDRAWN.value, key) for key in self.withdrawn],
        )

    def _index(self, cursor: Any, model: type[Record]) -> None:
        """What joins and subqueries look rows up by, and figures for the planner, which nobody else gathers."""
        table, on_postgresql = model._meta.db_table, self.connection.vendor == "postgresql"
        where = self._temporary(table) if on_postgresql else self._quoted(table)
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and issubclass(field.related_model, Record):
                name = "" if on_postgresql else self._temporary(f"as_of_{table}_{field.column}")
                cursor.execute(f"CREATE INDEX {name} ON {where} ({self._quoted(field.column)})")
        if on_postgresql:
            cursor.execute(f"ANALYZE {where}")

    # -- history and the tables of now -------------------------------------------------------------------------------

    def unaccounted(self) -> dict[str, int]:
        """Tables in which rows differ from what history says of them, and how many: changed by some other door.

        Only rows that no later change has touched can be held against the tables as they are now.
        """
        found = {}
        with self.connection.cursor() as cursor:
            for model in record_models():
                columns = self._kept(model)
                then, now = self._temporary(model._meta.db_table), self._live(cursor, model._meta.db_table)
                history, key = (
                    self._quoted(model.history.model._meta.db_table),
                    self._quoted(model._meta.pk.column),
                )
                untouched = (
                    f"{key} NOT IN (SELECT {key} FROM {history} WHERE change_sequence > {self.sequence:d})"  # noqa: S608
                )
                one, other = (
                    f"SELECT {columns} FROM {table} WHERE {untouched}"  # noqa: S608 - names of our own
                    for table in (then, now)
                )
                cursor.execute(
                    f"SELECT count(DISTINCT {key}) FROM (SELECT * FROM ({one} EXCEPT {other}) fewer "  # noqa: S608
                    f"UNION ALL SELECT * FROM ({other} EXCEPT {one}) more) differing"
                )
                if differing := cursor.fetchone()[0]:
                    found[model._meta.db_table] = differing
        return found

    def _live(self, cursor: Any, table: str) -> str:
        """The table behind the temporary one."""
        if self.connection.vendor != "postgresql":
            return f"main.{self._quoted(table)}"
        cursor.execute("SELECT current_schema()")
        return f"{self._quoted(cursor.fetchone()[0])}.{self._quoted(table)}"
