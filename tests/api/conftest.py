"""A client that speaks JSON, and what a valid row of every resource looks like."""

from dataclasses import dataclass
from typing import Any

import pytest
from rest_framework.test import APIClient

from registry.core import records
from tests import factories
from tests.api.bodies import Parents
from tests.factories import TESTS


@dataclass
class Api:
    """Requests of one user. Addresses are below ``/api/v1/``."""

    user: Any

    def __post_init__(self) -> None:
        self.client = APIClient(raise_request_exception=True)
        if self.user is not None:
            self.client.force_authenticate(self.user)

    @staticmethod
    def at(path: str) -> str:
        return path if path.startswith(("/", "http")) else f"/api/v1/{path}"

    def get(self, path: str, **parameters: Any) -> Any:
        return self.client.get(self.at(path), parameters or None)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self.client.post(self.at(path), body, format="json", headers=headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.client.patch(self.at(path), body, format="json", headers=headers)

    def delete(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.delete(self.at(path), body, format="json", headers=headers)


@pytest.fixture
def api(clinician):
    """A clinician of the centre."""
    return Api(clinician)


@pytest.fixture
def as_user(db):
    """Requests of another user: ``as_user(outsider).get(…)``."""
    return Api


@pytest.fixture
def parents(case):
    """A case of the centre with one row of everything that others hang on."""
    return Parents(case)


@pytest.fixture
def published_case(db):
    """A case of a published series."""
    paper = factories.PublicationFactory(slug="zhao-2021")
    center = factories.CenterFactory(code="ZHAO", kind="published")
    patient = factories.PatientFactory(center=center, publication=paper, source_label="Case 1")
    return factories.CaseFactory(patient=patient)


@pytest.fixture
def complete_case(case):
    """A case that has been declared complete."""
    unknown = dict.fromkeys(
        ["date", "anesthesia", "guidance", "technical_success", "duration_min"], "unknown"
    )
    lesion = factories.LesionFactory(case=case)
    procedure = factories.ProcedureFactory(case=case, missing=unknown, complications_answered="none")
    factories.SacroplastyDetailsFactory(procedure=procedure, technique="needle")
    factories.TreatedLesionFactory(
        procedure=procedure, lesion=lesion, approach="transiliac", cement_volume_ml=6, leak_sites="none"
    )
    factories.AssessmentFactory(case=case, vas_pain=8, kps=70)
    case.status = "complete"
    return records.save(case, by=TESTS)


@pytest.fixture
def body(case):
    return {"case_id": str(case.uuid), "levels": "L3"}
