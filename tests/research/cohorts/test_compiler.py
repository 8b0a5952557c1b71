"""The compiled query finds the cases that the definition names, whatever is asked and whatever is unknown."""

import pytest
from django.db.models import Case as Switch
from django.db.models import Value, When
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outcomes.codes import TimePoint
from registry.research.cohorts.checking import read
from registry.research.cohorts.compiler import arms_of, cases_in_research, cases_of, condition_of
from registry.research.cohorts.operators import FITTING, Expects, expected
from registry.research.cohorts.variables import askable, choices_of, row_tables
from registry.research.columns import ColumnType
from registry.research.tables import tables
from tests import factories as make
from tests.research.cohorts.plain import Registry
from tests.research.world import World

pytestmark = pytest.mark.django_db


def cohort(user, *parts, how="all"):
    return read({"format": 1, "where": {how: list(parts)}}, user)


def found(user, *parts, how="all"):
    return {
        str(uuid) for uuid in cases_of(cohort(user, *parts, how=how), user).values_list("uuid", flat=True)
    }


def is_(variable, operator, value=None):
    return {"variable": variable, "is": operator, "value": value}


def rows(table, have, *parts, how="all"):
    return {"rows": table, "have": have, "where": {how: list(parts)}}


# -- who is in it at all ---------------------------------------------------------------------------------------------


def test_no_condition_means_every_case_the_user_may_use(world):
    assert found(world.researcher) == {str(world.a.uuid), str(world.b.uuid)}
    assert found(world.outsider) == {str(world.a.uuid)}


def test_nobody_without_consent_and_nobody_foreign_is_found_by_any_condition(world):
    anyone = found(world.researcher, is_("cases.age_years", "=", 50))
    assert anyone == set()


def test_a_case_is_there_once_however_many_rows_answer(world):
    definition = cohort(world.researcher, is_("assessments.vas_pain", ">=", 0))
    assert sorted(cases_of(definition, world.researcher).values_list("pk", flat=True)) == [
        world.a.pk,
        world.b.pk,
    ]


def test_questions_about_rows_are_no_joins(world):
    definition = cohort(
        world.researcher, is_("lesions.volume_ml", ">", 1), is_("case_summary.rfa__count", ">", 0)
    )
    sql = str(cases_of(definition, world.researcher).query)
    assert "DISTINCT" not in sql and "EXISTS" in sql


def test_only_the_time_point_that_is_asked_about_is_joined(world):
    definition = cohort(world.researcher, is_("case_summary.vas_pain__month_1", "<", 6))
    sql = str(cases_of(definition, world.researcher).query)
    assert "month_1" in sql and "month_3" not in sql
    assert found(world.researcher, is_("case_summary.vas_pain__month_1", "<", 6)) == {str(world.b.uuid)}


# -- what is unknown -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operator", ["=", "!=", "<", ">="])
def test_a_condition_on_an_unknown_value_is_not_met(world, operator):
    assert str(world.a.uuid) not in found(world.researcher, is_("cases.height_cm", operator, 170))


def test_none_of_what_is_not_met_holds(world):
    assert str(world.a.uuid) in found(world.researcher, is_("cases.height_cm", ">", 100), how="none")
    assert str(world.a.uuid) in found(world.researcher, is_("cases.height_cm", "!=", 100), how="none")


def test_missing_may_ask_for_the_reason(world):
    a = {str(world.a.uuid)}
    assert a <= found(world.researcher, is_("cases.height_cm", "missing"))
    assert found(world.researcher, is_("cases.height_cm", "missing", ["not_reported"])) == a
    assert found(world.researcher, is_("cases.height_cm", "missing", ["group_only"])) == set()
    assert found(world.researcher, is_("assessments.odi", "missing", ["not_done"])) == a


def test_an_age_is_asked_about_as_it_is_shown(world):
    """Case A is 93; nobody learns more than that this is 90 or above."""
    a = {str(world.a.uuid)}
    assert found(world.researcher, is_("cases.age_years", "=", 90)) == a
    for operator, value in ((">=", 95), (">", 92), (">", 93), ("between", [91, 200])):
        assert found(world.researcher, is_("cases.age_years", operator, value)) == a
    for operator, value in (("<", 91), ("<=", 90), ("<", 93), ("<=", 92)):
        assert a <= found(world.researcher, is_("cases.age_years", operator, value))


# -- rows ------------------------------------------------------------------------------------------------------------


