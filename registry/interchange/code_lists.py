"""Loads the code lists of ``fixtures/`` into the registry; repeating it changes nothing."""

import yaml
from django.conf import settings
from pydantic import BaseModel, ConfigDict, TypeAdapter

from cases.models import Diagnosis
from registry.core import records
from registry.core.actors import System

DIAGNOSES = settings.BASE_DIR / "fixtures" / "diagnoses.yaml"


class DiagnosisEntry(BaseModel):
    """One line of ``diagnoses.yaml``."""

    model_config = ConfigDict(extra="forbid", strict=True)

    slug: str
    label: str
    icd10: str = ""
    icdo3: str = ""
    malignant: bool | None = None
    needs_text: bool = False


def load_diagnoses() -> int:
    """Bring the diagnoses up to date with the file; answers with how many it lists."""
    entries = TypeAdapter(list[DiagnosisEntry]).validate_python(yaml.safe_load(DIAGNOSES.read_text("utf-8")))
    known = {diagnosis.slug: diagnosis for diagnosis in Diagnosis.objects.all()}
    for entry in entries:
        diagnosis = known.get(entry.slug) or Diagnosis(slug=entry.slug)
        for name, value in entry.model_dump().items():
            setattr(diagnosis, name, value)
        records.save(diagnosis, by=System("load_code_lists"), reason="code list")
    return len(entries)
