"""Own cases beside the literature: the numbers, whose cases they are of, and what the page says cannot be compared."""

import math
import statistics

import pytest
from django.test import TestCase
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from registry.research.cohorts import keeping
from registry.research.cohorts.document import Definition
from registry.research.moments import Moments, interval_of_mean, interval_text
from tests import factories as make
from tests.remembered import publications

URL = reverse("compare")


# -- numbers ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-500, 500).map(lambda x: round(x, 2)), min_size=1, max_size=50))
def test_sums_give_the_mean_and_the_deviation_of_the_values(values):
    found = Moments.of(
        len(values), sum(values), sum(value * value for value in values), min(values), max(values)
    )
    assert found.mean == pytest.approx(statistics.fmean(values), abs=1e-9)
    if len(values) > 1:
        assert found.sd == pytest.approx(statistics.stdev(values), abs=1e-4)
    else:
        assert found.sd is None and found.interval is None


def test_the_interval_of_a_mean_is_that_of_student():
    from scipy import stats

    found = interval_of_mean(51, 7.43, 1.56)
    half = stats.t.ppf(0.975, 50) * 1.56 / math.sqrt(51)
    assert (found.low, found.high) == pytest.approx((7.43 - half, 7.43 + half), abs=1e-12)
    assert interval_text(found, 2) == "6.99–7.87"


@pytest.mark.parametrize("parts", [(None, 5.0, 1.0), (1, 5.0, 1.0), (0, None, None), (10, 5.0, None)])
def test_there_is_no_interval_without_n_and_spread(parts):
    assert interval_of_mean(*parts) is None
    assert interval_text(None) == ""


def test_no_values_are_no_numbers():
    found = Moments.of(0, None, None, None, None)
    assert (found.text, found.interval_text, found.range_text, found.median_text) == ("", "", "", "")


# -- the page ------------------------------------------------------------------------------------------------------


