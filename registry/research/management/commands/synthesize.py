"""Make synthetic patients."""

import multiprocessing
import time
from collections.abc import Iterator
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, connections

from cases.models import Diagnosis, Patient
from registry.access.models import Center
from registry.research.synthetic import Synthesis

#: Centres of this prefix hold synthetic patients and nothing else.
PREFIX = "SYN"
#: Patients per transaction: few enough that writers of a running site wait for a moment only.
BATCH = 200
#: Patients between two lines of progress.
TOLD_EVERY = 1000

#: What a process needs to write batches; made when it begins.
_own: dict[str, Synthesis] = {}


def _begin(center: str, seed: int) -> None:
    connections.close_all()  # none is shared with the process that began this one
    _own["synthesis"] = Synthesis(Center.objects.get(code=center), seed)


def _write(batch: tuple[int, int]) -> tuple[int, int]:
    """Write a batch (its number and size); answers patients and cases."""
    return batch[1], _own["synthesis"].write(*batch)


class Command(BaseCommand):
    help = "Adds synthetic patients with cases of all four kinds to a centre; the same seed gives the same patients."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--patients", type=int, required=True, help="How many patients to add.")
        parser.add_argument("--seed", type=int, default=1, help="Another seed gives other patients.")
        parser.add_argument(
            "--center", default=f"{PREFIX}-1", help="Code of the centre; made if there is none."
        )
        parser.add_argument(
            "--processes",
            type=int,
            default=1,
            help="Write by several processes (PostgreSQL): the same patients, their order and registry ids by chance.",
        )

    def handle(
        self, *args: Any, patients: int, seed: int, center: str, processes: int = 1, **options: Any
    ) -> None:
        if not 1 <= patients <= 1_000_000:
            raise CommandError("--patients is a number from 1 to 1,000,000.")
        if not 1 <= processes <= 64 or (processes > 1 and connection.vendor != "postgresql"):
            raise CommandError("--processes is a number from 1 to 64, and 1 where the database is SQLite.")
        if not Diagnosis.objects.exists():
            call_command("load_code_lists", verbosity=0)
        synthesis = Synthesis(self.center(center), seed)
        if Patient.objects.filter(uuid=synthesis.public_id(0)).exists():
            raise CommandError(f"The patients of seed {seed} are in {center} already. Choose another seed.")
        batches = [(first // BATCH, min(BATCH, patients - first)) for first in range(0, patients, BATCH)]
        began, done, cases = time.monotonic(), 0, 0
        for written, of_these in self.written(synthesis, seed, batches, processes):
            done, cases = done + written, cases + of_these
            if options["verbosity"] > 0 and (done % TOLD_EVERY == 0 or done == patients):
                self.stdout.write(f"{done} of {patients} patients, {time.monotonic() - began:.0f} s")
        self.stdout.write(f"Added {patients} patients with {cases} cases to {center} (seed {seed}).")

    @staticmethod
    def written(
        synthesis: Synthesis, seed: int, batches: list[tuple[int, int]], processes: int
    ) -> Iterator[tuple[int, int]]:
        """Patients and cases of each batch, as it has been written."""
        if processes == 1:
            for number, size in batches:
                yield size, synthesis.write(number, size)
            return
        connections.close_all()
        begin: Any = {"initializer": _begin, "initargs": (synthesis.center.code, seed)}
        with multiprocessing.get_context("fork").Pool(processes, **begin) as pool:
            yield from pool.imap_unordered(_write, batches)

    @staticmethod
    def center(code: str) -> Center:
        """The centre, never one that real patients are in."""
        center, made = Center.objects.get_or_create(
            code=code, defaults={"name": f"Synthetic patients {code}", "kind": Center.Kind.CLINICAL}
        )
        if center.kind != Center.Kind.CLINICAL:
            raise CommandError(f"{code} is a published series.")
        if not made and not code.startswith(PREFIX) and Patient.objects.filter(center=center).exists():
            raise CommandError(
                f"{code} has patients; synthetic ones are never put among them. Name another centre."
            )
        return center
