"""The house's own rules: which way imports go, who writes, how things are named and described."""

import ast
import re
from pathlib import Path

import pytest
from django.db import models

from registry.core.models import Record
from registry.core.rules import Between, OneOf, SubsetOf, rules_of
from registry.core.units import unit_of
from tests.conventions.each import ROOT, of_each, tree_of
from tests.declared import record_models

FLOORS = [
    "registry.core",
    "registry.access",
    "registry.literature",
    "cases",
    "procedures",
    "outcomes",
    "registry.curation",
    "registry.research",
    "registry.interchange",
]
SOURCES = [
    path
    for folder in ("registry", "cases", "procedures", "outcomes")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in path.parts
]


def floor_of(module: str) -> int | None:
    for number, floor in enumerate(FLOORS):
        if module == floor or module.startswith(floor + "."):
            return number
    return None


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(tree: ast.AST) -> list[str]:
    """Every module imported anywhere in the file, also inside functions."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
    return found


@of_each(SOURCES)
def test_imports_go_one_way(path):
    own = floor_of(module_of(path))
    if own is None:
        return  # settings, urls and the like stand above all floors
    tree = tree_of(path)
    back = sorted(
        {name for name in imported(tree) if (floor := floor_of(name)) is not None and floor > own}
        | {name for name in imported(tree) if name in ("registry.urls", "registry.api")}
    )
    assert not back, f"{module_of(path)} imports from a higher floor: {back}"


#: Calls that write rows, and what makes one harmless: the models named here are not records.
WRITES = {"bulk_create", "bulk_update", "update", "update_or_create", "get_or_create"}
NOT_RECORDS = re.compile(
    r"\b(User|UserSession|Center|Membership|AccessEvent|PatientCounter|ExportReceipt|ExportJob|Release|AuthToken|TokenScope"
    r"|Invitation|FrozenCase|ImportBatch|DataQuery|ChangeCounter|cls)\b",
    re.ASCII,
)


@of_each([path for path in SOURCES if "core" not in path.relative_to(ROOT).parts])
def test_nobody_writes_records_round_the_door(path):
    text = path.read_text("utf-8")
    for node in ast.walk(tree_of(path)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        source = ast.get_source_segment(text, node.func.value) or ""
        if node.func.attr in WRITES and (
            ".objects" in source or "_base_manager" in source or ".filter(" in source
        ):
            assert NOT_RECORDS.search(source), f"{path.name}:{node.lineno} writes round the door: {source}"
        assert node.func.attr != "current_pass", path


def test_the_pass_is_held_inside_the_ground_floor_only():
    for path in SOURCES:
        relative = path.relative_to(ROOT)
        if "current_pass.set" in path.read_text("utf-8"):
            assert relative == Path("registry/core/records.py")


@of_each(SOURCES)
def test_merging_alone_moves_a_record_to_another_parent(path):
    if path.relative_to(ROOT) != Path("registry/curation/merging/merge.py"):
        assert "records.move(" not in path.read_text("utf-8")


#: Transactions that write no record, or take back what they wrote, the wide door, which takes its change itself, and
#: the chain, whose locks are taken last.
OTHER_TRANSACTIONS = {
    Path("cases/views/rows.py"),
    Path("registry/core/bulk.py"),
    Path("registry/core/chain/opening.py"),
    Path("registry/core/erasure.py"),
    Path("registry/access/chain.py"),
    Path("registry/access/invitations.py"),
    Path("registry/access/tokens.py"),
    Path("registry/access/management/commands/demo_users.py"),
    Path("registry/research/cohorts/keeping.py"),
    Path("registry/research/jobs.py"),
    Path("registry/research/releases/making.py"),
}


@of_each(SOURCES)
def test_writes_that_belong_together_are_one_change(path):
    """``transaction.atomic`` around the write door would hold the counter of changes until its own end."""
    relative = path.relative_to(ROOT)
    if relative == Path("registry/core/sequence.py") or relative in OTHER_TRANSACTIONS:
        return
    assert "transaction.atomic" not in path.read_text("utf-8"), f"{relative}: use records.together"


@pytest.mark.parametrize("model", record_models(), ids=lambda m: m.__name__)
def test_every_record_is_scoped_described_and_ruled(model):
    assert "center_path" in model.__dict__ or any(
        "center_path" in base.__dict__ for base in model.__mro__[1:-1]
    )
    if model.center_path is not None:
        *steps, last = model.center_path.split("__")
        at = model
        for step in steps:
            at = at._meta.get_field(step).related_model
        assert at._meta.get_field(last).related_model._meta.label == "access.Center"
    assert model.__doc__, "says what it is for"
    assert not model.__doc__.startswith(f"{model.__name__}("), "Django's own docstring says nothing"
    ruled = {}
    for rule in rules_of(model):
        ruled.setdefault(rule.field, []).append(rule)
    own = [f for f in model._meta.local_fields if f.name not in {b.name for b in Record._meta.local_fields}]
    for field in own:
        if isinstance(field, models.IntegerField | models.DecimalField) and not field.primary_key:
            if field.name in ("id", "object_id"):
                continue
            limited = [rule for rule in ruled.get(field.name, []) if isinstance(rule, Between | OneOf)]
            assert limited, f"{field.name} has no limits"
        if field.choices:
            assert any(isinstance(r, OneOf) for r in ruled.get(field.name, [])), (
                f"{field.name} has no code rule"
            )
        if getattr(field, "codes", None):
            assert any(isinstance(r, SubsetOf) for r in ruled.get(field.name, [])), (
                f"{field.name} has no code rule"
            )


#: Pure numbers: scores, counts and ordinals have no unit.
UNITLESS = re.compile(
    r"^(number|sequence|cycle|order|year|birth_year|patients|lesions|denominator|value|reference_no|onset_day|access_no"
    r"|inr|vas_pain|odi(_\w+)?|kps|ecog|analgesic_scale|barthel|needle_count|rolloff_count|transfused_units"
    r"|(\w+_)?interval_value|followup_(min|max)"
    r"|(reboa|vertebroplasty|sacroplasty|rfa)_(eligible|refused|missed|not_eligible|other))$"
)


@pytest.mark.parametrize("model", record_models(), ids=lambda m: m.__name__)
def test_every_measured_number_has_its_unit_in_the_name(model):
    for field in model._meta.local_fields:
        if field.primary_key or field.name in ("version", "object_id"):
            continue
        if isinstance(field, models.DecimalField | models.IntegerField):
            assert unit_of(field.name) or UNITLESS.match(field.name), f"{field.name} has no unit"


@pytest.mark.parametrize("model", record_models(), ids=lambda m: m.__name__)
def test_what_may_be_empty_may_say_why(model):
    """Every nullable clinical value takes a missing code, but for the parts of another value."""
    parts = re.compile(
        r"(_qualifier|_version|_unit|_precision|instrument|_side)$|^(publication|cirse|clavien|arm|lesion)"
    )
    for field in model._meta.local_fields:
        if (
            not field.null
            or field.name in {b.name for b in Record._meta.local_fields}
            or parts.search(field.name)
        ):
            continue
        assert field.name in model.missable_fields(), f"{field.name} cannot say why it is empty"


@of_each(SOURCES)
def test_modules_and_public_classes_say_what_they_are_for(path):
    tree = tree_of(path)
    if path.name in ("apps.py", "__init__.py") and not path.read_text("utf-8").strip().startswith('"""'):
        return
    assert ast.get_docstring(tree), f"{path.relative_to(ROOT)} has no docstring"
    assert not {"utils", "helpers", "misc"} & set(path.with_suffix("").parts), "split by noun"


@of_each(SOURCES)
def test_a_file_is_one_room(path):
    assert len(path.read_text("utf-8").splitlines()) <= 400, f"{path.relative_to(ROOT)} is two rooms"
