"""A definition is read and checked: what is wrong is said at its path, in words, whatever was sent."""

import json

import pytest
from django.core.exceptions import ValidationError

from registry.research.cohorts.checking import DEEPEST, MOST_CONDITIONS, read
from registry.research.cohorts.variables import askable
from registry.research.columns import Identity
from registry.research.variables import catalogue
from tests import factories as make

pytestmark = pytest.mark.django_db

OLD = {"variable": "cases.age_years", "is": ">=", "value": 60}


def refused(*parts, how="all", **more):
    with pytest.raises(ValidationError) as refusal:
        read({"where": {how: list(parts)}, **more}, None)
    return refusal.value.message_dict


def value_of(variable, operator, value, user=None):
    definition = read({"where": {"all": [{"variable": variable, "is": operator, "value": value}]}}, user)
    return definition.where.parts[0].value


# -- names -----------------------------------------------------------------------------------------------------------


def test_an_unknown_variable_is_named_with_the_nearest_one():
    assert refused(OLD, {"variable": "lesion.volume", "is": ">", "value": 3}) == {
        "where.all[1].variable": ["There is no variable “lesion.volume”. Did you mean lesions.volume_ml?"]
    }


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("lesion.vol", "lesions.volume_ml"),
        ("cases.age", "cases.age_years"),
        ("assessment.vas", "assessments.vas_pain"),
        ("case_sumary.vas_pain__month_3", "case_summary.vas_pain__month_3"),
    ],
)
def test_the_beginning_of_a_name_says_what_was_meant(typed, meant):
    said = refused({"variable": typed, "is": ">", "value": 3})["where.all[0].variable"][0]
    assert said.endswith(f"Did you mean {meant}?")


def test_a_name_that_is_near_to_nothing_is_refused_all_the_same():
    said = refused({"variable": "x" * 5000, "is": ">", "value": 3})["where.all[0].variable"][0]
    assert said.startswith("There is no variable “xxx") and len(said) < 200


def test_an_operator_that_does_not_fit_names_those_that_do():
    said = refused({"any": [{"variable": "lesions.zone_central", "is": ">=", "value": 1}]})
    assert said == {
        "where.all[0].any[0].is": [
            "“>=” does not fit lesions.zone_central, which is a boolean. Operators that fit: =, !=, recorded, missing."
        ]
    }


def test_an_operator_that_is_none_is_refused():
    said = refused({"variable": "cases.age_years", "is": "above", "value": 1})
    assert list(said) == ["where.all[0].is"] and ">=" in said["where.all[0].is"][0]


def test_every_wrong_path_is_named_at_once():
    said = refused(
        {"variable": "cases.sex", "is": "=", "value": "f"},
        {"rows": "lesion", "have": "any", "where": {"all": []}},
        arms=[{"code": "A", "where": {"any": [{"variable": "cases.bmi", "is": "between", "value": [3, 1]}]}}],
    )
    assert set(said) == {
        "where.all[0].value",
        "where.all[1].rows",
        "arms[0].where.any[0].value",
    }


# -- identity --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "why"),
    [
        ("cases.index_date", "exact date"),
        ("patients.consent_date", "exact date"),
        ("procedures.notes", "free text"),
        ("patients.registry_id", "identifies the patient"),
        ("patients.hospital_number", "identifies the patient"),
        ("patients.birth_year", "identifies the patient"),
        ("reported_values.value", "belongs to no patient"),
    ],
)
def test_what_identifies_is_not_asked_about(variable, why):
    said = refused({"variable": variable, "is": "recorded"})
    assert why in said["where.all[0].variable"][0]


def test_all_that_identifies_is_left_out_but_the_age():
    left = [variable for variable in askable().values() if variable.column.identity]
    assert {variable.column.identity for variable in left} == {Identity.AGE}
    assert len(catalogue()) > len(askable())


# -- values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "operator", "given", "kept"),
    [
        ("lesions.volume_ml", "=", "6,8", 6.8),
        ("lesions.volume_ml", "=", "6.80", 6.8),
        ("lesions.volume_ml", ">", 0, 0),
        ("lesions.volume_ml", "in", ["1", 2, "2,0"], [1, 2]),
        ("cases.age_years", "between", ["60", "120"], [60, 90]),
        ("cases.age_years", ">=", 95, 90),
        ("cases.age_years", ">", 95, 89),
        ("cases.age_years", "<", 95, 91),
        ("lesions.zone_central", "=", "yes", True),
        ("lesions.zone_central", "=", False, False),
        ("cases.sex", "in", ["male", "male"], ["male"]),
        ("lesions.levels", "has_all", ["S1", "S2"], ["S1", "S2"]),
        ("cases.height_cm", "missing", None, None),
        ("cases.height_cm", "missing", ["not_done"], ["not_done"]),
        ("cases.strategy", "=", " sacroplasty+rfa ", "sacroplasty+rfa"),
    ],
)
def test_values_are_read_by_type(variable, operator, given, kept):
    value = value_of(variable, operator, given)
    assert value == kept and type(value) is type(kept)


