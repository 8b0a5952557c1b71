"""``Record``: what every clinical and literature record has in common."""

import uuid
from collections.abc import Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.core.chain.erased import ErasedRecord
from registry.core.chain.links import ChainLink
from registry.core.chain.triggers import Lifted
from registry.core.derived import Derived
from registry.core.fields import CodeSetField
from registry.core.history import Changes
from registry.core.limits import SoftLimit
from registry.core.querysets import RecordQuerySet, _require_pass
from registry.core.rules import CodedMissing, label_of, rules_of
from registry.core.saved_filter import SavedFilter
from registry.core.sequence import ChangeCounter

__all__ = ["ChainLink", "ChangeCounter", "ErasedRecord", "Lifted", "Record", "SavedFilter"]


class Record(models.Model):
    """A row that has a public id, a version, a history, and reasons for what it does not know.

    Written by ``registry.core.records`` only. Subclasses declare their rules in ``Meta.constraints``, their
    ``soft_limits`` and ``derived`` values, and the ``center_path`` that scopes them.
    """

    #: Lookup from this model to the centre it belongs to; ``None`` for records everybody signed in may read.
    center_path: ClassVar[str | None]
    soft_limits: ClassVar[tuple[SoftLimit, ...]] = ()
    derived: ClassVar[tuple[Derived, ...]] = ()
    #: Fields that show who a patient is, besides dates and free text, which always do.
    identifying_fields: ClassVar[frozenset[str]] = frozenset()
    #: Fields that never enter history.
    not_in_history: ClassVar[tuple[str, ...]] = ()
    #: Fields set at creation and never changed.
    immutable_fields: ClassVar[tuple[str, ...]] = ()
    #: Of those, what ``records.move`` may change: the record goes to another parent.
    movable_fields: ClassVar[tuple[str, ...]] = ()
    #: ``(number field, parent field)``: a new row without a number gets the next one of its parent.
    numbered_within: ClassVar[tuple[str, str] | None] = None
    #: New rows are expected after the case is complete and need no reason (follow-up).
    grows_after_completion: ClassVar[bool] = False

    uuid = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True, editable=False)
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )
    modified_at = models.DateTimeField(_("modified at"), auto_now=True, editable=False)
    modified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("modified by"),
    )
    missing = models.JSONField(_("missing codes"), default=dict, blank=True)
    confirmed = models.JSONField(_("confirmed unusual values"), default=dict, blank=True, editable=False)

    objects = RecordQuerySet.as_manager()
    history = Changes()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        _require_pass()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        _require_pass()
        return super().delete(*args, **kwargs)

    @classmethod
    def prepare_new(cls, rows: "Sequence[Record]") -> None:
        """What ``save`` adds to a new row, for many rows that are written at once."""

    # -- the record and its surroundings -------------------------------------------------------------------------

    def aggregate_root(self) -> "Record":
        """The record whose status governs this one and which is locked while it is written."""
        return self

    def roots_beneath(self) -> "list[Record]":
        """The records whose completeness a change of this one may touch."""
        return [self.aggregate_root()]

    def is_settled(self) -> bool:
        """Whether changes need a reason because the data has been declared complete."""
        return False

    def center_id_of(self) -> int | None:
        """The centre this record belongs to, reached over ``center_path``."""
        if self.center_path is None:
            return None
        *steps, last = self.center_path.split("__")
        at: Any = self
        for step in steps:
            at = getattr(at, step)
        return getattr(at, f"{last}_id") if last != "pk" else at.pk

    def name_in_log(self) -> str:
        """What the access log calls whoever this record is about."""
        return str(self.aggregate_root())

    @classmethod
    def missable_fields(cls) -> tuple[str, ...]:
        """The fields that may say why they are empty."""
        return next((rule.missable for rule in rules_of(cls) if isinstance(rule, CodedMissing)), ())

    @classmethod
    def identifying(cls) -> frozenset[str]:
        """Every field that is withheld from those who may not see identity."""
        return cls.identifying_fields | {
            field.name
            for field in cls._meta.concrete_fields
            if getattr(field, "identifying", False)
            or (isinstance(field, models.DateField) and field.name not in ("created_at", "modified_at"))
        }

    def history_keys(self) -> list[int]:
        """Keys of the rows whose history is this record's: its own, and those of records that it has taken in."""
        return [self.pk]

    def derived_value(self, name: str) -> Any:
        """One derived value, computed in Python."""
        return next(value for value in self.derived if value.name == name).python(self)

    def derived_values(self) -> dict[str, Any]:
        return {value.name: value.python(self) for value in self.derived}

    # -- checks --------------------------------------------------------------------------------------------------

    def clean_fields(self, exclude: Any = None) -> None:
        """Read every value; an empty missing code simply goes."""
        if isinstance(self.missing, dict):
            self.missing = {field: code for field, code in self.missing.items() if code not in (None, "")}
        self._refuse_collections()
        self._assign_number()
        self._all_read = False
        super().clean_fields(exclude=exclude)
        self._all_read = True

    def _refuse_collections(self) -> None:
        """A list or an object is no value of a column; Django would take an empty one for “nothing said”."""
        self._all_read = False
        wrong = {}
        for field in self._meta.concrete_fields:
            value = getattr(self, field.attname)
            if isinstance(field, models.JSONField) or not isinstance(value, list | dict | set | tuple):
                continue
            if isinstance(field, CodeSetField) and not isinstance(value, dict):
                setattr(self, field.attname, value or None)
                continue
            wrong[field.name] = ValidationError(_("Enter one value, not a list."), code="invalid")
        if wrong:
            raise ValidationError(wrong)

    def _assign_number(self) -> None:
        if self.numbered_within is None:
            return
        number, parent = self.numbered_within
        parent_id = getattr(self, f"{parent}_id")
        if getattr(self, number) not in (None, "") or parent_id is None:
            return
        rows = type(self)._base_manager.filter(**{f"{parent}_id": parent_id})
        if self.pk is not None:  # an emptied number stays what it was
            setattr(self, number, rows.filter(pk=self.pk).values_list(number, flat=True).first())
        else:
            setattr(self, number, (rows.aggregate(last=models.Max(number))["last"] or 0) + 1)

    def clean(self) -> None:
        """Rules across rows, once every value of this row could be read."""
        super().clean()
        if getattr(self, "_all_read", True):
            self.check_across_rows()

    def check_across_rows(self) -> None:
        """Rules that need other rows; raises ``ValidationError`` with the field each message belongs to."""

    def check_immutable(self, stored: "Record", but: Sequence[str] = ()) -> None:
        """Refuse a change of what is fixed at creation."""
        for name in self.immutable_fields:
            if name in but:
                continue
            field = self._meta.get_field(name)
            before, after = getattr(stored, field.attname), getattr(self, field.attname)  # type: ignore[union-attr]
            if before != after:
                text = _("%(label)s never changes.") % {"label": label_of(type(self), name)}
                raise ValidationError({name: ValidationError(text, code="immutable")})
