"""The code list of diagnoses."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cases.diagnosis_names import shown_name
from registry.core import fields
from registry.core.models import Record
from registry.core.rules import CodedMissing


class Diagnosis(Record):
    """A diagnosis with its codes: ICD-10-CM of the primary tumour and ICD-O-3 morphology."""

    center_path = None

    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    label = fields.LineField(_("label"), max_length=120, blank=False)
    icd10 = fields.LineField(_("ICD-10-CM"), max_length=10)
    icdo3 = fields.LineField(_("ICD-O-3 morphology"), max_length=10)
    malignant = fields.BooleanField(_("malignant"))
    needs_text = models.BooleanField(
        _("needs a text"), default=False, help_text=_("For “other”: the case says which.")
    )

    class Meta:
        verbose_name = _("diagnosis")
        verbose_name_plural = _("diagnoses")
        ordering = ["label"]
        constraints = [CodedMissing("malignant")]

    def __str__(self) -> str:
        return shown_name(self.label)
