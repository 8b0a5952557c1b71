"""A curator asks at a field; the clinician reads it there and answers, changes the value, and it closes by itself."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from registry.curation import queries
from registry.curation.models import DataQuery
from tests import factories
from tests.e2e.conftest import SAVED, sign_in, soon, watch

pytestmark = pytest.mark.e2e


@pytest.fixture
def lesion(case):
    return factories.LesionFactory(case=case, levels="L3", volume_ml=8)


def test_a_query_is_asked_answered_and_closes_with_the_value(
    desk, browser, live_server, curator, case, lesion
):
    section = live_server.url + reverse("case-section", args=[case.uuid, "lesions"])
    name = f"lesion-{lesion.uuid}-volume_ml"

    asking = browser.new_page()
    faults = watch(asking, live_server.url)
    sign_in(asking, live_server.url, curator)
    asking.goto(section)
    asking.locator(f'[name="{name}"]').focus()
    asking.get_by_text("Ask a question about a value").click()
    expect(asking.get_by_label("About")).to_have_value(f"lesion:{lesion.uuid}:volume_ml")
    asking.get_by_label("Question").fill("The report says 6.8 mL. Which is right?")
    asking.get_by_role("button", name="Ask", exact=True).click()
    expect(asking.locator(f"#field-{name} .query-mark")).to_have_text(re.compile("1 query"))
    asking.close()
    assert faults == []

    desk.goto(section)
    mark = desk.locator(f"#field-{name} .query-mark")
    mark.locator("summary").click()
    expect(mark).to_contain_text("The report says 6.8 mL")
    mark.get_by_role("button", name="Answer").click()
    expect(mark).to_contain_text("say what you mean")
    mark.get_by_label("Your answer").fill("I shall correct it.")
    mark.get_by_role("button", name="Answer").click()
    expect(mark).to_contain_text("clinician · answered")

    desk.locator(f'[name="{name}"]').fill("6.8")
    desk.locator(f'[name="{name}"]').blur()
    expect(desk.locator("#save-state")).to_have_text(SAVED)
    expect(mark).to_have_count(0)
    assert soon(lambda: DataQuery.objects.get().state == "closed")
    kinds = list(DataQuery.objects.get().events.values_list("kind", "user_name"))
    assert kinds == [("asked", "curator"), ("answered", "clinician"), ("closed_itself", "clinician")]


def test_pages_of_queries_have_no_barriers(visit, case, lesion, clinician):
    query = queries.ask(lesion, "volume_ml", "Which is right?", by=clinician)
    visit.look("list of queries", path=reverse("query-list"))
    visit.look("a query", path=reverse("query-detail", args=[query.uuid]))
    visit.look("asking", path=reverse("record-queries", args=["lesion", lesion.uuid]))
    page = visit.open(reverse("case-section", args=[case.uuid, "lesions"]))
    page.locator(".query-mark summary").click()
    page.locator(".query-ask summary").click()
    page.locator("#query-question").wait_for()
    visit.look("queries at a field")
