"""``manage.py check_quality``: runs the quality rules over all cases, raises and closes data queries.

Meant for every night, as by cron: ``0 3 * * * …/manage.py check_quality``.
"""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.curation.quality import sweep
from registry.curation.quality.rules import BY_CODE


class Command(BaseCommand):
    """Checks the data of the centres and says how many queries that raised and closed."""

    help = "Runs the quality rules over all cases of the centres, raises and closes data queries."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--center", action="append", default=[], help="code of a centre; may be repeated")
        parser.add_argument(
            "--rule", action="append", default=[], help=f"one of {', '.join(BY_CODE)}; may be repeated"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for code in options["rule"]:
            if code not in BY_CODE:
                raise CommandError(f"--rule: there is no rule {code}. Accepted: {', '.join(BY_CODE)}.")
        centers = list(sweep.clinical_centers(options["center"]))
        for code in options["center"]:
            if code not in {center.code for center in centers}:
                raise CommandError(f"--center: there is no hospital of the code {code}.")
        for center in centers:
            began = time.monotonic()
            done = sweep.check(center, options["rule"])
            seconds = time.monotonic() - began
            self.stdout.write(
                f"{center.code}: {done['cases']} cases looked at, {done['raised']} queries raised, "
                f"{done['closed']} closed, {seconds:.0f} s"
            )
            for rule in BY_CODE:
                if done[rule]:
                    self.stdout.write(f"  {rule}: {done[rule]} waiting")
