"""What an import must not do: break on characters, outlive an erasure, write what nobody has checked."""

import pytest
from django.core.management import call_command

from cases.models import Case, Lesion, Patient
from outcomes.models import Assessment
from registry.access.models import AccessEvent, Membership
from registry.core import many, records
from registry.curation import erasure
from registry.interchange.code_lists import load_diagnoses
from registry.interchange.importing import batches, shelf, undoing
from registry.interchange.importing.references import References
from registry.interchange.models import ImportBatch
from tests import factories as make
from tests.interchange.importing import NEW, as_csv, checked, errors

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


@pytest.mark.parametrize("text", ["\\u0000", "a\\uD800"])
@pytest.mark.parametrize(
    "place", ['"registry_id": "%s"', '"sex": "%s"', '"%s": 1', '"cases": [{"notes": "%s"}]']
)
def test_characters_that_no_database_keeps_are_refused(center, curator, text, place):
    content = f'{{"format": "case-bundle/1", "patients": [{{{place % text}}}]}}'.encode()
    for name in ("bundle_json", "bundle_yaml"):
        (only,) = errors(checked(curator, center, **{name: content}))
        assert "cannot be kept" in only[3]
        only[3].encode()


def test_erasing_a_patient_takes_the_files_that_wait(center, other_center, curator, folder):
    patient = make.PatientFactory(center=center, hospital_number="4711", by=curator)
    ready = batch_of(curator, cases=[{"hospital_number": "4711", "age_years": "60"}])
    refused = batch_of(curator, cases=[{"hospital_number": "4711", "age_years": "600"}])
    elsewhere = batch_of(make.member(other_center, "curator"), **NEW)
    assert (ready.state, refused.state, elsewhere.state) == (State.READY, State.REFUSED, State.READY)
    assert "Files of imports that wait: 2." in " ".join(erasure.what_goes(patient))
    erasure.erase(patient, by=curator, reason="asked for it")
    for batch in (ready, refused, elsewhere):
        batch.refresh_from_db()
    assert (ready.state, refused.state, elsewhere.state) == (State.DISCARDED, State.DISCARDED, State.READY)
    assert [path.name for path in folder.iterdir()] == [str(elsewhere.uuid)]


def test_an_erasure_ends_the_time_of_what_is_being_checked(center, curator, folder, capsys):
    patient = make.PatientFactory(center=center, hospital_number="4711", by=curator)
    batch = batches.take([("cases.csv", [as_csv([{"hospital_number": "4711"}])])], curator)
    with shelf.held(batch):
        erasure.erase(patient, by=curator, reason="asked for it")
        batches.sweep()
    batch.refresh_from_db()
    assert batch.state == State.CHECKING
    call_command("clear_imports")
    batch.refresh_from_db()
    assert not batch.is_open and not list(folder.iterdir())
    assert "0 imports" in capsys.readouterr().out


def test_a_row_goes_to_the_patient_that_the_check_found(center, curator):
    first = make.PatientFactory(center=center, hospital_number="4711", by=curator)
    other = make.PatientFactory(center=center, hospital_number="12", by=curator)
    batch = batch_of(curator, cases=[{"hospital_number": "4711", "age_years": "60"}])
    for patient, number in ((first, "13"), (other, "4711")):
        patient.hospital_number = number
        records.save(patient, by=curator)
    batches.confirm(batch, curator, "")
    assert batch.state == State.REFUSED and not Case.objects.exists()
    assert "another record than at the check" in shelf.report_of(batch).errors[0]["message"]


def test_new_patients_go_to_the_centre_of_the_check(center, other_center, curator):
    batch = batch_of(curator, patients=[{"sex": "male"}])
    Membership.objects.filter(user=curator).update(center=other_center)
    ImportBatch.objects.filter(pk=batch.pk).update(state=State.WRITING)
    batches.carry_out(ImportBatch.objects.get(pk=batch.pk))
    batch.refresh_from_db()
    assert batch.state == State.REFUSED and not Patient.objects.exists()


def test_what_changes_while_it_is_being_deleted_stays(center, curator):
    lesion = make.LesionFactory(case=make.CaseFactory(patient=make.PatientFactory(center=center)))
    seen = Lesion.objects.get()
    lesion.volume_ml = 4
    records.save(lesion, by=curator)
    with pytest.raises(many.Refused) as caught:
        records.delete_many([seen], by=curator, reason="why")
    assert isinstance(caught.value.refusals[0].error, records.Conflict)
    assert Lesion.objects.exists() and undoing._said(caught.value.refusals[0].error) != [""]


