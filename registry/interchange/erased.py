"""What imports hold of a patient beside records: files that wait to be confirmed or corrected, and their reports."""

from django.utils.translation import gettext as _

from cases.models import Patient


def says(patient: Patient) -> list[str]:
    """For whoever is about to erase the patient."""
    from registry.interchange.models import ImportBatch

    if n := ImportBatch.objects.may_name(patient.center_id).count():
        return [
            _("Files of imports that wait: %(n)d. They may name the patient and are discarded.") % {"n": n}
        ]
    return []


def clear(patient: Patient) -> None:
    """Imports that may name the patient are discarded with their files."""
    from registry.interchange.importing import batches

    batches.forget(patient.center_id)
