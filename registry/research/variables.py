"""The catalogue of variables: every column of every export table with all that is known of it.

Nothing is declared here. Labels, types, units and codes come with the columns, limits and usual ranges from the rules
and soft limits of the models, definitions from the declarations and from ``definitions``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from django.apps import apps
from django.db.models import Field
from django.utils import translation

from outcomes.codes import TimePoint
from procedures.codes import Kind
from procedures.models import Procedure
from procedures.strategy import STRATEGY
from registry.core.codes import MISSING_SUFFIX
from registry.core.derived import Derived
from registry.core.models import Record
from registry.research.columns import Column
from registry.research.definitions import COLUMNS, DECLARATIONS
from registry.research.ranges import (
    Range,
    limits_in_words,
    limits_of,
    usual_in_words,
    usual_of,
    usual_ranges,
)
from registry.research.tables import Table, tables
from registry.research.terminology import CODE_SYSTEMS, LOINC


@dataclass(frozen=True)
class Variable:
    """One variable of one table: its column, and everything a reader, a filter or a file format must know about it."""

    table: str
    name: str
    column: Column
    #: One English sentence or more.
    definition: str
    #: Outside these no value is accepted.
    limits: Range | None = None
    limits_in_words: str = ""
    #: Outside these a value is asked about. ``None`` also where the range depends on the record; then see the words.
    usual: Range | None = None
    usual_in_words: str = ""
    time_point: str = ""
    #: LOINC code of what is measured.
    loinc: str = ""
    #: Name of the terminology whose codes the values are.
    code_system: str = ""
    #: How it can show who a patient is: ``number``, ``date``, ``text`` or ``age``; empty where it cannot.
    identifying: str = ""
    #: Whether ``<name>__missing`` stands beside it and says why a value is absent.
    missable: bool = False

    @property
    def key(self) -> str:
        return f"{self.table}.{self.name}"


@cache
def catalogue() -> Mapping[str, Variable]:
    """Every variable by its key, ``lesions.volume_ml``; tables in their order, no ``x__missing`` among them."""
    with translation.override("en"):
        found = [variable for table in tables().values() for variable in _variables(table)]
    return MappingProxyType({variable.key: variable for variable in found})


def _variables(table: Table) -> Iterator[Variable]:
    names = {column.name for column in table.columns}
    for column in table.columns:
        if not column.name.endswith(MISSING_SUFFIX):
            yield _variable(table, column, f"{column.name}{MISSING_SUFFIX}" in names)


def _variable(table: Table, column: Column, missable: bool) -> Variable:
    declared, kind = _declared(column.declaration), _first_of(column)
    found: dict[str, Any] = {}
    if isinstance(declared, Field) and issubclass(declared.model, Record):
        model = declared.model
        ranges = usual_ranges(
            model, declared.name, Procedure(kind=kind) if kind and model is Procedure else None
        )
        found = {
            "limits": limits_of(model, declared.name),
            "limits_in_words": limits_in_words(model, declared.name),
            "usual": usual_of(ranges),
            "usual_in_words": usual_in_words(ranges),
        }
    return Variable(
        table=table.name,
        name=column.name,
        column=column,
        definition=" ".join(_sentences(column, declared, kind)),
        time_point=column.time_point,
        loinc=LOINC.get(column.declaration, ""),
        code_system=CODE_SYSTEMS.get(column.declaration, ""),
        identifying=column.identity.value if column.identity else "",
        missable=missable,
        **found,
    )


def _declared(declaration: str) -> Field | Derived | None:
    """The field or derived value of that name; ``None`` for a day counted from the index procedure, and for columns."""
    if not declaration:
        return None
    label, _dot, name = declaration.rpartition(".")
    model: Any = apps.get_model(label)
    field = next((field for field in model._meta.concrete_fields if field.name == name), None)
    # The strategy is a case's, and declared on the floor of the procedures that make it up.
    return field or next((d for d in (*getattr(model, "derived", ()), STRATEGY) if d.name == name), None)


def _first_of(column: Column) -> Kind | None:
    """The kind of procedure of whose first one the wide table shows this column."""
    prefix, separator, _name = column.name.partition("__")
    return Kind(prefix) if separator and prefix in Kind.values and column.declaration else None


def _sentences(column: Column, declared: Field | Derived | None, kind: Kind | None) -> Iterator[str]:
    """What the declaration means, what it says itself, and of which procedure or when the column shows it."""
    own = DECLARATIONS.get(column.declaration) if column.declaration else COLUMNS.get(column.name)
    if own is None:
        raise LookupError(
            f"Say in registry.research.definitions what {column.declaration or column.name} means."
        )
    yield own
    if isinstance(declared, Derived):
        yield f"{declared.source}."
    elif declared is not None and declared.help_text:
        yield str(declared.help_text)
    if kind is not None:
        yield f"Of the first {kind.label} of the case."
    if column.time_point:
        yield f"At the time point “{TimePoint(column.time_point).label}”."
