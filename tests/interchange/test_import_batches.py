"""The way of a batch: checked, confirmed, written as one change, undone; and what stands in its way."""

import csv
import io
import os

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command

from cases.models import Case, Lesion, Patient
from outcomes.models import Assessment
from procedures.models import Procedure, RfaDetails
from registry.core import records
from registry.core.sequence import ChangeCounter
from registry.interchange.code_lists import load_diagnoses
from registry.interchange.importing import batches, shelf, undoing
from registry.interchange.models import ImportBatch
from tests import factories as make
from tests.interchange.importing import NEW, as_csv

State = ImportBatch.State


@pytest.fixture(autouse=True)
def folder(settings, tmp_path, db):
    settings.IMPORT_DIR = tmp_path / "imports"
    load_diagnoses()
    return tmp_path / "imports"


def batch_of(user, **files):
    batch = batches.take([(f"{name}.csv", [as_csv(rows)]) for name, rows in files.items()], user)
    batches.start_check(batch)
    return batch


def confirmed(user, reason="", **files):
    batch = batch_of(user, **files)
    assert batch.state == State.READY, shelf.report_of(batch).errors
    batches.confirm(batch, user, reason)
    return batch


def export(client, user, table):
    client.force_login(user)
    answer = client.get(f"/api/v1/export/{table}.csv?profile=identified")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def test_what_was_checked_is_written_as_one_change(center, curator, folder):
    before = ChangeCounter.latest()
    batch = confirmed(curator, **NEW)
    assert batch.state == State.DONE and batch.change() == ChangeCounter.latest() == before + 1
    assert batch.total == {"new": 10, "changed": 0, "unchanged": 0}
    patient = Patient.objects.get()
    assert (patient.registry_id, patient.sex, patient.hospital_number) == ("HEI-00001", "female", "4711")
    case = patient.cases.get()
    assert (case.status, str(case.height_cm), str(case.index_date)) == ("complete", "171.5", "2021-03-01")
    assert case.diagnosis_text == "=SUM(1) <b>bold</b>'; DROP TABLE"
    assert Lesion.objects.get(number=2).levels == "L3;L4"
    assert RfaDetails.objects.get().electrode == "SpineStar"
    assert Assessment.objects.get(time_point="day_1").missing == {"kps": "not_done"}
    row = Procedure.history.get()
    assert row.history_user_name == "curator" and "procedures.csv" in row.history_change_reason
    assert not list(folder.iterdir()), "the files are gone"
    call_command("verify_history")
    assert {each["name"] for each in batch.files} == {f"{name}.csv" for name in NEW}
    assert all(len(each["sha256"]) == 64 for each in batch.files)


def test_files_are_for_the_registry_alone(center, curator, folder):
    batch = batch_of(curator, **NEW)
    for path in [folder, shelf.folder_of(batch), *shelf.folder_of(batch).iterdir()]:
        assert os.stat(path).st_mode & 0o077 == 0, path


@pytest.mark.parametrize("table", ["patients", "cases", "lesions", "procedures", "assessments", "ablations"])
def test_an_export_that_is_imported_changes_nothing(client, center, curator, table):
    confirmed(curator, **NEW)
    content = export(client, curator, table)
    batch = batches.take([(f"{table}.csv", [content])], curator)
    report = batches.carry_out_check(batch)
    assert report.errors == [] and report.total["new"] == report.total["changed"] == 0
    assert report.total["unchanged"] == len(list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))) - 1


def test_an_edited_export_changes_its_cells_with_a_reason(client, center, curator):
    confirmed(curator, **NEW)
    rows = list(csv.DictReader(io.StringIO(export(client, curator, "lesions").decode("utf-8-sig"))))
    rows[0]["volume_ml"], rows[1]["side"], rows[1]["side__missing"] = "7,5", "", "unknown"
    batch = batch_of(curator, lesions=rows)
    report = shelf.report_of(batch)
    assert [(d["row"], d["column"], d["before"], d["after"]) for d in report.differences] == [
        ("2", "volume_ml", "6.8", "7.5"),
        ("3", "side", "left", ""),
        ("3", "side__missing", "", "unknown"),
    ]
    assert batch.reason_needed and report.total == {"new": 0, "changed": 2, "unchanged": 0}
    with pytest.raises(batches.Refused):
        batches.confirm(batch, curator, " ")
    batches.confirm(batch, curator, "measured again")
    assert batch.state == State.DONE
    now, was = Lesion.objects.get(number=1).history.all()
    assert (str(was.volume_ml), str(now.volume_ml)) == ("6.80", "7.50")
    assert (now.history_change_reason, now.history_user_name) == ("measured again", "curator")


def test_a_signed_case_refuses(client, center, curator):
    confirmed(curator, **NEW)
    Case._base_manager.update(status="signed")
    lesion = Lesion.objects.get(number=1)
    batch = batch_of(curator, lesions=[{"lesion_id": lesion.uuid, "volume_ml": 3}])
    assert batch.state == State.REFUSED
    assert "signed" in shelf.report_of(batch).errors[0]["message"]


