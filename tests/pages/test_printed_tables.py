"""Tables as printed, the card of a cell, and the checks on a publication's page."""

import re

import pytest
from django.test import TestCase
from django.urls import reverse

from registry.literature.models import Publication
from tests.factories import UserFactory
from tests.remembered import publications


def text_of(response):
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", text)


class PrintedPages(TestCase):
    """The four publications are loaded once."""

    @classmethod
    def setUpTestData(cls):
        publications()
        cls.user = UserFactory(username="reader")

    def setUp(self):
        self.client.force_login(self.user)

    def page(self, slug, **params):
        return self.client.get(reverse("publication-detail", args=[slug]), params)

    def cell(self, slug, query):
        return self.client.get(f"{reverse('printed-cell', args=[slug])}?{query}")

    def test_tables_stand_as_they_are_printed(self):
        text = text_of(self.page("tian-2022"))
        for words in (
            "Characteristic",
            "PSP + RFA (Group A; n = 51)",
            "Male/female",
            "27:24",
            "42:33",
            ".085",
        ):
            assert words in text
        text = text_of(self.page("andresen-2014"))
        assert "lateral mass right up to the vertebral body zone/ 11.3 ml" in text
        assert "Valencia-Anguila et al. [19]" in text
        assert "Recurrence of GCT†" in text_of(self.page("zhao-2021"))
        assert "Tables as printed" not in text_of(self.page("tian-2017"))

    def test_every_cell_that_prints_a_value_opens(self):
        for slug in ("tian-2022", "andresen-2014", "zhao-2021"):
            page = self.page(slug)
            tables = [*page.context["tables"], *page.context["cited_tables"]]
            assert tables
            for table in tables:
                for row in table.rows:
                    for cell in row[1:]:
                        assert cell.opens, cell
        for query in ("table=0&row=0&column=1", "table=0&row=0&column=3"):
            assert self.cell("tian-2022", query).status_code == 200

    def test_a_cell_of_a_group_opens_to_its_values_and_checks(self):
        text = text_of(self.cell("tian-2022", "table=0&row=10&column=2"))
        assert "Table · Cement filling volume (mean) (range) (mL) · PSP (Group B; n = 75)" in text
        assert "5.31 (SD, 1.52) (2–8)" in text
        assert "lesion" in text
        assert "minimum, 2 places" in text

    def test_a_cell_of_a_patient_opens_to_the_records_it_prints(self):
        text = text_of(self.cell("andresen-2014", "table=0&row=3&column=3"))
        assert text.count("right: 8 ml") or "8 ml" in text
        assert "11.7 ml" in text
        assert "maximum from the rows" in text

    def test_a_cell_of_a_cited_series_opens_to_what_is_stored_of_it(self):
        text = text_of(self.cell("andresen-2014", "table=1&row=0&column=3"))
        assert "3 – 27 months" in text

    def test_a_line_of_the_text_opens_too(self):
        values = Publication.objects.get(slug="tian-2022").reported_values
        value = values.get(variable="analgesics_reduced_or_stopped", statistic="percent", arm__code="A")
        text = text_of(self.cell("tian-2022", f"value={value.order}"))
        assert "46/51 (90.19%)" in text
        assert "100 · 46 / 51 = 90.1961" in text

    def test_addresses_that_lead_nowhere_are_not_found(self):
        for query in (
            "",
            "table=9&row=0&column=0",
            "table=0&row=99&column=0",
            "table=0&row=0&column=99",
            "table=-1&row=0&column=0",
            "table=a&row=0&column=0",
            "table=0",
            "value=99999",
            "value=x",
            "value=",
            "value=99999999999999999999",
            "&".join(f"value={n}" for n in range(1, 60)),
        ):
            assert self.cell("tian-2022", query).status_code == 404, query
        assert self.cell("none-2000", "value=1").status_code == 404

    def test_the_page_begins_with_what_is_inconsistent(self):
        shown = self.page("tian-2022").context["check_list"].shown
        assert {check.verdict.value for check in shown} == {"inconsistent"}
        assert "No check finds" in text_of(self.page("zhao-2021"))

    def test_checks_are_filtered_by_verdict_and_kind(self):
        page = self.page("tian-2022", verdict="not_testable", family="grim")
        shown = page.context["check_list"].shown
        assert {(check.verdict.value, check.family.value) for check in shown} == {("not_testable", "grim")}
        assert len(self.page("tian-2022", verdict="").context["check_list"].shown) > 250
        assert len(self.page("tian-2022", verdict="💥", family="💥").context["check_list"].shown) > 250
        one_kind = self.page("tian-2022", family="pooled").context["check_list"].shown
        assert {check.verdict.value for check in one_kind} == {"consistent", "inconsistent"}

    def test_with_htmx_the_list_of_checks_comes_alone(self):
        answer = self.client.get(
            reverse("publication-detail", args=["tian-2022"]),
            {"verdict": "inconsistent"},
            headers={"HX-Request": "true", "HX-Target": "checks"},
        )
        assert "<html" not in answer.content.decode()
        assert "Reported values" not in text_of(answer)
        assert "57 + 19 = 76 ≠ 75" in text_of(answer)

    def test_the_list_says_how_many_checks_answer_what(self):
        rows = self.client.get(reverse("literature")).context["rows"]
        counts = {publication.slug: dict(verdicts) for publication, verdicts in rows}
        assert counts["tian-2022"]["inconsistent"] == 22
        assert counts["zhao-2021"]["inconsistent"] == 0
        assert all(sum(verdicts.values()) > 40 for verdicts in counts.values())

    def test_pages_cost_a_fixed_number_of_queries(self):
        for url, most in (
            (reverse("literature"), 6),
            (reverse("publication-detail", args=["tian-2022"]), 9),
            (reverse("publication-detail", args=["andresen-2014"]), 9),
            (reverse("printed-cell", args=["andresen-2014"]) + "?table=0&row=3&column=3", 14),
        ):
            self.client.get(url)
            with self.subTest(url), self.assertNumQueries(_AtMost(most)):
                self.client.get(url)

    def test_outsiders_sign_in_first(self):
        self.client.logout()
        assert self.cell("tian-2022", "value=1").status_code == 302


class _AtMost(int):
    """Compares equal to every number up to its own."""

    def __eq__(self, other):
        return other <= int(self)

    __hash__ = int.__hash__


@pytest.mark.parametrize("slug", ["literature", "account"])
def test_a_slug_is_not_mistaken_for_a_page(as_outsider, db, slug):
    assert as_outsider.get(f"/literature/{slug}/").status_code == 404
