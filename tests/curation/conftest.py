"""A complete case, and pages opened by somebody."""

import pytest
from django.test import Client

from cases.models import Case
from registry.core import records
from registry.curation import content, signing
from tests import factories
from tests.factories import TESTS

UNKNOWN = dict.fromkeys(["anesthesia", "guidance", "technical_success", "duration_min"], "unknown")


def completed(case, date="2024-03-11"):
    """The case with all that a complete one needs."""
    missing = UNKNOWN if date else UNKNOWN | {"date": "unknown"}
    lesion = factories.LesionFactory(case=case, volume_ml="6.8")
    procedure = factories.ProcedureFactory(
        case=case, date=date, missing=missing, complications_answered="none"
    )
    factories.SacroplastyDetailsFactory(procedure=procedure, technique="needle")
    factories.TreatedLesionFactory(
        procedure=procedure, lesion=lesion, approach="transiliac", cement_volume_ml=6, leak_sites="none"
    )
    factories.AssessmentFactory(case=case, vas_pain=8, kps=70)
    case = Case.objects.get(pk=case.pk)
    case.status = "complete"
    return records.save(case, by=TESTS)


def sign(case, user, meaning="complete"):
    """Sign a case as it is now."""
    fresh = Case.objects.get(pk=case.pk)
    return signing.sign(fresh, by=user, meaning=meaning, version=fresh.version, digest=content.digest(fresh))


@pytest.fixture
def complete_case(case):
    return completed(case)


@pytest.fixture
def signed_case(complete_case, clinician):
    sign(complete_case, clinician)
    return Case.objects.get(pk=complete_case.pk)


@pytest.fixture
def as_user():
    """Pages of one user: ``as_user(clinician).get(…)``."""

    def of(user):
        client = Client()
        client.force_login(user)
        return client

    return of
