"""Cohorts over HTTP: kept, counted, changed, shared, refused."""

import json

import pytest
from rest_framework.test import APIClient

from registry.research.models import Cohort, CohortVersion
from tests import factories as make

pytestmark = pytest.mark.django_db

AT = "/api/v1/cohorts/"
OLD = {"variable": "cases.age_years", "is": ">=", "value": 60}
RFA = {"variable": "case_summary.rfa__count", "is": ">", "value": 0}
DOCUMENT = {
    "format": 1,
    "title": "Sacroplasty from 60",
    "where": {"all": [{"variable": "cases.strategy", "is": "in", "value": ["sacroplasty", "sacroplasty+rfa"]}, OLD]},
    "arms": [{"code": "A", "label": "with RFA", "where": {"all": [RFA]}}],
}  # fmt: skip


@pytest.fixture
def api(world, client_of):
    return client_of(world.researcher)


def post(client, body, path=AT):
    return client.post(path, body, format="json")


def put(client, slug, body, **headers):
    return client.put(f"{AT}{slug}/", body, format="json", headers=headers)


# -- keeping -------------------------------------------------------------------------------------------------------


def test_a_definition_is_kept_as_a_cohort_and_counted(api, world):
    answer = post(api, DOCUMENT)
    assert answer.status_code == 201, answer.json()
    body = answer.json()
    assert answer["Location"].endswith("/api/v1/cohorts/sacroplasty-from-60/") and answer["ETag"] == '"1"'
    assert (body["slug"], body["version"], body["owner"], body["shared"]) == (
        "sacroplasty-from-60",
        1,
        world.researcher.username,
        False,
    )
    assert body["sentence"] == (
        "Cases with strategy sacroplasty or sacroplasty+rfa, and age at least 60 years; arms: A (with RFA): "
        "radiofrequency ablation: number of procedures above 0."
    )
    counts = body["counts"]
    assert (counts["cases"], counts["patients"], counts["lesions"], counts["available"]) == (1, 1, 1, 2)
    assert counts["conditions"] == [
        {"path": "where.all[0]", "condition": "Strategy sacroplasty or sacroplasty+rfa", "cases": 1},
        {"path": "where.all[1]", "condition": "Age at least 60 years", "cases": 2},
    ]
    assert counts["arms"][0]["code"] == "A" and counts["arms"][0]["cases"] == 1
    assert body["definition"] == {**DOCUMENT, "note": ""} and len(body["sha256"]) == 64
    assert api.get(answer["Location"]).json() == body


def test_a_short_name_is_nobody_elses(api, world, client_of):
    assert post(api, DOCUMENT).json()["slug"] == "sacroplasty-from-60"
    assert post(api, DOCUMENT).json()["slug"] == "sacroplasty-from-60-2"
    other = client_of(world.outsider)
    assert post(other, DOCUMENT).json()["slug"] == "sacroplasty-from-60-3"
    assert post(api, {**DOCUMENT, "title": "New"}).json()["slug"] == "new-2"
    assert post(api, {**DOCUMENT, "title": "Preview"}).json()["slug"] == "preview-2"
    assert post(api, {**DOCUMENT, "title": "…"}).json()["slug"] == "cohort"
    assert len(post(api, {**DOCUMENT, "title": "x" * 150}).json()["slug"]) <= 80


def test_a_cohort_without_a_title_is_not_kept(api):
    answer = post(api, {**DOCUMENT, "title": "  "})
    assert answer.status_code == 400 and answer.json()["errors"] == {"title": ["Give the cohort a title."]}
    assert not Cohort.objects.exists()


def test_a_changed_definition_is_a_new_version(api, world):
    slug = post(api, DOCUMENT).json()["slug"]
    assert put(api, slug, DOCUMENT).json()["version"] == 1
    changed = {**DOCUMENT, "title": "Older", "where": {"all": [OLD]}}
    answer = put(api, slug, changed, if_match='"1"').json()
    assert (answer["version"], answer["slug"], answer["title"]) == (2, slug, "Older")
    assert [(each["version"], each["by"]) for each in answer["versions"]] == [
        (2, world.researcher.username),
        (1, world.researcher.username),
    ]
    first = api.get(f"{AT}{slug}/?version=1").json()
    assert first["version"] == 1 and first["counts"]["cases"] == 1 and answer["counts"]["cases"] == 2
    assert api.get(f"{AT}{slug}/").json() == answer
    assert CohortVersion.objects.count() == 2