@pytest.mark.parametrize(
    ("variable", "operator", "value", "said"),
    [
        ("lesions.volume_ml", "=", "6.8.1", "more than one decimal separator"),
        ("lesions.volume_ml", "=", "six", "is not a number"),
        ("lesions.volume_ml", "=", True, "Enter a number"),
        ("lesions.volume_ml", "=", None, "Give a value"),
        ("lesions.volume_ml", "=", "", "Enter a number"),
        ("lesions.volume_ml", "=", [1], "not a list"),
        ("lesions.volume_ml", "=", {"a": 1}, "not a list"),
        ("lesions.volume_ml", "=", "1" * 19, "too large"),
        ("lesions.volume_ml", "=", 1e308, "is not a number"),
        ("lesions.volume_ml", "in", 1, "Give a list"),
        ("lesions.volume_ml", "in", [], "at least one"),
        ("lesions.volume_ml", "in", list(range(501)), "at most 500"),
        ("lesions.volume_ml", "between", [1], "two numbers"),
        ("lesions.volume_ml", "between", [2, 1], "above the second"),
        ("lesions.volume_ml", "recorded", 3, "takes no value"),
        ("lesions.zone_central", "=", "perhaps", "yes or no"),
        ("lesions.zone_central", "=", 1, "true or false"),
        ("cases.sex", "=", "f", "not one of: male, female"),
        ("cases.sex", "in", [["male"]], "not a list"),
        ("lesions.levels", "has_any", ["S1;S2"], "not one of: C1"),
        ("cases.strategy", "=", "rfa+sacroplasty", "is no strategy"),
        ("cases.icd10", "=", 7, "Enter text"),
        ("cases.icd10", "=", "a\x00", "Null characters"),
        ("cases.icd10", "=", "x" * 201, "at most 200"),
        ("cases.case_id", "=", "4711", "is not an id"),
        ("cases.height_cm", "missing", ["why"], "not one of: not_recorded"),
        ("cases.bmi", "missing", ["unknown"], "No reason is kept"),
    ],
)
def test_a_value_that_cannot_be_is_refused(variable, operator, value, said):
    found = refused({"variable": variable, "is": operator, "value": value})
    assert list(found) == ["where.all[0].value"] and said in found["where.all[0].value"][0]


def test_codes_that_the_database_holds_are_known_to_whoever_may_see_them(center, researcher):
    make.DiagnosisFactory(slug="chordoma")
    foreign = make.CenterFactory(code="FOREIGN")
    assert value_of("cases.diagnosis", "=", "chordoma", researcher) == "chordoma"
    assert value_of("cases.center", "=", center.code, researcher) == center.code
    for variable, code in (("cases.diagnosis", "chordomas"), ("cases.center", foreign.code)):
        with pytest.raises(ValidationError) as refusal:
            value_of(variable, "=", code, researcher)
        assert f"“{code}” is not one of" in refusal.value.messages[0]


# -- shape -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", ["", "[]", "3", "{", b"\xff", "null", "{'a': 1}", '{"where": NaN'])
def test_what_is_no_object_is_refused(raw):
    with pytest.raises(ValidationError) as refusal:
        read(raw, None)
    assert list(refusal.value.message_dict) == ["document"]


