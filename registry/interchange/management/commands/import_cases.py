"""Import files from the command line: the same dry run, the same write, the same batch as in the browser."""

from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from registry.access.models import User
from registry.core.reading import LONGEST_REASON
from registry.interchange.importing import batches, shelf
from registry.interchange.models import ImportBatch

State = ImportBatch.State


class Command(BaseCommand):
    help = "Checks files (CSV, XLSX, JSON or YAML) and, with --confirm, imports them as one change."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "files", nargs="+", type=Path, metavar="FILE", help="One file per table, or a bundle."
        )
        parser.add_argument("--by", required=True, metavar="USER", help="The curator who imports.")
        parser.add_argument("--reason", default="", help="Needed where complete cases change.")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--dry-run", action="store_true", help="Say what would happen (the default).")
        what.add_argument("--confirm", action="store_true", help="Import, if nothing is wrong.")

    def handle(
        self, *args: Any, files: list[Path], by: str, reason: str, confirm: bool, **options: Any
    ) -> None:
        user = User.objects.filter(username=by, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user “{by}”.")
        if len(reason) > LONGEST_REASON:
            raise CommandError(f"A reason has at most {LONGEST_REASON} characters.")
        lacking = [str(path) for path in files if not path.is_file()]
        if lacking:
            raise CommandError(f"No such file: {', '.join(lacking)}.")
        try:
            batch = batches.take([(path.name, [path.read_bytes()]) for path in files], user)
        except (PermissionDenied, batches.Refused) as refused:
            raise CommandError(str(refused)) from None
        report = batches.carry_out_check(batch)
        if report is None:
            raise CommandError(batch.message or "The files could not be checked.")
        self._say(report)
        if not confirm or batch.state != State.READY:
            batches.discard(batch)
            if report.error_count:
                raise CommandError(f"{report.error_count} errors. Nothing has been written.")
            return
        try:
            batches.confirm(batch, user, reason, here=True)
        except batches.Refused as refused:
            batches.discard(batch)
            raise CommandError(refused.message) from None
        if batch.state != State.DONE:
            after = shelf.report_of(batch)
            for error in after.errors if after is not None else []:
                self._line(error)
            batches.discard(batch)
            raise CommandError(batch.message)
        self.stdout.write(f"Imported as batch {batch.uuid}.")

    def _say(self, report: Any) -> None:
        for file, remark in report.remarks:
            self.stdout.write(f"{file}: {remark}")
        for error in report.errors:
            self._line(error)
        for warning in report.warnings:
            self._line(warning, "unusual: ")
        for table, counted in report.counts.items():
            self.stdout.write(
                f"{table}: {counted['new']} new, {counted['changed']} changed, {counted['unchanged']} unchanged"
            )

    def _line(self, finding: dict[str, Any], kind: str = "") -> None:
        place = ":".join(part for part in (finding["file"], finding["row"], finding["column"]) if part)
        self.stdout.write(f"{place}: {kind}{finding['message']}")
