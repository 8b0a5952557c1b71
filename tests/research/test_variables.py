"""The catalogue of variables says of every column what the models say, and nothing twice."""

import re
from decimal import Decimal

import pytest
from django.apps import apps
from django.utils import translation

from cases.models import Case, Lesion
from outcomes.codes import TimePoint
from outcomes.models import Assessment
from registry.core.codes import MISSING_SUFFIX
from registry.core.rules import Between, rules_of
from registry.research.columns import STRUCTURE
from registry.research.definitions import COLUMNS, DECLARATIONS
from registry.research.left_out import LEFT_OUT
from registry.research.ranges import limits_in_words, limits_of
from registry.research.tables import tables
from registry.research.terminology import CODE_SYSTEMS, LOINC
from registry.research.variables import catalogue

VARIABLES = catalogue()


def words(text):
    return set(re.findall(r"\w+", text.lower()))


def test_every_column_is_a_variable_and_missing_codes_are_none():
    columns = [
        f"{table.name}.{column.name}"
        for table in tables().values()
        for column in table.columns
        if not column.name.endswith(MISSING_SUFFIX)
    ]
    assert list(VARIABLES) == columns
    assert all(variable.key == key for key, variable in VARIABLES.items())


def test_a_definition_is_a_sentence_that_says_more_than_the_label():
    for key, variable in VARIABLES.items():
        definition = variable.definition
        assert definition.endswith(".") and definition[0] == definition[0].upper(), key
        assert len(definition.split()) >= 4, key
        assert len(words(definition) - words(variable.column.label)) >= 3, key
        assert not re.search(r"[:;,.]\.|  |None", definition), key


def test_no_definition_is_left_over():
    used = {variable.column.declaration or variable.name for variable in VARIABLES.values()}
    assert set(COLUMNS) | set(DECLARATIONS) <= used


def test_a_definition_carries_what_the_declaration_says_itself():
    help_text = str(Case._meta.get_field("index_date").help_text)
    source = next(str(value.source) for value in Case.derived if value.name == "bmi")
    assert help_text and VARIABLES["cases.index_date"].definition.endswith(help_text)
    assert VARIABLES["cases.bmi"].definition.endswith(f"{source}.")


def test_definitions_are_english_whoever_asks_first():
    catalogue.cache_clear()
    try:
        with translation.override("de"):
            assert catalogue() == VARIABLES
            assert catalogue()["cases.index_date"].definition.endswith("Day of the first procedure.")
    finally:
        catalogue.cache_clear()


# -- limits and usual ranges -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key, limits, usual",
    [
        ("lesions.volume_ml", (0, 6000), None),
        ("cases.age_years", (0, 120), (18, 89)),
        ("cases.inr", (Decimal("0.5"), 20), (None, Decimal("1.5"))),
        ("cases.platelets_10e9_l", (1, 2000), (90, None)),
        ("assessments.kps", (0, 100), None),
        ("case_summary.vas_pain__month_3", (0, 10), None),
        ("procedures.blood_loss_ml", (0, 60_000), (None, 5000)),
        ("case_summary.reboa__duration_min", (1, 1800), (120, 900)),
        ("case_summary.sacroplasty__duration_min", (1, 1800), (15, 120)),
        ("procedures.duration_min", (1, 1800), None),  # two usual ranges, by kind: in words only
        ("case_summary.volume_ml__sum", None, None),  # a sum may lie beyond the limits of each part
        ("cases.index_date", None, None),
        ("lesions.side", None, None),
    ],
)
def test_limits_and_usual_ranges_come_from_the_models(key, limits, usual):
    assert (VARIABLES[key].limits, VARIABLES[key].usual) == (limits, usual)


def test_ranges_in_words_say_what_numbers_alone_do_not():
    assert VARIABLES["lesions.volume_ml"].limits_in_words == "above 0 to 6000"
    assert VARIABLES["assessments.kps"].limits_in_words.startswith("0, 10, 20")
    assert VARIABLES["procedures.duration_min"].usual_in_words == (
        "15 to 120 (for a percutaneous procedure); 120 to 900 (for an open resection)"
    )


