"""Check a file that was exported against its receipt."""

import uuid
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from registry.research.models import ExportReceipt
from registry.research.verification import Verdict, verify


class Command(BaseCommand):
    help = (
        "Checks an exported file (a table, an archive, a file of a release) against its receipt by SHA-256. "
        "Exit code 0: whole and as it was given out; 1: cut off or changed; 2: no receipt found."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="The file.")
        parser.add_argument(
            "--receipt", help="Id of the receipt; else it is found by the hash, or by the file's name."
        )

    def handle(self, *args: Any, file: Path, receipt: str | None, **options: Any) -> None:
        if not file.is_file():
            raise CommandError(f"There is no file {file}.", returncode=Verdict.UNKNOWN)
        finding = verify(file, self._receipt(receipt) if receipt else None)
        for line in finding.said:
            self.stdout.write(line)
        if finding.verdict is not Verdict.WHOLE:
            raise CommandError("The file does not agree with a receipt.", returncode=int(finding.verdict))

    @staticmethod
    def _receipt(text: str) -> ExportReceipt:
        try:
            found = ExportReceipt.objects.filter(uuid=uuid.UUID(text)).first()
        except ValueError:
            raise CommandError(
                f"“{text[:60]}” is not the id of a receipt.", returncode=Verdict.UNKNOWN
            ) from None
        if found is None:
            raise CommandError(f"There is no receipt {text}.", returncode=Verdict.UNKNOWN)
        return found
