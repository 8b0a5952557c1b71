"""Write ``docs/consistency-checks.md`` and ``.csv`` from the publications in the registry."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from registry.research.consistency_document import all_checks, as_csv, as_markdown

NAMES = ("consistency-checks.md", "consistency-checks.csv")


class Command(BaseCommand):
    help = (
        "Runs the consistency checks over the loaded publications and writes docs/consistency-checks.md and .csv; "
        "with --check, fails when they are out of date."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="Write nothing; exit 1 when a document differs."
        )

    def handle(self, *args: Any, check: bool = False, **options: Any) -> None:
        found = all_checks()
        if not found:
            raise CommandError("There is no publication yet. Run: manage.py load_publications")
        folder = Path(settings.BASE_DIR) / "docs"
        for name, text in zip(NAMES, (as_markdown(found), as_csv(found)), strict=True):
            path = folder / name
            written = path.read_text("utf-8") if path.exists() else ""
            if check and written != text:
                raise CommandError(
                    f"docs/{name} does not say what the checks say. Run: manage.py consistency_checks"
                )
            if not check and written != text:
                folder.mkdir(exist_ok=True)
                path.write_text(text, "utf-8")
            self.stdout.write(f"docs/{name} is up to date." if check else f"Wrote docs/{name}.")
