"""Bring the catalogues of translated texts up to date with the source, and compile them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

#: So many faults are named one by one.
NAMED = 40


class Command(BaseCommand):
    help = (
        "Gathers every text of the source into locale/*/LC_MESSAGES/*.po and compiles them; with --check, fails when "
        "a text is missing, untranslated, fuzzy or has other placeholders than its source."
    )

    # It reads files, not the project: texts can be gathered while the rest is being worked on.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="Write nothing; exit 1 when a catalogue lags behind."
        )
        parser.add_argument(
            "--prune", action="store_true", help="Drop translations of texts that are no longer used."
        )

    def handle(self, *args: Any, check: bool = False, prune: bool = False, **options: Any) -> None:
        from registry.core import translations  # needs a development dependency, which is not there in use

        found: list[str] = []
        for language in translations.LANGUAGES:
            for domain in translations.SOURCES:
                name = translations.path_of(domain, language).relative_to(translations.ROOT)
                if not check:
                    translations.write(domain, language, prune=prune)
                faults = translations.faults(domain, language)
                count = sum(1 for message in translations.stored(domain, language) if message.id)
                self.stdout.write(f"{name}: {count} texts, {len(faults)} to do")
                found += [f"{name}: {fault}" for fault in faults]
        if check and found:
            more = f"\n… and {len(found) - NAMED} more" if len(found) > NAMED else ""
            raise CommandError("\n".join(found[:NAMED]) + more)
