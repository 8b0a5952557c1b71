"""Checks over the four publications: the committed list, the contradictions that are there, and patient rows."""

import csv
import io
import re
import tempfile

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import TestCase

from cases.models import Lesion
from registry.core import records
from registry.literature.consistency.numbers import printed
from registry.literature.consistency.run import checks_of
from registry.literature.models import Publication
from registry.research.consistency import count_of, number_of
from registry.research.losses import Loss, gone_by, still_there
from tests.factories import TESTS
from tests.remembered import publications

#: What the four papers contradict themselves in, read and computed by hand: family, variable, what is printed, and
#: which group.
CONTRADICTIONS = {
    # All ten patients at six months, of whom two had died after three and five.
    ("andresen-2014", "deaths", "pain_relief", "n = 10", "6 months"),
    # 7.7 − 2.0 and 7.7 − 1.5 are 5.7 and 6.2.
    ("tian-2017", "change", "vas_pain_improvement", "1.4", "1 month"),
    ("tian-2017", "change", "vas_pain_improvement", "1.8", "3 months"),
    # All 75 are successes “without major complications”, and one has had a major complication.
    ("tian-2022", "sum", "technical_success", "75", "(B)"),
    # 57 with relief and 19 without are 76 of 75.
    ("tian-2022", "sum", "pain_relief", "57 + 19", "(B)"),
    # 46/51 is 90.196 %.
    ("tian-2022", "percent", "analgesics_reduced_or_stopped", "90.19 %", "(A)"),
    # The arms give 60.13 (12.79), 42.27 (6.81) and an SD of 5.85.
    ("tian-2022", "pooled", "age_years", "58.35", "whole series"),
    ("tian-2022", "pooled", "age_years", "13.62", "whole series"),
    ("tian-2022", "pooled", "duration_min", "45.5", "whole series"),
    ("tian-2022", "pooled", "duration_min", "4.3", "whole series"),
    ("tian-2022", "pooled", "followup_months", "6.78", "whole series"),
    # Ranges 37–49 min and 3–12 months leave room for SDs of 3.9 to 4.9 and 3.6 to 4.3.
    ("tian-2022", "spread", "duration_min", "5.31", "(A)"),
    ("tian-2022", "spread", "duration_min", "5.19", "(B)"),
    ("tian-2022", "spread", "followup_months", "6.28", "(A)"),
    ("tian-2022", "spread", "followup_months", "5.59", "(B)"),
    ("tian-2022", "spread", "followup_months", "6.78", "whole series"),
    # χ²: 0.735, 0.755 and, for 46/51 and 57/75, 0.043.
    ("tian-2022", "p_counts", "sex", "0.085", "A vs B"),
    ("tian-2022", "p_counts", "leak", "0.361", "A vs B"),
    ("tian-2022", "p_counts", "pain_relief", "0.032", "A vs B"),
    # t: 0.035, far below 0.001 three times, and 0.92 to 0.93.
    ("tian-2022", "p_means", "age_years", "0.132", "A vs B"),
    ("tian-2022", "p_means", "duration_min", "0.002", "A vs B"),
    ("tian-2022", "p_means", "cement_volume_ml", "0.001", "A vs B"),
    ("tian-2022", "p_means", "cement_filling_percent", "0.001", "A vs B"),
    ("tian-2022", "p_means", "followup_months", "0.823", "A vs B"),
    # The table has 2 to 8 mL, the text 3 to 8.
    ("tian-2022", "places", "cement_volume_ml", "2; 3", "(B)"),
}