@pytest.mark.parametrize("model", [Case, Lesion, Assessment], ids=lambda m: m.__name__)
def test_every_limited_number_of_a_model_is_limited_in_the_catalogue(model):
    numeric = [r for r in rules_of(model) if isinstance(r, Between) and not hasattr(r.low, "year")]
    assert numeric
    for rule in numeric:
        shown = [v for v in VARIABLES.values() if v.column.declaration == f"{model._meta.label}.{rule.field}"]
        assert shown, rule.field
        for variable in shown:
            assert variable.limits == limits_of(model, rule.field) == (rule.low, rule.high)
            assert variable.limits_in_words == limits_in_words(model, rule.field)


# -- the rest ----------------------------------------------------------------------------------------------------------


def test_columns_of_a_time_point_know_it():
    wide = {v.time_point for v in VARIABLES.values() if v.table == "case_summary"} - {""}
    assert wide == set(TimePoint.values) - {"unscheduled"}
    assert VARIABLES["case_summary.vas_pain__month_3"].time_point == "month_3"
    assert VARIABLES["assessments.vas_pain"].time_point == ""


def test_terminology_names_what_exists_and_reaches_the_wide_columns():
    declared = {variable.column.declaration for variable in VARIABLES.values()}
    assert set(LOINC) | set(CODE_SYSTEMS) <= declared
    assert (
        VARIABLES["assessments.vas_pain"].loinc
        == VARIABLES["case_summary.vas_pain__day_1"].loinc
        == "38214-3"
    )
    assert VARIABLES["assessments.odi"].loinc == ""
    assert VARIABLES["cases.icd10"].code_system == "ICD-10-CM"


def test_missable_is_what_has_a_companion():
    assert VARIABLES["lesions.volume_ml"].missable
    assert not VARIABLES["lesions.number"].missable
    for table in tables().values():
        names = {column.name for column in table.columns}
        for variable in (v for v in VARIABLES.values() if v.table == table.name):
            assert variable.missable is (variable.name + MISSING_SUFFIX in names)


@pytest.mark.parametrize(
    "key, level",
    [
        ("patients.hospital_number", "number"),
        ("cases.index_date", "date"),
        ("cases.notes", "text"),
        ("cases.age_years", "age"),
        ("lesions.volume_ml", ""),
        ("reported_values.location", ""),
    ],
)
def test_identifying_level(key, level):
    assert VARIABLES[key].identifying == level


def test_declarations_name_models_that_exist():
    for declaration in DECLARATIONS:
        assert apps.get_model(declaration.rpartition(".")[0])


# -- nothing is forgotten ----------------------------------------------------------------------------------------------

FLOORS = ("literature", "cases", "procedures", "outcomes")
MODELS = [
    model
    for label in FLOORS
    for model in apps.get_app_config(label).get_models()
    if not model._meta.object_name.startswith("Historical")
]


def shown():
    """Every field that some variable shows: by its declarations, and foreign keys by the keys of their tables."""
    for table in tables().values():
        for column in table.columns:
            yield from column.source.split("; ")
            step = (column.lookup or "").partition("__")[0]
            if column.lookup and column.lookup != step:
                yield f"{table.model._meta.label}.{step}"


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label)
def test_every_field_is_in_the_catalogue_or_left_out_for_a_reason(model):
    found = set(shown())
    for field in model._meta.concrete_fields:
        name = f"{model._meta.label}.{field.name}"
        reasons = [LEFT_OUT.get(model._meta.label), LEFT_OUT.get(name), STRUCTURE.get(field.name)]
        assert name in found or any(reasons), f"{name} is in no table: show it, or say in LEFT_OUT why not."
        own = LEFT_OUT.get(name)
        assert not (own and name in found), f"{name} is shown: it is not left out."


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label)
def test_every_derived_value_is_in_the_catalogue(model):
    computed = {column.computed for table in tables().values() for column in table.columns}
    assert {f"{model._meta.label}.{value.name}" for value in getattr(model, "derived", ())} <= computed


def test_what_is_left_out_exists_and_has_a_reason():
    for name, reason in LEFT_OUT.items():
        assert reason
        label, _dot, field = name.rpartition(".")
        assert name in {model._meta.label for model in MODELS} or apps.get_model(label)._meta.get_field(field)
