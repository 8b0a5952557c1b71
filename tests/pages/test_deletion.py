"""Deleting names what goes, asks in the page, and leaves history."""

import pytest
from django.urls import reverse

from cases.models import Case, Lesion, Patient
from outcomes.models import Complication
from procedures.models import Procedure, TreatedLesion
from registry.access.models import Center
from registry.core import records
from tests.factories import (
    CaseFactory,
    ComplicationFactory,
    LesionFactory,
    ProcedureFactory,
    SacroplastyDetailsFactory,
    TreatedLesionFactory,
)


def url(record):
    return reverse(f"{record._meta.model_name}-delete", args=[record.uuid])


def test_it_names_what_goes_too(as_clinician, case):
    procedure = ProcedureFactory(case=case)
    SacroplastyDetailsFactory(procedure=procedure)
    TreatedLesionFactory(procedure=procedure, lesion=LesionFactory(case=case))
    TreatedLesionFactory(procedure=procedure, lesion=LesionFactory(case=case))
    ComplicationFactory(procedure=procedure)
    html = as_clinician.get(url(procedure)).content.decode()
    for words in ("2 treated lesions", "1 complication", "1 sacroplasty details"):
        assert words in html
    assert Procedure.objects.exists()


def test_it_deletes_through_the_door(as_clinician, case):
    lesion = LesionFactory(case=case)
    response = as_clinician.post(url(lesion), {"version": 1})
    assert response.status_code == 302
    assert response.url == reverse("case-detail", args=[case.uuid]) + "#lesions"
    assert not Lesion.objects.exists()
    assert Lesion.history.first().history_user_name == "clinician"


def test_what_others_refer_to_stays_and_says_so(as_clinician, case):
    lesion = LesionFactory(case=case)
    TreatedLesionFactory(procedure=ProcedureFactory(case=case), lesion=lesion)
    assert as_clinician.get(url(lesion)).status_code == 200
    response = as_clinician.post(url(lesion), {"version": 1})
    assert response.status_code == 422
    assert "cannot be deleted while treated lesions refer to it" in response.content.decode()
    assert Lesion.objects.exists() and TreatedLesion.objects.exists()


def test_what_changed_meanwhile_is_looked_at_again(as_clinician, clinician, case):
    lesion = LesionFactory(case=case)
    lesion.volume_ml = 7
    records.save(lesion, by=clinician)
    response = as_clinician.post(url(lesion), {"version": 1})
    assert response.status_code == 409
    assert 'name="version" value="2"' in response.content.decode()
    assert Lesion.objects.exists()


def test_a_complete_case_asks_for_a_reason(as_clinician, clinician, case, monkeypatch):
    monkeypatch.setattr("registry.core.policies.gaps", lambda root: [])
    complication = ComplicationFactory(procedure=ProcedureFactory(case=case))
    case.refresh_from_db()
    case.status = "complete"
    records.save(case, by=clinician)
    assert as_clinician.post(url(complication), {"version": 1}).status_code == 422
    assert Complication.objects.exists()
    response = as_clinician.post(url(complication), {"version": 1, "reason": "entered twice"})
    assert response.status_code == 302
    assert Complication.history.first().history_change_reason == "entered twice"


def test_a_case_takes_its_patient_when_there_is_no_other_case(as_clinician, case):
    other = CaseFactory(patient=case.patient)
    assert "who has no other case" not in as_clinician.get(url(case)).content.decode()
    as_clinician.post(url(case), {"version": 1})
    assert Patient.objects.exists()
    assert "who has no other case" in as_clinician.get(url(other)).content.decode()
    response = as_clinician.post(url(other), {"version": 1})
    assert response.url == reverse("case-list")
    assert not Patient.objects.exists() and not Case.objects.exists()


@pytest.mark.parametrize("version", ["", "\x00", "9" * 400, "x"])
def test_an_odd_version_deletes_nothing_unseen(as_clinician, case, version):
    lesion = LesionFactory(case=case)
    response = as_clinician.post(url(lesion), {"version": version})
    assert response.status_code in (409, 422)
    assert Lesion.objects.exists()


def test_others_may_not(as_outsider, as_researcher, as_clinician, case):
    lesion = LesionFactory(case=case)
    for client, status in ((as_outsider, 404), (as_researcher, 403)):
        assert client.get(url(lesion)).status_code == status
        assert client.post(url(lesion), {"version": 1}).status_code == status
    Center.objects.update(kind=Center.Kind.PUBLISHED)
    assert as_clinician.post(url(lesion), {"version": 1}).status_code == 403
    assert Lesion.objects.exists()
