"""A change list asks the database the same number of questions however long it is."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.core.models import Record
from tests import factories
from tests.admin.pages import change, url

RECORDS = sorted(
    (model for model in admin.site._registry if issubclass(model, Record)),
    key=lambda model: model._meta.label,
)
#: Session, user, count and page; what a list asks beyond is for its filters and its date line.
BASELINE = 12


def queries(client, address):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return captured.captured_queries


@pytest.mark.parametrize("model", RECORDS, ids=lambda model: model._meta.label)
def test_the_list_asks_as_often_for_many_as_for_few(model, as_boss):
    make = factories.FACTORY_OF[model]
    make()
    as_boss.get(url(model, "changelist"))  # content types and the like are asked for once per process
    few = queries(as_boss, url(model, "changelist"))
    for _ in range(5):
        make()
    many = queries(as_boss, url(model, "changelist"))
    assert len(many) == len(few), [q["sql"] for q in many]
    assert len(many) <= BASELINE, [q["sql"] for q in many]


def test_the_case_page_asks_as_often_for_many_lesions_as_for_few(as_curator, case):
    def fill():
        lesion = factories.LesionFactory(case=case)
        factories.TreatmentFactory(case=case)
        factories.AssessmentFactory(
            case=case, time_point="unscheduled", interval_value=1, interval_unit="days"
        )
        return lesion

    fill()
    as_curator.get(change(case))
    few = queries(as_curator, change(case))
    for _ in range(4):
        fill()
    many = queries(as_curator, change(case))
    assert len(many) == len(few), [q["sql"] for q in many]


def test_the_procedure_page_asks_as_often_for_many_rows_as_for_few(as_curator, case):
    procedure = factories.ProcedureFactory(case=case)
    lesions = [factories.LesionFactory(case=case) for _ in range(5)]
    factories.TreatedLesionFactory(procedure=procedure, lesion=lesions[0])
    factories.ComplicationFactory(procedure=procedure)
    as_curator.get(change(procedure))
    few = queries(as_curator, change(procedure))
    for lesion in lesions[1:]:
        factories.TreatedLesionFactory(procedure=procedure, lesion=lesion)
        factories.ComplicationFactory(procedure=procedure, lesion=lesion)
    many = queries(as_curator, change(procedure))
    assert len(many) == len(few), [q["sql"] for q in many]