def test_what_changed_since_the_check_is_refused(center, curator):
    confirmed(curator, **NEW)
    lesion = Lesion.objects.get(number=1)
    batch = batch_of(curator, lesions=[{"lesion_id": lesion.uuid, "volume_ml": 3}])
    lesion.volume_ml = 4
    records.save(lesion, by=curator, reason="why")
    batches.confirm(batch, curator, "why")
    assert batch.state == State.REFUSED and "changed since the check" in batch.message
    assert shelf.report_of(batch).errors[0]["row"] == "2"
    assert Lesion.objects.get(number=1).volume_ml == 4
    batches.again(batch)
    assert batch.state == State.READY


def test_what_was_added_since_the_check_is_refused(center, curator):
    confirmed(curator, **NEW)
    case = Case.objects.get()
    batch = batch_of(curator, lesions=[{"case_id": case.uuid, "number": 3, "levels": "L1"}])
    make.LesionFactory(case=case, number=3, by=curator)
    batches.confirm(batch, curator, "why")
    assert (
        batch.state == State.REFUSED
        and "added since the check" in shelf.report_of(batch).errors[0]["message"]
    )


def test_of_two_confirmations_one_wins(center, curator):
    batch = batch_of(curator, **NEW)
    other = ImportBatch.objects.get(pk=batch.pk)
    batches.confirm(batch, curator, "")
    with pytest.raises(batches.Refused):
        batches.confirm(other, curator, "")
    assert Patient.objects.count() == 1


def test_undoing_brings_back_what_was_before(client, center, curator):
    make.LesionFactory(case=make.CaseFactory(patient=make.PatientFactory(center=center)))
    tables = ["patients", "cases", "lesions", "procedures", "treated_lesions", "ablations", "assessments"]
    before = {table: export(client, curator, table) for table in tables}
    batch = confirmed(curator, **NEW)
    assert export(client, curator, "cases") != before["cases"]
    with pytest.raises(batches.Refused):
        undoing.undo(batch, curator, "")
    undoing.undo(batch, curator, "wrong centre")
    assert batch.state == State.UNDONE and batch.undone_by == "curator"
    call_command("verify_history")
    assert {table: export(client, curator, table) for table in tables} == before
    last = Patient.history.filter(history_type="-").get()
    assert "wrong centre" in last.history_change_reason
    with pytest.raises(batches.Refused):
        undoing.undo(batch, curator, "again")


@pytest.mark.parametrize("how", ["follow-up", "change", "changed by the batch"])
def test_nothing_is_undone_that_others_built_on(center, curator, how):
    batch = confirmed(curator, **NEW)
    if how == "follow-up":
        make.AssessmentFactory(case=Case.objects.get(), time_point="month_1", by=curator)
    elif how == "change":
        lesion = Lesion.objects.get(number=1)
        lesion.volume_ml = 4
        records.save(lesion, by=curator, reason="why")
    else:
        lesion = Lesion.objects.get(number=1)
        batch = confirmed(curator, "why", lesions=[{"lesion_id": lesion.uuid, "volume_ml": 3}])
    with pytest.raises(batches.Refused):
        undoing.undo(batch, curator, "why")
    batch.refresh_from_db()
    assert batch.state == State.DONE and Patient.objects.exists()


def test_only_curators_import(center, clinician, researcher):
    for user in (clinician, researcher):
        with pytest.raises(PermissionDenied):
            batches.take([], user)


def test_a_worker_that_is_gone_leaves_the_batch_to_be_confirmed_again(center, curator):
    batch = batch_of(curator, **NEW)
    ImportBatch.objects.filter(pk=batch.pk).update(state=State.WRITING)
    batches.sweep()
    batch.refresh_from_db()
    assert batch.state == State.READY and "Nothing has been written" in batch.message
    batches.confirm(batch, curator, "")
    assert batch.state == State.DONE


def test_files_that_nobody_confirms_expire(center, curator, settings, folder):
    settings.IMPORT_KEEP_HOURS = 0
    batch = batch_of(curator, **NEW)
    batches.sweep()
    batch.refresh_from_db()
    assert batch.state == State.EXPIRED and not list(folder.iterdir())


def test_the_command_checks_and_imports(center, curator, tmp_path, capsys):
    paths = []
    for name, rows in NEW.items():
        paths.append(tmp_path / f"{name}.csv")
        paths[-1].write_bytes(as_csv(rows))
    call_command("import_cases", *map(str, paths), by="curator")
    assert "lesions: 2 new" in capsys.readouterr().out and not Patient.objects.exists()
    call_command("import_cases", *map(str, paths), by="curator", confirm=True, reason="archive")
    assert Patient.objects.exists() and Case.history.get().history_change_reason == "archive"
    wrong = tmp_path / "lesions-wrong.csv"
    wrong.write_bytes(as_csv([{"lesion_id": "x", "volume": 3}]))
    with pytest.raises(CommandError, match=r"errors\. Nothing has been written"):
        call_command("import_cases", str(wrong), by="curator", confirm=True)
    assert "Did you mean volume_ml" in capsys.readouterr().out
