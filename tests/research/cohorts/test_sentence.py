"""A definition reads back as one English sentence, with brackets only where they are needed."""

import pytest
from django.utils import translation

from registry.research.cohorts.checking import read
from registry.research.cohorts.operators import Operator
from registry.research.cohorts.sentence import phrase, sentence
from registry.research.cohorts.variables import askable, row_tables
from registry.research.cohorts.words import ONE_ROW, OPERATORS, ROWS, name_of
from tests import factories as make

pytestmark = pytest.mark.django_db

OLD = {"variable": "cases.age_years", "is": ">=", "value": 60}
STRATEGY = {"variable": "case_summary.strategy", "is": "in", "value": ["sacroplasty", "sacroplasty+rfa"]}
RECURRENT = {"variable": "cases.recurrent", "is": "=", "value": True}
CENTRAL = {"variable": "lesions.zone_central", "is": "=", "value": True}
LARGE = {"variable": "lesions.volume_ml", "is": ">", "value": 6.8}


def rows(have, *parts, table="lesions", how="all"):
    return {"rows": table, "have": have, "where": {how: list(parts)}}


def said(*parts, how="all", arms=()):
    return sentence(read({"where": {how: list(parts)}, "arms": list(arms)}, None))


@pytest.mark.parametrize(
    ("parts", "how", "text"),
    [
        ([], "all", "All cases."),
        ([OLD], "all", "Cases with age at least 60 years."),
        (
            [STRATEGY, OLD, rows("any", CENTRAL)],
            "all",
            "Cases with strategy sacroplasty or sacroplasty+rfa, age at least 60 years, and any lesion with zone III "
            "(central).",
        ),
        ([OLD, RECURRENT], "any", "Cases with age at least 60 years or recurrent tumour."),
        ([STRATEGY, OLD], "any", "Cases with strategy sacroplasty or sacroplasty+rfa, or age at least 60 years."),
        ([RECURRENT], "none", "Cases without recurrent tumour."),
        ([RECURRENT, OLD], "none", "Cases without (recurrent tumour or age at least 60 years)."),
        ([{"none": [RECURRENT]}, OLD], "all", "Cases with age at least 60 years and without recurrent tumour."),
        (
            [{"any": [OLD, RECURRENT]}, CENTRAL],
            "all",
            "Cases with (age at least 60 years or recurrent tumour) and any lesion with zone III (central).",
        ),
        (
            [rows("every", CENTRAL, LARGE)],
            "all",
            "Cases with every lesion with zone III (central) and lesion volume above 6.8 mL.",
        ),
        (
            [rows("every", CENTRAL, LARGE), OLD],
            "all",
            "Cases with every lesion with (zone III (central) and lesion volume above 6.8 mL) and age at least 60 "
            "years.",
        ),
        ([{"rows": "complications", "have": "none"}], "all", "Cases with no complication."),
        ([rows("none", CENTRAL, how="none")], "all", "Cases with no lesion without zone III (central)."),
        (
            [
                rows(
                    "any",
                    {"variable": "assessments.time_point", "is": "=", "value": "month_3"},
                    {"variable": "assessments.vas_pain", "is": "recorded"},
                    table="assessments",
                )
            ],
            "all",
            "Cases with any assessment with time point 3 months and VAS pain recorded.",
        ),
    ],
)  # fmt: skip
def test_a_definition_reads_well(parts, how, text):
    assert said(*parts, how=how) == text


@pytest.mark.parametrize(
    ("variable", "operator", "value", "text"),
    [
        ("cases.age_years", "=", 1, "age 1 year"),
        ("cases.age_years", "between", [60, 80], "age from 60 to 80 years"),
        ("cases.sex", "!=", "male", "sex other than male"),
        ("cases.recurrent", "=", False, "recurrent tumour answered no"),
        ("cases.recurrent", "!=", True, "recurrent tumour answered no"),
        ("cases.indications", "has_all", ["pain", "instability"], "indications including pain and instability"),
        ("cases.indications", "has_any", ["pain"], "indications including pain"),
        ("cases.height_cm", "missing", None, "height missing"),
        ("cases.height_cm", "missing", ["not_done", "lost"], "height missing (not done or lost to follow-up)"),
        ("case_summary.vas_pain__month_3", "<=", 3.5, "VAS pain (3 months) at most 3.5"),
        ("case_summary.last_contact_day", "<", 30, "last contact (day after the index procedure) below 30 days"),
    ],
)  # fmt: skip
def test_a_condition_reads_well(variable, operator, value, text):
    assert said({"variable": variable, "is": operator, "value": value}) == f"Cases with {text}."


def test_a_diagnosis_is_called_by_its_name():
    make.DiagnosisFactory(slug="renal-cell", label="Renal cell carcinoma")
    where = {"variable": "cases.diagnosis", "is": "in", "value": ["renal-cell"]}
    assert said(where) == "Cases with diagnosis Renal cell carcinoma."


def test_arms_are_named():
    arms = [
        {"code": "A", "label": "with RFA", "where": {"all": [STRATEGY, OLD]}},
        {"code": "B", "where": {"none": [OLD]}},
    ]
    assert said(RECURRENT, arms=arms) == (
        "Cases with recurrent tumour; arms: A (with RFA): strategy sacroplasty or sacroplasty+rfa, and age at least 60 "
        "years; B: without age at least 60 years."
    )


def test_every_variable_with_every_operator_has_words():
    assert set(OPERATORS) == set(Operator)
    assert set(ROWS) == set(row_tables())
    assert {variable.table for variable in askable().values()} == {*ROWS, *ONE_ROW}
    for variable in askable().values():
        part = read({"where": {"all": [{"variable": variable.key, "is": "recorded"}]}}, None).where.parts[0]
        assert phrase(part).endswith(f"{name_of(variable)} recorded"[1:])


def test_the_sentence_is_english_for_every_reader():
    with translation.override("de"):
        assert (
            said(OLD, LARGE)
            == "Cases with age at least 60 years and any lesion with lesion volume above 6.8 mL."
        )
