"""The published course beside a case: exact numbers, which groups match, and what is said where something lacks."""

import json
import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import Case
from registry.research.course import SCORES
from registry.research.published import groups_reporting, matches, silent
from tests import factories as make
from tests.remembered import publications


def case_of(center, *kinds, **scores):
    """An own case with procedures of the given kinds, a VAS at baseline and day 1, and none at one month."""
    case = make.CaseFactory(patient=make.PatientFactory(center=center))
    for kind in kinds:
        make.ProcedureFactory(case=case, kind=kind)
    make.AssessmentFactory(case=case, time_point="baseline", vas_pain="8.5", **scores)
    make.AssessmentFactory(case=case, time_point="day_1", vas_pain="3.0")
    make.AssessmentFactory(case=case, time_point="month_1", missing={"vas_pain": "refused"})
    return case


def shown(user, case):
    client = Client()
    client.force_login(user)
    return client.get(reverse("case-published-bands", args=[case.uuid]), headers={"HX-Request": "true"})


def charts(response):
    found = re.findall(r'data-chart="([^"]*)"', response.content.decode())
    return {chart["title"]: chart for chart in (json.loads(unescape(text)) for text in found)}


def series(chart, label):
    (found,) = [one for one in chart["series"] if one["label"] == label]
    titles = {tick["x"]: tick["title"] for tick in chart["ticks"]}
    return [
        (titles[point["x"]], point["y"], point.get("low"), point.get("high"), point["text"])
        for point in found["points"]
    ]


