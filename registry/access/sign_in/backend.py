"""Who somebody is: by user name or e-mail address and password."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Subquery

from registry.access import scope
from registry.access.models import User

#: What counts as a second factor; recovery codes stand in for one of these.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def find(typed: str) -> User | None:
    """The user that somebody means: a user name as it is spelt, or else an e-mail address in any case."""
    user = User.objects.filter(username=typed).first()
    if user is None and "@" in typed:
        found = list(User.objects.filter(email__iexact=typed)[:2])
        user = found[0] if len(found) == 1 else None
    return user


class SignInBackend(AuthenticationBackend):
    """allauth's, by one look-up, and silent about accounts that may not sign in: they are just wrong."""

    def _authenticate(self, request: Any, **credentials: Any) -> Any:
        typed = credentials.get("username") or credentials.get("email") or ""
        return self._check_password(find(typed), credentials.get("password") or "")

    def _check_password(self, user: Any, password: str) -> Any:
        if user is None:
            return None
        self._did_check_password = True
        return user if user.check_password(password) and self.user_can_authenticate(user) else None

    def get_user(self, user_id: int) -> Any:
        """The user of a session, with what every request has to know of them, in one query."""
        factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
        curating = scope.curating().filter(user=OuterRef("pk")).order_by("start").values("start")[:1]
        user = (
            User.objects.annotate(has_second_factor=Exists(factors), curates_since=Subquery(curating))
            .filter(pk=user_id)
            .first()
        )
        return user if user is not None and self.user_can_authenticate(user) else None
