"""What curation adds to the admin pages of records."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cases.admin import PatientAdmin
from cases.models import Patient
from registry.curation import erasure


def _erase(user: Any, patient: Patient) -> tuple[Any, str] | None:
    if erasure.is_published(patient) or erasure.is_erased(patient) or not erasure.may_erase(user, patient):
        return None
    return _("Erase this patient"), reverse("patient-erase", args=[patient.uuid])


PatientAdmin.extend(tools=[_erase])
