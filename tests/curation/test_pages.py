"""Pages of data queries: the list and its file, one query, the case, the fields of a section, the dashboard's part."""

import csv
import io

import pytest
from django.test import Client
from django.urls import reverse

from registry.access.models import AccessEvent
from registry.curation import queries
from registry.curation.models import DataQuery
from tests import factories

HTMX = {"HX-Request": "true"}
LIST = reverse("query-list")


@pytest.fixture
def lesion(case):
    return factories.LesionFactory(case=case, volume_ml=6)


@pytest.fixture
def query(lesion, curator):
    return queries.ask(lesion, "volume_ml", "Is this <b>6.8</b>?", by=curator)


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def as_curator(curator):
    return signed_in(curator)


@pytest.fixture
def as_clinician(clinician):
    return signed_in(clinician)


def page(query):
    return reverse("query-detail", args=[query.uuid])


def test_a_clinician_answers_and_a_curator_closes(as_clinician, as_curator, query):
    shown = as_clinician.get(page(query)).content.decode()
    assert "Is this &lt;b&gt;6.8&lt;/b&gt;?" in shown and "6 mL" in shown
    assert 'value="close"' not in shown
    answer = as_clinician.post(page(query), {"step": "answer", "text": "It is 6."})
    assert answer.status_code == 302
    assert as_clinician.post(page(query), {"step": "close", "text": "Done."}).status_code == 403
    assert as_curator.post(page(query), {"step": "close", "text": "Done."}, follow=True).status_code == 200
    query.refresh_from_db()
    assert query.state == "closed"
    assert AccessEvent.objects.filter(kind="identity_read", user_name="clinician").exists()


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"step": "answer", "text": ""}, "say what you mean"),
        ({"step": "sing", "text": "la"}, "Step: unknown"),
        ({}, "Step: unknown"),
        ({"step": "assign", "assigned_to": "nobody-here\x00"}, "nobody of that name"),
        ({"step": "reopen", "text": "again"}, "open already"),
    ],
)
def test_a_step_that_cannot_be_is_refused_in_words(as_curator, query, sent, said):
    answer = as_curator.post(page(query), sent)
    assert answer.status_code == 422 and said in answer.content.decode()
    answer = as_curator.post(page(query), sent, headers=HTMX)
    assert answer.status_code == 422 and "<html" not in answer.content.decode()


def test_others_find_nothing(query, outsider, researcher, case, lesion):
    foreign, reading = signed_in(outsider), signed_in(researcher)
    addresses = [
        page(query),
        reverse("case-queries", args=[case.uuid]),
        reverse("section-queries", args=[case.uuid, "lesions"]),
        reverse("record-queries", args=["lesion", lesion.uuid]),
    ]
    for url in addresses:
        for ask in ("get", "post"):
            assert getattr(foreign, ask)(url).status_code in (404, 405), url
            assert getattr(reading, ask)(url).status_code in (403, 405), url
    for client in (foreign, reading):
        for url in (LIST, reverse("query-summary"), reverse("query-csv")):
            assert "6.8" not in client.get(url).getvalue().decode()
    assert DataQuery.objects.get().events.count() == 1


# -- the list --------------------------------------------------------------------------------------------------------


@pytest.fixture
def three(lesion, curator, clinician):
    """An open one that is assigned, an answered one, and one of a rule."""
    first = queries.ask(lesion, "volume_ml", "First?", by=curator)
    queries.assign(first, clinician, by=curator)
    second = queries.ask(lesion, "side", "Second?", by=clinician)
    queries.answer(second, "=HYPERLINK(1)", by=clinician)
    third = queries.raise_by_rule(lesion, "volume_ml", "unusual_value", {"en": "Third?"}, by=factories.TESTS)
    assert third is not None
    return first, second, third


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, {0, 1, 2}),
        ({"state": "open"}, {0, 2}),
        ({"state": "answered"}, {1}),
        ({"state": "closed"}, set()),
        ({"state": "all"}, {0, 1, 2}),
        ({"state": "silenced"}, set()),
        ({"rule": "person"}, {0, 1}),
        ({"rule": "any"}, {2}),
        ({"rule": "unusual_value"}, {2}),
        ({"age": "7"}, set()),
        ({"assigned": "clinician"}, {0}),
        ({"assigned": "nobody"}, {1, 2}),
        ({"center": "HEI"}, {0, 1, 2}),
        ({"q": "hei-00001"}, {0, 1, 2}),
        ({"q": "HEI-99"}, set()),
        ({"state": "no such state", "age": "x", "page": "-3", "q": "'; --"}, set()),
    ],
)
def test_filters(as_curator, three, filters, found):
    answer = as_curator.get(LIST, filters)
    assert answer.status_code == 200
    assert {line.query for line in answer.context["lines"]} == {three[at] for at in found}
    rows = list(csv.reader(io.StringIO(as_curator.get(reverse("query-csv"), filters).getvalue().decode())))
    assert len(rows) == 1 + len(found)


def test_the_file_holds_thread_and_state_and_no_formula(as_curator, three):
    answer = as_curator.get(reverse("query-csv"), {"state": "answered"})
    text = answer.getvalue().decode()
    assert text.startswith("\ufeffquery_id,center,case,record,field")
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (row["center"], row["record"], row["field"]) == ("HEI", "Lesion 1 (S1)", "side")
    assert (row["question"], row["asked_by"], row["answer"]) == ("Second?", "clinician", "'=HYPERLINK(1)")
    assert AccessEvent.objects.filter(kind="export", user_name="curator").exists()


