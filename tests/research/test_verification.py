"""A file on a disk against its receipt."""

import io
import uuid
import zipfile

import pytest
from django.core.management import CommandError, call_command

from registry.research.models import ExportReceipt
from registry.research.releases import shelf
from registry.research.verification import Verdict, verify
from tests.research.releases.conftest import frozen
from tests.research.test_export import body


def found(path, **options):
    """Exit code and what was said."""
    out = io.StringIO()
    try:
        call_command("verify_export", str(path), stdout=out, **options)
    except CommandError as error:
        return error.returncode, out.getvalue() + str(error)
    return 0, out.getvalue()


@pytest.fixture
def table(world, client_of, tmp_path):
    response = client_of(world.researcher).get("/api/v1/export/cases.csv")
    path = tmp_path / response["Content-Disposition"].split('"')[1]
    path.write_bytes(body(response))
    return path


@pytest.fixture
def archive(world, client_of, tmp_path):
    response = client_of(world.researcher).get("/api/v1/export/archive.zip", {"tables": "cases,lesions"})
    path = tmp_path / response["Content-Disposition"].split('"')[1]
    path.write_bytes(body(response))
    return path


@pytest.mark.parametrize("kind", ["table", "archive"])
def test_a_whole_file_is_found_by_its_hash(request, tmp_path, kind):
    path = request.getfixturevalue(kind)
    other = tmp_path / "renamed"
    path.rename(other)
    code, said = found(other)
    assert code == 0 and "whole" in said and str(ExportReceipt.objects.get().uuid) in said


def test_a_file_that_was_cut_off_is_found_by_its_name(table):
    table.write_bytes(table.read_bytes()[:-10])
    code, said = found(table)
    assert code == 1 and "cut off: 10 of" in said


def test_a_file_that_was_changed(table):
    data = table.read_bytes()
    table.write_bytes(data.replace(b"male", b"mule"))
    assert found(table)[0] == 1 and "has been changed" in found(table)[1]
    table.write_bytes(data + b"more")
    assert "4 bytes more" in found(table)[1]


def test_a_receipt_can_be_named(table, tmp_path):
    other = tmp_path / "unknown.csv"
    other.write_bytes(b"x")
    receipt = str(ExportReceipt.objects.get().uuid)
    assert found(other)[0] == 2
    assert found(other, receipt=receipt)[0] == 1
    assert found(table, receipt=receipt)[0] == 0
    assert found(table, receipt=str(uuid.uuid4()))[0] == 2
    assert found(table, receipt="perhaps")[0] == 2


def test_an_export_that_never_ended_has_no_whole_file(table):
    ExportReceipt.objects.update(finished=False, sha256="", bytes=None)
    code, said = found(table)
    assert code == 1 and "never sent" in said


def test_an_archive_says_which_of_its_files_was_changed(archive):
    with zipfile.ZipFile(archive) as whole:
        contents = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(archive, "w") as changed:
        for name, content in contents.items():
            if name != "load.R":
                changed.writestr(name, content + b"x" if name == "cases.csv" else content)
    code, said = found(archive)
    assert code == 1
    assert "cases.csv: changed" in said and "load.R: not in the archive" in said
    assert "lesions.csv: as it was given out" in said


def test_an_archive_that_was_cut_off(archive):
    archive.write_bytes(archive.read_bytes()[:500])
    code, said = found(archive)
    assert code == 1 and "cut off" in said and "cannot be opened" in said


@pytest.mark.parametrize("known", [True, False])
def test_an_archive_whose_bytes_were_spoilt_is_no_fault_of_the_command(archive, known):
    """Anywhere in it: in what is compressed, in the heads, in the directory at the end."""
    if not known:
        ExportReceipt.objects.all().delete()
    data = archive.read_bytes()
    for at in range(30, len(data), len(data) // 30):
        archive.write_bytes(data[:at] + bytes([data[at] ^ 0x1F]) + data[at + 1 :])
        assert verify(archive).verdict == (Verdict.DIFFERS if known else Verdict.UNKNOWN)


def test_an_archive_with_something_else_for_a_receipt(tmp_path, db):
    for number, trailer in enumerate(
        ("[]", "1", '{"files": 1}', '{"files": [1, {"file": 1, "sha256": 2}]}', "{")
    ):
        path = tmp_path / f"{number}.zip"
        with zipfile.ZipFile(path, "w") as made:
            made.writestr("receipt.json", trailer)
        assert found(path)[0] == 2


def test_an_archive_of_another_registry_is_held_against_its_own_receipt(archive, tmp_path):
    ExportReceipt.objects.all().delete()
    code, said = found(archive)
    assert code == 2 and "cases.csv: as it was given out" in said and "vouches for nothing" in said


def test_no_file(tmp_path, db):
    assert found(tmp_path / "nothing.csv")[0] == 2


def test_files_of_a_release_are_known_one_by_one(world, tmp_path, settings):
    settings.RELEASE_DIR = tmp_path / "releases"
    release = frozen(world.researcher)
    for file in release.files:
        code, said = found(shelf.folder_of(release.slug) / file["file"])
        assert (
            code == 0 and f"{file['file']} of release {release.slug}" in said and str(release.token) in said
        )
    download = tmp_path / f"{release.slug}-cases.csv"
    data = (shelf.folder_of(release.slug) / "cases.csv").read_bytes()
    for damaged, words in (
        (data[:-10], "cut off: 10 of"),
        (data.replace(b"male", b"mule"), "has been changed"),
    ):
        download.write_bytes(damaged)
        code, said = found(download)
        assert code == 1 and words in said
    assert found(download, receipt=str(release.token))[0] == 1
    download.write_bytes(data)
    assert found(download.rename(tmp_path / "renamed"), receipt=str(release.token))[0] == 0
    download.with_name("other").write_bytes(b"other")
    code, said = found(download.with_name("other"), receipt=str(release.token))
    assert code == 1 and "none that is called other" in said
