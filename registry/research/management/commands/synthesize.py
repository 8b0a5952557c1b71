"""Make synthetic patients."""

import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.models import Diagnosis, Patient
from registry.access.models import Center
from registry.core import records
from registry.research.synthetic import Synthesis

#: Centres of this prefix hold synthetic patients and nothing else.
PREFIX = "SYN"
#: Patients per transaction: few enough that writers of a running site do not wait.
BATCH = 10


class Command(BaseCommand):
    help = "Adds synthetic patients with cases of all four kinds to a centre; the same seed gives the same patients."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--patients", type=int, required=True, help="How many patients to add.")
        parser.add_argument("--seed", type=int, default=1, help="Another seed gives other patients.")
        parser.add_argument(
            "--center", default=f"{PREFIX}-1", help="Code of the centre; made if there is none."
        )

    def handle(self, *args: Any, patients: int, seed: int, center: str, **options: Any) -> None:
        if not 1 <= patients <= 1_000_000:
            raise CommandError("--patients is a number from 1 to 1,000,000.")
        if not Diagnosis.objects.exists():
            call_command("load_code_lists", verbosity=0)
        synthesis = Synthesis(self.center(center), seed)
        if Patient.objects.filter(uuid=synthesis.public_id(0)).exists():
            raise CommandError(f"The patients of seed {seed} are in {center} already. Choose another seed.")
        began, cases = time.monotonic(), 0
        for first in range(0, patients, BATCH):
            with records.together():
                for _ in range(min(BATCH, patients - first)):
                    cases += synthesis.patient()
            done = min(first + BATCH, patients)
            if options["verbosity"] > 0 and (done % 100 == 0 or done == patients):
                self.stdout.write(f"{done} of {patients} patients, {time.monotonic() - began:.0f} s")
        self.stdout.write(f"Added {patients} patients with {cases} cases to {center} (seed {seed}).")

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
