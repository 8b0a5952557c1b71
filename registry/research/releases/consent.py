"""Patients of a release who have withdrawn their consent since: their rows are handed out no more.

A release is never changed: whoever cites it must find the bytes that were cited. Its tables are withheld instead, all
of them, while the manifest, the definition and the main results stay; and an edition without these patients can be made
of the same change, which is a release of its own, with hashes of its own.
"""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from cases.models import MergedPatient, Patient
from registry.core.chain.erased import ErasedRecord, erasures
from registry.research.models import Release
from registry.research.releases import shelf
from registry.research.releases.difference import PATIENT
from registry.research.tables import NO_CONSENT

#: The file that says who is in a release.
PATIENTS = "patients.csv"


def withdrawn_since(release: Release) -> dict[str, int]:
    """Public id → key of every patient of the release who does not agree to research any more.

    By history, so that whoever has been deleted from the registry after withdrawing is among them. For a patient who
    has been merged into another one speaks the one who survived.
    """
    asked = [center["id"] for center in release.centers if center["kind"] != "published"]
    later = Patient.history.filter(change_sequence__gt=release.sequence, center_id__in=asked)
    said_no = later.filter(consent_status__in=NO_CONSENT).values("id")
    latest: dict[int, tuple[str, str | None]] = {}
    rows = later.filter(id__in=said_no).order_by("change_sequence", "history_id")
    for key, public_id, status in rows.values_list("id", "uuid", "consent_status"):
        latest[key] = (str(public_id), status)
    merged = MergedPatient.objects.filter(survivor__center__in=asked)
    for key, public_id, status in merged.values_list("key", "uuid", "survivor__consent_status"):
        latest[key] = (str(public_id), status)
    gone = {
        public_id: key
        for key, (public_id, status) in latest.items()
        if status in NO_CONSENT and key not in release.left_out
    }
    if not gone:
        return {}
    path = shelf.folder_of(release.slug) / PATIENTS
    kept = release.file(PATIENTS)
    if kept is None or shelf.sha256_of(path) != kept["sha256"]:
        return gone  # nobody knows whose rows it has
    return {public_id: gone[public_id] for public_id in _patients_in(path) if public_id in gone}


def erased_of(keys: Iterable[int]) -> frozenset[int]:
    """Which of these patients have been erased since."""
    return frozenset(erasures(Patient.history.model._meta.db_table, list(keys)))


def all_erased() -> list[int]:
    """Every patient who has been erased: history has nothing of them any more, of any time."""
    table = Patient.history.model._meta.db_table
    rows = ErasedRecord._base_manager.filter(table=table).order_by("record_id")
    return list(rows.values_list("record_id", flat=True))


def releases_with(patient: Patient) -> list[Release]:
    """The releases that have rows of this patient."""
    public_id, found = str(patient.uuid), []
    for release in Release.objects.filter(state=Release.State.READY).order_by("pk"):
        path = shelf.folder_of(release.slug) / PATIENTS
        if path.exists() and public_id in _patients_in(path):
            found.append(release)
    return found


def _patients_in(path: Path) -> Iterator[str]:
    """The public ids of the patients whose rows the release has."""
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield row[PATIENT]
