"""``manage.py clear_imports``: ends imports whose time is over and removes their files.

Meant for every night, as by cron: ``30 3 * * * …/manage.py clear_imports``.
"""

from typing import Any

from django.core.management.base import BaseCommand

from registry.interchange.importing import batches
from registry.interchange.models import ImportBatch


class Command(BaseCommand):
    """Settles every import and says how many still keep files."""

    help = "Ends imports whose time is over and removes their files, also where nobody opens the page."

    def handle(self, *args: Any, **options: Any) -> None:
        batches.sweep()
        kept = ImportBatch.objects.filter(state__in=ImportBatch.OPEN).count()
        self.stdout.write(f"{kept} imports keep files")
