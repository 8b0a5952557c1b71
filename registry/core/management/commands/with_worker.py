"""Run a server and the background worker beside it, so that neither is forgotten and both stop together."""

import argparse
import signal
import subprocess
import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

#: Seconds between two looks at the two processes.
LOOK_EVERY = 0.5
#: Seconds before a worker that stopped is started again.
PAUSE = 2.0
#: Seconds that the processes have to end when asked to.
PATIENCE = 10.0


class Command(BaseCommand):
    help = (
        "Runs a command and `db_worker` beside it: with_worker -- gunicorn registry.wsgi:application. A worker that "
        "stops is reported and started again; when the command ends, the worker does."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("server", nargs=argparse.REMAINDER, help="The command, behind --.")

    def handle(self, *args: Any, server: list[str], **options: Any) -> None:
        command = server[1:] if server[:1] == ["--"] else server
        for told in (signal.SIGINT, signal.SIGTERM):
            signal.signal(told, _interrupt)
        worker = self.worker()
        serving = subprocess.Popen(command)  # noqa: S603 - what the caller wants run
        try:
            while serving.poll() is None:
                time.sleep(LOOK_EVERY)
                if worker.poll() is not None:
                    self.stderr.write(
                        f"The background worker has stopped (exit code {worker.returncode}); it is started again."
                    )
                    time.sleep(PAUSE)
                    worker = self.worker()
        except KeyboardInterrupt:
            pass  # Ctrl+C: both are asked to stop below
        finally:
            _stop(serving, worker)
        # A server that was told to stop has done nothing wrong.
        sys.exit(max(serving.returncode, 0))

    @staticmethod
    def worker() -> subprocess.Popen:
        return subprocess.Popen([sys.executable, sys.argv[0], "db_worker", "--no-reload"])  # noqa: S603


def _interrupt(*_signal: Any) -> None:
    raise KeyboardInterrupt


def _stop(*processes: subprocess.Popen) -> None:
    for process in processes:
        process.terminate()
    until = time.monotonic() + PATIENCE
    for process in processes:
        try:
            process.wait(max(until - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
