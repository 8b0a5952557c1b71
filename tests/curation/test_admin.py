"""Data queries in the admin: scope, a step on the page, and closing of many that says first what it will do."""

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME

from registry.curation import queries
from registry.curation.models import DataQuery
from tests import factories
from tests.admin.pages import change, url


@pytest.fixture
def as_curator(client, curator):
    client.force_login(curator)
    return client


def asked(center, curator):
    lesion = factories.LesionFactory(
        case=factories.CaseFactory(patient=factories.PatientFactory(center=center)), volume_ml=6
    )
    return [
        queries.ask(lesion, "side", "Which <side>?", by=factories.TESTS),
        queries.raise_by_rule(lesion, "volume_ml", "unusual_value", {"en": "Large?"}, by=factories.TESTS),
    ]


def test_a_curator_answers_and_closes_on_the_page(as_curator, center, curator):
    query, _rule = asked(center, curator)
    page = as_curator.get(change(query)).content.decode()
    assert "Which &lt;side&gt;?" in page
    assert as_curator.post(change(query), {"step": "close", "text": ""}).status_code == 422
    assert as_curator.post(change(query), {"step": "answer", "text": "Left."}).status_code == 302
    assert as_curator.post(change(query), {"step": "close", "text": "Seen."}).status_code == 302
    query.refresh_from_db()
    assert query.state == "closed"


def test_another_centre_and_other_roles_find_nothing(client, center, other_center, clinician):
    query, _rule = asked(center, None)
    client.force_login(factories.member(other_center, "curator"))
    assert client.get(change(query)).status_code == 404
    assert client.post(change(query), {"step": "close", "text": "x"}).status_code == 404
    assert not client.get(url(DataQuery, "changelist")).context["cl"].result_list
    client.force_login(clinician)
    assert client.get(change(query), follow=True).status_code == 403
    assert query.events.count() == 1


def test_many_are_closed_with_one_reason_after_saying_so(as_curator, center, curator):
    found = asked(center, curator)
    sent = {"action": "close_selected", ACTION_CHECKBOX_NAME: [query.pk for query in found]}
    page = as_curator.post(url(DataQuery, "changelist"), sent).content.decode()
    assert "Which &lt;side&gt;?" in page and "ask no more" in page
    assert DataQuery.objects.waiting().count() == 2
    refused = as_curator.post(url(DataQuery, "changelist"), {**sent, "post": "yes", "text": " "})
    assert refused.status_code == 422 and DataQuery.objects.waiting().count() == 2
    as_curator.post(url(DataQuery, "changelist"), {**sent, "post": "yes", "text": "Seen."})
    assert {query.silenced for query in DataQuery.objects.filter(state="closed")} == {False, True}
    again = as_curator.post(url(DataQuery, "changelist"), sent).content.decode()
    assert "closed already" in again


def test_the_list_asks_as_often_for_many_as_for_few(
    as_curator, center, curator, django_assert_max_num_queries
):
    asked(center, curator)
    as_curator.get(url(DataQuery, "changelist"))
    with django_assert_max_num_queries(12) as few:
        as_curator.get(url(DataQuery, "changelist"))
    for _number in range(3):
        asked(center, curator)
    with django_assert_max_num_queries(len(few)):
        as_curator.get(url(DataQuery, "changelist"))
    assert as_curator.get(url(DataQuery, "changelist"), {"rule": "person", "q": "side"}).status_code == 200
