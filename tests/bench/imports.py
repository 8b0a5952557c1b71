"""How fast an import is: reading, the dry run, and the write with history, as a ratio to COPY of the same rows.

``python -m tests.bench.imports --rows 10000`` on PostgreSQL (``DATABASE_URL``). The rows are copied into tables of the
same shape, with the same constraints and indexes, within one run and in turn; the median of the rounds is shown. With
SQLite the times are shown without a ratio, as there is no COPY.
"""

import argparse
import io
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    os.environ.update(
        SECRET_KEY="bench" * 12, IDENTITY_KEY="bench" * 12, DJANGO_SETTINGS_MODULE="registry.settings"
    )
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith("postgres"):
        from tests.bench.exports import _database

        _database(url, url.rstrip("/") + "_bench")
        os.environ["DATABASE_URL"] = url.rstrip("/") + "_bench"
    else:
        os.environ["DATABASE_URL"] = f"sqlite:///{Path(tempfile.mkdtemp()) / 'bench.sqlite3'}"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    call_command("load_code_lists", verbosity=0)
    planted()
    ratios = []
    for number in range(arguments.rounds):
        ratio = measured(arguments.rows, number)
        if ratio is not None:
            ratios.append(ratio)
    if ratios:
        print(f"Import against COPY: {statistics.median(ratios):.3f} (wanted: 0.03 and more)")
        sys.exit(statistics.median(ratios) < 0.03)


def curator() -> tuple[Any, Any]:
    """A new centre and its curator."""
    from registry.access.models import Center, Membership, User

    code = f"B{time.time_ns() % 10**9}"
    center = Center.objects.create(code=code, name="Bench")
    user = User.objects.create(username=code)
    Membership.objects.create(user=user, center=center, role="curator")
    return center, user


def planted(rows: int = 10_000) -> None:
    """The dry run of so many rows lists exactly the errors that were planted among them."""
    from tests.interchange.importing import checked, errors
    from tests.interchange.many_rows import drawn, faults, plant

    center, user = curator()
    tables, wrong = plant(drawn(center, rows, seed=7))
    began = time.perf_counter()
    found = checked(user, center, **tables)
    wanting = faults(errors(found), wrong)
    took = time.perf_counter() - began
    print(
        f"{found.report.rows:,} rows with {len(wrong)} planted errors: {found.report.error_count} found, {took:.1f} s"
    )
    if wanting or found.report.error_count != len(wrong):
        sys.exit(f"not exactly these: {wanting[:5]}")


def measured(most: int, seed: int) -> float | None:
    """One round: files → batch → written; then the same rows by COPY."""
    from registry.interchange.importing import batches
    from registry.interchange.models import ImportBatch
    from tests.interchange.importing import as_csv
    from tests.interchange.many_rows import drawn

    center, user = curator()
    files = [(f"{table}.csv", [as_csv(rows)]) for table, rows in drawn(center, most, seed=seed).items()]
    batch = batches.take(files, user)
    began = time.perf_counter()
    report = batches.carry_out_check(batch)
    checking = time.perf_counter() - began
    if report is None or report.error_count:
        sys.exit(f"The rows have errors: {report and report.errors[:3]}")
    ImportBatch.objects.filter(pk=batch.pk).update(state=ImportBatch.State.WRITING)
    began = time.perf_counter()
    with batches.shelf.held(batch):
        cases = batches._write(batch)
    writing = time.perf_counter() - began
    began = time.perf_counter()
    batches.check_cases(cases)
    looking = time.perf_counter() - began
    batch.refresh_from_db()
    if batch.state != ImportBatch.State.DONE:
        sys.exit(f"Not written: {batch.state} {batch.message}")
    count, copying = copied(center)
    said = f"{count:,} records: dry run {checking:.2f} s, write {writing:.2f} s (quality afterwards {looking:.2f} s)"
    if copying is None:
        print(said)
        return None
    print(f"{said}, COPY {copying:.3f} s, ratio {copying / writing:.3f}")
    return copying / writing


def copied(center: Any) -> tuple[int, float | None]:
    """How many records a centre has, and how long COPY takes for them."""
    from django.db import connection

    from registry.core.family import members
    from registry.interchange.importing.undoing import models

    total, text = 0, {}
    tops = [model for model in members(models()[0]) if model in models()]
    with connection.cursor() as cursor:
        for model in tops:
            keys = list(
                model._base_manager.filter(**{model.center_path: center}).values_list("pk", flat=True)
            )
            total += len(keys)
            if connection.vendor != "postgresql" or not keys:
                continue
            table = model._meta.db_table
            cursor.execute(f'DROP TABLE IF EXISTS "bench_{table}" CASCADE')
            cursor.execute(f'CREATE TABLE "bench_{table}" (LIKE "{table}" INCLUDING ALL)')
            kept = io.StringIO()
            chosen = ",".join(map(str, keys))
            cursor.copy_expert(f'COPY (SELECT * FROM "{table}" WHERE id IN ({chosen})) TO STDOUT', kept)
            text[table] = kept
        if not text:
            return total, None
        for table in text:
            _foreign_keys(cursor, table, set(text))
        began = time.perf_counter()
        cursor.execute("BEGIN")
        for table, kept in text.items():
            kept.seek(0)
            cursor.copy_expert(f'COPY "bench_{table}" FROM STDIN', kept)
        cursor.execute("COMMIT")
        took = time.perf_counter() - began
        for table in text:
            cursor.execute(f'DROP TABLE "bench_{table}" CASCADE')
    return total, took


def _foreign_keys(cursor: Any, table: str, copied_tables: set[str]) -> None:
    """``LIKE`` leaves foreign keys out; they lead to the copies, as those of the rows lead to the rows."""
    cursor.execute(
        "SELECT confrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid = %s::regclass AND contype = 'f'",
        [table],
    )
    for other, definition in cursor.fetchall():
        if other in copied_tables:
            definition = definition.replace(f"REFERENCES {other}(", f"REFERENCES bench_{other}(")
        cursor.execute(f'ALTER TABLE "bench_{table}" ADD {definition}')


if __name__ == "__main__":
    main()