def test_the_file_of_errors_is_noted_as_its_page_is(client, center, curator):
    batch = batch_of(curator, lesions=[{"case_ref": "Maria Muster", "volume_ml": "1"}])
    client.force_login(curator)
    for address in ("", "errors.csv"):
        before = AccessEvent.objects.filter(kind="identity_read").count()
        answer = client.get(f"/import/{batch.uuid}/{address}")
        assert "Maria Muster" in answer.content.decode()
        assert AccessEvent.objects.filter(kind="identity_read").count() == before + 1


def test_numbers_under_an_older_key_are_found(center, curator, settings):
    patient = make.PatientFactory(center=center, hospital_number="4711", by=curator)
    settings.IDENTITY_KEYS_OLD, settings.IDENTITY_KEY = [settings.IDENTITY_KEY], "another key"
    found = checked(curator, center, cases=[{"hospital_number": "4711", "age_years": "60"}])
    assert errors(found) == [] and found.items[0].record.patient_id == patient.pk
    found = checked(curator, center, patients=[{"hospital_number": "47-11"}])
    assert f"is there: {patient.registry_id}" in found.report.warnings[0]["message"]


def test_a_file_that_was_exchanged_on_the_shelf_is_not_written(center, curator):
    batch = batch_of(curator, **NEW)
    (shelf.folder_of(batch) / "0").write_bytes(as_csv([{"sex": "male"}]))
    batches.confirm(batch, curator, "")
    assert batch.state == State.FAILED and "not the one that was uploaded" in batch.message
    assert not Patient.objects.exists()


def test_a_file_with_everything_in_one_case_is_read_in_linear_time(center, curator, monkeypatch):
    keys = []
    read = References._key
    monkeypatch.setattr(References, "_key", staticmethod(lambda *given: keys.append(1) or read(*given)))
    numbers = range(1, 61)
    found = checked(
        curator,
        center,
        patients=[{"patient_ref": "P"}],
        cases=[{"patient_ref": "P", "case_ref": "C"}],
        lesions=[{"case_ref": "C", "number": each} for each in numbers],
        procedures=[{"case_ref": "C", "sequence": "1", "kind": "rfa"}],
        treated_lesions=[{"case_ref": "C", "procedure_sequence": "1", "lesion_number": n} for n in numbers],
    )
    assert errors(found) == [] and found.report.counts["treated_lesions"]["new"] == 60
    assert len(keys) < 10 * len(numbers)


@pytest.fixture
def later(center, curator):
    """A batch that brought a case what it needs to be complete, as it has been said to be since."""
    rest = {**NEW, "cases": [{**NEW["cases"][0], "case_status": "draft"}], "assessments": []}
    del rest["assessments"]
    batches.confirm(batch_of(curator, **rest), curator, "")
    case = Case.objects.get()
    rows = [{**row, "case_id": case.uuid} for row in NEW["assessments"]]
    for row in rows:
        del row["case_ref"]
    batch = batch_of(curator, assessments=rows)
    batches.confirm(batch, curator, "")
    case = Case.objects.get()
    case.status = "complete"
    records.save(case, by=curator, reason="all there")
    return batch


@pytest.mark.parametrize(("reason", "words"), [("why", "cannot be undone"), ("\x00", "Null characters")])
def test_an_undoing_that_is_refused_says_why(client, curator, later, reason, words):
    client.force_login(curator)
    answer = client.post(f"/import/{later.uuid}/undo/", {"reason": reason})
    assert answer.status_code == 422 and words in answer.content.decode()
    later.refresh_from_db()
    assert later.state == State.DONE and Assessment.objects.count() == 2


@pytest.mark.parametrize("word", ["1e9999999999999", "-1E-9999999999999", "1e99999999"])
def test_a_number_that_would_fill_the_memory_is_none(center, curator, word):
    content = f'{{"format": "case-bundle/1", "patients": [{{"birth_year": {word}}}]}}'.encode()
    assert "is not a number" in errors(checked(curator, center, bundle_json=content))[0][3]
