"""The follow-up list as a client sees it, and cases that stand on it."""

import datetime

from django.urls import reverse
from django.utils import timezone

from tests.factories import (
    AssessmentFactory,
    CaseFactory,
    PatientFactory,
)

URL = reverse("followup")


HTMX = {"HX-Request": "true"}


def ago(days):
    return timezone.localdate() - datetime.timedelta(days=days)


def made(center, days, *answered, **values):
    """A case whose index procedure was so many days ago, with a score at these time points."""
    precision = values.pop("precision", "day")
    values.setdefault("patient", PatientFactory(center=center))
    case = CaseFactory(
        **values,
        index_date=None if days is None else ago(days),
        index_date_precision=None if days is None else precision,
    )
    for point in answered:
        AssessmentFactory(case=case, time_point=point, vas_pain=5)
    return case


def listed(client, **params):
    response = client.get(URL, params)
    assert response.status_code == 200
    return [(line.case, line.open.point.value if line.open else None) for line in response.context["lines"]]


def cases_of(client, **params):
    return [case for case, _point in listed(client, **params)]
