"""``manage.py load_code_lists``."""

from typing import Any

from django.core.management.base import BaseCommand

from registry.interchange.code_lists import load_diagnoses


class Command(BaseCommand):
    """Load the code lists; running it again changes nothing."""

    help = "Load the code lists of fixtures/ (diagnoses)."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{load_diagnoses()} diagnoses")
