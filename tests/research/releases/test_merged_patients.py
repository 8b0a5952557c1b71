"""Two patients become one after a release: the release stays what it was."""

from cases.models import Patient
from registry.core import records
from registry.curation.merging.choosing import FIELDS, Chosen
from registry.curation.merging.merge import merge
from registry.research.models import Release
from registry.research.releases import rebuilding
from registry.research.releases.consent import withdrawn_since
from tests import factories as make
from tests.factories import TESTS
from tests.research.releases.conftest import frozen


def merged(world):
    """The patient of an own case is taken in by another one, who says the same."""
    patient = world.b.patient
    survivor = make.PatientFactory(center=world.own)
    for name in (*FIELDS, "missing"):
        setattr(survivor, name, getattr(patient, name))
    records.save(survivor, by=TESTS)
    chosen = Chosen("b", dict.fromkeys(FIELDS, "b"))
    merge(patient, survivor, chosen, by=make.member(world.own, "curator"), reason="one person")
    return patient, survivor


def test_a_release_from_before_is_rebuilt_to_the_same_bytes(kept):
    release = frozen(kept.researcher)
    merged(kept)
    rebuilding.rerun(release, release.owner)
    result = Release.objects.get(pk=release.pk).rerun
    assert result["state"] == "done" and result["same"] and result["whole"]
    assert result["manifest_sha256"] == release.manifest_sha256


def test_the_survivor_speaks_for_a_patient_of_the_release(kept):
    release = frozen(kept.researcher)
    patient, survivor = merged(kept)
    assert withdrawn_since(release) == {}
    survivor = Patient.objects.get(pk=survivor.pk)
    survivor.consent_status = "withdrawn"
    records.save(survivor, by=TESTS, reason="letter")
    assert withdrawn_since(release) == {str(patient.uuid): patient.pk}