class PublishedChecks(TestCase):
    """The four files are loaded once."""

    @classmethod
    def setUpTestData(cls):
        publications()

    def test_the_committed_list_says_what_the_checks_say(self):
        call_command("consistency_checks", check=True, verbosity=0, stdout=io.StringIO())

    def test_every_contradiction_is_found_and_none_is_invented(self):
        found = {
            (publication.slug, check.family.value, check.variable, check.printed, check.title)
            for publication in Publication.objects.all()
            for check in checks_of(publication)
            if check.verdict == "inconsistent"
        }
        missed = {
            wanted
            for wanted in CONTRADICTIONS
            if not any(one[:4] == wanted[:4] and wanted[4] in one[4] for one in found)
        }
        assert not missed
        assert len(found) == len(CONTRADICTIONS)

    def test_every_line_of_the_list_can_be_recomputed(self):
        with open(settings.BASE_DIR / "docs" / "consistency-checks.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) > 400
        keys = [(row["publication"], row["key"]) for row in rows]
        assert len(keys) == len(set(keys))
        for row in rows:
            assert row["cells"] and row["printed"], row
            if row["verdict"] == "not_testable":
                assert row["remark"], row
            else:
                assert row["formula"] and row["arithmetic"] and row["computed"], row
            if row["verdict"] == "inconsistent":
                assert row["remark"], row
            if share := re.fullmatch(r"100 · \d+ / (\d+) = .*", row["arithmetic"]):
                total = int(share[1])
                parts = [int(n) for n in re.findall(r"\(N = (\d+)\)", row["cells"])]
                assert total in (*parts, sum(parts)) or f"= {total} " in row["cells"], row
            for word in ("wrong", "error", "mistake", "fals", "fraud"):
                assert word not in row["remark"].lower()

    def test_the_list_reaches_every_percentage_p_value_and_mean(self):
        for publication in Publication.objects.all():
            reached = {pk for check in checks_of(publication) for pk in check.values}
            wanted = publication.reported_values.filter(statistic__in=("percent", "p_value", "mean"))
            missed = wanted.exclude(pk__in=reached)
            assert not missed, [str(value) for value in missed]

    def test_a_list_that_lags_behind_is_refused(self):
        with tempfile.TemporaryDirectory() as folder, self.settings(BASE_DIR=folder):
            with pytest.raises(CommandError, match="does not say"):
                call_command("consistency_checks", check=True)
            call_command("consistency_checks", stdout=io.StringIO())
            call_command("consistency_checks", check=True, stdout=io.StringIO())

    def test_answers_are_kept_until_a_record_changes(self):
        publication = Publication.objects.get(slug="andresen-2014")
        first = checks_of(publication)
        with self.assertNumQueries(1):
            assert checks_of(publication) is first
        lesion = Lesion.objects.get(case__patient__source_label="pat. 2")
        before = lesion.modified_at
        lesion.volume_ml = "99"
        records.save(lesion, by=TESTS, reason="test", confirm={"volume_ml": "as printed"})
        assert lesion.modified_at > before
        changed = [check for check in checks_of(publication) if check.key.startswith("rows.volume_ml")]
        assert {check.verdict.value for check in changed} == {"inconsistent"}

    def test_rows_filled_from_a_statement_do_not_confirm_it(self):
        checks = checks_of(Publication.objects.get(slug="andresen-2014"))
        success = next(
            check for check in checks if (check.family, check.variable) == ("rows", "technical_success")
        )
        assert success.verdict == "not_testable"


def test_without_publications_the_command_says_what_to_do(db):
    with pytest.raises(CommandError, match="load_publications"):
        call_command("consistency_checks")


# -- rows -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed_n", "known", "unknown", "verdict"),
    [
        (4, 4, 0, "consistent"),
        (4, 3, 0, "inconsistent"),
        (4, 5, 0, "inconsistent"),
        (4, 2, 3, "not_testable"),
        (9, 2, 3, "inconsistent"),
        (2, 2, 3, "consistent"),
    ],
)
def test_rows_against_a_count(printed_n, known, unknown, verdict):
    assert count_of(printed(str(printed_n), whole=True), known, unknown, "").verdict == verdict


AGES = [58, 52, 69, 74, 49, 63, 57, 69, 79, 73]


@pytest.mark.parametrize(
    ("statistic", "text", "unknown", "verdict"),
    [
        ("mean", "64.3", 0, "consistent"),
        ("mean", "64.4", 0, "inconsistent"),
        ("mean", "64.3", 1, "not_testable"),
        ("sd", "10.06", 0, "consistent"),
        ("sd", "9.54", 0, "consistent"),  # with n for n − 1
        ("sd", "10.2", 0, "inconsistent"),
        ("median", "66", 0, "consistent"),
        ("min", "49", 0, "consistent"),
        ("min", "50", 3, "inconsistent"),  # a row lies below
        ("min", "40", 3, "not_testable"),  # a row without value may be the one
        ("min", "40", 0, "inconsistent"),
        ("max", "79", 0, "consistent"),
    ],
)
def test_rows_against_statistics(statistic, text, unknown, verdict):
    number = printed(text, whole=statistic in ("min", "max"))
    assert number_of(statistic, number, AGES, unknown).verdict == verdict


def test_one_row_has_no_deviation():
    assert number_of("sd", printed("0"), [5], 0).verdict == "not_testable"


def test_the_dead_are_not_seen_again():
    losses = [
        Loss("pat. 8", True, 91.3, None),
        Loss("pat. 9", True, 152.2, None),
        Loss("pat. 1", False, None, None),
    ]
    assert [len(gone_by(losses, point)) for point in ("baseline", "day_2", "month_3", "month_6")] == [
        0,
        0,
        0,
        2,
    ]
    assert len(gone_by(losses, "last_followup")) == 3
    gone = losses[:2]
    assert still_there(10, gone, 10).verdict == "inconsistent"
    assert still_there(10, gone, 8).verdict == "consistent"
    assert still_there(10, gone, None).verdict == "not_testable"
