"""Invitations: sent by curators of a centre, answered once by whoever has the link.

Of the link only a hash is kept. Whoever has no account makes one; whoever has one accepts as that user. An invitation
is worth what its sender may: it lapses when the sender curates the centre no more.
"""

import datetime
import hashlib
import logging
import secrets
import smtplib
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.access import log, memberships, scope
from registry.access.models import AccessEvent, Invitation, Membership, User, today

logger = logging.getLogger(__name__)


class Closed(Exception):
    """The invitation can be accepted no more."""


def _digest(secret: str) -> str:
    # The secret is random and long: it cannot be guessed from the hash, so none that is slow is needed.
    return hashlib.sha256(secret.encode()).hexdigest()


def _rows() -> Any:
    """Invitations, each with whether its sender still curates the centre: a list asks once for all."""
    curates = Membership.objects.in_force().filter(
        user=OuterRef("invited_by"), center=OuterRef("center"), role=Membership.Role.CURATOR
    )
    may = Q(invited_by__is_active=True) & (Q(invited_by__is_superuser=True) | Exists(curates))
    return Invitation.objects.select_related("center", "invited_by").annotate(
        sender_may=ExpressionWrapper(may, output_field=BooleanField())
    )


def find(secret: str) -> Any:
    return _rows().filter(digest=_digest(secret)).first()


def of_centers_of(user: Any) -> Any:
    """The invitations that a user may see and manage."""
    return _rows().filter(center__in=list(scope.curated(user)))


def state_of(invitation: Any) -> str:
    """The state, with the sender's present right counted in. Takes what ``find`` or ``of_centers_of`` found."""
    if invitation.state == Invitation.State.OPEN and not invitation.sender_may:
        return str(Invitation.State.REVOKED)
    return str(invitation.state)


def users_of(invitation: Invitation) -> Any:
    """Those who have the invited address already."""
    return User.objects.filter(email__iexact=invitation.email)


# -- sending ---------------------------------------------------------------------------------------------------------


def send(invitation: Invitation, *, by: Any, request: Any) -> bool:
    """Keep the invitation with a new link, the old one being void, and mail the link. Whether it could be mailed."""
    secret = secrets.token_urlsafe(32)
    again = invitation.pk is not None
    invitation.digest = _digest(secret)
    invitation.invited_by = by
    invitation.sent_at = timezone.now()
    invitation.expires_at = invitation.sent_at + datetime.timedelta(days=settings.INVITATION_DAYS)
    with transaction.atomic():
        invitation.save()
        _note(invitation, "sent again" if again else "sent", by=by, request=request)
    return _mail(invitation, request.build_absolute_uri(reverse("invitation-accept", args=[secret])))


def _mail(invitation: Invitation, link: str) -> bool:
    subject = _("Invitation to the spinal tumour registry (%(center)s)") % {"center": invitation.center.code}
    text = render_to_string("access/invitation_mail.txt", {"invitation": invitation, "link": link})
    try:
        EmailMessage(subject, text, to=[invitation.email]).send()
    except (OSError, smtplib.SMTPException):
        logger.exception("The mail of invitation %s could not be sent", invitation.uuid)
        return False
    return True


def revoke(invitation: Invitation, *, by: Any, request: Any) -> bool:
    """Whether there was something to revoke."""
    with transaction.atomic():
        unanswered = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None)
        if not unanswered.update(revoked_at=timezone.now()):
            return False
        _note(invitation, "revoked", by=by, request=request)
    return True


# -- answering -------------------------------------------------------------------------------------------------------


def accept(invitation: Invitation, user: User, *, request: Any) -> None:
    """Give the user, who may be new, the membership. Raises ``Closed`` where somebody was faster."""
    with transaction.atomic():
        _claim(invitation)
        if user.pk is None:
            user.email = invitation.email
            user.save()
            log.note(
                AccessEvent.Kind.USER,
                user=user,
                request=request,
                subject=f"user {user.get_username()}",
                detail="created by an invitation",
            )
        membership = Membership(
            user=user,
            center=invitation.center,
            role=invitation.role,
            start=max(invitation.start, today()),
            end=invitation.end,
        )
        _note(invitation, "accepted", by=user, request=request)
        if not membership.overlapping().exists():
            membership.save()
            memberships.note(membership, "created by an invitation", by=user, request=request)


def _claim(invitation: Invitation) -> None:
    """Use the invitation up. Of two at the same moment one comes through."""
    now = timezone.now()
    usable = Invitation.objects.filter(
        pk=invitation.pk, digest=invitation.digest, accepted_at=None, revoked_at=None, expires_at__gt=now
    )
    if state_of(invitation) != Invitation.State.OPEN or not usable.update(accepted_at=now):
        raise Closed


def _note(invitation: Invitation, what: str, *, by: Any, request: Any) -> None:
    log.note(
        AccessEvent.Kind.INVITATION,
        user=by,
        request=request,
        subject=f"invitation of {invitation.email}",
        detail=f"{what}: {invitation.center.code}, {invitation.role}, {memberships.period(invitation)}",
    )
