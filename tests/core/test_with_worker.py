"""The server and the worker beside it: both run, both stop, and a worker that stops is reported."""

import os
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings

#: Says so when the worker would run, and never ends by itself.
SERVER = "import time; print('serving', flush=True); time.sleep(60)"


@pytest.fixture
def run(tmp_path):
    """``with_worker`` with a server of one line, on a database that has no tables: its worker fails again and again."""
    started = []

    def begin(code):
        command = [sys.executable, "manage.py", "with_worker", "--", sys.executable, "-c", code]
        process = subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path}/empty.sqlite3", "SECRET_KEY": "x" * 50},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def test_it_ends_as_the_server_ends_and_says_that_the_worker_has_stopped(run, tmp_path):
    told = tmp_path / "stop"
    process = run(
        f"import os, sys, time\nwhile not os.path.exists({str(told)!r}): time.sleep(0.1)\nsys.exit(3)"
    )
    said = "The background worker has stopped (exit code 1); it is started again.\n"
    assert any(said == line for line in iter(process.stderr.readline, ""))
    told.touch()
    process.communicate(timeout=60)
    assert process.returncode == 3


def test_both_stop_when_told_to(run):
    process = run(SERVER)
    assert process.stdout.readline() == "serving\n"
    children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True)
    pids = [int(pid) for pid in children.stdout.split()]
    assert len(pids) == 2
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 0
    for _attempt in range(50):
        if not any(os.path.exists(f"/proc/{pid}") for pid in pids):
            break
        time.sleep(0.1)
    assert not [pid for pid in pids if os.path.exists(f"/proc/{pid}")]
