"""The section editor over HTTP: how a case begins, how its sections stand, where links lead, and a bounded cost."""

import json
import uuid

import pytest
from django.urls import reverse

from cases import editor
from cases.models import Case, Patient
from procedures.models import Procedure
from registry.core import records
from tests import factories
from tests.core.test_write_door import complete
from tests.factories import TESTS, LesionFactory
from tests.pages.editor_pages import SECTIONS, save, section


@pytest.fixture
def lesion(case):
    return LesionFactory(case=case)


# -- the start ---------------------------------------------------------------------------------------------------------


def test_a_case_begins_with_what_it_needs_to_exist(as_clinician, center):
    diagnosis = factories.DiagnosisFactory()
    answer = as_clinician.post(
        reverse("case-new"),
        {
            "patient-sex": "female",
            "patient-hospital_number": "4711",
            "age_years": "58",
            "diagnosis": diagnosis.pk,
            "procedure-kind": "sacroplasty",
            "token": str(uuid.uuid4()),
        },
    )
    case = Case.objects.get()
    assert answer.url == reverse("case-editor", args=[case.uuid])
    assert (case.status, case.age_years, case.diagnosis) == ("draft", 58, diagnosis)
    assert case.patient.sex == "female"
    procedure = Procedure.objects.get(case=case)
    assert procedure.kind == "sacroplasty"
    assert procedure.details is not None


def test_a_case_may_begin_with_nothing_known(as_clinician, center):
    as_clinician.post(reverse("case-new"), {"token": str(uuid.uuid4())})
    assert Case.objects.get().procedures.count() == 0


def test_what_is_refused_at_the_start_writes_nothing(as_clinician, center):
    answer = as_clinician.post(
        reverse("case-new"),
        {
            "age_years": "580",
            "procedure-kind": "rfa",
            "patient-birth_year": "1640",
            "token": str(uuid.uuid4()),
        },
    )
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "580" in text
    assert "1640" in text
    assert not Case.objects.exists()
    assert not Patient.objects.exists()
    assert not Procedure.objects.exists()


# -- how the sections stand --------------------------------------------------------------------------------------------


def states(case):
    loaded = editor.load(Case.objects.all()).get(pk=case.pk)
    return {found.section.slug: str(found.state) for found in editor.standings(loaded)}


def test_sections_say_how_they_stand(case):
    assert states(case)["lesions"] == "empty"
    lesion = LesionFactory(case=case, levels=None, side="left")
    assert states(case)["lesions"] == "in_progress"
    lesion.levels = "S1"
    records.save(lesion, by=TESTS)
    assert states(case)["lesions"] == "complete"
    case.age_years = 12
    records.save(case, by=TESTS)
    assert states(case)["patient"] == "warnings"


def test_a_complete_case_stands_complete(case):
    found = states(complete(case))
    assert found["review"] == "complete"
    assert set(found.values()) <= {"complete", "empty"}


# -- cost --------------------------------------------------------------------------------------------------------------

#: Queries of one save that changes a value, and of one section, whatever the size of the case.
SAVE_QUERIES = 40
SECTION_QUERIES = 50


def grow(case):
    lesion = LesionFactory(case=case, levels="S1")
    procedure = factories.ProcedureFactory(case=case)
    factories.SacroplastyDetailsFactory(procedure=procedure)
    factories.TreatedLesionFactory(procedure=procedure, lesion=lesion, leak_sites="venous")


def test_a_save_costs_the_same_whatever_the_size_of_the_case(
    as_clinician, case, lesion, django_assert_max_num_queries
):
    def cost(number):
        with django_assert_max_num_queries(SAVE_QUERIES) as counted:
            assert save(as_clinician, lesion, {"volume_ml": str(number)}).json()["written"]
        return len(counted)

    grow(case)
    cost(2)  # what is read once per process
    small = cost(3)
    for _more in range(4):
        grow(case)
    assert cost(4) == small


@pytest.mark.parametrize("slug", SECTIONS)
def test_a_section_costs_the_same_whatever_the_size_of_the_case(
    slug, as_clinician, case, django_assert_max_num_queries
):
    def cost():
        with django_assert_max_num_queries(SECTION_QUERIES) as counted:
            assert as_clinician.get(section(case, slug)).status_code == 200
        return len(counted)

    grow(case)
    cost()  # what is read once per process
    small = cost()
    for _more in range(3):
        grow(case)
    assert cost() == small


# -- other people, other centres, other cases --------------------------------------------------------------------------


def test_a_patient_with_a_complete_case_asks_why_on_the_page_of_a_draft(as_clinician, case):
    complete(case)
    draft = factories.CaseFactory(patient=case.patient, number=2)
    assert b'id="change-reason"' in as_clinician.get(section(draft)).content
    assert b'id="change-reason"' not in as_clinician.get(section(draft, "lesions")).content


def test_the_side_list_stays_that_of_the_case_on_the_page(as_clinician, case):
    factories.CaseFactory(patient=case.patient, number=2)
    address = reverse("record-save", args=["patient", case.patient.uuid])
    answer = as_clinician.post(
        f"{address}?section=patient&case={case.uuid}",
        json.dumps({"fields": {"birth_year": ["1961"]}}),
        content_type="application/json",
    ).json()
    assert str(case.uuid) in answer["slots"]["editor-nav"]
    case.patient.sex = None
    records.save(case.patient, by=TESTS)
    groups = as_clinician.get(section(case, "review")).context["groups"]
    assert all(str(case.uuid) in url for group in groups for _message, url in group["missing"])


# -- links -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["reboa", "sacroplasty", "vertebroplasty", "rfa"])
def test_every_link_of_the_review_leads_to_something_on_its_page(kind, as_clinician, case):
    lesion = LesionFactory(case=case, levels=None)
    procedure = factories.ProcedureFactory(case=case, kind=kind)
    details = {
        "reboa": factories.ReboaDetailsFactory,
        "sacroplasty": factories.SacroplastyDetailsFactory,
        "vertebroplasty": factories.VertebroplastyDetailsFactory,
        "rfa": factories.RfaDetailsFactory,
    }[kind]
    details(procedure=procedure)
    if kind == "reboa":
        factories.BalloonInflationFactory(
            procedure=procedure, inflated_min=0, deflated_min=100, aortic_zone="zone_iii"
        )
    else:
        treated = factories.TreatedLesionFactory(procedure=procedure, lesion=lesion, cement_volume_ml=29)
        if kind == "rfa":
            factories.AblationFactory(treated_lesion=treated, power_w=200)
    factories.AssessmentFactory(case=case, time_point="baseline", vas_pain=None)
    review = as_clinician.get(section(case, "review"))
    links = [
        url for group in review.context["groups"] for _message, url in [*group["missing"], *group["unusual"]]
    ]
    assert len(links) > 5
    for link in links:
        address, _hash, anchor = link.partition("#")
        page = as_clinician.get(address)
        assert page.status_code == 200
        if anchor:
            assert f'id="{anchor}"' in page.content.decode(), link