def test_any_every_and_no_row(world):
    a, b = str(world.a.uuid), str(world.b.uuid)
    large = is_("lesions.volume_ml", ">", 1)
    assert found(world.researcher, rows("lesions", "any", large)) == {a, b}
    assert found(world.researcher, rows("lesions", "every", large)) == {b}
    assert found(world.researcher, rows("lesions", "none", large)) == set()
    assert found(world.researcher, rows("lesions", "none", is_("lesions.volume_ml", ">", 7))) == {b}


def test_every_row_wants_at_least_one(world):
    empty = make.CaseFactory(patient=make.PatientFactory(center=world.own), diagnosis=world.diagnosis)
    assert str(empty.uuid) not in found(
        world.researcher, rows("lesions", "every", is_("lesions.levels", "recorded"))
    )
    assert str(empty.uuid) in found(world.researcher, {"rows": "lesions", "have": "none"})


def test_an_unknown_value_breaks_every(world):
    make.LesionFactory(case=world.b, levels="S2")
    assert found(world.researcher, rows("lesions", "every", is_("lesions.volume_ml", ">", 1))) == set()


def test_two_conditions_in_a_block_are_about_the_same_row(world):
    month_1, none_left = is_("assessments.time_point", "=", "month_1"), is_("assessments.vas_pain", "=", 0)
    b = str(world.b.uuid)
    assert b in found(world.researcher, month_1, none_left)
    assert b not in found(world.researcher, rows("assessments", "any", month_1, none_left))


def test_codes_are_not_found_in_one_another(world):
    make.LesionFactory(case=world.b, levels="T10")
    assert found(world.researcher, is_("lesions.levels", "has_any", ["T1"])) == set()
    assert found(world.researcher, is_("lesions.levels", "has_any", ["T10"])) == {str(world.b.uuid)}
    assert found(world.researcher, is_("lesions.levels", "has_all", ["L3", "L4"])) == {str(world.a.uuid)}
    assert found(world.researcher, is_("lesions.levels", "has_all", ["L4", "pelvis"])) == set()


def test_arms_are_parts_of_the_cohort(world):
    definition = read(
        {
            "where": {"all": [is_("cases.age_years", ">=", 60)]},
            "arms": [
                {"code": "rfa", "where": {"all": [is_("case_summary.rfa__count", ">", 0)]}},
                {"code": "old", "where": {"all": [is_("cases.age_years", ">", 80)]}},
            ],
        },
        world.researcher,
    )
    arms = arms_of(definition, world.researcher)
    assert {code: [case.pk for case in cases] for code, cases in arms.items()} == {
        "rfa": [world.b.pk],
        "old": [world.a.pk],
    }
    assert list(arms_of(cohort(world.researcher), world.researcher)) == [""]


# -- whatever may be asked -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", [name for name in tables() if name != "reported_values"])
def test_every_operator_of_every_variable_agrees_with_plain_python(world, table):
    """Each variable with each operator, over values that occur; the rows of the exports are the oracle."""
    registry = Registry(world.researcher)
    for variable in of_table(table):
        seen = [row[variable.name] for listed in registry.rows[table].values() for row in listed]
        asked = [
            cohort(world.researcher, is_(variable.key, operator, value), how=how)
            for operator in FITTING[variable.column.type]
            for value in candidates(variable, operator, seen, world.researcher)
            for how in ("all", "none")
        ]
        answers = cases_in_research(world.researcher).annotate(
            **{f"answer_{n}": yes(definition) for n, definition in enumerate(asked)}
        )
        for n, definition in enumerate(asked):
            compiled = {str(case.uuid) for case in answers if getattr(case, f"answer_{n}")}
            assert compiled == registry.cases_of(definition.where), definition.canonical()


def of_table(table):
    """The variables of a table; of the wide one those that are its own, at two of the time points."""
    for variable in askable().values():
        point = variable.name.rpartition("__")[2]
        repeated = table == "case_summary" and (
            f"cases.{variable.name}" in askable() or point in set(TimePoint.values) - {"baseline", "month_12"}
        )
        if variable.table == table and not repeated:
            yield variable


def yes(definition):
    return Switch(When(condition_of(definition.where), then=Value(1)), default=Value(0))