def test_a_change_of_an_older_version_is_a_conflict(api):
    slug = post(api, DOCUMENT).json()["slug"]
    put(api, slug, {**DOCUMENT, "arms": []})
    answer = put(api, slug, DOCUMENT, if_match='"1"')
    assert answer.status_code == 409 and "Version 2 was made meanwhile" in answer.json()["detail"]
    assert put(api, slug, DOCUMENT, if_match="1").status_code == 400


def test_a_cohort_is_deleted_by_its_owner(api):
    slug = post(api, DOCUMENT).json()["slug"]
    assert api.delete(f"{AT}{slug}/").status_code == 204
    assert api.get(f"{AT}{slug}/").status_code == 404 and not CohortVersion.objects.exists()


@pytest.mark.parametrize("version", ["0", "2", "-1", "99999999999999999999", "x", "1.5"])
def test_a_version_that_is_not_there_is_refused(api, version):
    slug = post(api, DOCUMENT).json()["slug"]
    answer = api.get(f"{AT}{slug}/?version={version}")
    assert answer.status_code == 400 and "version" in answer.json()["errors"]


# -- other people ------------------------------------------------------------------------------------------------------


def test_another_users_private_cohort_is_not_there(api, world, client_of):
    slug = post(api, DOCUMENT).json()["slug"]
    other = client_of(world.outsider)
    assert other.get(f"{AT}{slug}/").status_code == 404
    assert put(other, slug, DOCUMENT).status_code == 404
    assert other.delete(f"{AT}{slug}/").status_code == 404
    assert other.get(AT).json()["results"] == []
    assert APIClient().get(AT).status_code == 401


def test_a_shared_cohort_shares_the_definition_and_not_the_rows(api, world, client_of):
    slug = post(api, {**DOCUMENT, "where": {"all": [OLD]}, "shared": True}).json()["slug"]
    other = client_of(world.outsider)
    seen = other.get(f"{AT}{slug}/").json()
    assert seen["shared"] and seen["owner"] == world.researcher.username
    assert seen["counts"]["cases"] == 1 and api.get(f"{AT}{slug}/").json()["counts"]["cases"] == 2
    assert put(other, slug, DOCUMENT).status_code == 403 and other.delete(f"{AT}{slug}/").status_code == 403
    assert put(api, slug, {**DOCUMENT, "shared": False}).json()["shared"] is False
    assert other.get(f"{AT}{slug}/").status_code == 404


def test_sharing_is_yes_or_no(api):
    assert post(api, {**DOCUMENT, "shared": "everyone"}).json()["errors"] == {
        "shared": ["Enter true or false."]
    }


# -- lists -------------------------------------------------------------------------------------------------------------


def test_the_root_and_the_list_lead_to_every_cohort_once(api):
    assert api.get("/api/v1/").json()["cohorts"].endswith(AT)
    slugs = [post(api, {**DOCUMENT, "title": f"Cohort {n}"}).json()["slug"] for n in range(5)]
    put(api, slugs[0], {**DOCUMENT, "title": "Cohort 0 changed"})
    page = api.get(f"{AT}?page_size=2").json()
    seen = [row["slug"] for row in page["results"]]
    while page["next"]:
        page = api.get(page["next"]).json()
        seen += [row["slug"] for row in page["results"]]
    assert seen == [slugs[0], *reversed(slugs[1:])]
    titles = [row["title"] for row in api.get(f"{AT}?ordering=title").json()["results"]]
    assert titles == sorted(titles)
    assert api.get(f"{AT}?ordering=owner").status_code == 400 and api.get(f"{AT}?titel=x").status_code == 400


def test_a_list_costs_the_same_for_few_and_for_many(api, django_assert_max_num_queries):
    for n in range(6):
        post(api, {**DOCUMENT, "title": f"Cohort {n}"})
        put(api, f"cohort-{n}", {**DOCUMENT, "title": f"Cohort {n} again"})
    with django_assert_max_num_queries(6):
        rows = api.get(AT).json()["results"]
    assert len(rows) == 6 and {row["version"] for row in rows} == {2}


# -- preview -----------------------------------------------------------------------------------------------------------


