import pytest

from tests import factories


@pytest.fixture
def boss(db):
    return factories.UserFactory(username="boss", is_superuser=True)


@pytest.fixture
def as_boss(client, boss):
    client.force_login(boss)
    return client


@pytest.fixture
def as_curator(client, curator):
    client.force_login(curator)
    return client


@pytest.fixture
def other_curator(other_center):
    return factories.member(other_center, "curator", username="other_curator")


@pytest.fixture
def published_center(db):
    return factories.CenterFactory(code="PAPER", kind="published")


@pytest.fixture
def published_case(published_center):
    case = factories.CaseFactory(patient=factories.PatientFactory(center=published_center))
    factories.LesionFactory(case=case, volume_ml="6.8")
    return case


def complete_case(center):
    """A case that has all it needs, marked complete."""
    from registry.core import records

    patient = factories.PatientFactory(center=center, sex="female")
    case = factories.CaseFactory(patient=patient, disease_status="systemic", age_years=60)
    lesion = factories.LesionFactory(case=case, levels="S1")
    unknown = dict.fromkeys(
        ["date", "anesthesia", "guidance", "duration_min", "technical_success"], "unknown"
    )
    procedure = factories.ProcedureFactory(
        case=case, kind="sacroplasty", missing=unknown, complications_answered="none"
    )
    factories.SacroplastyDetailsFactory(procedure=procedure, technique="needle")
    factories.TreatedLesionFactory(
        procedure=procedure, lesion=lesion, approach="transiliac", cement_volume_ml=6, leak_sites="none"
    )
    factories.AssessmentFactory(case=case, vas_pain=7, kps=70)
    case.status = "complete"
    return records.save(case, by=factories.TESTS, reason="entered")


@pytest.fixture
def settled(center):
    return complete_case(center)
