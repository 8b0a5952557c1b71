"""Create an API token for a user and print it, once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from registry.access import scope, tokens
from registry.access.models import Center, TokenScope, User


class Command(BaseCommand):
    """``manage.py create_token USER [--days N]``: the registry keeps a hash only, so this is the one time to see it.

    Without further options the token has all rights of its user, as they are whenever it is used.
    """

    help = "Create an API token for a user and print it once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="user name")
        parser.add_argument(
            "--days",
            type=int,
            default=tokens.DEFAULT_DAYS,
            help="days until the token expires (default: %(default)s)",
        )
        parser.add_argument("--name", default="create_token", help="what the token is called in lists")
        parser.add_argument("--read-only", action="store_true", help="the token may not write")
        parser.add_argument(
            "--center",
            action="append",
            metavar="CODE",
            help="limits the token to this centre of the user’s; may be given several times",
        )
        parser.add_argument(
            "--profile",
            choices=TokenScope.Profile.values,
            default=TokenScope.Profile.IDENTIFIED.value,
            help="how much the token sees of who the patients are (default: all that the user may); "
            "below “identified” it changes no record, and “aggregate” is read-only",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["days"] <= tokens.LONGEST_DAYS:
            raise CommandError(f"--days must be between 1 and {tokens.LONGEST_DAYS}.")
        if not 1 <= len(options["name"].strip()) <= 100:
            raise CommandError("--name must have 1 to 100 characters.")
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user “{options['user']}”.")
        if not user.is_active:
            raise CommandError(f"The user “{user}” may not sign in, so a token would be refused.")
        made, secret = tokens.create(
            user,
            name=options["name"].strip(),
            days=options["days"],
            may_write=not options["read_only"] and options["profile"] != TokenScope.Profile.AGGREGATE,
            profile=options["profile"],
            centers=self._centers(user, options["center"]),
        )
        self.stderr.write(
            f"Expires {made.token.expiry:%Y-%m-%d}. It is not shown again. Send it as “Authorization: Token …”."
        )
        self.stdout.write(secret)

    @staticmethod
    def _centers(user: User, codes: list[str] | None) -> list[Center] | None:
        if not codes:
            return None
        own = {center.code: center for center in scope.member_centers(user)}
        unknown = [code for code in codes if code not in own]
        if unknown:
            listed = ", ".join(own) or "none"
            raise CommandError(f"“{unknown[0]}” is no centre of {user}. Known here: {listed}.")
        return [own[code] for code in codes]
