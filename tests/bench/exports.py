"""How fast exports are, as ratios to ``psql \\copy`` of the same query within one run, and what memory they take.

``make bench`` (``N=20000`` for fewer patients). PostgreSQL only: ``DATABASE_URL`` names the server, and beside its
database one more is made, ``…_bench``, and filled with synthetic patients once. The exports go through the real server
over HTTP; every measure is taken several times in turn, and the median is shown.
"""

import argparse
import hashlib
import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

ROOT = Path(__file__).resolve().parents[2]
READ = 1 << 16
USER = "bench"


@dataclass
class Measured:
    """Seconds and megabytes of one way, over the rounds."""

    seconds: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    bytes: int = 0

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def memory(self) -> float:
        return max(self.megabytes, default=0.0)


def main() -> None:
    arguments = _arguments()
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        sys.exit("The bench needs PostgreSQL: set DATABASE_URL.")
    os.environ["DATABASE_URL"] = bench_url = url.rstrip("/") + "_bench"
    os.environ.update(
        SECRET_KEY="bench" * 12,
        IDENTITY_KEY="bench" * 12,
        EXPORT_INLINE_CELLS=str(10**12),
        DJANGO_SETTINGS_MODULE="registry.settings",
    )
    _database(url, bench_url)
    import django

    django.setup()
    token = _filled(arguments.patients)
    with _server() as server:
        report = Report()
        for table in arguments.tables:
            _exports(report, server, token, table, bench_url, arguments.rounds)
        _pages(report, server, token, arguments.rounds)
        _json_pull(report, server, token)
        _cohort(report, server, token)
    report.show()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tables", nargs="+", default=["assessments", "case_summary"])
    return parser.parse_args()


# -- the database ------------------------------------------------------------------------------------------------------


def _database(url: str, bench_url: str) -> None:
    import psycopg2

    name = urlsplit(bench_url).path.lstrip("/")
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is None:
            cursor.execute(f'CREATE DATABASE "{name}"')
    connection.close()


def _filled(patients: int) -> str:
    """Fill the database where it is not filled yet; answers a token of the user who exports."""
    from django.core.management import call_command
    from django.db import connection

    from cases.models import Patient
    from registry.access import tokens
    from registry.access.models import Membership, User
    from registry.research.management.commands.synthesize import Command

    call_command("migrate", verbosity=0, interactive=False)
    center = f"SYN-{patients}"
    if not Patient.objects.filter(center__code=center).exists():
        began = time.monotonic()
        call_command("synthesize", patients=patients, seed=1, center=center, processes=os.cpu_count() or 1)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        print(f"{patients:,} patients were synthesized in {time.monotonic() - began:.0f} s.")
    user, _made = User.objects.get_or_create(username=USER)
    Membership.objects.filter(user=user).delete()
    Membership.objects.create(user=user, center=Command.center(center), role=Membership.Role.RESEARCHER)
    _instance, token = tokens.create(user)
    return token


# -- the server --------------------------------------------------------------------------------------------------------


@dataclass
class Server:
    """The real server, one process with threads, so that its memory can be seen."""

    port: int
    pid: int

    def get(
        self, path: str, token: str, take: Callable[[bytes], Any] = len
    ) -> tuple[http.client.HTTPResponse, int]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=3600)
        connection.request("GET", path, headers={"Authorization": f"Token {token}"})
        answer = connection.getresponse()
        size = 0
        while chunk := answer.read(READ):
            take(chunk)
            size += len(chunk)
        connection.close()
        if answer.status != 200:
            sys.exit(f"{path}: {answer.status}")
        return answer, size

    def json(self, path: str, token: str) -> Any:
        parts: list[bytes] = []
        self.get(path, token, parts.append)
        return json.loads(b"".join(parts))

    def resident(self, what: str = "VmRSS") -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"{what}:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]

    def forget_peak(self) -> None:
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")


