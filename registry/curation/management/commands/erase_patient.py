"""Erases a patient: identity and clinical content go, a stub with the registry id stays."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError

from cases.models import Patient
from registry.access.models import User
from registry.core.actors import System
from registry.curation import erasure


class Command(BaseCommand):
    """Erases one patient by registry id, or says what that would remove."""

    help = "Removes identity and clinical content of a patient for good; history keeps who, when and why."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("registry_id", help="such as HEI-00012")
        parser.add_argument(
            "--reason", default="", help="Why; it stands in history. Do not name the patient."
        )
        parser.add_argument(
            "--by", metavar="USER", help="Who erases: a superuser or a curator of the centre."
        )
        parser.add_argument("--dry-run", action="store_true", help="Say what would go, and remove nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        patient = Patient.objects.filter(registry_id=options["registry_id"]).first()
        if patient is None:
            raise CommandError(f"There is no patient {options['registry_id']}.")
        actor: Any = System("erase_patient")
        if options["by"]:
            actor = User.objects.filter(username=options["by"]).first()
            if actor is None:
                raise CommandError(f"There is no user {options['by']}.")
        if options["dry_run"]:
            for line in erasure.what_goes(patient):
                self.stdout.write(line)
            self.stdout.write("Nothing has been removed.")
            return
        try:
            erasure.erase(patient, by=actor, reason=options["reason"])
        except (PermissionDenied, ValidationError) as refused:
            raise CommandError(" ".join(getattr(refused, "messages", [str(refused)]))) from None
        self.stdout.write(f"{patient.registry_id} has been erased.")
