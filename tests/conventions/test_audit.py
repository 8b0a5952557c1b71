"""The audit of dependencies finds what is vulnerable, and says when it could not look."""

import datetime
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

AUDIT = Path(__file__).parents[2] / ".ci" / "audit"
NOW = datetime.datetime.now(datetime.UTC).isoformat()


def advisory(number, package, *, fixed, modified=NOW):
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}]
    affected = [{"package": {"ecosystem": "PyPI", "name": package}, "ranges": ranges}]
    return {"id": f"TEST-{number}", "summary": "A hole", "modified": modified, "affected": affected}


@pytest.fixture
def audit(tmp_path):
    lock = tmp_path / "requirements.lock"
    lock.write_text("some-package==2.5 \\\n    --hash=sha256:00\nother[extra]==1.0 ; python_version > '3'\n")

    def run(*advisories, **env):
        path = tmp_path / "all.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for one in advisories:
                archive.writestr(f"{one['id']}.json", json.dumps(one))
        env = {"AUDIT_ADVISORIES": str(path), "PATH": "/nowhere", **env}
        return subprocess.run(
            [sys.executable, AUDIT, lock], env=env, capture_output=True, text=True, check=False
        )

    return run


PROOF = advisory(0, "Django", fixed="4.2.9")


def test_a_vulnerable_release_is_named(audit):
    done = audit(PROOF, advisory(1, "Some_Package", fixed="2.5.1"), advisory(2, "other", fixed="1.0"))
    assert (done.returncode, done.stdout.strip()) == (1, "some-package 2.5: TEST-1 A hole")


def test_releases_without_one_pass(audit):
    done = audit(PROOF, advisory(1, "some-package", fixed="2.5"))
    assert done.returncode == 0 and "2 pinned releases" in done.stdout


@pytest.mark.parametrize(
    ("advisories", "env", "why"),
    [
        ((advisory(1, "some-package", fixed="2.5"),), {}, "knows too little"),
        ((advisory(0, "django", fixed="5", modified="2021-07-17T00:00:00+00:00"),), {}, "older than 14 days"),
        ((), {"AUDIT_ADVISORIES": "/nowhere/all.zip"}, "cannot be read"),
        ((), {"AUDIT_ADVISORIES": "", "PIP_INDEX_URL": "http://127.0.0.1:9/simple"}, "gives no advisories"),
    ],
)
def test_what_could_not_be_checked_is_no_clean_bill(audit, advisories, env, why):
    done = audit(*advisories, **env)
    assert done.returncode == 2 and "COULD NOT CHECK" in done.stderr and why in done.stderr
