"""Patients that were entered twice: what leads from the one that is gone to the one that stayed."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.identity import EncryptedLineField
from cases.models.patient import Patient


class MergedPatient(models.Model):
    """A patient that has been taken in by another one.

    The row of the merged patient is deleted; its ids go on leading to the patient who survived, and its history is
    found by ``key``. The hospital number is kept so that a search for it still finds the patient; like a patient's own
    it is encrypted, turned with the keys, and erased with the patient.
    """

    survivor = models.ForeignKey(
        Patient, models.CASCADE, related_name="merged", verbose_name=_("surviving patient")
    )
    key = models.BigIntegerField(_("key of the merged patient"), unique=True)
    uuid = models.UUIDField(_("public id"), unique=True)
    registry_id = models.CharField(_("registry id"), max_length=40, unique=True)
    hospital_number = EncryptedLineField(_("hospital number"))
    hospital_number_hash = models.CharField(
        _("look-up key of the hospital number"), max_length=64, blank=True, default="", db_index=True
    )
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("merged patient")
        verbose_name_plural = _("merged patients")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.registry_id} → {self.survivor.registry_id}"

    @classmethod
    def survivors(cls, **condition: Any) -> Any:
        """Keys of the patients who took in a merged one of which this holds."""
        return cls.objects.filter(**condition).values("survivor")