def test_a_preview_counts_and_keeps_nothing(api, django_assert_max_num_queries):
    overlapping = [*DOCUMENT["arms"], {"code": "B", "where": {"all": [OLD]}}]
    with django_assert_max_num_queries(8):
        answer = post(api, {"where": {"all": [OLD]}, "arms": overlapping}, f"{AT}preview/")
    assert answer.status_code == 200 and not Cohort.objects.exists()
    body = answer.json()
    assert (body["cases"], body["without_arm"]) == (2, 0)
    assert body["overlaps"] == [{"arms": ["A", "B"], "cases": 1}]
    assert body["publications"] == [{"publication": "paper-2021", "cases": 1}]
    assert body["warnings"] == ["1 case is in both arms A and B."]


def test_an_empty_cohort_is_counted_as_empty(api):
    body = post(api, {"where": {"all": [{**OLD, "is": "<", "value": 1}]}}, f"{AT}preview/").json()
    assert body["cases"] == body["patients"] == body["lesions"] == 0 and body["warnings"] == ["No case fits."]


# -- bad input ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [AT, f"{AT}preview/"])
@pytest.mark.parametrize(
    ("where", "field", "said"),
    [
        (
            {"all": [{"variable": "cases.age", "is": ">", "value": 1}]},
            "where.all[0].variable",
            "Did you mean",
        ),
        ({"all": [{"variable": "cases.sex", "is": ">", "value": 1}]}, "where.all[0].is", "does not fit"),
        ({"all": [{"variable": "cases.notes", "is": "recorded"}]}, "where.all[0].variable", "free text"),
        (None, "where", "Enter an object"),
    ],
)
def test_what_cannot_be_is_refused_at_its_path(api, path, where, field, said):
    answer = post(api, {**DOCUMENT, "where": where}, path)
    assert answer.status_code == 400 and answer["Content-Type"].startswith("application/problem+json")
    assert said in answer.json()["errors"][field][0]


@pytest.mark.parametrize("depth", [100, 100_000])
def test_a_definition_nested_without_end_is_a_clear_refusal(api, depth):
    body = '{"title":"x","where":' + '{"all":[' * depth + "]}" * depth + "}"
    for path in (AT, f"{AT}preview/"):
        answer = api.post(path, body, content_type="application/json")
        assert answer.status_code == 400 and "nested" in answer.json()["detail"]


@pytest.mark.parametrize("body", ["", "[]", "{", '"x"', '{"where": {"all": []}, "where": {"all": []}}'])
def test_a_body_that_is_no_object_is_refused(api, body):
    assert api.post(AT, body, content_type="application/json").status_code == 400


def test_an_unknown_parameter_is_refused(api):
    assert (
        api.post(f"{AT}preview/?shared=1", json.dumps(DOCUMENT), content_type="application/json").status_code
        == 400
    )


def test_what_is_not_offered_is_said(api):
    slug = post(api, DOCUMENT).json()["slug"]
    assert api.patch(f"{AT}{slug}/", {}, format="json").status_code == 405
    assert api.get(f"{AT}preview/").status_code == 405
    assert api.get(f"{AT}nothing/").status_code == 404


def test_centres_of_others_are_not_told(api, world):
    where = {"all": [{"variable": "cases.center", "is": "=", "value": "FOR"}]}
    said = post(api, {**DOCUMENT, "where": where}).json()["errors"]["where.all[0].value"][0]
    assert "OWN" in said and "FOR" not in said.replace("“FOR”", "")


def test_a_definition_that_the_catalogue_has_left_behind_is_said(api, world):
    slug = post(api, DOCUMENT).json()["slug"]
    kept = CohortVersion.objects.get()
    kept.definition["where"]["all"][0]["variable"] = "cases.gone"
    kept.save()
    answer = api.get(f"{AT}{slug}/")
    assert answer.status_code == 400 and "no variable “cases.gone”" in answer.json()["detail"]
    assert "can no longer be read" in api.get(AT).json()["results"][0]["sentence"]


def test_a_researcher_of_no_centre_counts_the_published_alone(client_of, world):
    nobody = make.UserFactory(username="nobody")
    body = post(client_of(nobody), {"where": {"all": [OLD]}}, f"{AT}preview/").json()
    assert (body["cases"], body["available"]) == (1, 1)
