"""Lists cost the same few queries however long they are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.api import RESOURCES
from tests import factories
from tests.api.bodies import BODIES

pytestmark = pytest.mark.django_db

#: Queries of one page: the user's roles and the published centres, the page, and one for each kind of embedded row.
MOST = {
    "cases": 15,
    "procedures": 12,
    "treated-lesions": 5,
    "transarterial-sessions": 5,
    "assessments": 5,
    "patients": 5,
    "source-values": 8,
}


def crowded(center, count):
    """Cases with rows of every kind."""
    for _n in range(count):
        case = factories.CaseFactory(patient__center=center, age_years=95)
        lesion = factories.LesionFactory(case=case, diameter_longest_mm=30)
        factories.LesionFactory(case=case)
        factories.TreatmentFactory(case=case)
        reboa = factories.ProcedureFactory(case=case, kind="reboa")
        factories.ReboaDetailsFactory(procedure=reboa)
        factories.BalloonInflationFactory(procedure=reboa, inflated_min=0, deflated_min=5)
        factories.ComplicationFactory(procedure=reboa, lesion=lesion)
        plasty = factories.ProcedureFactory(case=case, kind="vertebroplasty")
        factories.TransarterialDrugFactory(session=factories.TransarterialSessionFactory(procedure=plasty))
        rfa = factories.ProcedureFactory(case=case, kind="rfa")
        factories.AblationFactory(
            treated_lesion=factories.TreatedLesionFactory(procedure=rfa, lesion=lesion, cement_diameter_mm=20)
        )
        for time_point in ("baseline", "day_1"):
            factories.AssessmentFactory(case=case, time_point=time_point, vas_pain=4)
        factories.FollowUpStatusFactory(case=case)
        for record in (case, lesion):
            factories.SourceValueFactory(record=record)


def cost(api, path):
    with CaptureQueriesContext(connection) as queries:
        assert api.get(path).status_code == 200
    return len(queries)


def test_every_list_costs_the_same_for_two_cases_and_for_five(api, center):
    crowded(center, 2)
    for resource in RESOURCES:
        api.get(f"{resource}/")  # kinds of content are looked up once per process
    before = {resource: cost(api, f"{resource}/") for resource in RESOURCES}
    crowded(center, 3)
    after = {resource: cost(api, f"{resource}/") for resource in RESOURCES}
    assert after == before
    for resource, count in after.items():
        assert count <= MOST.get(resource, 4), (resource, count)


def test_a_hundred_cases_cost_a_constant_number_of_queries(as_user, clinician, center):
    from registry.access.models import User

    for _n in range(100):
        case = factories.CaseFactory(patient__center=center)
        factories.LesionFactory(case=case)
        factories.ProcedureFactory(case=case, kind="rfa")
        factories.AssessmentFactory(case=case)
    fresh = as_user(User.objects.get(pk=clinician.pk))
    assert cost(fresh, "cases/?page_size=100") <= MOST["cases"]
    assert cost(fresh, "cases/?page_size=10") <= MOST["cases"]


@pytest.mark.parametrize("resource", sorted(BODIES))
def test_a_write_costs_a_bounded_number_of_queries(api, parents, resource):
    body = BODIES[resource](parents)
    with CaptureQueriesContext(connection) as queries:
        assert api.post(f"{resource}/", body).status_code == 201
    assert len(queries) <= 45, len(queries)