def test_the_number_of_questions_to_the_database_does_not_grow(
    as_curator, case, curator, django_assert_max_num_queries
):
    def more():
        lesion = factories.LesionFactory(case=case, volume_ml=6)
        for record, field in (
            (lesion, "volume_ml"),
            (lesion, ""),
            (case, "age_years"),
            (case.patient, "sex"),
        ):
            queries.ask(record, field, "Sure?", by=curator)
        assessment = factories.AssessmentFactory(case=case, time_point="unscheduled", date="2024-03-11")
        queries.answer(queries.ask(assessment, "kps", "Sure?", by=curator), "Yes.", by=curator)

    more()
    limits = {
        LIST: 18,
        reverse("query-csv"): 14,
        reverse("query-summary"): 14,
        reverse("case-queries", args=[case.uuid]): 14,
        reverse("section-queries", args=[case.uuid, "lesions"]): 14,
        reverse("section-queries", args=[case.uuid, "lesions"]) + "?part=ask": 22,
    }
    for url, limit in limits.items():
        as_curator.get(url).getvalue()
        with django_assert_max_num_queries(limit) as asked:
            as_curator.get(url, headers=HTMX).getvalue()
        more()
        with django_assert_max_num_queries(len(asked)):
            as_curator.get(url, headers=HTMX).getvalue()


# -- where the data is -----------------------------------------------------------------------------------------------


def test_a_query_stands_at_its_field_in_the_editor(as_clinician, case, lesion, query):
    url = reverse("section-queries", args=[case.uuid, "lesions"])
    shown = as_clinician.get(url, headers=HTMX).content.decode()
    assert f'data-query-at="field-lesion-{lesion.uuid}-volume_ml"' in shown
    elsewhere = as_clinician.get(reverse("section-queries", args=[case.uuid, "patient"]), headers=HTMX)
    assert "6.8" not in elsewhere.content.decode()
    answer = as_clinician.post(page(query), {"step": "answer", "text": "It is."}, headers=HTMX)
    assert (answer.status_code, answer["HX-Trigger"]) == (204, "queries-changed")


def test_a_query_stands_at_its_field_in_the_form(as_clinician, lesion, query):
    url = reverse("record-queries", args=["lesion", lesion.uuid])
    form = as_clinician.get(reverse("lesion-edit", args=[lesion.uuid])).content.decode()
    assert f'hx-get="{url}"' in form
    assert 'data-query-at="field-volume_ml"' in as_clinician.get(url, headers=HTMX).content.decode()


def test_what_the_notice_at_the_field_asks_is_not_asked_twice(as_clinician, case):
    factories.LesionFactory(case=case, volume_ml=20)
    url = reverse("section-queries", args=[case.uuid, "lesions"])
    shown = as_clinician.get(url, headers=HTMX).content.decode()
    assert "above the usual" in shown and "data-query-at" not in shown


def test_asking_in_a_section(as_clinician, case, lesion, other_center):
    url = reverse("section-queries", args=[case.uuid, "lesions"])
    choices = as_clinician.get(url, {"part": "ask"}, headers=HTMX).content.decode()
    target = f"lesion:{lesion.uuid}:side"
    assert f'value="{target}"' in choices
    sent = as_clinician.post(url, {"target": target, "text": "Which?"}, headers=HTMX)
    assert sent.status_code == 204
    assert DataQuery.objects.get().field == "side"
    foreign = factories.LesionFactory(
        case=factories.CaseFactory(patient=factories.PatientFactory(center=other_center))
    )
    for wrong in (f"lesion:{foreign.uuid}:side", "lesion:1:side", "user:1:password", "", f"{target}x"):
        answer = as_clinician.post(url, {"target": wrong, "text": "Which?"}, headers=HTMX)
        assert answer.status_code == 422, wrong
    assert DataQuery.objects.count() == 1


def test_asking_without_script(as_clinician, lesion):
    url = reverse("record-queries", args=["lesion", lesion.uuid])
    assert as_clinician.get(url).status_code == 200
    answer = as_clinician.post(url, {"target": f"lesion:{lesion.uuid}:side", "text": "Which?"}, follow=True)
    assert answer.status_code == 200 and "Which?" in answer.content.decode()
    assert as_clinician.post(url, {"target": "lesion:x:side", "text": ""}).status_code == 422
    assert as_clinician.get(reverse("record-queries", args=["user", lesion.uuid])).status_code == 404


def test_the_page_of_a_case_lists_what_waits_and_what_is_closed(as_clinician, case, query, lesion, clinician):
    queries.close(queries.ask(lesion, "side", "Which?", by=clinician), "Left.", by=clinician)
    shown = as_clinician.get(reverse("case-queries", args=[case.uuid]), headers=HTMX)
    assert [line.query for line in shown.context["waiting"]] == [query]
    assert len(shown.context["closed"]) == 1
    assert (
        reverse("case-queries", args=[case.uuid])
        in as_clinician.get(reverse("case-detail", args=[case.uuid])).content.decode()
    )


def test_the_dashboard_counts_by_centre(client, query, curator, other_center):
    from registry.access.models import Membership

    Membership.objects.create(user=curator, center=other_center, role="curator")
    elsewhere = factories.LesionFactory(
        case=factories.CaseFactory(patient=factories.PatientFactory(center=other_center))
    )
    queries.raise_by_rule(elsewhere, "side", "unusual_value", {"en": "Which?"}, by=factories.TESTS)
    client.force_login(curator)
    answer = client.get(reverse("query-summary"))
    rows = {
        row["center__code"]: (row["open"], row["answered"], row["days"]) for row in answer.context["centers"]
    }
    assert rows == {"HEI": (1, 0, 0), "BER": (1, 0, 0)}
