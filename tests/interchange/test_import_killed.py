"""A process that is killed while it imports leaves nothing, and the import can be confirmed again."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection

from cases.models import Diagnosis, Patient
from registry.core.sequence import ChangeCounter
from registry.interchange.code_lists import load_diagnoses
from registry.interchange.importing import batches
from registry.interchange.models import ImportBatch
from tests import factories as make
from tests.interchange.importing import NEW, as_csv

#: Imports the batch, and waits to be killed once rows have been sent to the database.
IMPORT = """
import sys, time
import django
django.setup()
from django.conf import settings
from registry.core import many
from registry.interchange.importing import batches
from registry.interchange.models import ImportBatch
settings.IMPORT_DIR = sys.argv[1]
note = many._note
def pause(model, row, created):
    note(model, row, created)
    if model.__name__ == "Assessment":
        print("in the middle", flush=True)
        time.sleep(60)
many._note = pause
batches.carry_out(ImportBatch.objects.get())
"""


@pytest.fixture
def address(tmp_path):
    """The database as another process reaches it; on SQLite a copy, as the test's own is in memory."""
    kept = connection.settings_dict
    if connection.vendor == "postgresql":
        return (
            f"postgres://{kept['USER']}@{kept['HOST'] or '127.0.0.1'}:{kept['PORT'] or 5432}/{kept['NAME']}",
            None,
        )
    path = tmp_path / "copy.sqlite3"

    def copy() -> None:
        target = sqlite3.connect(path)
        connection.connection.backup(target)
        target.close()

    return f"sqlite:///{path}", copy


@pytest.mark.django_db(transaction=True)
def test_a_killed_import_leaves_nothing(settings, tmp_path, address):
    settings.IMPORT_DIR = tmp_path / "imports"
    url, copy = address
    load_diagnoses()
    curator = make.member(make.CenterFactory(code="HEI"), "curator", username="curator")
    batch = batches.take([(f"{name}.csv", [as_csv(rows)]) for name, rows in NEW.items()], curator)
    batches.carry_out_check(batch)
    ImportBatch.objects.filter(pk=batch.pk, state="ready").update(state="writing")
    before = ChangeCounter.latest()
    if copy:
        copy()
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "registry.settings",
        "SECRET_KEY": "x" * 50,
        "IDENTITY_KEY": django_settings.IDENTITY_KEY,
    }
    process = subprocess.Popen(
        [sys.executable, "-c", IMPORT, str(settings.IMPORT_DIR)],
        env=environment,
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "in the middle\n"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    if copy:
        left = sqlite3.connect(tmp_path / "copy.sqlite3")
        counts = [left.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES]
        assert counts == [0] * len(TABLES)
        assert left.execute("SELECT state FROM interchange_importbatch").fetchone() == ("writing",)
        left.close()
    assert not Patient.objects.exists() and not Patient.history.exists()
    assert ChangeCounter.latest() == before and Diagnosis.objects.exists()
    batches.sweep()
    batch.refresh_from_db()
    assert batch.state == "ready" and "Nothing has been written" in batch.message
    batches.confirm(batch, curator, "")
    assert batch.state == "done" and Patient.objects.count() == 1


TABLES = ("cases_patient", "cases_case", "cases_historicalpatient", "outcomes_assessment")
