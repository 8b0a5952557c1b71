"""The section editor over HTTP: rows that come and go."""

import uuid

import pytest
from django.urls import reverse

from cases.models import Lesion, Treatment
from registry.core import records
from tests.core.test_write_door import complete
from tests.factories import LesionFactory


@pytest.fixture
def lesion(case):
    return LesionFactory(case=case)


def test_a_lesion_is_added_once_per_token(as_clinician, case):
    token = str(uuid.uuid4())
    for _click in range(2):
        answer = as_clinician.post(reverse("lesion-add", args=[case.uuid]), {"token": token})
        assert answer.status_code == 200
        assert b"data-row" in answer.content
    assert [str(lesion.uuid) for lesion in case.lesions.all()] == [token]


def test_a_treatment_is_added_with_its_kind(as_clinician, case):
    address = reverse("treatment-add", args=[case.uuid])
    as_clinician.post(address, {"kind": "radiotherapy", "timing": "before"})
    assert Treatment.objects.get(case=case).kind == "radiotherapy"
    refused = as_clinician.post(address, {"kind": "nothing", "timing": "before"})
    assert refused.status_code == 422
    assert Treatment.objects.filter(case=case).count() == 1


def test_a_row_is_removed_with_its_history_kept(as_clinician, as_outsider, lesion):
    address = reverse("record-remove", args=["lesion", lesion.uuid])
    assert as_outsider.post(address).status_code == 404
    assert as_clinician.get(address).status_code == 405
    assert as_clinician.post(address).status_code == 200
    assert not Lesion.objects.filter(pk=lesion.pk).exists()
    assert Lesion.history.filter(id=lesion.pk, history_type="-").exists()
    assert as_clinician.post(address).status_code == 404


def test_a_row_that_others_need_is_not_removed(as_clinician, case):
    case = complete(case)
    lesion = case.lesions.get()
    answer = as_clinician.post(
        reverse("record-remove", args=["lesion", lesion.uuid]), {"reason": "entered twice"}
    )
    assert answer.status_code == 422
    assert Lesion.objects.filter(pk=lesion.pk).exists()


def test_a_row_that_somebody_has_changed_is_not_removed_unseen(as_clinician, lesion, curator):
    seen = lesion.version
    theirs = Lesion.objects.get(pk=lesion.pk)
    theirs.volume_ml = 5
    records.save(theirs, by=curator)
    address = reverse("record-remove", args=["lesion", lesion.uuid])
    assert as_clinician.post(address, {"version": seen}).status_code == 409
    assert as_clinician.post(address, {"version": theirs.version}).status_code == 200
