"""Every declared rule: ``holds()`` in Python and the condition in the database give the same answer.

Runs on whichever database the suite runs on; both are run.
"""

import datetime
import logging
from decimal import Decimal

import pytest
from django.db import IntegrityError, models, transaction
from django.db.models import Value
from django.db.utils import DataError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.core import rules
from registry.core.codes import MissingCode
from registry.core.history import Pass, current_pass
from tests.declared import breakages, declared_rules, rule_id
from tests.factories import FACTORY_OF

DECLARED = declared_rules()


def interesting(model, name, rule):
    """Values near what the rule speaks of, and far from it, and none at all."""
    column = model._meta.get_field(name)
    mentioned = []
    for other in rules.rules_of(model):
        if name not in other.fields:
            continue
        if isinstance(other, rules.Between) and other.field == name:
            mentioned += [other.low, other.high]
        if isinstance(other, rules.OneOf) and other.field == name:
            mentioned += list(other.codes)
    if isinstance(column, models.JSONField):
        missable = rule.missable or ("nothing",)
        keys = st.sampled_from([*missable[:4], "no_such_field"])
        return st.dictionaries(keys, st.sampled_from([*MissingCode.values[:3], "no_such_code"]), max_size=2)
    if isinstance(column, models.BooleanField):
        return st.sampled_from([None, True, False])
    if isinstance(column, models.DateTimeField):
        return st.sampled_from([None, datetime.datetime(2024, 3, 11, 8, 30, tzinfo=datetime.UTC)])
    if isinstance(column, models.DateField):
        return st.none() | st.dates(datetime.date(1890, 1, 1), datetime.date(2110, 1, 1))
    if isinstance(column, models.DecimalField):
        low, high = min(mentioned, default=0), max(mentioned, default=100)
        numbers = st.decimals(Decimal(low) - 3, Decimal(high) + 3, places=column.decimal_places)
        return st.none() | numbers | st.sampled_from([Decimal(value) for value in mentioned] or [Decimal(0)])
    if isinstance(column, models.IntegerField | models.ForeignKey):
        numbers = [value for value in mentioned if isinstance(value, int | Decimal)]
        low, high = int(min(numbers, default=0)), int(max(numbers, default=100))
        return st.none() | st.integers(low - 3, high + 3)
    if isinstance(rule, rules.SubsetOf):
        codes = st.sampled_from(
            [*rule.codes[:3], rule.codes[-1], "no_such_code", rule.codes[0].upper() + "x"]
        )
        return st.none() | st.lists(codes, max_size=4).map(";".join)
    return st.none() | st.sampled_from([*(str(value) for value in mentioned), "no_such_code", ""])


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "rule"), DECLARED, ids=rule_id)
def test_rule_agrees_with_the_database(model, rule, caplog):
    values = st.fixed_dictionaries({name: interesting(model, name, rule) for name in rule.fields})

    @settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(values)
    def agree(drawn):
        against = {
            name: Value(value, output_field=model._meta.get_field(name).clone())
            for name, value in drawn.items()
        }
        assert rule.holds(drawn) == rule.condition.check(against), drawn

    with caplog.at_level(logging.WARNING, "django.db.models"):
        agree()
    assert "database error" not in caplog.text


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "rule"), DECLARED, ids=rule_id)
def test_the_database_refuses_what_passes_by_every_door(model, rule):
    record = FACTORY_OF[model]()
    rows = model._base_manager.filter(pk=record.pk)
    for values in breakages(rule, record):
        token = current_pass.set(Pass(None, ""))
        try:
            with pytest.raises((IntegrityError, DataError)) as refused, transaction.atomic():
                rows.update(**values)
            assert rule.name in str(refused.value) or isinstance(refused.value, DataError)
        finally:
            current_pass.reset(token)
