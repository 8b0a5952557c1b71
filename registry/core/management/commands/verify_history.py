"""Checks that history and access log are as they were written: nothing altered, removed or added.

``--head`` prints where both chains end, to be kept outside of the database; ``--against`` checks that what was kept is
still part of them, and so finds a chain that was cut short or made anew. Ends with 1 where something is wrong.
"""

import re
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from registry.core.chain import checking, triggers

#: One line of a head: the chain, the number and the link.
HEAD = re.compile(r"^(?P<chain>[a-z ]+) (?P<number>\d+) (?P<link>[0-9a-f]{64})$", re.ASCII)


class Command(BaseCommand):
    """Walks both chains."""

    help = "Checks the hash chain over history and access log, and names the first broken entry."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--head", action="store_true", help="Print where the chains end; check nothing.")
        parser.add_argument(
            "--against",
            metavar="HEAD",
            help="A head that was printed earlier: a file, or the text itself.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["head"]:
            for chain in checking.CHAINS.values():
                link = chain.model._base_manager.order_by("-number").first()
                if link is None:
                    raise CommandError(f"{chain.name}: the chain has no link. Run `manage.py migrate`.")
                self.stdout.write(f"{chain.name} {link.number} {link.link}")
            return
        kept = heads_of(options["against"]) if options["against"] else []
        wrong = [f"triggers: {fault}" for fault in triggers.faults()]
        for chain in checking.CHAINS.values():
            wrong += self._check(chain)
        for name, number, sealed in kept:
            found = checking.CHAINS[name].model._base_manager.filter(number=number).first()
            if found is None or found.link != sealed:
                wrong.append(
                    f"{name}: the head that was kept, number {number}, is not in the chain: "
                    "it was cut short or made anew"
                )
            else:
                self.stdout.write(f"{name}: the head that was kept, number {number}, is in the chain")
        for line in wrong:
            self.stderr.write(line)
        if wrong:
            raise CommandError("History has been tampered with or damaged.", returncode=1)

    def _check(self, chain: checking.Chain) -> list[str]:
        result = checking.check(chain)
        if result.fault is not None:
            return [f"{chain.name}: {result.fault}"]
        said = f"{chain.name}: {result.rows} rows in {result.links} links, nothing altered, removed or added"
        if result.erased:
            said += f"; {result.erased} of them erased, known by their digest"
        if result.waiting:
            said += f"; {result.waiting} wait for their link"
        if result.unread_seals:
            said += f"; {result.unread_seals} seals of former keys are vouched for by later ones"
        self.stdout.write(said)
        return []


def heads_of(said: str) -> list[tuple[str, int, str]]:
    """Chain, number and link of each line; raises ``CommandError`` for what is no head."""
    path = Path(said)
    try:
        text = path.read_text("utf-8") if len(said) < 4096 and path.is_file() else said
    except (OSError, ValueError) as error:
        raise CommandError(f"{said}: cannot be read ({error}).") from None
    found = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        match = HEAD.match(line)
        if match is None or match["chain"] not in checking.CHAINS:
            raise CommandError(
                f"“{line[:80]}” is no head. A head is a line such as “history 4711 ” and 64 hexadecimal digits, "
                "as `manage.py verify_history --head` prints it."
            )
        found.append((match["chain"], int(match["number"]), match["link"]))
    if not found:
        raise CommandError("The head is empty.")
    return found
