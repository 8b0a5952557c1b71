"""Columns come from the models: none is forgotten, and zero is a value in each."""

import csv
import io
from decimal import Decimal

import pytest
from django.db import models

from cases.models import Case
from outcomes.codes import TimePoint
from outcomes.models import FollowUpStatus
from procedures.kinds import KINDS
from registry.core import fields
from registry.core.codes import MISSING_SUFFIX
from registry.core.models import Record
from registry.core.rules import Between, CodedMissing, OneOf, OnlyWhen, Pair, RequiredWhen, Requires, rules_of
from registry.research.columns import STRUCTURE, ColumnType
from registry.research.export import Export, select
from registry.research.formats import FORMATS
from registry.research.tables import tables
from tests import factories as make
from tests.declared import some_value

EXPORTED_MODELS = [
    *{table.model: None for table in tables().values()},
    *(kind.details_model for kind in KINDS.values()),
    FollowUpStatus,
]


def exported(table, user):
    export = Export(select(tables()[table], user, {}), FORMATS["csv"], user)
    return list(csv.DictReader(io.StringIO(b"".join(export).decode(), newline="")))


@pytest.mark.parametrize("model", EXPORTED_MODELS, ids=lambda m: m.__name__)
def test_every_field_is_a_column_or_left_out_for_a_reason(model):
    columns = [column for table in tables().values() for column in table.columns]
    sources = {part for column in columns for part in (column.source, *column.source.split("; "))}
    for field in model._meta.concrete_fields:
        if field.name in STRUCTURE or field.is_relation:
            continue
        assert f"{model._meta.label}.{field.name}" in sources, field.name
    for value in model.derived:
        assert value.source in sources, value.name


def test_what_is_left_out_is_left_out_for_a_reason():
    assert all(STRUCTURE.values())


@pytest.mark.parametrize("table", tables().values(), ids=lambda t: t.name)
def test_every_column_that_may_be_missing_can_say_why(table):
    names = {column.name for column in table.columns}
    for column in table.columns:
        model = next((m for m in EXPORTED_MODELS if column.source.startswith(f"{m._meta.label}.")), None)
        field = column.source.rpartition(".")[2]
        if model is None or column.derived or field not in model.missable_fields():
            continue
        day = column.name.removesuffix("date") + "day"
        assert {column.name + MISSING_SUFFIX, day + MISSING_SUFFIX} & names, column.name


@pytest.mark.parametrize("table", tables().values(), ids=lambda t: t.name)
def test_every_column_is_described(table):
    for column in table.columns:
        assert column.label and column.source
        if column.unit:
            assert column.type in (ColumnType.NUMBER, ColumnType.INTEGER)


# -- zero --------------------------------------------------------------------------------------------------------------


def admits_zero(field):
    model = field.model
    if not isinstance(field, fields.DecimalField | fields.IntegerField) or field.name in ("number", "order"):
        return False
    own = [
        rule for rule in rules_of(model) if rule.fields == (field.name,) and isinstance(rule, Between | OneOf)
    ]
    return all(rule.holds({field.name: Decimal(0)}) for rule in own)


def zeros(model, **fixed):
    """Zero in every numeric field that admits it, and whatever the rules then want beside it."""
    found = dict(fixed)
    for field in model._meta.local_fields:
        if (
            field.name not in {f.name for f in Record._meta.local_fields}
            and not field.primary_key
            and admits_zero(field)
        ):
            found.setdefault(field.name, 0)
    for rule in rules_of(model):
        if isinstance(rule, CodedMissing) or rule.holds({name: found.get(name) for name in rule.fields}):
            continue
        if isinstance(rule, OnlyWhen):
            found[rule.when] = rule.allowed[0]
        elif isinstance(rule, Requires | Pair):
            found[rule.other] = some_value(model, rule.other)
        else:
            assert isinstance(rule, RequiredWhen), rule
    return found


@pytest.fixture
def zero_world(center, researcher):
    case = make.CaseFactory(patient=make.PatientFactory(center=center), **zeros(Case))
    for model, factory in make.FACTORIES.items():
        names = {field.name for field in model._meta.concrete_fields}
        if model.center_path is None or model in (Case, Case._meta.get_field("patient").related_model):
            continue
        if model is make.Assessment:
            for point in TimePoint.values:
                factory(case=case, **zeros(model, time_point=point, interval_value=0))
        elif model is make.FollowUpStatus:
            factory(case=case, **zeros(model, vital_status="dead", local_recurrence=True))
        elif model is make.Ablation:
            rfa = case.procedures.filter(kind="rfa").first() or make.ProcedureFactory(case=case, kind="rfa")
            factory(treated_lesion=make.TreatedLesionFactory(procedure=rfa), **zeros(model))
        elif "case" in names:
            if model is make.Procedure:
                continue
            factory(case=case, **zeros(model))
        elif "procedure" in names:
            kind = getattr(model, "kind", None)
            kind = (
                kind
                if isinstance(kind, str)
                else "reboa"
                if model is make.BalloonInflation
                else "vertebroplasty"
            )
            procedure = case.procedures.filter(kind=kind).first() or make.ProcedureFactory(
                case=case, **zeros(make.Procedure, kind=kind)
            )
            factory(procedure=procedure, **zeros(model))
    publication = make.PublicationFactory()
    make.ReportedValueFactory(publication=publication, **zeros(make.ReportedValue, order=0))
    return researcher


@pytest.mark.parametrize("table", tables().values(), ids=lambda t: t.name)
def test_zero_stays_zero(zero_world, table):
    rows = exported(table.name, zero_world)
    checked = 0
    for column in table.columns:
        label, _dot, name = column.source.rpartition(".")
        model = next((m for m in EXPORTED_MODELS if m._meta.label == label), None)
        if (
            model is None
            or column.derived
            or (column.identity is not None and column.type is not ColumnType.INTEGER)
        ):
            continue
        field = model._meta.get_field(name)
        if column.type in (ColumnType.NUMBER, ColumnType.INTEGER) and admits_zero(field):
            if column.name not in rows[0]:
                assert column.identity is not None
                continue
            assert "0" in {row[column.name] for row in rows}, column.name
            checked += 1
    expected = any(
        admits_zero(field) for field in table.model._meta.local_fields if isinstance(field, models.Field)
    )
    assert bool(checked) is (expected or table.name == "case_summary") or table.name in (
        "patients",
        "lesions",
    )
