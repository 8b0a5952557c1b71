"""What research holds of a patient beside records: files of exports, and releases."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.models import Patient


def says(patient: Patient) -> list[str]:
    """For whoever is about to erase the patient."""
    from registry.research import jobs
    from registry.research.releases.consent import releases_with

    said = []
    if n := jobs.holding_rows_of(patient.center_id):
        said.append(
            ngettext(
                "%(n)d file of an export that may have rows of the patient is removed.",
                "%(n)d files of exports that may have rows of the patient are removed.",
                n,
            )
            % {"n": n}
        )
    if releases := releases_with(patient):
        said.append(
            _(
                "Releases with rows of the patient: %(names)s. Their tables are not handed out any more; the "
                "manifest stays."
            )
            % {"names": ", ".join(release.slug for release in releases)}
        )
    return said


def clear(patient: Patient) -> None:
    """Files of exports go; tables of releases are withheld, as the patient does not agree any more."""
    from registry.research import jobs

    jobs.forget(patient.center_id)
