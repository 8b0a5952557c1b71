"""Writes everything that is kept under a former IDENTITY_KEY anew under the current one.

Put the new key into IDENTITY_KEY and the one before it into IDENTITY_KEYS_OLD, restart, and run this; afterwards the
old key can go. It may be run again, and goes on where it was broken off.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cases.rotation import Rotation, rotate
from registry.access import log
from registry.access.models import AccessEvent
from registry.access.sign_in import sealing
from registry.core import sequence
from registry.core.actors import System

ACTOR = System("rotate_keys")


class Command(BaseCommand):
    """Hospital numbers, their look-up hashes, secrets of second factors, and the seals of both chains."""

    help = "Re-encrypts hospital numbers, recomputes look-up hashes and seals the chains with the current IDENTITY_KEY."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="Say how much there is to do; write nothing."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        done = rotate(ACTOR, dry_run=options["dry_run"], watch=self._say)
        factors, lost = sealing.turn(dry_run=options["dry_run"])
        done.unreadable += lost
        if options["dry_run"]:
            self.stdout.write(f"{done.written} of {done.seen} hospital numbers would be written anew.")
            self.stdout.write(f"{factors} second factors would be sealed anew.")
        else:
            # Seals of the current key vouch for all that older ones have sealed.
            sequence.mark()
            log.note(
                AccessEvent.Kind.KEYS,
                user=ACTOR,
                subject="hospital numbers and second factors",
                detail=f"{done.written} of {done.seen} numbers and {factors} factors, {done.unreadable} unreadable",
            )
            self.stdout.write(f"{done.written} of {done.seen} hospital numbers were written anew.")
            self.stdout.write(f"{factors} second factors were sealed anew.")
        if done.unreadable:
            raise CommandError(
                f"{done.unreadable} cannot be read with any key and were left as they are. "
                "Add the key they were written with to IDENTITY_KEYS_OLD and run this again."
            )
        if not options["dry_run"]:
            self.stdout.write("IDENTITY_KEYS_OLD is not needed any more, unless older backups are restored.")

    def _say(self, done: Rotation) -> None:
        if done.seen % 10_000 == 0:
            self.stdout.write(f"{done.seen} looked at, {done.written} written anew")