@pytest.mark.parametrize(
    ("document", "path", "said"),
    [
        ({}, "where", "This is needed"),
        ({"where": []}, "where", "Enter an object"),
        ({"where": {}}, "where", "exactly one of"),
        ({"where": {"all": [], "any": []}}, "where", "exactly one of"),
        ({"where": {"any": []}}, "where.any", "holds no condition"),
        ({"where": {"all": {}}}, "where.all", "Enter a list"),
        ({"where": {"all": [[]]}}, "where.all[0]", "Enter a condition"),
        ({"where": {"all": [{}]}}, "where.all[0]", "Enter a condition"),
        ({"where": {"all": [{"all": []}]}}, "where.all[0].all", "holds no condition"),
        ({"where": {"all": [{**OLD, "values": 1}]}}, "where.all[0].values", "Known: variable, is, value"),
        ({"where": {"all": []}, "arm": []}, "arm", "Known: format, title, note, where, arms"),
        ({"where": {"all": []}, "format": 2}, "format", "“2” is not one of: 1"),
        ({"where": {"all": []}, "title": 3}, "title", "Enter text"),
        ({"where": {"all": []}, "title": "x" * 151}, "title", "at most 150"),
        ({"where": {"all": []}, "title": "a\x00"}, "title", "Null characters"),
        ({"where": {"all": []}, "arms": [{"where": {"all": [OLD]}}]}, "arms[0].code", "This is needed"),
        ({"where": {"all": []}, "arms": [{"code": "a b", "where": {"all": [OLD]}}]}, "arms[0].code", "letters"),
        ({"where": {"all": []}, "arms": [{"code": "", "where": {"all": [OLD]}}]}, "arms[0].code", "Enter text"),
        ({"where": {"all": []}, "arms": [{"code": "A", "where": {"all": []}}]}, "arms[0].where.all", "no condition"),
        ({"where": {"all": []}, "arms": [{"code": c, "where": {"all": [OLD]}} for c in "Aa"]}, "arms[1].code", "Two"),
        ({"where": {"all": []}, "arms": [{"code": f"A{n}", "where": {"all": [OLD]}} for n in range(11)]}, "arms", "10"),
        ({"where": {"all": [{"rows": "cases", "have": "any"}]}}, "where.all[0].rows", "not one of: lesions"),
        ({"where": {"all": [{"rows": "lesions", "have": "some"}]}}, "where.all[0].have", "any, every, none"),
        ({"where": {"all": [{"rows": "lesions", "have": "every"}]}}, "where.all[0].where", "what must hold"),
        (
            {"where": {"all": [{"rows": "lesions", "have": "any", "where": {"all": [OLD]}}]}},
            "where.all[0].where.all[0].variable",
            "only their own variables",
        ),
        (
            {"where": {"all": [{"rows": "lesions", "have": "any", "where": {"all": [{"rows": "x", "have": "any"}]}}]}},
            "where.all[0].where.all[0]",
            "cannot stand within another",
        ),
    ],
)  # fmt: skip
def test_a_shape_that_cannot_be_is_refused_at_its_path(document, path, said):
    with pytest.raises(ValidationError) as refusal:
        read(document, None)
    assert said in refusal.value.message_dict[path][0]


def nested(depth, how="all"):
    inner = OLD
    for _level in range(depth):
        inner = {how: [inner]}
    return {"where": inner}


def test_the_greatest_depth_is_read_and_one_more_is_not():
    assert read(nested(DEEPEST), None)
    with pytest.raises(ValidationError) as refusal:
        read(nested(DEEPEST + 1), None)
    assert "nested more than 20 deep" in refusal.value.messages[0]


@pytest.mark.parametrize("depth", [100, 5_000, 100_000])
def test_a_document_nested_without_end_is_refused_in_words(depth):
    with pytest.raises(ValidationError) as refusal:
        read('{"where":' + '{"all":[' * depth + "]}" * depth + "}", None)
    assert refusal.value.messages == ["Conditions are nested more than 20 deep."]
    with pytest.raises(ValidationError) as refusal:
        read(nested(depth), None)
    assert refusal.value.messages == ["Conditions are nested more than 20 deep."]


@pytest.mark.parametrize("where", ["value", "title", "note"])
def test_a_value_nested_without_end_is_refused_in_words(where):
    value = []
    for _level in range(50_000):
        value = [value]
    document = (
        {"where": {"all": [{**OLD, "value": value}]}} if where == "value" else {"where": {}, where: value}
    )
    with pytest.raises(ValidationError) as refusal:
        read(document, None)
    assert refusal.value.messages == ["Conditions are nested more than 20 deep."]


def test_too_many_conditions_are_counted():
    assert read({"where": {"all": [OLD] * MOST_CONDITIONS}}, None)
    said = refused(*[OLD] * (MOST_CONDITIONS + 1))
    assert said == {"where": ["A definition holds at most 200 conditions; this one holds 201."]}
    said = refused(*[{"all": []}] * 5_000)
    assert "at most 200" in said["where"][0]
    # What is no condition is counted before anything looks at each of them.
    for stray in (1, {}, [[]]):
        assert "this one holds 300" in refused(*[stray] * 300)["where"][0]


# -- what is kept ----------------------------------------------------------------------------------------------------


def test_the_same_definition_has_the_same_hash_however_it_was_written():
    written = (
        '{"where": {"all": [{"value": "60,0", "is": ">=", "variable": "cases.age_years"}]}, "title": " A "}'
    )
    sent = {"title": "A", "format": 1, "note": "", "arms": [], "where": {"all": [OLD]}}
    assert read(written, None).sha256 == read(sent, None).sha256
    assert read({**sent, "title": "B"}, None).sha256 != read(sent, None).sha256
    kept = read(sent, None)
    assert read(json.loads(kept.canonical()), None) == kept


def test_what_is_kept_says_nothing_that_was_not_said():
    document = {"where": {"all": [{"variable": "cases.bmi", "is": "recorded"}]}}
    assert read(document, None).as_json() == {"format": 1, "title": "", "note": "", "arms": [], **document}
