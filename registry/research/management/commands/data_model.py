"""Write ``docs/data-model.md`` from the models."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from registry.research.data_model_document import data_model


class Command(BaseCommand):
    help = "Writes docs/data-model.md from the models; with --check, fails when the document is out of date."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="Write nothing; exit 1 when the document differs."
        )

    def handle(self, *args: Any, check: bool = False, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "data-model.md"
        written = path.read_text("utf-8") if path.exists() else ""
        text = data_model()
        if check:
            if written != text:
                raise CommandError("docs/data-model.md does not say what the models say. Run: make docs")
            self.stdout.write("docs/data-model.md is up to date.")
            return
        if written != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        self.stdout.write(f"Wrote {path.relative_to(settings.BASE_DIR)}.")
