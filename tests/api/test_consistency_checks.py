"""The checks of printed numbers over the API: filtered, paged, and strict about its parameters."""

import pytest

from registry.literature.models import ReportedValue
from tests.factories import PublicationFactory, ReportedValueFactory, StudyArmFactory

PATH = "consistency-checks/"


@pytest.fixture
def paper(db):
    publication = PublicationFactory(slug="paper-2020")
    arm = StudyArmFactory(publication=publication, code="B", patients=75)

    def says(statistic, text, **more):
        ReportedValueFactory(
            publication=publication, arm=arm, statistic=statistic, value=text, value_text=text, **more
        )

    for category, n in (("relief", "57"), ("none", "19")):
        says("n", n, variable="pain_relief", category=category, denominator=75)
    says("percent", "76", variable="technical_success", denominator=75)
    return publication


def test_a_check_comes_with_its_arithmetic_and_its_cells(api, paper):
    answer = api.get(PATH, publication="paper-2020", verdict="inconsistent").json()
    assert (answer["next"], answer["previous"]) == (None, None)
    (check,) = answer["results"]
    assert check["arithmetic"] == "57 + 19 = 76 ≠ 75 (their denominator)"
    assert (check["family"], check["variable"], check["verdict"]) == ("sum", "pain_relief", "inconsistent")
    relief = ReportedValue.objects.get(category="relief")
    assert check["inputs"][0]["reported_values"] == [str(relief.uuid)]


def test_pages_hold_every_check_once(api, paper):
    whole = api.get(PATH).json()["results"]
    assert len(whole) > 3
    seen, url = [], f"{PATH}?page_size=2"
    while url:
        page = api.get(url).json()
        assert len(page["results"]) <= 2
        seen += page["results"]
        url, last = page["next"], page
    assert seen == whole
    back = api.get(last["previous"]).json()["results"]
    assert back == seen[-len(last["results"]) - 2 : -len(last["results"])]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("verdict=wrong", "verdict"),
        ("family=none", "family"),
        ("publication=none-2000", "publication"),
        ("verdict=", "verdict"),
        ("verdict=consistent&verdict=inconsistent", "verdict"),
        ("cursor=-1", "cursor"),
        ("cursor=99999999999", "cursor"),
        ("page_size=0", "page_size"),
        ("colour=red", "colour"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(api, paper, query, named):
    answer = api.get(f"{PATH}?{query}")
    assert answer.status_code == 400
    assert named in answer.json()["errors"]


def test_nobody_else_reads_it(as_user, paper):
    assert as_user(None).get(PATH).status_code == 401


def test_other_methods_are_not_offered(api, paper):
    assert api.post(PATH, {}).status_code == 405


def test_the_root_names_it(api, paper):
    assert api.get("").json()["consistency-checks"].endswith("/api/v1/consistency-checks/")


def test_a_page_costs_the_same_few_queries(api, paper, django_assert_max_num_queries):
    api.get(PATH)
    with django_assert_max_num_queries(5):
        api.get(PATH)
