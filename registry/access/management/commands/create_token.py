"""Create an API token for a user and print it, once."""

import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from knox.models import AuthToken

from registry.access import log
from registry.access.models import AccessEvent, User
from registry.settings import env

LONGEST_DAYS = 3650


class Command(BaseCommand):
    """``manage.py create_token USER [--days N]``: the registry keeps a hash only, so this is the one time to see it."""

    help = "Create an API token for a user and print it once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="user name")
        parser.add_argument(
            "--days",
            type=int,
            default=env.token_days,
            help="days until the token expires (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        days = options["days"]
        if not 1 <= days <= LONGEST_DAYS:
            raise CommandError(f"--days must be between 1 and {LONGEST_DAYS}.")
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user “{options['user']}”.")
        if not user.is_active:
            raise CommandError(f"The user “{user}” may not sign in, so a token would be refused.")
        with transaction.atomic():
            made, token = AuthToken.objects.create(user, expiry=datetime.timedelta(days=days))
            log.note(
                AccessEvent.Kind.TOKEN,
                user=user,
                detail=f"created by create_token, expires {made.expiry:%Y-%m-%d}",
            )
        self.stderr.write(
            f"Expires {made.expiry:%Y-%m-%d}. It is not shown again. Send it as “Authorization: Token …”."
        )
        self.stdout.write(token)
