"""Every derived value is one declaration: its SQL and its Python agree on whatever records there may be."""

import datetime
import math
from decimal import Decimal

import pytest
from django.db import models, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.models import Case, Lesion, Patient
from outcomes.codes import TimePoint
from outcomes.models import Assessment, Complication, FollowUpStatus
from outcomes.models.followup import EVENTS
from procedures.codes import Kind
from procedures.models import Ablation, BalloonInflation, Procedure, TransarterialSession, TreatedLesion
from procedures.strategy import STRATEGY, strategy_is
from registry.core import fields
from registry.core.models import Record
from registry.core.records import _pass
from registry.core.rules import Between, CodedMissing, OneOf, SubsetOf, rules_of
from registry.research.days import day_sql
from tests import factories as make
from tests.declared import record_models

DERIVED_MODELS = [model for model in record_models() if model.derived]


def admissible(model, field):
    """Values that the rules of this field alone allow, None included."""
    rules = {
        type(rule): rule for rule in rules_of(model) if rule.field == field.name and len(rule.fields) == 1
    }
    if SubsetOf in rules:
        codes = st.lists(st.sampled_from(rules[SubsetOf].codes), min_size=1, max_size=4, unique=True)
        return st.none() | codes.map(lambda chosen: field.clean(chosen, None))
    if OneOf in rules:
        return st.none() | st.sampled_from(rules[OneOf].codes)
    if isinstance(field, models.BooleanField):
        return st.none() | st.booleans()
    if Between in rules and isinstance(field, models.DecimalField):
        step = Decimal(1).scaleb(-field.decimal_places)
        low, high = (int(Decimal(limit) / step) for limit in (rules[Between].low, rules[Between].high))
        low += rules[Between].above
        return st.none() | st.integers(low, high).map(lambda steps: steps * step)
    if Between in rules and isinstance(field, models.IntegerField):
        return st.none() | st.integers(int(rules[Between].low), int(rules[Between].high))
    if isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField):
        return st.none() | st.dates(datetime.date(2020, 1, 1), datetime.date(2024, 12, 31))
    return st.none()


@st.composite
def values_of(draw, model, **fixed):
    """Field values of one record that the database accepts: whatever breaks a rule of several fields is emptied."""
    found = dict(fixed)
    for field in model._meta.local_fields:
        if (
            field.name in found
            or field.is_relation
            or field.name in {b.name for b in Record._meta.local_fields}
        ):
            continue
        if not (field.null and isinstance(field, fields._Read)):
            continue
        found[field.name] = draw(admissible(model, field))
    for _pass_over in range(3):
        for rule in rules_of(model):
            if isinstance(rule, CodedMissing):
                continue
            at = {name: found.get(name) for name in rule.fields}
            if not rule.holds(at):
                found.update({name: None for name in rule.fields if name not in fixed})
    return found


@st.composite
def trees(draw):
    """One case and everything below it, as field values."""
    few = {"max_size": 3}
    points = st.lists(st.sampled_from([p.value for p in TimePoint]), unique=True, max_size=4)
    return {
        "case": draw(values_of(Case)),
        "lesions": draw(st.lists(values_of(Lesion), min_size=1, **few)),
        "procedures": [
            {
                "values": draw(values_of(Procedure, kind=kind)),
                "inflations": draw(st.lists(values_of(BalloonInflation), **few)),
                "treated": draw(values_of(TreatedLesion)),
                "ablations": draw(st.lists(values_of(Ablation), **few)),
                "sessions": [
                    draw(values_of(TransarterialSession, kind=session))
                    for session in draw(st.lists(st.sampled_from(["tai", "tace", "tae"]), max_size=2))
                ],
                "complications": draw(st.lists(values_of(Complication, kind="bleeding"), max_size=2)),
            }
            for kind in draw(st.lists(st.sampled_from(Kind.values), **few))
        ],
        "assessments": [
            draw(
                values_of(Assessment, time_point=point)
                if point != "unscheduled"
                else values_of(
                    Assessment, time_point=point, interval_value=Decimal("2.5"), interval_unit="weeks"
                )
            )
            for point in draw(points)
        ],
        "followup": draw(values_of(FollowUpStatus)),
    }


def write(tree, patient, number):
    """Straight into the tables: what the door would refuse for other reasons may be read all the same."""

    def add(model, **values):
        return model._base_manager.bulk_create([model(**values)])[0]

    with _pass(make.TESTS, "test"):
        case = add(Case, patient=patient, center=patient.center, number=number, **tree["case"])
        lesions = [add(Lesion, case=case, number=n, **values) for n, values in enumerate(tree["lesions"], 1)]
        for sequence, below in enumerate(tree["procedures"], 1):
            procedure = add(Procedure, case=case, sequence=sequence, **below["values"])
            for number, values in enumerate(below["inflations"], 1):
                add(BalloonInflation, procedure=procedure, number=number, **values)
            treated = add(TreatedLesion, procedure=procedure, lesion=lesions[0], **below["treated"])
            for cycle, values in enumerate(below["ablations"], 1):
                add(Ablation, treated_lesion=treated, cycle=cycle, **values)
            for number, values in enumerate(below["sessions"], 1):
                add(TransarterialSession, procedure=procedure, number=number, **values)
            for values in below["complications"]:
                add(Complication, procedure=procedure, **values)
        for values in tree["assessments"]:
            add(Assessment, case=case, **values)
        add(FollowUpStatus, case=case, **tree["followup"])


def same(in_sql, in_python):
    if in_sql is None or in_python is None:
        return in_sql is in_python
    if isinstance(in_python, str | bool):
        return type(in_sql) is type(in_python) and in_sql == in_python
    return math.isclose(float(in_sql), float(in_python), rel_tol=1e-9, abs_tol=1e-9)


def test_the_tree_has_every_model_that_derives_something():
    assert set(DERIVED_MODELS) == {
        Case,
        Lesion,
        Procedure,
        BalloonInflation,
        TreatedLesion,
        Assessment,
        Complication,
    }


@pytest.mark.django_db
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(forest=st.lists(trees(), min_size=1, max_size=3))
def test_sql_and_python_agree(forest):
    with transaction.atomic():
        patient = Patient.objects.first() or make.PatientFactory()
        for number, tree in enumerate(forest, 1):
            write(tree, patient, number)
        for model in DERIVED_MODELS:
            for row in model.objects.with_derived():
                for value in model.derived:
                    in_sql, in_python = getattr(row, value.name), value.python(row)
                    assert same(in_sql, in_python), (model.__name__, value.name, in_sql, in_python)
        found = list(Case.objects.annotate(in_sql=STRATEGY.sql()))
        for case in found:
            assert same(case.in_sql, STRATEGY.python(case))
        for strategy in {case.in_sql for case in found} - {None}:
            of_it = {case.pk for case in found if case.in_sql == strategy}
            assert set(Case.objects.filter(strategy_is(strategy)).values_list("pk", flat=True)) == of_it
        for row in Assessment.objects.annotate(
            in_sql=day_sql("date", "case", "interval_value", "interval_unit")
        ):
            assert same(row.in_sql, row.day())
        for event in EVENTS:
            names = (f"{event}_date", "case", f"{event}_interval_value", f"{event}_interval_unit")
            for row in FollowUpStatus.objects.annotate(in_sql=day_sql(*names)):
                assert same(row.in_sql, row.event_day(event))
        transaction.set_rollback(True)
