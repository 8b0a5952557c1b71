"""Triggers: rows of history, links, access log, signatures and the like are added; the database itself refuses to
change or remove them.

They are put up after every migration, because SQLite drops them when it rebuilds a table, and looked for when the
registry starts and by ``/health/ready``. The one way past them is ``lifted``, for the erasure of a patient: a row in a
table that nobody else sees, as it is removed again before the transaction ends.
"""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connection, models
from django.utils.translation import gettext_lazy as _

logger = logging.getLogger(__name__)

#: Begins the names of all triggers of the registry.
PREFIX = "keep_"
#: What the database says; the tests and the log know it by this.
REFUSED = "rows of history are added, never changed or removed"


class Lifted(models.Model):
    """Has a row only inside the transaction of an erasure. Then rows of history may be emptied, not removed."""

    class Meta:
        verbose_name = _("erasure under way")
        verbose_name_plural = _("erasures under way")

    def __str__(self) -> str:
        return str(self.pk)


def insert_only_models() -> list[Any]:
    return [
        model for model in apps.get_models(include_auto_created=True) if getattr(model, "insert_only", False)
    ]


def _wanted() -> dict[str, tuple[str, str, bool]]:
    """Name of each trigger → table, event, whether an erasure passes it."""
    events = ["UPDATE", "DELETE"] + (["TRUNCATE"] if connection.vendor == "postgresql" else [])
    found = {}
    for model in insert_only_models():
        table = model._meta.db_table
        for event in events:
            name = f"{PREFIX}{event.lower()}_{table}"
            if len(name) > 60:  # PostgreSQL cuts names at 63 characters
                name = f"{name[:50]}_{hashlib.sha256(table.encode()).hexdigest()[:8]}"
            found[name] = (table, event, event == "UPDATE" and model.erasure_empties)
    return found


def _existing(*, whole: bool = True) -> dict[str, str]:
    """Name → table of the triggers that are there; ``whole`` ones are switched on, and do what they are meant to do."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
                "JOIN pg_proc p ON p.oid = t.tgfoid "
                "WHERE NOT t.tgisinternal AND t.tgname LIKE %s AND pg_table_is_visible(c.oid) "
                "AND (NOT %s OR (t.tgenabled = 'O' AND trim(p.prosrc) IN %s))",
                [f"{PREFIX}%", whole, tuple(_bodies().values())],
            )
        else:
            cursor.execute(
                "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s",
                [f"{PREFIX}%"],
            )
        return dict(cursor.fetchall())


def missing() -> list[str]:
    """The triggers that should be there and are not, as ``event on table``."""
    there = _existing()
    return [
        f"{event} on {table}"
        for name, (table, event, _passable) in _wanted().items()
        if there.get(name) != table
    ]


def faults() -> list[str]:
    """What keeps history from being safe against change: triggers that are gone, or lifted and left so."""
    found = missing()
    if Lifted.objects.exists():
        found.append(f"{Lifted._meta.db_table} is not empty")
    return found


def report() -> None:
    """At the start of a server: an error in the log for what is missing; ``/health/ready`` fails as long as it is."""
    try:
        found = faults()
    except DatabaseError:
        return  # not reachable, or not migrated: /health/ready says so too
    if found:
        logger.error("History is not protected, run manage.py migrate: %s", "; ".join(found))


def install() -> None:
    """Put up whatever is not there. Tables that are not there yet have to wait for their migration."""
    there, tables = _existing(), set(connection.introspection.table_names())
    statements = [
        statement
        for name, (table, event, passable) in _wanted().items()
        if there.get(name) != table and table in tables
        for statement in _statements(name, table, event, passable)
    ]
    if not statements:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # All in one: an old function of the name would go on refusing in the old way.
            cursor.execute(";\n".join([*_functions(), *statements]))
        else:
            for statement in statements:
                cursor.execute(statement)


def remove() -> None:
    """Take all of them down: for tests that empty the tables, and for the beginning of a chain."""
    with connection.cursor() as cursor:
        for name, table in _existing(whole=False).items():
            on = f" ON {_quoted(table)}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER {_quoted(name)}{on}")


@contextmanager
def lifted() -> Iterator[None]:
    """Inside a transaction: rows of history may be emptied until the block ends."""
    if not connection.in_atomic_block:
        raise RuntimeError("Triggers are lifted inside a transaction only: nobody else may see it.")
    row = Lifted.objects.create()
    yield
    row.delete()


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _bodies() -> dict[str, str]:
    """What the functions of the triggers do, by name."""
    refuse = f"RAISE EXCEPTION 'Table %: {REFUSED}', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';"
    lifted = f"EXISTS (SELECT 1 FROM {_quoted(Lifted._meta.db_table)})"  # noqa: S608 - a name of our own
    return {
        "registry_refuse": f"BEGIN {refuse} END",
        "registry_refuse_unless_lifted": f"BEGIN IF {lifted} THEN RETURN NEW; END IF; {refuse} END",
    }


def _functions() -> list[str]:
    return [
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"
        for name, body in _bodies().items()
    ]


def _statements(name: str, table: str, event: str, passable: bool) -> list[str]:
    on = f"{_quoted(name)} BEFORE {event} ON {_quoted(table)}"
    drop = f"DROP TRIGGER IF EXISTS {_quoted(name)}"
    if connection.vendor == "postgresql":
        each = "STATEMENT" if event == "TRUNCATE" else "ROW"
        function = "registry_refuse_unless_lifted" if passable else "registry_refuse"
        return [
            f"{drop} ON {_quoted(table)}",
            f"CREATE TRIGGER {on} FOR EACH {each} EXECUTE FUNCTION {function}()",
        ]
    lifted = f"EXISTS (SELECT 1 FROM {_quoted(Lifted._meta.db_table)})"  # noqa: S608 - a name of our own
    when = f"WHEN NOT {lifted} " if passable else ""
    return [drop, f"CREATE TRIGGER {on} {when}BEGIN SELECT RAISE(ABORT, 'Table {table}: {REFUSED}'); END"]
