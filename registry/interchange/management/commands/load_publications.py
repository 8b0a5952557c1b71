"""``manage.py load_publications``."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.interchange.load_publications import load, paths_of
from registry.interchange.publication_document import Refused


class Command(BaseCommand):
    """Load publications; running it again changes nothing. A file with an error is refused as a whole."""

    help = "Load the publications of fixtures/publications, or the named ones."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "publications", nargs="*", metavar="slug or file", help="All of them if none is named."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        refused = 0
        for path in paths_of(options["publications"]):
            try:
                counts = load(path)
            except Refused as error:
                refused += 1
                self.stderr.write(str(error))
            else:
                self.stdout.write(
                    f"{path.stem}: " + ", ".join(f"{number} {what}" for what, number in counts.items())
                )
        if refused:
            raise CommandError(f"Refused, with nothing of it loaded: {refused} of the files.")
