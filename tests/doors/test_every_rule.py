"""Every declared rule at every door: the same wrong value is refused with the same words, and nothing is written.

Generated from the declarations. The database itself, with all doors bypassed, is in ``core/test_rules_agree.py``.
"""

import pytest
from django.core.exceptions import ValidationError

from registry.core import rules
from registry.core.models import Record
from tests.declared import breakages, declared_rules, rule_id
from tests.doors import doors
from tests.factories import FACTORY_OF, UserFactory

#: Scoped records: literature and code lists are written by loaders alone, so no other door leads to them.
CLINICAL = [(model, rule) for model, rule in declared_rules() if model.center_path is not None]
#: What no form shows: the address says which month it is, and signing off is an act of its own.
BY_NO_FORM = {
    ("AscertainmentMonth", "month"),
    ("AscertainmentMonth", "state"),
    ("AscertainmentMonth", "missing"),
}


@pytest.fixture
def user(db):
    """May do everything the rules allow, in the browser, the admin and the API."""
    return UserFactory(is_superuser=True)


def make(model: type[Record]) -> Record:
    return model._base_manager.get(pk=FACTORY_OF[model]().pk)


@pytest.mark.parametrize(("model", "rule"), CLINICAL, ids=rule_id)
def test_every_door_refuses_with_the_same_words(model, rule, user):
    record = make(model)
    reached = set()
    for values in breakages(rule, record):
        words = expected(rule, record, values, user)
        for door in (doors.browser_form, doors.admin_form, doors.api):
            try:
                refusal = door(make_again(record), values, user)
            except doors.Unreachable:
                continue
            reached.add(door.__name__)
            for field, messages in words.items():
                at = refusal.get(field, []) + refusal.get("__all__", [])
                assert set(messages) <= set(at), f"{door.__name__} says {refusal} for {values}"
    assert model._base_manager.get(pk=record.pk).version == 1
    if (model.__name__, rule.field) in BY_NO_FORM:
        assert not reached, "a form shows it after all"
    elif not isinstance(rule, rules.CodedMissing) or rule.missable:
        assert reached, "no door can break the rule"


def make_again(record: Record) -> Record:
    return type(record)._base_manager.get(pk=record.pk)


def expected(rule, record, values, user):
    """The words of the rule, by field; the write door, which all others go through, must say them."""
    broken = make_again(record)
    for name, value in values.items():
        setattr(broken, name, value)
    with pytest.raises(ValidationError) as refused:
        rule.validate(type(record), broken)
    words = refused.value.message_dict
    said = doors.write_door(make_again(record), values, user)
    for field, messages in words.items():
        assert set(messages) <= set(said.get(field, [])), f"the write door says {said} for {values}"
    return words


def test_the_loader_refuses_every_rule_with_the_same_words(user, tmp_path):
    """One document with a patient for each wrong value: the loader names all of them at once."""
    patients, awaited = [], []
    for model, rule in CLINICAL:
        record = make(model)
        for values in breakages(rule, record):
            try:
                patient = doors.loader_patient(model, values, f"p{len(patients)}")
            except doors.Unreachable:
                continue
            words = expected(rule, record, values, user)
            awaited.append((len(patients), rule, values, [word for said in words.values() for word in said]))
            patients.append(patient)
    assert len(awaited) > 150
    said = doors.loader(patients, tmp_path)
    for index, rule, values, messages in awaited:
        lines = [line for line in said if f"patients[{index}]." in line]
        for message in messages:
            assert any(message in line for line in lines), f"{rule}: {values}: {message!r} not in {lines}"


@pytest.mark.django_db
def test_literature_rules_are_refused_by_the_write_door():
    """Nobody but the loader writes literature: its documents are checked by their own model before the rules."""
    for model, rule in declared_rules():
        if model.center_path is not None:
            continue
        record = make(model)
        for values in breakages(rule, record):
            assert doors.write_door(make_again(record), values, UserFactory(is_superuser=True)), (
                rule,
                values,
            )