@contextmanager
def _server() -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            str(Path(sys.executable).parent / "gunicorn"),
            "registry.wsgi:application",
            f"--bind=127.0.0.1:{port}",
            "--workers=1",
            "--threads=4",
            "--timeout=3600",
            "--no-control-socket",
            "--log-level=warning",
        ],
        cwd=ROOT,
    )
    try:
        _wait_for(port)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield Server(port, int(children[0]))
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    for _attempt in range(120):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health/live")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.5)
    sys.exit("The server did not start.")


# -- what is measured --------------------------------------------------------------------------------------------------


@dataclass
class Report:
    """What will be printed at the end."""

    lines: list[str] = field(default_factory=list)

    def say(self, line: str = "") -> None:
        print(line, flush=True)
        self.lines.append(line)

    def show(self) -> None:
        print("\n".join(["", "=" * 78, *self.lines]))


def _exports(report: Report, server: Server, token: str, table: str, url: str, rounds: int) -> None:
    """Each way in turn, several times: what else the machine does falls on all alike."""
    statement, plain, rows, columns = _statements(table)
    ways: dict[str, Callable[[], int]] = {
        "psql \\copy, the same query": lambda: _psql(url, statement),
        "psql \\copy, the columns as they are": lambda: _psql(url, plain),
        "CSV over HTTP": lambda: _download(server, token, table, "csv"),
        "NDJSON over HTTP": lambda: _download(server, token, table, "ndjson"),
        "Parquet over HTTP": lambda: _download(server, token, table, "parquet"),
    }
    found = {name: Measured() for name in ways}
    server.get(
        "/api/v1/export/reported_values.csv", token
    )  # the first request of a process imports and compiles
    for _round in range(rounds):
        for name, way in ways.items():
            server.forget_peak()
            before, began = server.resident(), time.monotonic()
            found[name].bytes = way()
            found[name].seconds.append(time.monotonic() - began)
            found[name].megabytes.append(server.resident("VmHWM") - before)
    base = found["psql \\copy, the same query"].median
    report.say()
    report.say(f"{table}: {rows:,} rows × {columns} columns, median of {rounds}")
    report.say(f"  {'':38}{'s':>8}{'ratio':>8}{'MB':>8}{'peak of the server':>22}")
    for name, measured in found.items():
        memory = f"+{measured.memory:.0f} MB" if "HTTP" in name else ""
        report.say(
            f"  {name:38}{measured.median:8.1f}{measured.median / base:8.2f}{measured.bytes / 1e6:8.0f}{memory:>22}"
        )


def _statements(table: str) -> tuple[str, str, int, int]:
    """The export's own COPY statement, that of its columns as they are, and how large it is."""
    from django.db import connection

    from registry.access.models import User
    from registry.research.formats import FORMATS, Sheet
    from registry.research.selection import select
    from registry.research.tables import tables

    selection = select(tables()[table], User.objects.get(username=USER), {})
    copied = selection.copied(FORMATS["csv"], Sheet(table, selection.columns))
    assert copied is not None
    written, plain = (
        connection.ops.compose_sql(*queryset.query.get_compiler(connection=connection).as_sql())
        for queryset in (copied, selection.queryset)
    )
    return written, plain, selection.rows.count(), len(selection.columns)


def _psql(url: str, statement: str) -> int:
    # \copy is one line; the statements have no line breaks outside of values, and none there.
    command = f"\\copy ({statement}) TO PROGRAM 'wc -c' WITH (FORMAT csv)"
    assert "\n" not in command
    settings = {**os.environ, "PGOPTIONS": "-c jit=off -c cursor_tuple_fraction=1"}
    done = subprocess.run(
        ["psql", "-X", "-q", url],
        input=command + "\n",
        env=settings,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout.split()[0])


def _download(server: Server, token: str, table: str, name: str) -> int:
    """The whole file; what does not agree with its receipt ends the run."""
    digest = hashlib.sha256()
    answer, size = server.get(f"/api/v1/export/{table}.{name}", token, digest.update)
    receipt = server.json(f"/api/v1/export/receipts/{answer.headers['X-Receipt']}/", token)
    if not receipt["finished"] or receipt["sha256"] != digest.hexdigest():
        sys.exit(f"{table}.{name} does not agree with its receipt.")
    return size


