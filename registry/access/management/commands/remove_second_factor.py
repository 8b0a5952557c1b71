"""Take the second factor from a user who has lost it and every recovery code."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.management.base import BaseCommand, CommandError, CommandParser

from registry.access import log
from registry.access.models import AccessEvent, User


class Command(BaseCommand):
    """``manage.py remove_second_factor USER``: whoever runs it has made sure who asked.

    The user's sessions end. Until a new second factor is set up the password alone signs in; where the role demands
    one, it leads to the set-up and nowhere else.
    """

    help = "Remove every second factor and recovery code of a user who has lost them, and end their sessions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="user name")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user “{options['user']}”.")
        held = list(Authenticator.objects.filter(user=user))
        if not held:
            raise CommandError(f"“{user}” has no second factor.")
        for authenticator in held:
            log.note(
                AccessEvent.Kind.FACTOR_REMOVED,
                user=user,
                detail=f"{authenticator.type}, by remove_second_factor",
            )
            authenticator.delete()
        for session in UserSession.objects.filter(user=user):
            session.end()
        self.stdout.write(f"“{user}” has no second factor any more, and is signed out everywhere.")
