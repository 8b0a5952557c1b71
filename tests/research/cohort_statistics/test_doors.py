"""The statistics of a cohort by the API and in the browser: who may ask, for what, and what it costs."""

import csv
import io
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry.research.cohort_statistics.data import COLUMNS
from registry.research.cohort_statistics.figures import names
from registry.research.cohort_statistics.tables import HEADER
from registry.research.cohort_statistics.whole import TABLES
from tests import factories as make

pytestmark = pytest.mark.django_db

RFA = {"all": [{"variable": "case_summary.rfa__count", "is": ">", "value": 0}]}
NO_RFA = {"all": [{"variable": "case_summary.rfa__count", "is": "=", "value": 0}]}


@pytest.fixture
def cohort(world):
    """Every case the researcher may use: one published, one of the own centre; D and C are not among them."""
    return make.CohortFactory(
        owner=world.researcher,
        title="All",
        where={"all": []},
        arms=[{"code": "A", "label": "with RFA", "where": RFA}, {"code": "B", "label": "", "where": NO_RFA}],
    )


@pytest.fixture
def api(world, client_of):
    return client_of(world.researcher)


def address(cohort, query=""):
    return f"/api/v1/cohorts/{cohort.slug}/statistics/{query}"


def line(body, table, variable, point="", measure="value"):
    blocks = next(one["blocks"] for one in body["tables"] if one["table"] == table)
    found = next(
        block
        for block in blocks
        if (block["variable"], block["time_point"], block["measure"]) == (variable, point, measure)
    )
    return found["lines"][0]["groups"]


def test_the_api_answers_with_every_table_and_definition(api, cohort):
    body = api.get(address(cohort)).json()
    assert (body["cohort"], body["version"], body["profile"]) == ("all", 1, "pseudonymised")
    assert [table["table"] for table in body["tables"]] == list(TABLES)
    assert [(group["code"], group["cases"]) for group in body["groups"]] == [("all", 2), ("A", 1), ("B", 1)]
    age = line(body, "table1", "case_summary.age_years")
    # Published and 93: shown as 90, as in every export.
    assert (age["all"]["n"], age["all"]["mean"], age["B"]["mean"]) == (2, 77, 90)
    assert "quartiles of type 7" in age["all"]["method"]
    vas = line(body, "outcomes", "assessments.vas_pain", "baseline")
    assert vas["A"]["mean"] == 7.5 and vas["B"]["mean"] == 8
    assert line(body, "complications", "complications.sir_grade")["all"]["count"] == 1
    assert line(body, "survival", "case_summary.death_day", "month_1", "survival")["all"]["n"] == "2"
    assert line(body, "lesions", "treated_lesions.leak")["all"]["count"] == 1


def test_a_table_is_a_file(api, cohort):
    answer = api.get(address(cohort, "?table=outcomes&format=csv"))
    assert answer.status_code == 200 and answer["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="all-v1-outcomes.csv"' in answer["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert tuple(rows[0]) == HEADER and {row["table"] for row in rows} == {"outcomes"}
    assert {row["group"] for row in rows} == {"all", "A", "B", "A vs B"}


def test_one_table_alone_is_the_same_as_among_all(api, cohort):
    whole = api.get(address(cohort)).json()["tables"]
    for table in whole:
        assert api.get(address(cohort, f"?table={table['table']}")).json()["tables"] == [table]


def test_aggregate_output_of_few_cases_shows_nothing_of_them(api, cohort):
    body = api.get(address(cohort, "?profile=aggregate")).json()
    assert body["profile"] == "aggregate" and body["groups"] == []
    assert not any(table["blocks"] for table in body["tables"])
    assert "too few" in body["warnings"][-1]


def test_published_cases_alone_are_shown_in_aggregate_output(api, world):
    cohort = make.CohortFactory(
        owner=world.researcher,
        title="Paper",
        where={"all": [{"variable": "cases.publication", "is": "=", "value": "paper-2021"}]},
    )
    body = api.get(address(cohort, "?profile=aggregate")).json()
    assert line(body, "table1", "case_summary.age_years")["all"]["n"] == 1


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("?table=nothing", "table"),
        ("?format=xml", "format"),
        ("?format=csv", "table"),
        ("?profile=identified", "profile"),
        ("?version=9", "version"),
        ("?version=x", "version"),
        ("?table=table1&table=lesions", "table"),
        ("?unknown=1", "unknown"),
    ],
)
def test_a_parameter_that_cannot_be_is_named(api, cohort, query, name):
    answer = api.get(address(cohort, query))
    assert answer.status_code == 400 and name in answer.json()["errors"]


def test_a_cohort_of_another_user_is_not_found(cohort, world, client_of):
    outsider = client_of(world.outsider)
    assert outsider.get(address(cohort)).status_code == 404
    cohort.shared = True
    cohort.save()
    body = outsider.get(address(cohort)).json()
    # The definition is shared, the cases are by the rights of whoever reads: the published one.
    assert body["groups"][0]["cases"] == 1


def test_another_version_has_its_own_statistics(api, cohort, world):
    from registry.research.cohorts import checking, keeping

    narrower = checking.read(
        {
            "format": 1,
            "title": "All",
            "where": {"all": [{"variable": "cases.age_years", "is": "<", "value": 80}]},
        },
        world.researcher,
    )
    keeping.change(cohort, narrower, world.researcher)
    assert api.get(address(cohort)).json()["groups"][0]["cases"] == 1
    assert api.get(address(cohort, "?version=1")).json()["groups"][0]["cases"] == 2


