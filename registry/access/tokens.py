"""API tokens: made, used and revoked. knox keeps the hash; beside it stands what the token may do."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone
from knox.models import AuthToken

from registry.access import log
from registry.access.models import AccessEvent, Center, TokenScope
from registry.access.reach import WHOLE
from registry.settings import env

LONGEST_DAYS = 3650
DEFAULT_DAYS = env.token_days
#: How exactly it is known when a token was last used: a note at every request would be a write at every request.
NOTED_EVERY = datetime.timedelta(minutes=1)

#: From the highest to the lowest.
PROFILES = tuple(TokenScope.Profile)


def create(
    user: Any,
    *,
    name: str = "",
    days: int = DEFAULT_DAYS,
    may_write: bool = WHOLE.writes,
    profile: str = WHOLE.profile,
    centers: Iterable[Center] | None = None,
    request: Any = None,
) -> tuple[TokenScope, str]:
    """A new token with its scope, and its secret: this is the one time that it can be read.

    ``centers`` are those it is limited to, every one of the user's where nothing is said. What the scope allows beyond
    the user's rights is without effect.
    """
    with transaction.atomic():
        token, secret = AuthToken.objects.create(user, expiry=datetime.timedelta(days=days))
        scope = TokenScope.objects.create(
            token=token,
            name=name or token.token_key,
            may_write=may_write,
            profile=profile,
            every_center=centers is None,
        )
        if centers is not None:
            scope.centers.set(centers)
        note(scope, "created", request=request)
    return scope, secret


def revoke(scope: TokenScope, *, by: Any, request: Any = None) -> None:
    """The token opens nothing from now on."""
    with transaction.atomic():
        note(scope, "revoked", by=by, request=request)
        scope.token.delete()


def revoke_all(user: Any) -> None:
    """Every token of a user whose account is closed."""
    with transaction.atomic():
        for scope in TokenScope.objects.filter(token__user=user).select_related("token__user"):
            note(scope, "revoked, as the account was closed")
        AuthToken.objects.filter(user=user).delete()


def note(scope: TokenScope, what: str, *, by: Any = None, request: Any = None) -> None:
    """An entry in the access log, under the name of whoever did it; of the token no more than its beginning."""
    owner = scope.token.user
    log.note(
        AccessEvent.Kind.TOKEN,
        user=by or owner,
        request=request,
        subject=f"token of {owner.get_username()}",
        detail=f"{what}: {scope.name} ({scope.token.token_key}), {described(scope)}",
    )


def described(scope: TokenScope) -> str:
    """The scope in the words of the log."""
    centers = (
        "every centre"
        if scope.every_center
        else ", ".join(scope.centers.values_list("code", flat=True)) or "no centre"
    )
    until = f", expires {scope.token.expiry:%Y-%m-%d}" if scope.token.expiry else ""
    return f"{'read and write' if scope.may_write else 'read'}, {scope.profile}, {centers}{until}"


def was_used(scope: TokenScope) -> None:
    """Note that the token was used now, unless that was noted a moment ago."""
    now = timezone.now()
    if scope.last_used_at is not None and now - scope.last_used_at < NOTED_EVERY:
        return
    unnoted = Q(last_used_at=None) | Q(last_used_at__lte=now - NOTED_EVERY)
    try:
        TokenScope.objects.filter(unnoted, pk=scope.pk).update(last_used_at=now)
    except DatabaseError:  # somebody writes for long; that is no reason to refuse whoever reads
        return
