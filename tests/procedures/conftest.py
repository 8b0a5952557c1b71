"""Who asks for the section of procedures, and what it answers."""

import datetime
import json
from types import SimpleNamespace

import pytest
from django.urls import reverse

from registry.core import records
from tests import factories
from tests.pages.conftest import as_anonymous, as_clinician, as_outsider, as_researcher
from tests.procedures.operations import at, clock

__all__ = ["as_anonymous", "as_clinician", "as_outsider", "as_researcher"]


def prefix(record):
    return f"{record._meta.model_name}-{record.uuid}"


@pytest.fixture
def save(as_clinician):
    """Send fields of a record as the page does; the answer as an object."""

    def send(record, fields, client=as_clinician, **more):
        values = {
            name: value if isinstance(value, list) else [value] if value not in (None, "") else []
            for name, value in fields.items()
        }
        answer = client.post(
            reverse("record-save", args=[record._meta.model_name, record.uuid]),
            json.dumps({"fields": values, **more}),
            content_type="application/json",
        )
        assert answer.status_code == 200, answer.content
        return SimpleNamespace(**answer.json())

    return send


@pytest.fixture
def page(as_clinician, case):
    """The section as HTML."""
    return lambda: as_clinician.get(reverse("case-section", args=[case.uuid, "procedures"])).content.decode()


@pytest.fixture
def reboa(case):
    procedure = factories.ProcedureFactory(case=case, kind="reboa")
    factories.ReboaDetailsFactory(procedure=procedure)
    return procedure


@pytest.fixture
def sacroplasty(case):
    procedure = factories.ProcedureFactory(case=case, kind="sacroplasty")
    factories.SacroplastyDetailsFactory(procedure=procedure)
    return procedure


@pytest.fixture
def vertebroplasty(case):
    procedure = factories.ProcedureFactory(case=case, kind="vertebroplasty")
    factories.VertebroplastyDetailsFactory(procedure=procedure)
    return procedure


@pytest.fixture
def rfa(case):
    procedure = factories.ProcedureFactory(case=case, kind="rfa")
    factories.RfaDetailsFactory(procedure=procedure)
    return procedure


@pytest.fixture
def lesions(case):
    return [
        factories.LesionFactory(case=case, levels="S1", volume_ml="6.8", diameter_longest_mm=30),
        factories.LesionFactory(case=case, levels="S2"),
    ]


@pytest.fixture
def press(as_clinician, reboa):
    """Press a button of the timeline; the answer as text."""

    def post(what, client=as_clinician, **data):
        return client.post(reverse("procedure-stamp", args=[reboa.uuid, what]), data)

    return post


@pytest.fixture
def incised(reboa):
    """An operation that began at 8 o'clock."""
    reboa.date, reboa.incision_at = datetime.date(2026, 3, 11), at("08:00")
    with clock("08:00"):
        records.save(reboa, by=factories.TESTS)
    return reboa


def add(client, address, parent, /, **data):
    return client.post(reverse(address, args=[parent.uuid]), data)
