"""Users, centres, memberships and the access log."""

import uuid

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.core.dates import shown_datetime


class User(AbstractUser):
    """A person who signs in. What they may do is decided per centre, by memberships."""

    email = models.EmailField(_("e-mail"), unique=True, null=True, blank=True)  # type: ignore[assignment]

    objects = UserManager()  # type: ignore[misc]

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


class Membership(models.Model):
    """What a user may do in a centre."""

    class Role(models.TextChoices):
        CLINICIAN = "clinician", _("clinician")
        CURATOR = "curator", _("curator")
        RESEARCHER = "researcher", _("researcher")

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("user"))
    center = models.ForeignKey(Center, models.CASCADE, related_name="memberships", verbose_name=_("centre"))
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["center", "user", "role"]
        constraints = [
            models.UniqueConstraint(fields=["user", "center", "role"], name="membership_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=["clinician", "curator", "researcher"]),
                name="membership_role_code",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.center} · {self.get_role_display()}"


class AccessEvent(models.Model):
    """Who read identifying data, exported, signed in or failed to. Rows are added, never changed or removed."""

    class Kind(models.TextChoices):
        SIGN_IN = "sign_in", _("signed in")
        SIGN_IN_FAILED = "sign_in_failed", _("sign-in failed")
        SIGN_OUT = "sign_out", _("signed out")
        IDENTITY_READ = "identity_read", _("read identifying data")
        EXPORT = "export", _("exported")
        TOKEN = "token", _("created or revoked a token")

    at = models.DateTimeField(_("at"), auto_now_add=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    # Text, not a foreign key: the log outlives the user.
    user_id_text = models.CharField(_("user id"), max_length=64, blank=True, default="")
    user_name = models.CharField(_("user"), max_length=150, blank=True, default="")
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True, default="")
    detail = models.CharField(_("detail"), max_length=400, blank=True, default="")

    class Meta:
        verbose_name = _("access event")
        verbose_name_plural = _("access events")
        ordering = ["-id"]
        indexes = [models.Index(fields=["user_id_text", "-id"]), models.Index(fields=["kind", "-id"])]

    def __str__(self) -> str:
        return f"{shown_datetime(self.at)} {self.user_name} {self.get_kind_display()}"
