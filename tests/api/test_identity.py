"""Who may not see identity gets records without it, and cannot ask for it sideways."""

import pytest

from registry.access.models import AccessEvent
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def known(center):
    """A case with everything that shows who somebody is."""
    patient = factories.PatientFactory(center=center, birth_year=1930, hospital_number="4711", sex="male")
    case = factories.CaseFactory(
        patient=patient,
        age_years=93,
        index_date="2024-03-11",
        index_date_precision="day",
        notes="the mayor",
        diagnosis_text="as in his letter",
    )
    procedure = factories.ProcedureFactory(
        case=case, kind="vertebroplasty", date="2024-03-12", incision_at="2024-03-12T08:30Z", notes="by Dr X"
    )
    factories.TransarterialSessionFactory(procedure=procedure, date="2024-03-01")
    factories.ComplicationFactory(procedure=procedure, treatment="moved to his brother’s ward")
    factories.AssessmentFactory(case=case, date="2024-03-10")
    factories.TreatmentFactory(case=case, detail="at Dr Y’s practice")
    factories.FollowUpStatusFactory(case=case, vital_status="dead", death_date="2024-05-11")
    return case


@pytest.fixture
def reader(as_user, researcher):
    return as_user(researcher)


#: Nothing of this may be in what a researcher reads.
SECRETS = (
    "2024-03",
    "2024-05",
    "1930",
    "4711",
    "mayor",
    "letter",
    "Dr X",
    "brother",
    "Dr Y",
    "08:30",
    "07:30",
    "93",
)


def test_a_researcher_reads_no_identity_anywhere(api, reader, known):
    for resource in api.get("").json():
        for path in (
            f"{resource}/",
            *(f"{resource}/{row['id']}/" for row in rows(api, resource) if "id" in row),
        ):
            text = reader.get(path).content.decode()
            assert not [secret for secret in SECRETS if secret in _without_ids(text)], path


def rows(api, resource):
    return api.get(f"{resource}/").json()["results"]


def _without_ids(text):
    import re

    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "", text)


def test_what_is_withheld_is_named(reader, known):
    case = reader.get(f"cases/{known.uuid}/").json()
    assert {"index_date", "notes", "diagnosis_text"} <= set(case["withheld"])
    assert not set(case["withheld"]) & set(case)
    patient = reader.get(f"patients/{known.patient.uuid}/").json()
    assert set(patient["withheld"]) == {"birth_year", "hospital_number", "consent_date"}


def test_days_are_counted_from_the_index_date_instead(reader, known):
    case = reader.get(f"cases/{known.uuid}/").json()
    [procedure] = case["procedures"]
    assert (procedure["day"], procedure["transarterial_sessions"][0]["day"]) == (1, -10)
    assert case["assessments"][0]["day"] == -1 and case["followup"]["death_day"] == 61


def test_every_age_from_ninety_on_is_ninety(api, reader, known):
    assert reader.get(f"cases/{known.uuid}/").json()["age_years"] == 90
    assert reader.get(f"cases/{known.uuid}/").json()["warnings"] == []
    assert api.get(f"cases/{known.uuid}/").json()["age_years"] == 93


def test_a_capped_age_is_not_found_out_by_filters(reader, known):
    for parameters in (
        {"age_years_min": 90},
        {"age_years_min": 120},
        {"age_years_max": 90},
        {"age_years_max": 92},
    ):
        assert len(reader.get("cases/", **parameters).json()["results"]) == 1
    assert reader.get("cases/", age_years_max=89).json()["results"] == []


@pytest.mark.parametrize(
    "question",
    [
        "cases/?index_date_from=2024-03-11",
        "cases/?index_date_to=2024-03-11",
        "cases/?ordering=index_date",
        "cases/?ordering=age_years,-index_date",
        "procedures/?ordering=-date",
        "assessments/?ordering=date",
    ],
)
def test_dates_are_neither_filtered_nor_sorted_by_those_who_do_not_see_them(api, reader, known, question):
    assert api.get(question).status_code == 200
    assert reader.get(question).status_code == 403


def test_a_clinician_reads_the_hospital_number_of_one_patient_and_it_is_logged(api, known, clinician):
    shown = api.get(f"patients/{known.patient.uuid}/").json()
    assert shown["hospital_number"] == "4711" and shown["withheld"] == []
    event = AccessEvent.objects.get()
    assert (event.kind, event.user_name, event.subject) == (
        "identity_read",
        "clinician",
        f"patient {known.patient.registry_id}",
    )


def test_lists_and_writes_never_show_a_hospital_number(api, known):
    assert "hospital_number" not in api.get("patients/").json()["results"][0]
    answer = api.patch(f"patients/{known.patient.uuid}/", {"version": 1, "hospital_number": "4712"})
    assert answer.status_code == 200 and "hospital_number" not in answer.json()
    assert "4711" not in api.get("cases/").content.decode()
    assert [event.subject for event in AccessEvent.objects.order_by("pk")] == [
        f"patient {known.patient.registry_id}",
        str(known),
    ], "both lists show dates or years of birth; who writes is in history"


def test_reading_a_patient_without_a_hospital_number_is_not_logged(api, patient):
    assert api.get(f"patients/{patient.uuid}/").json()["hospital_number"] == ""
    assert AccessEvent.objects.count() == 0


def test_published_cases_show_everything_to_everyone(as_user, researcher, published_case):
    shown = as_user(researcher).get(f"cases/{published_case.uuid}/").json()
    assert (
        shown["withheld"] == [] and shown["source_label"] == "Case 1" and shown["publication"] == "zhao-2021"
    )


def test_a_user_with_two_roles_sees_identity_where_he_treats_only(as_user, center, other_center, known):
    user = factories.member(other_center, "clinician")
    factories.Membership.objects.create(user=user, center=center, role="researcher")
    own = factories.CaseFactory(patient__center=other_center, notes="mine", index_date="2024-01-01")
    shown = {row["id"]: row for row in as_user(user).get("cases/").json()["results"]}
    assert shown[str(own.uuid)]["notes"] == "mine" and shown[str(own.uuid)]["withheld"] == []
    assert "notes" not in shown[str(known.uuid)]
    assert as_user(user).get("cases/?ordering=index_date").status_code == 403
