"""``demo_users``: the four users and two hospitals that `make demo` needs."""

import secrets
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from registry.access.models import Center, Membership, User

CENTERS = (("HEI", "Demo hospital", "Heidelberg"), ("BER", "Second demo hospital", "Berlin"))
#: user name → role in the first hospital (the administrator needs none)
USERS: dict[str, str | None] = {
    "clinician": Membership.Role.CLINICIAN,
    "curator": Membership.Role.CURATOR,
    "researcher": Membership.Role.RESEARCHER,
    "admin": None,
}


class Command(BaseCommand):
    """Creates what is not there; users that exist keep their password, their rights and their memberships."""

    help = "Create the demo users clinician, curator, researcher and admin with two demo hospitals."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--password", help="Password of new users; a random one is printed when it is not given."
        )
        parser.add_argument(
            "--reset",
            action="store_true",
            help="Give the demo users that exist this password too (needs --password).",
        )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        password, reset = options["password"], options["reset"]
        if reset and not password:
            raise CommandError("--reset needs --password.")
        for code, name, city in CENTERS:
            Center.objects.get_or_create(code=code, defaults={"name": name, "city": city, "country": "DE"})
        existing = set(User.objects.filter(username__in=USERS).values_list("username", flat=True))
        new = [name for name in USERS if name not in existing]
        if not new and not reset:
            self.stdout.write("Demo users are there already; nothing was changed.")
            return
        chosen = password or secrets.token_urlsafe(12)
        # Hashed once: the hash is slow on purpose, and the demo users share the password anyway.
        hashed = make_password(chosen)
        for name in new:
            self._create(name, hashed)
        if reset:
            User.objects.filter(username__in=existing).update(password=hashed)
            self.stdout.write(f"Password reset for {', '.join(sorted(existing)) or 'nobody'}.")
        if new:
            self.stdout.write(f"Created the demo users {', '.join(new)}.")
        if new and not password:
            self.stdout.write(f"Demo password: {chosen}")

    def _create(self, name: str, hashed: str) -> None:
        role = USERS[name]
        user = User.objects.create(
            username=name,
            password=hashed,
            is_superuser=role is None,
        )
        if role is not None:
            Membership.objects.create(user=user, center=Center.objects.get(code=CENTERS[0][0]), role=role)
