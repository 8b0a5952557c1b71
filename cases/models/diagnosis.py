"""The code list of diagnoses."""

from django.db import models

from registry.core import fields
from registry.core.models import Record
from registry.core.rules import CodedMissing


class Diagnosis(Record):
    """A diagnosis with its codes: ICD-10-CM of the primary tumour and ICD-O-3 morphology."""

    center_path = None

    slug = models.SlugField("slug", max_length=60, unique=True)
    label = fields.LineField("label", max_length=120, blank=False)
    icd10 = fields.LineField("ICD-10-CM", max_length=10)
    icdo3 = fields.LineField("ICD-O-3 morphology", max_length=10)
    malignant = fields.BooleanField("malignant")
    needs_text = models.BooleanField(
        "needs a text", default=False, help_text="For “other”: the case says which."
    )

    class Meta:
        verbose_name = "diagnosis"
        verbose_name_plural = "diagnoses"
        ordering = ["label"]
        constraints = [CodedMissing("malignant")]

    def __str__(self) -> str:
        return self.label