def candidates(variable, operator, seen, user):
    """A few values of the variable's type for an operator."""
    known = sorted({str(value) for value in seen if value not in (None, "")})
    if variable.column.type is ColumnType.CODE_SET:
        known = sorted({code for value in known for code in value.split(";")})
    codes = [code for code, _label in choices_of(variable, user)]
    if variable.column.type is ColumnType.BOOLEAN:
        known = ["true", "false"]
    elif variable.column.type in (ColumnType.NUMBER, ColumnType.INTEGER):
        known = [f"{float(value):.6f}".rstrip("0").rstrip(".") for value in known if len(value) < 9] or ["0"]
    elif not known:
        known = codes[:1] or ["sacroplasty"]
    if variable.column.type is ColumnType.KEY:
        known = known if known != ["sacroplasty"] else []
    match expected(operator):
        case Expects.NOTHING:
            return [None]
        case Expects.REASONS:
            return [None, ["not_reported", "not_done"]] if variable.missable else [None]
        case Expects.SEVERAL:
            return [known[:2]] if known else []
        case Expects.TWO:
            return [sorted((known * 2)[:2], key=float)]
    return known[-1:]


def conditions(table):
    """Any condition on any variable of a table."""
    variables = [each for each in askable().values() if each.table == table and not is_key(each)]

    @st.composite
    def drawn(draw):
        variable = draw(st.sampled_from(variables))
        operator = draw(st.sampled_from(FITTING[variable.column.type]))
        return is_(variable.key, operator, draw(values(variable, operator)))

    return drawn()


def is_key(variable):
    return variable.column.type is ColumnType.KEY


def values(variable, operator):
    column = variable.column
    if column.type is ColumnType.BOOLEAN:
        one = st.booleans()
    elif column.type in (ColumnType.NUMBER, ColumnType.INTEGER):
        one = st.sampled_from([0, 1, 2.5, 5, 6.8, 60, 64, 90, 95])
    elif column.codes:
        one = st.sampled_from([code for code, _label in column.codes])
    else:
        one = st.sampled_from(["sacroplasty+rfa", "reboa"])
    match expected(operator):
        case Expects.NOTHING:
            return st.none()
        case Expects.REASONS:
            reasons = st.lists(
                st.sampled_from(["not_reported", "not_done", "unknown"]), min_size=1, max_size=2
            )
            return st.none() | reasons if variable.missable else st.none()
        case Expects.SEVERAL:
            return st.lists(one, min_size=1, max_size=3)
        case Expects.TWO:
            return st.lists(one, min_size=2, max_size=2).map(sorted)
    return one


def groups(leaves):
    """Trees of groups over these leaves."""
    return st.recursive(
        leaves,
        lambda inner: st.builds(
            lambda how, parts: {how: parts},
            st.sampled_from(["all", "any", "none"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        max_leaves=6,
    ).map(lambda tree: tree if set(tree) & {"all", "any", "none"} else {"all": [tree]})


@st.composite
def blocks(draw):
    table = draw(st.sampled_from(row_tables()))
    return {
        "rows": table,
        "have": draw(st.sampled_from(["any", "every", "none"])),
        "where": draw(groups(conditions(table))),
    }


def anything():
    on_tables = [conditions(name) for name in tables() if name != "reported_values"]
    return groups(st.one_of(*on_tables, blocks(), blocks(), blocks()))


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(where=anything())
def test_any_definition_agrees_with_plain_python(where):
    world, registry = a_world()
    definition = read({"where": where}, None)
    compiled = cases_of(definition, world.researcher).values_list("uuid", flat=True)
    assert {str(uuid) for uuid in compiled} == registry.cases_of(definition.where)


_world = []


def a_world():
    """One world for all examples of a test; it goes with the test's transaction."""
    from cases.models import Case

    if not _world or not Case.objects.filter(pk=_world[0].a.pk).exists():
        _world[:] = [World()]
        make.LesionFactory(case=_world[0].b, levels="S2", zone_central=True)
        make.CaseFactory(patient=make.PatientFactory(center=_world[0].own), diagnosis=_world[0].diagnosis)
        _world.append(Registry(_world[0].researcher))
    return _world


def test_a_document_of_the_greatest_depth_and_size_still_runs(world):
    leaf = rows("lesions", "every", is_("lesions.sins_class", "in", ["stable"]))
    deep = leaf
    for level in range(18):
        deep = {("all", "any", "none")[level % 3]: [deep, is_("case_summary.vas_pain__baseline", ">", 3)]}
    wide = [is_("case_summary.bmi", ">", number / 10) for number in range(180)]
    definition = read({"where": {"all": [deep, *wide]}}, None)
    assert {str(case.uuid) for case in cases_of(definition, world.researcher)} == Registry(
        world.researcher
    ).cases_of(definition.where)
