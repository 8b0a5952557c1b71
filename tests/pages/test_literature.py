"""``/literature/`` and the page of a publication."""

import pytest
from django.urls import reverse

from registry.literature.models import ReportedValue
from registry.literature.words import in_words
from tests.factories import CitedSeriesFactory, PublicationFactory, ReportedValueFactory, StudyArmFactory

URL = reverse("literature")


@pytest.fixture
def publication(db):
    publication = PublicationFactory(
        slug="tian-2022", title="Sacroplasty with or without RFA", doi="10.3174/x"
    )
    a = StudyArmFactory(publication=publication, code="A", label="PSP + RFA", patients=51)
    b = StudyArmFactory(publication=publication, code="B", label="PSP", patients=75)

    def value(statistic, text, **more):
        ReportedValueFactory(
            publication=publication, statistic=statistic, value=text, value_text=text, **more
        )

    for arm, mean, sd in ((a, "7.4", "1.6"), (b, "7.1", "1.5")):
        value("mean", mean, arm=arm, time_point="baseline")
        value("sd", sd, arm=arm, time_point="baseline")
        value("n", "10", arm=arm, variable="leak", denominator=58)
        value("percent", "17.24", arm=arm, variable="leak", denominator=58)
    value("p_value", "0.001", time_point="baseline", qualifier="less_than", comparison="A vs B", test="t")
    CitedSeriesFactory(publication=publication, authors_as_printed="Basile et al.", patients=8)
    return publication


def url(publication):
    return reverse("publication-detail", args=[publication.slug])


def test_everybody_signed_in_reads_it(as_outsider, as_anonymous, publication):
    assert "Sacroplasty with or without RFA" in as_outsider.get(URL).content.decode()
    assert as_anonymous.get(URL).status_code == 302
    assert as_anonymous.get(url(publication)).status_code == 302


def test_arms_stand_side_by_side_with_their_p_value(as_outsider, publication):
    lines = as_outsider.get(url(publication)).context["lines"]
    vas, leak = lines[0], lines[1]
    assert vas["line"].variable == "VAS pain"
    assert [cell["text"] for cell in vas["cells"]] == ["7.4 (1.6)", "7.1 (1.5)"]
    assert vas["line"].p_text() == "< 0.001 (t)"
    assert [cell["text"] for cell in leak["cells"]] == ["10/58 (17.24 %)", "10/58 (17.24 %)"]


def test_filters_narrow_the_table(as_outsider, publication):
    assert len(as_outsider.get(url(publication), {"variable": "leak"}).context["lines"]) == 1
    assert len(as_outsider.get(url(publication), {"time_point": "baseline"}).context["lines"]) == 1
    assert len(as_outsider.get(url(publication), {"variable": "💥"}).context["lines"]) == 2
    fragment = as_outsider.get(url(publication), headers={"HX-Request": "true"})
    assert "<html" not in fragment.content.decode()


def test_cited_series_are_listed(as_outsider, publication):
    assert "Basile et al." in as_outsider.get(url(publication)).content.decode()


def test_an_unknown_publication_is_not_found(as_outsider, db):
    assert as_outsider.get("/literature/none-2000/").status_code == 404


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        ({"mean": "6", "sd": "1.78", "min": "4", "max": "10"}, "6 (1.78), 4–10"),
        ({"median": "5"}, "median 5"),
        ({"max": "6"}, "max. 6"),
        ({"min": "2", "max": "2"}, "2"),
        ({"percent": "94"}, "94 %"),
        ({"n": "0"}, "0"),
        ({}, ""),
    ],
)
def test_statistics_of_a_group_are_read_together(printed, words):
    values = [
        ReportedValue(statistic=statistic, value=text, value_text=text, qualifier="exact")
        for statistic, text in printed.items()
    ]
    assert in_words(values) == words


def test_a_qualified_end_of_a_range_is_named_once():
    value = ReportedValue(statistic="max", value=6, value_text="6", qualifier="up_to")
    assert in_words([value]) == "up to 6"


def test_the_number_of_queries_does_not_grow(as_outsider, publication, django_assert_max_num_queries):
    as_outsider.get(url(publication))
    with django_assert_max_num_queries(9):
        as_outsider.get(url(publication))
    with django_assert_max_num_queries(6):
        as_outsider.get(URL)
