"""A complete case, one left alone long enough to be asked about, and pages opened by somebody."""

import datetime

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from cases.models import Case
from registry.core import records
from registry.curation import content, signing
from registry.curation.quality.base import DRAFT_RESTS_DAYS
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


@pytest.fixture
def while_young(db):
    """A moment before which drafts are asked about by now."""
    return time_machine.travel(timezone.now() - datetime.timedelta(days=DRAFT_RESTS_DAYS + 10), tick=True)


@pytest.fixture
def old_case(center, while_young):
    """A draft that nobody has touched for weeks; nothing in it is wrong or asked for but what a case needs."""
    with while_young:
        return factories.CaseFactory(
            patient=factories.PatientFactory(center=center),
            index_date=datetime.date(2024, 3, 11),
            index_date_precision="day",
        )