def test_who_has_not_signed_in_is_sent_away(client, cohort):
    assert client.get(address(cohort)).status_code == 401
    assert client.get(reverse("cohort-statistics", args=[cohort.slug])).status_code == 302


# -- pages -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(client, world):
    client.force_login(world.researcher)
    return client


def test_the_page_shows_what_the_api_says_and_opens_each_number(browser, cohort):
    page = browser.get(reverse("cohort-statistics", args=[cohort.slug])).content.decode()
    assert "77.0" in page and "Welch" in page and "scipy 1" in page
    opens = re.findall(r'popovertarget="([^"]+)" aria-haspopup', page)
    assert len(opens) > 30 and len(set(opens)) == len(opens)
    assert all(f'id="{one}"' in page for one in opens)
    assert f"{address(cohort)}?table=table1&amp;format=csv" in page


def test_a_figure_stands_alone(browser, cohort):
    answer = browser.get(reverse("cohort-figure", args=[cohort.slug, "vas_pain"]))
    assert answer["Content-Type"] == "image/svg+xml"
    drawn = answer.content.decode()
    assert (
        drawn.startswith("<?xml")
        and "#0072B2" in drawn
        and "stroke-dasharray" in drawn
        and "style=" not in drawn
    )
    assert browser.get(reverse("cohort-figure", args=[cohort.slug, "nothing"])).status_code == 404
    assert browser.get(reverse("cohort-figure", args=[cohort.slug, "barthel"])).status_code == 200
    survival = reverse("cohort-figure", args=[cohort.slug, "survival"])
    assert browser.get(survival).status_code == 200
    assert browser.get(survival + "?profile=aggregate").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "?profile=x",
        "?version=9",
        "?version=x",
        "?version=²",
        f"?version={'9' * 5000}",
        f"?profile={'x' * 5000}",
    ],
)
def test_an_address_that_names_nothing_is_not_found(browser, cohort, query):
    assert browser.get(reverse("cohort-statistics", args=[cohort.slug]) + query).status_code == 404


def test_a_cohort_without_cases_says_so(browser, world):
    nobody = make.CohortFactory(
        owner=world.researcher,
        title="Nobody",
        where={"all": [{"variable": "cases.age_years", "is": "<", "value": 1}]},
    )
    page = browser.get(reverse("cohort-statistics", args=[nobody.slug])).content.decode()
    assert "No case fits" in page and "<table" not in page


@pytest.mark.parametrize("n", [1, 2])
def test_a_case_or_two_of_the_same_values_have_a_page_and_figures(browser, api, world, n):
    """Nothing spreads, nobody has a second time point, and one arm may be empty: words, never a fault."""
    for _number in range(n):
        patient = make.PatientFactory(center=world.own)
        case = make.CaseFactory(patient=patient, age_years=33)
        make.LesionFactory(case=case, volume_ml=5)
        make.ProcedureFactory(case=case, complications_answered="none")
        make.AssessmentFactory(case=case, time_point="baseline", vas_pain=7)
    same = {"all": [{"variable": "cases.age_years", "is": "=", "value": 33}]}
    few = make.CohortFactory(owner=world.researcher, title="Few", where=same, arms=[
        {"code": "A", "label": "", "where": same}, {"code": "B", "label": "", "where": NO_RFA}])  # fmt: skip
    for query in ("", "?profile=aggregate"):
        assert browser.get(reverse("cohort-statistics", args=[few.slug]) + query).status_code == 200
        assert api.get(address(few, query)).status_code == 200
        found = {
            name: browser.get(reverse("cohort-figure", args=[few.slug, name]) + query) for name in names()
        }
        assert {answer.status_code for answer in found.values()} <= {200, 404}
        assert found["vas_pain"].status_code == (404 if query else 200)


def test_numbers_of_a_large_cohort_follow_the_page(browser, cohort, monkeypatch):
    monkeypatch.setattr("registry.research.views.statistics.AT_ONCE", 1)
    at = reverse("cohort-statistics", args=[cohort.slug])
    page = browser.get(at).content.decode()
    assert "Computing the statistics of 2 cases" in page and "hx-trigger" in page and "<table" not in page
    part = browser.get(at, headers={"HX-Request": "true"}).content.decode()
    assert "<table" in part and "<html" not in part
    assert "<table" in browser.get(at + "?now=1").content.decode()


# -- cost --------------------------------------------------------------------------------------------------------------


def cost(client, path):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in queries]


def test_statistics_cost_the_same_queries_for_two_cases_and_for_eight(api, world, cohort):
    api.get(address(cohort))
    before = cost(api, address(cohort))
    for number in range(6):
        case = make.CaseFactory(patient=make.PatientFactory(center=world.own), age_years=50 + number)
        lesion = make.LesionFactory(case=case)
        procedure = make.ProcedureFactory(case=case)
        make.TreatedLesionFactory(procedure=procedure, lesion=lesion)
        make.ComplicationFactory(procedure=procedure)
        make.AssessmentFactory(case=case, vas_pain=number)
    after = cost(api, address(cohort))
    assert len(after) == len(before)
    # One query for each table that is read; the others find user, cohort and version.
    assert len(COLUMNS) == 6 and len(before) <= len(COLUMNS) + 5, before
