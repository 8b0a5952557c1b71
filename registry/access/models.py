"""Users, centres, memberships, invitations, what API tokens may do, and the access log."""

import datetime
import uuid
from typing import Any

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from registry.access.chain import AccessLink as AccessLink
from registry.access.chain import write
from registry.core.chain.digests import OUTSIDE, Digested
from registry.core.dates import shown_datetime


class People(UserManager):
    """Users. Who may enter the administration follows from memberships, so that it cannot be set."""

    def _create_user_object(self, username: str, email: Any, password: Any, **more: Any) -> Any:
        more.pop("is_staff", None)  # Django's own commands send it
        return super()._create_user_object(username, email, password, **more)  # type: ignore[misc]


class User(AbstractUser):
    """A person who signs in. What they may do is decided per centre, by memberships."""

    email = models.EmailField(_("e-mail"), unique=True, null=True, blank=True)  # type: ignore[assignment]

    objects = People()  # type: ignore[misc]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            # Two users without an e-mail address are two NULLs, never two empty texts.
            models.CheckConstraint(condition=~models.Q(email=""), name="user_email_null_not_empty"),
        ]

    def clean(self) -> None:
        super().clean()
        self.email = self.email or None

    def save(self, *args, **kwargs) -> None:
        self.email = self.email or None
        super().save(*args, **kwargs)
        if not self.is_active:
            # Who comes back later makes new tokens: the old ones may lie anywhere by then. Imported here, as tokens
            # know users.
            from registry.access import tokens

            tokens.revoke_all(self)

    @cached_property
    def roles_by_center(self) -> dict[int, set[str]]:
        """Id of a centre → roles in force there; read once per user object, so once per request."""
        found: dict[int, set[str]] = {}
        for center, role in Membership.objects.in_force().filter(user=self).values_list("center_id", "role"):
            found.setdefault(center, set()).add(role)
        return found

    @property
    def is_staff(self) -> bool:  # type: ignore[override]
        """Whether the administration is offered: to superusers, and to curators while they are curators."""
        curator = Membership.Role.CURATOR
        return self.is_superuser or any(curator in roles for roles in self.roles_by_center.values())


class Center(models.Model):
    """A hospital, or the source of a published series."""

    class Kind(models.TextChoices):
        CLINICAL = "clinical", _("clinical")
        PUBLISHED = "published", _("published")

    uuid = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    code = models.SlugField(
        _("code"), max_length=20, unique=True, help_text=_("Begins every registry id of the centre.")
    )
    name = models.CharField(_("name"), max_length=200)
    city = models.CharField(_("city"), max_length=100, blank=True, default="")
    country = models.CharField(
        _("country"), max_length=2, blank=True, default="", help_text=_("ISO 3166 code, such as DE.")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices, default=Kind.CLINICAL)

    class Meta:
        verbose_name = _("centre")
        verbose_name_plural = _("centres")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["clinical", "published"]), name="center_kind_code"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships, of which those in force count."""

    def in_force(self, on: datetime.date | None = None) -> "MembershipQuerySet":
        """Those that hold on a day, today where none is named. Both their first and their last day count.

        Whatever gives a right asks here: a membership that has ended, or not begun, gives none.
        """
        day = on or timezone.localdate()
        return self.filter(models.Q(end=None) | models.Q(end__gte=day), start__lte=day)


def today() -> datetime.date:
    """The day in the installation's time zone."""
    return timezone.localdate()