def _pages(report: Report, server: Server, token: str, rounds: int) -> None:
    """The first page of a list against a late one, reached as a client would: from next to next."""
    size, wanted, path = 100, 1000, "/api/v1/assessments/?page_size=100"
    first, at = path, path
    number = 1
    while number < wanted:
        following = server.json(at, token)["next"]
        if following is None:
            break
        at, number = f"{urlsplit(following).path}?{urlsplit(following).query}", number + 1
    times: dict[str, list[float]] = {first: [], at: []}
    for _round in range(10 * rounds):
        for address in times:
            began = time.monotonic()
            server.get(address, token)
            times[address].append(time.monotonic() - began)
    early, late = (statistics.median(values) * 1000 for values in times.values())
    report.say()
    report.say(f"A list of {size} per page, median of {10 * rounds}")
    report.say(f"  page 1: {early:.1f} ms   page {number:,}: {late:.1f} ms   ratio {late / early:.2f}")


def _json_pull(report: Report, server: Server, token: str) -> None:
    """The same rows by the API's pages: a sample of pages, extrapolated to all."""
    from cases.models import Case
    from outcomes.models import Assessment
    from registry.access.models import User

    user = User.objects.get(username=USER)
    report.say()
    report.say("Paged JSON, 100 per page, the time of 20 pages extrapolated to all")
    for name, model in (("assessments", Assessment), ("cases", Case)):
        at, taken = f"/api/v1/{name}/?{urlencode({'page_size': 100})}", 0
        server.forget_peak()
        before, began = server.resident(), time.monotonic()
        while at and taken < 2000:
            page = server.json(at, token)
            taken += len(page["results"])
            at = page["next"] and f"{urlsplit(page['next']).path}?{urlsplit(page['next']).query}"
        seconds = time.monotonic() - began
        total = model.objects.for_user(user).count()
        memory = server.resident("VmHWM") - before
        report.say(
            f"  {name}: {taken / seconds:,.0f} rows/s; {total:,} rows would take "
            f"{total * seconds / max(taken, 1):,.0f} s (server +{memory:.0f} MB)"
        )


def _cohort(report: Report, server: Server, token: str) -> None:
    """How long a filtered cohort takes to count, and its Table 1 over HTTP."""
    from django.db import connection

    from registry.access.models import User
    from registry.research.cohorts import keeping
    from registry.research.cohorts.checking import read
    from registry.research.cohorts.choosing import of_version

    user = User.objects.get(username=USER)
    asked = [
        {"variable": "case_summary.strategy", "is": "=", "value": "sacroplasty+rfa"},
        {"variable": "cases.age_years", "is": ">=", "value": 60},
        {
            "rows": "lesions",
            "have": "any",
            "where": {"all": [{"variable": "lesions.levels", "is": "has_any", "value": ["S1"]}]},
        },
    ]
    cohort = keeping.create(read({"title": "Bench", "where": {"all": asked}}, user), user)
    counted, times = 0, []
    for _round in range(5):
        began = time.monotonic()
        counted = of_version(cohort, None, user).cases.order_by().count()
        times.append(time.monotonic() - began)
    server.forget_peak()
    before, began = server.resident(), time.monotonic()
    server.get(f"/api/v1/cohorts/{cohort.slug}/statistics/?table=table1", token)
    seconds = time.monotonic() - began
    report.say()
    report.say(
        f"Sacroplasty with RFA from 60 years with a lesion at S1: {counted:,} cases, counted in "
        f"{1000 * statistics.median(times):.0f} ms; Table 1 over HTTP in {seconds:.1f} s "
        f"(+{server.resident('VmHWM') - before:.0f} MB)"
    )
    cohort.delete()
    connection.close()


if __name__ == "__main__":
    main()