class BesideThePapers(TestCase):
    """The four publications as they are loaded."""

    @classmethod
    def setUpTestData(cls):
        publications()
        cls.center = make.CenterFactory(code="HEI")
        cls.clinician = make.member(cls.center, "clinician")
        cls.researcher = make.member(cls.center, "researcher")
        cls.outsider = make.member(make.CenterFactory(code="BER"), "clinician")

    def own(self, *kinds, **scores):
        return case_of(self.center, *kinds, **scores)

    def test_tian_2022_beside_sacroplasty_and_ablation(self):
        response = shown(self.clinician, self.own("sacroplasty", "rfa"))
        chart = charts(response)["VAS pain"]
        assert (chart["low"], chart["high"]) == (0, 10)
        assert series(chart, "Tian 2022") == [
            ("Before the procedure", 7.43, 5.87, 8.99, "7.43 (1.56), n 51"),
            ("Day 1", 2.25, 0.9, 3.6, "2.25 (1.35), n 51"),
        ]
        assert series(chart, "This case") == [
            ("Before the procedure", 8.5, None, None, "8.5"),
            ("Day 1", 3.0, None, None, "3"),
        ]
        assert [tick["n"] for tick in chart["ticks"]] == ["n 51", "n 51", ""]
        html = response.content.decode()
        assert "Same kinds of procedure: sacroplasty and radiofrequency ablation." in html
        assert "Andresen" not in html

    def test_andresen_2014_and_the_other_arm_beside_sacroplasty_alone(self):
        response = shown(self.clinician, self.own("sacroplasty"))
        chart = charts(response)["VAS pain"]
        assert series(chart, "Andresen 2014") == [
            ("Before the procedure", 9.3, 8.63, 9.97, "9.3 (0.67), n 10"),
            ("Day 2", 2.7, 1.42, 3.98, "2.7 (1.28), n 10"),
            ("6 months", 2.9, 2.09, 3.71, "2.9 (0.81), n ≤ 8"),
        ]
        assert series(chart, "Tian 2022") == [
            ("Before the procedure", 7.45, 5.84, 9.06, "7.45 (1.61), n 75"),
            ("Day 1", 3.02, 1.47, 4.57, "3.02 (1.55), n 75"),
        ]
        assert [tick["n"] for tick in chart["ticks"]] == ["n 10, 75", "n 75", "n 10", "", "n ≤ 8"]

    def test_tian_2017_beside_a_vertebroplasty(self):
        chart = charts(shown(self.clinician, self.own("vertebroplasty")))["VAS pain"]
        assert [point[1] for point in series(chart, "Tian 2017")] == [7.7, 5.3, 3.4, 2.0, 1.5]
        assert series(chart, "Tian 2017")[3][4] == "2.0 (0.6), n 18"

    def test_the_table_holds_the_numbers_of_the_chart(self):
        response = shown(self.clinician, self.own("sacroplasty", odi="62"))
        html = response.content.decode()
        for chart in charts(response).values():
            table = html[html.index(f"{chart['title']}: the numbers of the chart") :]
            table = re.sub(r"<[^>]+>|\s+", " ", table[: table.index("</table>")])
            for one in chart["series"]:
                for point in one["points"]:
                    number = point["text"].split(" ")[0]
                    assert f" {number} " in table, (one["label"], number)

    def test_without_the_same_kinds_those_that_share_one_stand_in_and_say_so(self):
        html = shown(self.clinician, self.own("rfa")).content.decode()
        assert "Shares radiofrequency ablation. The published patients also had sacroplasty." in html
        html = shown(self.clinician, self.own("vertebroplasty", "rfa")).content.decode()
        assert "Shares vertebroplasty. The published patients had no radiofrequency ablation." in html

    def test_no_published_group_is_said_in_words(self):
        html = shown(self.clinician, self.own("reboa")).content.decode()
        assert "No published group with REBOA-assisted resection reports these scores." in html
        assert "none of these scores reported" in html and "Zhao 2021" in html

    def test_only_scores_with_a_value_of_the_case_are_drawn(self):
        assert set(charts(shown(self.clinician, self.own("sacroplasty")))) == {"VAS pain"}
        assert set(charts(shown(self.clinician, self.own("sacroplasty", kps=70, odi="40")))) == {
            "VAS pain",
            "ODI",
            "KPS",
        }
        empty = make.CaseFactory(patient=make.PatientFactory(center=self.center))
        response = shown(self.clinician, empty)
        assert charts(response) == {} and "Drawn as soon as" in response.content.decode()

    def test_a_published_patient_stands_beside_the_own_series_though_values_are_of_the_group_only(self):
        case = Case.objects.get(patient__source_label="pat. 1", center__code="ANDRESEN2014")
        response = shown(self.outsider, case)
        chart = charts(response)["VAS pain"]
        assert {one["role"] for one in chart["series"]} == {"published"}
        html = response.content.decode()
        assert "The series this patient belongs to." in html
        assert "eported for the group only" in html

    def test_a_published_patient_whose_paper_reports_no_score_is_told_so(self):
        case = Case.objects.filter(center__code="ZHAO2021").first()
        response = shown(self.outsider, case)
        assert charts(response) == {} and "The paper reports neither" in response.content.decode()

    def test_an_unscheduled_visit_stands_at_its_day_and_one_without_a_day_is_not_drawn(self):
        case = self.own("sacroplasty")
        make.AssessmentFactory(
            case=case, time_point="unscheduled", interval_value=3, interval_unit="weeks", vas_pain="4.0"
        )
        make.AssessmentFactory(case=case, time_point="last_followup", vas_pain="5.0")
        response = shown(self.clinician, case)
        chart = charts(response)["VAS pain"]
        assert ("Unscheduled visit", 4.0) in [point[:2] for point in series(chart, "This case")]
        assert 5.0 not in [point[1] for point in series(chart, "This case")]
        assert "day not known, not drawn" in response.content.decode()

    def test_a_researcher_sees_days_and_no_date(self):
        html = shown(self.researcher, self.own("sacroplasty")).content.decode()
        assert "This case" in html and "202" not in re.sub(
            r"(Tian|Andresen|tian|andresen)[ -]20\d\d", "", html
        )

    def test_the_number_of_queries_does_not_grow(self):
        case = self.own("sacroplasty")
        client = Client()
        client.force_login(self.clinician)
        address = reverse("case-published-bands", args=[case.uuid])
        client.get(address, headers={"HX-Request": "true"})
        with CaptureQueriesContext(connection) as asked:
            client.get(address, headers={"HX-Request": "true"})
        for point in ("month_3", "month_6", "month_12"):
            make.AssessmentFactory(case=case, time_point=point, vas_pain=2)
        with CaptureQueriesContext(connection) as again:
            client.get(address, headers={"HX-Request": "true"})
        assert len(again) <= len(asked) <= 10


