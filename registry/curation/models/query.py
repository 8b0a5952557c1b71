"""Data queries: a question about one field of one record, asked by a person or by a rule, and what became of it."""

import uuid
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from registry.access.models import Center
from registry.access.scope import writable_centers
from registry.curation.models.kept import KeptRow

#: What stands, in every language alike, for a text of an erased patient where the column must say something.
ERASED = "(erased)"


class State(models.TextChoices):
    """Where a query stands."""

    OPEN = "open", pgettext_lazy("data query", "open")
    ANSWERED = "answered", pgettext_lazy("data query", "answered")
    CLOSED = "closed", pgettext_lazy("data query", "closed")


class EventKind(models.TextChoices):
    """One step of a query."""

    ASKED = "asked", pgettext_lazy("data query", "asked")
    ANSWERED = "answered", pgettext_lazy("data query", "answered")
    CLOSED = "closed", pgettext_lazy("data query", "closed")
    CLOSED_ITSELF = "closed_itself", pgettext_lazy("data query", "closed by itself")
    SILENCED = "silenced", pgettext_lazy("data query", "closed, the rule is silent")
    REOPENED = "reopened", pgettext_lazy("data query", "asked again")
    ASSIGNED = "assigned", pgettext_lazy("data query", "assigned")
    MOVED = "moved", pgettext_lazy("data query", "moved to another record")


class DataQuerySet(models.QuerySet):
    """Queries, scoped to those who may know a patient: their sentences name dates and ages, and people write freely."""

    def for_user(self, user: Any) -> Self:
        """Queries of the centres that the user writes to; researchers see none."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        return self.filter(center__in=writable_centers(user))

    def waiting(self) -> Self:
        """What somebody still has to do something about."""
        return self.exclude(state=State.CLOSED)


class DataQuery(models.Model):
    """A question about a value. The row says how it stands; its events, which only grow, say how it came to that.

    It never touches the record it asks about. A rule has one query for each record and field: where it fires again,
    the same query is opened again. ``case`` and ``center`` are kept here so that lists and scope need no look at the
    record; ``case_uuid`` outlives the case.
    """

    center_path: ClassVar[str] = "center"

    uuid = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    center = models.ForeignKey(
        Center, models.PROTECT, related_name="+", verbose_name=_("centre"), db_index=False
    )
    case = models.ForeignKey(
        Case, models.SET_NULL, null=True, related_name="data_queries", verbose_name=_("case"), db_index=False
    )
    case_uuid = models.UUIDField(_("public id of the case"), null=True, db_index=True)
    record_model = models.CharField(_("kind of record"), max_length=60)
    record_uuid = models.UUIDField(_("public id of the record"), db_index=True)
    #: Empty for the record as a whole.
    field = models.CharField(_("field"), max_length=60, blank=True, default="")
    #: Empty where a person asks.
    rule = models.CharField(_("rule"), max_length=40, blank=True, default="")
    text = models.TextField(_("question"), blank=True, default="")
    #: A rule's sentence by language: it is read by others than who caused it.
    wording = models.JSONField(_("question by language"), default=dict, blank=True)
    #: The value that was asked about, as text; a person's query closes when it changes.
    asked_value = models.TextField(_("value asked about"), blank=True, default="")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    #: The rule asks no more about this field of this record, until somebody lifts it.
    silenced = models.BooleanField(_("silenced"), default=False)
    raised_at = models.DateTimeField(_("asked at"), default=timezone.now)
    raised_by = models.CharField(_("asked by"), max_length=150)
    raised_by_id = models.CharField(_("id of who asked"), max_length=64, blank=True, default="")
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("assigned to"),
    )
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = models.CharField(_("closed by"), max_length=150, blank=True, default="")

    objects = DataQuerySet.as_manager()

    class Meta:
        verbose_name = _("data query")
        verbose_name_plural = _("data queries")
        ordering = ["raised_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["record_uuid", "rule", "field"], condition=~Q(rule=""), name="data_query_once"
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="data_query_state_code"),
            models.CheckConstraint(
                condition=(Q(state=State.CLOSED) & Q(closed_at__isnull=False))
                | (~Q(state=State.CLOSED) & Q(closed_at__isnull=True)),
                name="data_query_closed_when",
            ),
            models.CheckConstraint(
                condition=Q(silenced=False) | (Q(state=State.CLOSED) & ~Q(rule="")),
                name="data_query_silenced_rule",
            ),
        ]
        indexes = [
            models.Index(fields=["center", "state", "raised_at", "id"]),
            models.Index(fields=["case", "state"]),
        ]

    def __str__(self) -> str:
        return self.words

    @property
    def words(self) -> str:
        """The question, a rule's in the reader's language."""
        if not self.wording:
            return self.text or gettext("(erased)")
        language = (get_language() or settings.LANGUAGE_CODE).split("-")[0]
        return self.wording.get(language) or next(iter(self.wording.values()))

    @property
    def is_waiting(self) -> bool:
        return self.state != State.CLOSED

    @property
    def days(self) -> int:
        """How long it has waited, or waited until it was closed."""
        return ((self.closed_at or timezone.now()) - self.raised_at).days


class QueryEvent(KeptRow):
    """One step of a query: who, when, what, in which words. Rows are added, never changed or removed."""

    erasure_empties = True

    query = models.ForeignKey(DataQuery, models.PROTECT, related_name="events", verbose_name=_("data query"))
    kind = models.CharField(_("step"), max_length=16, choices=EventKind.choices)
    text = models.TextField(_("text"), blank=True, default="")

    class Meta:
        verbose_name = _("step of a data query")
        verbose_name_plural = _("steps of data queries")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=EventKind.values), name="query_event_kind_code"),
        ]

    def __str__(self) -> str:
        return f"{self.user_name} · {self.get_kind_display()}"