class Period(models.Model):
    """A role in a centre from one day to another; without an end it goes on."""

    start = models.DateField(_("from"), default=today, help_text=_("First day on which it holds."))
    end = models.DateField(
        _("until"), null=True, blank=True, help_text=_("Last day on which it holds. Empty: without end.")
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        if self.start and self.end and self.end < self.start:
            raise ValidationError({"end": _("The last day must not be before the first.")})


class Membership(Period):
    """What a user may do in a centre, and for how long."""

    class Role(models.TextChoices):
        CLINICIAN = "clinician", _("clinician")
        CURATOR = "curator", _("curator")
        RESEARCHER = "researcher", _("researcher")

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("user"))
    center = models.ForeignKey(
        Center,
        models.CASCADE,
        related_name="memberships",
        limit_choices_to={"kind": Center.Kind.CLINICAL},
        verbose_name=_("centre"),
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["center", "user", "role", "start"]
        constraints = [
            # Who leaves and comes back has two; that they do not overlap is checked when they are typed.
            models.UniqueConstraint(fields=["user", "center", "role", "start"], name="membership_once"),
            models.CheckConstraint(
                condition=models.Q(end=None) | models.Q(end__gte=models.F("start")),
                name="membership_end_not_before_start",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=["clinician", "curator", "researcher"]),
                name="membership_role_code",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.center} · {self.get_role_display()}"

    def clean(self) -> None:
        super().clean()
        if self.user_id and self.center_id and self.role and self.start and self.overlapping().exists():
            raise ValidationError(
                _("There is a membership with this role in this centre at that time already.")
            )

    def overlapping(self) -> MembershipQuerySet:
        """Others of the same user, centre and role that hold on one of its days."""
        same = Membership.objects.filter(user=self.user_id, center=self.center_id, role=self.role)
        if self.end is not None:
            same = same.filter(start__lte=self.end)
        return same.exclude(pk=self.pk).filter(models.Q(end=None) | models.Q(end__gte=self.start))

    @property
    def is_in_force(self) -> bool:
        """What ``in_force`` says of the row, in Python."""
        return self.start <= today() and (self.end is None or self.end >= today())


class TokenScope(models.Model):
    """What an API token may do, beside the token itself. A token without one opens nothing.

    It narrows the rights of its user as they are when it is used, and never adds to them.
    """

    class Profile(models.TextChoices):
        """How much of who the patients are; each contains those below it."""

        IDENTIFIED = "identified", _("identified")
        PSEUDONYMISED = "pseudonymised", _("pseudonymised")
        AGGREGATE = "aggregate", _("aggregate")

    uuid = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    token = models.OneToOneField(
        "knox.AuthToken", models.CASCADE, related_name="scope", verbose_name=_("API token")
    )
    name = models.CharField(_("name"), max_length=100)
    may_write = models.BooleanField(_("may write"), default=False)
    profile = models.CharField(
        _("who the patients are"), max_length=20, choices=Profile.choices, default=Profile.PSEUDONYMISED
    )
    every_center = models.BooleanField(_("every centre of the user"), default=True)
    centers = models.ManyToManyField(Center, blank=True, related_name="+", verbose_name=_("centres"))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    class Meta:
        verbose_name = _("scope of an API token")
        verbose_name_plural = _("scopes of API tokens")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(profile__in=["identified", "pseudonymised", "aggregate"]),
                name="tokenscope_profile_code",
            ),
            models.CheckConstraint(
                condition=models.Q(may_write=False) | ~models.Q(profile="aggregate"),
                name="tokenscope_aggregate_reads",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Invitation(Period):
    """Somebody is asked to join a centre, by a link that can be used once. Only a hash of the link is kept."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        EXPIRED = "expired", _("expired")
        ACCEPTED = "accepted", _("accepted")
        REVOKED = "revoked", _("revoked")

    uuid = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail"))
    first_name = models.CharField(_("first name"), max_length=150, blank=True, default="")
    last_name = models.CharField(_("last name"), max_length=150, blank=True, default="")
    center = models.ForeignKey(Center, models.CASCADE, related_name="invitations", verbose_name=_("centre"))
    role = models.CharField(_("role"), max_length=20, choices=Membership.Role.choices)
    digest = models.CharField(_("hash of the link"), max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", verbose_name=_("invited by")
    )
    sent_at = models.DateTimeField(_("sent"))
    expires_at = models.DateTimeField(_("valid until"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-sent_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=["clinician", "curator", "researcher"]),
                name="invitation_role_code",
            ),
            models.CheckConstraint(
                condition=models.Q(end=None) | models.Q(end__gte=models.F("start")),
                name="invitation_end_not_before_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} · {self.center} · {self.get_role_display()}"

    @property
    def state(self) -> str:
        if self.accepted_at is not None:
            return self.State.ACCEPTED
        if self.revoked_at is not None:
            return self.State.REVOKED
        past = self.expires_at <= timezone.now() or (self.end is not None and self.end < today())
        return self.State.EXPIRED if past else self.State.OPEN


class AccessEvent(Digested):
    """Who read identifying data, exported, signed in or failed to. Rows are added, never changed or removed."""

    outside_digest = OUTSIDE | {"proof"}

    class Kind(models.TextChoices):
        SIGN_IN = "sign_in", _("signed in")
        SIGN_IN_FAILED = "sign_in_failed", _("sign-in failed")
        SIGN_OUT = "sign_out", _("signed out")
        IDENTITY_READ = "identity_read", _("read identifying data")
        EXPORT = "export", _("exported")
        TOKEN = "token", _("created or revoked a token")
        MEMBERSHIP = "membership", _("changed a membership")
        INVITATION = "invitation", _("invited, or answered an invitation")
        USER = "user", _("changed a user")
        LOCKED = "locked", _("sign-in locked")
        UNLOCKED = "unlocked", _("unlocked a sign-in")
        FACTOR_ADDED = "factor_added", _("added a second factor")
        FACTOR_REMOVED = "factor_removed", _("removed a second factor")
        RECOVERY_MADE = "recovery_made", _("made new recovery codes")
        RECOVERY_USED = "recovery_used", _("used a recovery code")
        PASSWORD_CHANGED = "password_changed", _("changed the password")
        PASSWORD_RESET = "password_reset", _("reset the password")
        RESET_ASKED = "reset_asked", _("asked to reset the password")
        SESSION_ENDED = "session_ended", _("session ended")
        KEYS = "keys", _("changed the keys")

    at = models.DateTimeField(_("at"), default=timezone.now, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    # Text, not a foreign key: the log outlives the user.
    user_id_text = models.CharField(_("user id"), max_length=64, blank=True, default="")
    user_name = models.CharField(_("user"), max_length=150, blank=True, default="")
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True, default="")
    detail = models.CharField(_("detail"), max_length=4000, blank=True, default="")
    # That the registry wrote it; asked for only until the event is linked.
    proof = models.CharField(_("proof"), max_length=64, blank=True, default="", editable=False)

    class Meta:
        verbose_name = _("access event")
        verbose_name_plural = _("access events")
        ordering = ["-id"]
        indexes = [models.Index(fields=["user_id_text", "-id"]), models.Index(fields=["kind", "-id"])]

    def __str__(self) -> str:
        return f"{shown_datetime(self.at)} {self.user_name} {self.get_kind_display()}"

    def save(self, *args, **kwargs) -> None:
        """Add the event to the log and to its chain. What is there already cannot be saved again."""
        if not self._state.adding:
            raise TypeError("Events of the access log are added, never changed.")
        insert = super().save
        write(self, lambda: insert(*args, **{**kwargs, "force_insert": True}))