# -- what papers may lack --------------------------------------------------------------------------------------------


@pytest.fixture
def paper(db):
    return make.PublicationFactory(authors=["A. B. Early"], year=2019)


def report(paper, arm, point, statistic, value, **more):
    return make.ReportedValueFactory(
        publication=paper,
        arm=arm,
        time_point=point,
        statistic=statistic,
        value=value,
        value_text=str(value),
        **more,
    )


def test_a_mean_without_standard_deviation_has_no_band_and_says_so(paper, clinician, center):
    arm = make.StudyArmFactory(publication=paper, kinds="sacroplasty", patients=None)
    report(paper, arm, "baseline", "mean", "7.50")
    report(paper, arm, "day_1", "mean", "3.00")
    report(paper, arm, "day_1", "sd", "1.20")
    response = shown(clinician, case_of(center, "sacroplasty"))
    assert series(charts(response)["VAS pain"], "Early 2019") == [
        ("Before the procedure", 7.5, None, None, "7.50"),
        ("Day 1", 3.0, 1.8, 4.2, "3.00 (1.20)"),
    ]
    assert "SD not reported" in response.content.decode()


def test_a_denominator_is_the_n_of_its_number(paper, clinician, center):
    arm = make.StudyArmFactory(publication=paper, kinds="sacroplasty", patients=40)
    report(paper, arm, "baseline", "mean", "7.5")
    report(paper, arm, "month_1", "mean", "3.0", denominator=33)
    chart = charts(shown(clinician, case_of(center, "sacroplasty")))["VAS pain"]
    assert [tick["n"] for tick in chart["ticks"]] == ["n 40", "", "n 33"]


def test_a_median_is_drawn_as_one_and_called_one(paper, clinician, center):
    arm = make.StudyArmFactory(publication=paper, kinds="sacroplasty")
    report(paper, arm, "baseline", "median", "8")
    (point,) = series(charts(shown(clinician, case_of(center, "sacroplasty")))["VAS pain"], "Early 2019")
    assert point == ("Before the procedure", 8.0, None, None, "median 8, n 10")


def test_the_document_counts_before_its_abstract_and_a_difference_is_kept(paper, clinician, center):
    arm = make.StudyArmFactory(publication=paper, kinds="sacroplasty")
    report(paper, arm, "baseline", "mean", "7.1", origin="abstract", location="Abstract")
    report(paper, arm, "baseline", "mean", "7.4", location="Table 2")
    response = shown(clinician, case_of(center, "sacroplasty"))
    (point,) = series(charts(response)["VAS pain"], "Early 2019")
    assert point[1] == 7.4
    assert "Abstract: 7.1" in response.content.decode()


def test_values_of_a_whole_series_of_several_arms_match_by_what_all_arms_had(paper, clinician):
    for kinds in ("sacroplasty;rfa", "sacroplasty"):
        make.StudyArmFactory(publication=paper, kinds=kinds)
    report(paper, None, "baseline", "mean", "7")
    groups = groups_reporting(clinician, SCORES)
    assert [match.group.arm for match in matches({"sacroplasty"}, groups)] == [None]
    assert [group.arm is None for group in silent({"sacroplasty", "rfa"}, groups)] == [False]


def test_values_of_subgroups_and_of_lesions_are_not_the_course(paper, clinician, center):
    arm = make.StudyArmFactory(publication=paper, kinds="sacroplasty")
    report(paper, arm, "baseline", "mean", "7", category="lung")
    report(paper, arm, "baseline", "mean", "7", unit_of_analysis="lesion")
    assert len(charts(shown(clinician, case_of(center, "sacroplasty")))["VAS pain"]["series"]) == 1


# -- scope and cost --------------------------------------------------------------------------------------------------


def test_a_foreign_case_is_not_found_and_a_stranger_signs_in(center, outsider):
    case = case_of(center, "sacroplasty")
    assert shown(outsider, case).status_code == 404
    assert Client().get(reverse("case-published-bands", args=[case.uuid])).status_code == 302
