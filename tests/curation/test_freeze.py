"""Freezing a centre or a list of cases, and thawing it."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from cases.models import Case, Lesion, Patient
from registry.core import records
from registry.curation import freezing
from registry.curation.models import Freeze, FrozenCase, Thaw
from registry.curation.models.kept import Unchangeable
from tests import factories
from tests.factories import TESTS


def change(case, by):
    lesion = Lesion.objects.get(case=case)
    lesion.side = "left" if lesion.side != "left" else "right"
    return records.save(lesion, by=by, reason="x", expected_version=lesion.version)


@pytest.fixture
def lesion(case):
    return factories.LesionFactory(case=case)


def test_a_frozen_centre_takes_nothing_from_anybody_and_says_who_when_and_why(
    as_user, lesion, case, patient, clinician, curator, outsider, other_center
):
    elsewhere = factories.LesionFactory(case__patient__center=other_center)
    answer = as_user(curator).post(reverse("freezes"), {"center": "HEI", "reason": "interim analysis"})
    assert answer.status_code == 302
    for by in (clinician, curator, TESTS):
        with pytest.raises(ValidationError, match=r"frozen since .* by curator: interim analysis"):
            change(case, by)
    for new in (Patient(center=patient.center, sex="male"), Case(patient=patient)):
        with pytest.raises(ValidationError, match="frozen"):
            records.save(new, by=clinician)
    with pytest.raises(ValidationError, match="frozen"):
        records.delete(Case.objects.get(pk=case.pk), by=clinician)
    change(elsewhere.case, outsider)
    page = as_user(clinician).get(reverse("case-section", args=[case.uuid, "lesions"])).content.decode()
    assert "interim analysis" in page and "<form method" not in page.partition("<main")[2]
    page = as_user(clinician).get(reverse("case-signature", args=[case.uuid])).content.decode()
    assert "interim analysis" in page


def test_thawing_needs_a_reason_and_opens_the_centre_again(as_user, lesion, case, center, clinician, curator):
    freeze = freezing.freeze_center(center, by=curator, reason="interim analysis")
    client = as_user(curator)
    address = reverse("freeze-thaw", args=[freeze.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "analysis is out"}).status_code == 302
    change(case, clinician)
    assert client.post(address, {"reason": "again"}).status_code == 409
    page = client.get(reverse("freezes")).content.decode()
    assert "interim analysis" in page and "analysis is out" in page
    freezing.freeze_center(center, by=curator, reason="once more")
    with pytest.raises(ValidationError, match="frozen already"):
        freezing.freeze_center(center, by=curator, reason="twice")


def test_a_list_of_cases_is_frozen_and_nothing_else(lesion, case, center, clinician, curator, other_center):
    other = factories.LesionFactory(case__patient__center=center).case
    foreign = factories.LesionFactory(case__patient__center=other_center).case
    (freeze,) = freezing.freeze_cases([case, foreign], by=curator, title="REBOA paper", reason="submitted")
    assert [row.case_id for row in freeze.cases.all()] == [case.pk]
    with pytest.raises(ValidationError, match="This case is frozen"):
        change(case, clinician)
    patient = Patient.objects.get(pk=case.patient_id)
    patient.sex = "male"
    with pytest.raises(ValidationError, match="frozen"):
        records.save(patient, by=clinician, expected_version=patient.version)
    change(other, clinician)
    with pytest.raises(ValidationError, match="None of these cases"):
        freezing.freeze_cases([foreign], by=curator, title="x", reason="y")


def test_the_write_door_asks_once(lesion, case, clinician, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert freezing.of_case(case) is None


def test_freezes_are_the_curators_of_the_centre(as_user, clinician, curator, researcher, outsider, center):
    freeze = freezing.freeze_center(center, by=curator, reason="interim analysis")
    admin = factories.UserFactory(is_superuser=True)
    foreign = factories.member(factories.CenterFactory(code="MUC"), "curator")
    address = reverse("freeze-thaw", args=[freeze.pk])
    expected = ((clinician, 403, 404), (curator, 200, 200), (researcher, 403, 404), (outsider, 403, 404))
    for user, lists, thaws in (*expected, (foreign, 200, 404), (admin, 200, 200)):
        client = as_user(user)
        assert (client.get(reverse("freezes")).status_code, client.get(address).status_code) == (lists, thaws)
    assert as_user(foreign).post(reverse("freezes"), {"center": "HEI", "reason": "x"}).status_code == 422


def test_freezes_are_never_changed_or_removed(case, center, curator):
    (freeze,) = freezing.freeze_cases([case], by=curator, title="x", reason="y")
    thaw = freezing.thaw(freeze, by=curator, reason="z")
    for row in (freeze, thaw):
        for act in (row.save, row.delete):
            with pytest.raises(Unchangeable):
                act()
    for model in (Freeze, FrozenCase, Thaw):
        with pytest.raises(Unchangeable):
            model.objects.all().delete()


def test_the_cases_of_a_cohort_are_frozen_from_its_page(
    as_user, lesion, case, clinician, curator, other_center
):
    foreign = factories.CaseFactory(patient__center=other_center)
    where = {"all": [{"variable": "cases.age_years", "is": "recorded"}]}
    cohort = factories.CohortFactory(owner=curator, title="Everyone", where=where, shared=True)
    address = reverse("cohort-freeze", args=[cohort.slug])
    client = as_user(curator)
    assert address in client.get(cohort.get_absolute_url()).content.decode()
    assert client.get(address).context["count"] == 1
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "submitted"}).status_code == 302
    assert [row.case_id for row in FrozenCase.objects.all()] == [case.pk]
    with pytest.raises(ValidationError, match="This case is frozen"):
        change(case, clinician)
    assert freezing.of_case(foreign) is None
    assert as_user(clinician).get(address).status_code == 403