class BesideThePapers(TestCase):
    """The four publications and a centre with three cases, two of them with values."""

    @classmethod
    def setUpTestData(cls):
        publications()
        cls.center = make.CenterFactory(code="OWN")
        cls.user = make.member(cls.center, "researcher", username="researcher")
        cls.outsider = make.member(make.CenterFactory(code="ELSE"), "researcher", username="outsider")
        diagnosis = make.DiagnosisFactory(slug="renal", label="Renal cell carcinoma")
        for number, (age, pain, cement, leak) in enumerate(((60, 8, 4, "none"), (70, 6, 6, "venous"))):
            patient = make.PatientFactory(center=cls.center, sex="female" if number else "male")
            case = make.CaseFactory(patient=patient, age_years=age, diagnosis=diagnosis)
            lesion = make.LesionFactory(case=case, volume_ml=5 + number, zone_ala=True)
            plasty = make.ProcedureFactory(
                case=case,
                kind="sacroplasty",
                duration_min=40 + 10 * number,
                technical_success=True,
                complications_answered="none" if number else "present",
            )
            make.TreatedLesionFactory(
                procedure=plasty, lesion=lesion, cement_volume_ml=cement, leak_sites=leak
            )
            if not number:
                make.ComplicationFactory(procedure=plasty, sir_grade="d")
            make.AssessmentFactory(case=case, time_point="baseline", vas_pain=pain, odi=50)
            make.AssessmentFactory(case=case, time_point="month_12", vas_pain=0)
        make.CaseFactory(patient=make.PatientFactory(center=cls.center))

    def page(self, user=None, **params):
        self.client.force_login(user or self.user)
        return self.client.get(URL, params)

    def compared(self, user=None, **params):
        answer = self.page(user, **params)
        assert answer.status_code == 200
        return answer.context["comparison"]

    @staticmethod
    def line(comparison, label):
        lines = (*comparison.mix, *comparison.procedure, *comparison.complications)
        return next(line for line in lines if line.label == label)

    @staticmethod
    def said(comparison):
        return " ".join(sentence for _heading, sentences in comparison.remarks for sentence in sentences)

    def test_own_numbers_stand_beside_the_printed_ones(self):
        found = self.compared()
        cement = self.line(found, "Cement volume")
        assert (cement.own.text, cement.own.n, cement.own.under) == ("5.0 (1.4)", "2", "4–6")
        cells = dict(zip((column.key for column in found.columns), cement.cells, strict=True))
        assert (cells["tian-2022.A"].text, cells["tian-2022.A"].n) == ("6.42 (1.73), 3–8", "58")
        assert cells["tian-2022.A"].interval == "6.0–6.9"
        assert (cells["andresen-2014.all"].text, cells["andresen-2014.all"].n) == ("6 (1.78), 4–10", "")
        assert cells["zhao-2021.all"] is None
        leak = self.line(found, "Cement leak")
        assert (leak.own.text, leak.own.interval) == ("1/2 (50 %)", "9–91 %")
        assert [cell and cell.text for cell in leak.cells] == [
            "0/10",
            None,
            None,
            "10/58 (17.24 %)",
            "20/104 (19.23 %)",
        ]
        blood = self.line(found, "Blood loss")
        assert blood.own is None
        assert [cell.text for cell in blood.cells if cell] == ["median 1683, 400–3200"]
        major = self.line(found, "Major complication")
        assert major.own.text == "1/2 (50 %)"
        assert [cell and cell.under for cell in major.cells] == [
            None,
            "severe",
            "serious balloon-related",
            "major",
            "major",
        ]
        assert self.line(found, "Duration").own.under == "median 45, 40–50"

    def test_the_case_mix_stands_side_by_side(self):
        found = self.compared()
        assert self.line(found, "Patients").own.text == "3"
        assert [cell.text for cell in self.line(found, "Patients").cells] == ["10", "18", "6", "51", "75"]
        assert self.line(found, "Age").own.n == "3"
        assert self.line(found, "Male").own.text == "1/3 (33 %)"
        diagnosis, zones = found.listings
        first, other = diagnosis.own
        assert (first.under, first.text, other.text) == ("Renal cell carcinoma", "2/3 (67 %)", "1/3 (33 %)")
        assert zones.own[0].text == "2/2 (100 %)"

    def test_scores_over_time_carry_n_and_interval(self):
        found = self.compared()
        scores = {str(score.course.scale.label): score for score in found.scores}
        assert list(scores) == ["VAS pain", "ODI", "Barthel index", "Analgesic scale"]
        rows = {row.time_point: (row, cells) for row, cells in scores["VAS pain"].course.table()}
        own, cells = rows["baseline"]
        assert (own.own.text, own.own.n) == ("7.0 (1.4)", 2)
        assert rows["month_12"][0].own.text == "0.0 (0.0)"
        printed = {
            group.label: cell for group, cell in zip(scores["VAS pain"].course.groups, cells, strict=True)
        }
        assert (printed["PSP + RFA"].n, printed["PSP + RFA"].interval) == ("51", "7.0–7.9")
        # Two of ten had died by six months, and the paper prints no n.
        late = next(cell for cell in rows["month_6"][1] if cell.reported)
        assert (late.n, late.interval) == ("≤ 8", "")

    def test_the_chart_begins_and_ends_with_the_scale(self):
        found = self.compared()
        for score in found.scores:
            scale = score.course.scale
            values = [value for _y, value in score.drawings[0].grid]
            assert (values[0], values[-1]) == (scale.low, scale.high)
            assert not score.drawings[0].bands

    def test_it_says_what_cannot_be_compared(self):
        said = self.said(self.compared())
        for words in (
            "Cement leak: own values are per lesion; per patient in Andresen 2014",
            "Blood loss: a median, which is no mean, in Zhao 2021",
            "Cement volume: no n and so no interval in Andresen 2014",
            "no published group here reports 12 months",
            "n is ≤ 8 and no interval is given",
            "Filling is a ratio of diameters",
            "the papers do not define the scale they use",
            "Tian 2017, PVP + TAI/TACE: every value comes from the abstract alone",
            "no effects of treatment",
        ):
            assert words in said, words

    def test_a_number_of_an_inconsistent_check_is_marked(self):
        found = self.compared()
        cells = dict(
            zip((column.key for column in found.columns), self.line(found, "Cement leak").cells, strict=True)
        )
        assert cells["tian-2022.A"].inconsistent == 1
        assert cells["andresen-2014.all"].inconsistent == 0

    def test_nothing_is_tested_and_nothing_is_ranked(self):
        text = self.page().content.decode()
        assert " P = " not in text and "P&nbsp;" not in text
        for word in ("better than", "worse", "best", "superior", "rank 1"):
            assert word not in text
        years = [column.group.publication.year for column in self.compared().columns]
        assert years == sorted(years)

    def test_groups_can_be_chosen(self):
        found = self.compared(**{"with": ["tian-2022.B", "zhao-2021.all"]})
        assert [column.key for column in found.columns] == ["zhao-2021.all", "tian-2022.B"]
        for bad in ("tian-2022.C", "none", "💥"):
            assert self.page(**{"with": bad}).status_code == 404

    def test_a_cohort_can_stand_on_the_own_side(self):
        definition = Definition.model_validate(
            {
                "format": 1,
                "title": "Older",
                "where": {"all": [{"variable": "cases.age_years", "is": ">=", "value": 65}]},
            }
        )
        cohort = keeping.create(definition, self.user)
        answer = self.page(cohort=cohort.slug)
        # Published patients of that age belong to it too.
        assert answer.context["own"].cases == 7
        assert "Older beside the literature" in answer.content.decode()
        assert self.page(self.outsider, cohort=cohort.slug).status_code == 404
        assert self.page(cohort="none").status_code == 404

    def test_others_see_their_own_cases_alone(self):
        answer = self.page(self.outsider)
        assert answer.context["own"].empty
        assert "You may read no own case yet" in answer.content.decode()
        assert self.line(answer.context["comparison"], "Cement volume").own is None

    def test_htmx_gets_the_comparison_alone(self):
        self.client.force_login(self.user)
        text = self.client.get(URL, headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in text and "Case mix" in text

    def test_the_number_of_queries_does_not_grow(self):
        self.page()
        with self.assertNumQueries(_AtMost(32)):
            self.page()

    def test_a_german_reader_gets_decimal_commas(self):
        self.client.force_login(self.user)
        text = self.client.get(URL, headers={"Accept-Language": "de"}).content.decode()
        assert "6,42 (1,73)" in text and "5,0 (1,4)" in text


class _AtMost(int):
    """Compares equal to every number up to its own."""

    def __eq__(self, other):
        return other <= int(self)

    __hash__ = int.__hash__


def test_without_publications_own_cases_stand_alone(client, researcher, center):
    make.AssessmentFactory(case=make.CaseFactory(patient=make.PatientFactory(center=center)), vas_pain=5)
    client.force_login(researcher)
    answer = client.get(URL)
    assert answer.status_code == 200
    assert "No publication yet" in answer.content.decode()


def test_nobody_compares_without_signing_in(client, db):
    assert client.get(URL).status_code == 302
