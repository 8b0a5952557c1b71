"""Patients."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from cases.codes import ConsentStatus, Sex
from cases.identity import EncryptedLineField, Unreadable, lookup_hash, lookup_hashes
from registry.access.models import Center
from registry.core import fields
from registry.core.chain.erased import ErasedRecord
from registry.core.dates import shown_date
from registry.core.history import current_pass
from registry.core.limits import SoftLimit
from registry.core.models import Record
from registry.core.querysets import RecordQuerySet
from registry.core.rules import Between, CodedMissing, OneOf
from registry.literature.models import Publication

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class PatientCounter(models.Model):
    """The last patient number given out in a centre: a number is never used twice, even after a deletion."""

    center = models.OneToOneField(Center, models.CASCADE, related_name="+", verbose_name=_("centre"))
    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("patient counter")
        verbose_name_plural = _("patient counters")

    def __str__(self) -> str:
        return f"{self.center}: {self.last}"

    @classmethod
    def next_registry_ids(cls, center: Center, count: int) -> list[str]:
        """The next ids of the centre, such as ``HEI-00012``; the counter stays locked until the transaction ends."""
        cls.objects.get_or_create(center=center)
        counter = cls.objects.select_for_update().get(center=center)
        first = counter.last + 1
        counter.last += count
        counter.save(update_fields=["last"])
        return [f"{center.code}-{number:05d}" for number in range(first, first + count)]


def _consent_not_given(patient: "Patient") -> "StrOrPromise | None":
    if patient.consent_status in (ConsentStatus.REFUSED, ConsentStatus.WITHDRAWN):
        return _("Consent is %(status)s: the patient is left out of research.") % {
            "status": patient.get_consent_status_display()
        }
    return None


def _consent_after_procedure(patient: "Patient") -> "StrOrPromise | None":
    if patient.consent_date is None or patient.pk is None:
        return None
    later = [
        case.index_date
        for case in patient.cases.all()
        if case.index_date and case.index_date < patient.consent_date
    ]
    if not later:
        return None
    return _("Date of consent: %(date)s is after the procedure (%(index)s), as in retrospective entry.") % {
        "date": shown_date(patient.consent_date),
        "index": shown_date(min(later)),
    }


class PatientQuerySet(RecordQuerySet):
    """Patients; an erased one is shown to nobody."""

    def for_user(self, user: Any) -> Self:
        table = self.model.history.model._meta.db_table
        erased = ErasedRecord._base_manager.filter(table=table, record_id=models.OuterRef("pk"))
        return super().for_user(user).filter(~models.Exists(erased))


class Patient(Record):
    """A person, known by the registry id; a published patient belongs to the centre of its publication."""

    center_path = "center"
    identifying_fields = frozenset({"hospital_number", "hospital_number_hash", "birth_year"})
    not_in_history = ("hospital_number",)
    secret_in_history = {"hospital_number_hash": _("hospital number")}
    immutable_fields = ("center",)
    #: What the stub of an erased patient is known by.
    kept_when_erased = ("registry_id",)
    soft_limits = (
        SoftLimit("consent_status", "consent", _consent_not_given),
        SoftLimit("consent_date", "consent:procedure", _consent_after_procedure),
    )

    objects = PatientQuerySet.as_manager()  # type: ignore[misc]

    center = models.ForeignKey(
        Center, models.PROTECT, related_name="patients", verbose_name=_("centre"), db_index=False
    )
    registry_id = models.CharField(_("registry id"), max_length=40, unique=True, editable=False)
    sex = fields.CodeField(_("sex"), choices=Sex.choices, null=True, blank=True)
    birth_year = fields.IntegerField(_("year of birth"), null=True, blank=True)
    hospital_number = EncryptedLineField(_("hospital number"))
    hospital_number_hash = models.CharField(
        _("look-up key of the hospital number"),
        max_length=64,
        blank=True,
        default="",
        editable=False,
        db_index=True,
    )
    consent_status = fields.CodeField(_("consent"), choices=ConsentStatus.choices, null=True, blank=True)
    consent_date = fields.DateField(_("date of consent"), null=True, blank=True)
    publication = models.ForeignKey(
        Publication,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="published_patients",
        verbose_name=_("publication"),
    )
    source_label = fields.LineField(_("label in the paper"), max_length=40, editable=False, identifying=False)

    class Meta:
        verbose_name = _("patient")
        verbose_name_plural = _("patients")
        ordering = ["registry_id"]
        indexes = [models.Index(fields=["center", "registry_id"])]
        constraints = [
            OneOf("sex", Sex),
            Between("birth_year", 1880, 2100),
            OneOf("consent_status", ConsentStatus),
            Between("consent_date", *fields.DATE_RANGE),
            CodedMissing("sex", "birth_year", "consent_status", "consent_date"),
            models.UniqueConstraint(
                fields=["publication", "source_label"],
                condition=models.Q(publication__isnull=False),
                name="patient_source_label_once",
            ),
        ]

    def __str__(self) -> str:
        return self.registry_id

    def name_in_log(self) -> str:
        return f"patient {self.registry_id}"

    def roots_beneath(self) -> list[Record]:
        return list(self.cases.all()) if self.pk is not None else []

    def is_settled(self) -> bool:
        """A patient's data is settled as soon as one of the cases is."""
        return self.pk is not None and any(case.is_settled() for case in self.cases.all())

    def check_across_rows(self) -> None:
        if not self.birth_year or self.pk is None:
            return
        earliest = min((case.index_date for case in self.cases.all() if case.index_date), default=None)
        if earliest and earliest.year < self.birth_year:
            raise ValidationError(
                {
                    "birth_year": _("Year of birth: %(year)s is after the index date of a case (%(date)s).")
                    % {"year": self.birth_year, "date": shown_date(earliest)}
                }
            )

    def clean_fields(self, exclude: Any = None) -> None:
        super().clean_fields(exclude=exclude)
        self.hospital_number_hash = (
            lookup_hash(self.center_id, self.hospital_number) if self.center_id else ""
        )

    def check_immutable(self, stored: Record, but: Sequence[str] = ()) -> None:
        super().check_immutable(stored, but)
        if isinstance(stored.hospital_number, Unreadable):  # type: ignore[attr-defined]
            # Writing would put nothing in the place of a number that the right key can still read.
            raise ValidationError(
                {
                    "hospital_number": _(
                        "Hospital number: the stored one cannot be read, because the registry runs with another key. "
                        "Nothing has been written; tell the administrator."
                    )
                }
            )

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.registry_id and current_pass.get() is not None:
            (self.registry_id,) = PatientCounter.next_registry_ids(self.center, 1)
        super().save(*args, **kwargs)

    @classmethod
    def prepare_new(cls, rows: Sequence[Any]) -> None:
        for center in {row.center for row in rows}:
            own = [row for row in rows if row.center_id == center.pk and not row.registry_id]
            for row, registry_id in zip(own, PatientCounter.next_registry_ids(center, len(own)), strict=True):
                row.registry_id = registry_id

    def history_keys(self) -> list[int]:
        return [self.pk, *self.merged.values_list("key", flat=True)]

    def same_hospital_number(self) -> "models.QuerySet[Patient]":
        """Other patients of the centre with this hospital number: a reason to look, never to refuse."""
        if not self.hospital_number_hash:
            return type(self).objects.none()
        hashes = {self.hospital_number_hash, *lookup_hashes(self.center_id, self.hospital_number)}
        merged: Any = self._meta.get_field("merged").related_model
        return (
            type(self)
            .objects.filter(
                Q(hospital_number_hash__in=hashes)
                # A number that a merged patient had is known too.
                | Exists(merged.objects.filter(survivor=OuterRef("pk"), hospital_number_hash__in=hashes)),
                center=self.center_id,
            )
            .exclude(pk=self.pk)
        )
