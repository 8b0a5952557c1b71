"""The tables that can be imported: which model each holds, how its rows name each other, and its columns.

Names are those of the export tables and the codebook, so that an export can be edited and imported. Nothing about a
field is stated here a second time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cases.models import Case, Lesion, Patient, Treatment
from outcomes.models import Assessment, Complication, FollowUpStatus
from procedures.kinds import KINDS
from procedures.models import (
    Ablation,
    BalloonInflation,
    Procedure,
    TransarterialDrug,
    TransarterialSession,
    TreatedLesion,
)
from registry.core.codes import MISSING_SUFFIX
from registry.core.models import Record
from registry.research.tables import tables

#: Names of columns where they differ from those of the fields, as in the exports.
_RENAMED: dict[Any, dict[str, str]] = {Case: {"number": "case_number", "status": "case_status"}}
#: Set by where a row stands, or by the registry.
_NEVER = frozenset({"center", "publication", "source_label"})


@dataclass(frozen=True)
class Reference:
    """How a row names a row of another table: ``case_id``, ``case_ref``, or the owner of that and ``case_number``."""

    #: Field of the model.
    field: str
    table: str
    #: Begins the names of the columns: ``case`` in ``case_id``.
    stem: str
    optional: bool = False


@dataclass(frozen=True)
class Layout:
    """One table. ``key`` is the field that tells rows of one owner apart, where there is one."""

    name: str
    model: type[Record]
    stem: str
    references: tuple[Reference, ...] = ()
    key: str = ""
    #: Whether an owner has one row at most.
    single: bool = False
    #: Values of the key that may stand more than once.
    repeatable: tuple[str, ...] = ()

    @property
    def id_column(self) -> str:
        return f"{self.stem}_id"

    @property
    def ref_column(self) -> str:
        return f"{self.stem}_ref"

    @property
    def owner(self) -> Reference | None:
        return self.references[0] if self.references else None

    @property
    def key_column(self) -> str:
        return column_name(self.model, self.key) if self.key else ""

    @property
    def named_key(self) -> str:
        """The key as other tables name it: ``lesion_number``."""
        return self.key_column if self.key_column.startswith(self.stem) else f"{self.stem}_{self.key_column}"


def column_name(model: type[Record], field_name: str) -> str:
    return _RENAMED.get(model, {}).get(field_name, field_name)


_PATIENT = Reference("patient", "patients", "patient")
_CASE = Reference("case", "cases", "case")
_PROCEDURE = Reference("procedure", "procedures", "procedure")
_LESION = Reference("lesion", "lesions", "lesion")

LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        Layout("patients", Patient, "patient"),
        Layout("cases", Case, "case", (_PATIENT,), "number"),
        Layout("lesions", Lesion, "lesion", (_CASE,), "number"),
        Layout("treatments", Treatment, "treatment", (_CASE,)),
        Layout("procedures", Procedure, "procedure", (_CASE,), "sequence"),
        Layout("treated_lesions", TreatedLesion, "treated_lesion", (_PROCEDURE, _LESION)),
        Layout(
            "ablations",
            Ablation,
            "ablation",
            (Reference("treated_lesion", "treated_lesions", "treated_lesion"),),
            "cycle",
        ),
        Layout("balloon_inflations", BalloonInflation, "balloon_inflation", (_PROCEDURE,), "number"),
        Layout("transarterial_sessions", TransarterialSession, "session", (_PROCEDURE,), "number"),
        Layout(
            "transarterial_drugs",
            TransarterialDrug,
            "transarterial_drug",
            (Reference("session", "transarterial_sessions", "session"),),
            "name",
        ),
        Layout(
            "assessments",
            Assessment,
            "assessment",
            (_CASE,),
            "time_point",
            repeatable=("unscheduled",),
        ),
        Layout(
            "complications",
            Complication,
            "complication",
            (_PROCEDURE, Reference("lesion", "lesions", "lesion", optional=True)),
        ),
        Layout("followup_status", FollowUpStatus, "followup_status", (_CASE,), single=True),
    )
}
BY_MODEL: dict[Any, Layout] = {layout.model: layout for layout in LAYOUTS.values()}


@dataclass(frozen=True)
class Target:
    """What a column fills: a field of the row's record, or of the details of one or more kinds of procedure."""

    model: type[Record]
    field: Any
    #: Whether it is the reason for an empty value.
    missing: bool = False
    #: Kinds of procedure whose details have the field; empty for a field of the record itself.
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Columns:
    """The columns of a table: those that fill something, those that name rows, and those that are only read."""

    values: dict[str, Target]
    names: tuple[str, ...]
    shown: frozenset[str]

    @property
    def known(self) -> set[str]:
        return {*self.values, *self.names, *self.shown}


@cache
def columns_of(table: str) -> Columns:
    """The columns of a table, in the order of its template."""
    layout = LAYOUTS[table]
    values = dict(_values(layout.model))
    if layout.model is Procedure:
        for name, target in _details():
            known = values.setdefault(name, target)
            if known is not target:
                values[name] = Target(known.model, known.field, known.missing, (*known.kinds, *target.kinds))
    names = tuple(dict.fromkeys(_names(layout)))
    exported = tables().get(table)
    shown = {column.name for column in exported.columns} if exported is not None else set()
    if layout.model is not Case:
        shown.add("case_status")
    return Columns(values, names, frozenset(shown - set(values) - set(names)))


def _values(model: type[Record]) -> Iterator[tuple[str, Target]]:
    references = {reference.field for reference in BY_MODEL[model].references} if model in BY_MODEL else set()
    for each in model._meta.concrete_fields:
        if not each.editable or each.primary_key or each.name in ("missing", *_NEVER, *references):
            continue
        if each.is_relation and each.name != "diagnosis":
            continue
        name = column_name(model, each.name)
        yield name, Target(model, each)
        if each.name in model.missable_fields():
            yield f"{name}{MISSING_SUFFIX}", Target(model, each, missing=True)


def _details() -> Iterator[tuple[str, Target]]:
    for kind, declared in KINDS.items():
        for name, target in _values(declared.details_model):
            if target.field.name != "procedure":
                yield name, Target(target.model, target.field, target.missing, (kind,))


def _names(layout: Layout) -> Iterator[str]:
    yield layout.id_column
    yield layout.ref_column
    if layout.model is Patient:
        yield from ("registry_id", "center")
    for reference in layout.references:
        yield from naming(reference)


def naming(reference: Reference) -> Iterator[str]:
    """The columns by which a row can name a row of the other table, the shortest way first."""
    other = LAYOUTS[reference.table]
    yield f"{reference.stem}_id"
    yield f"{reference.stem}_ref"
    if other.model is Patient:
        yield from ("registry_id", "hospital_number")
        return
    if other.key:
        yield other.named_key
    for above in other.references:
        yield from naming(above)


@dataclass
class Row:
    """One row of one table, wherever it came from.

    ``at`` says where it stands (a line, or a path in a bundle), ``columns`` how its cells are called there.
    """

    table: str
    file: str
    at: str
    cells: dict[str, Any]
    columns: dict[str, str] = field(default_factory=dict)
    #: The rows it belongs to, where its place says so: field → row.
    owners: dict[str, "Row"] = field(default_factory=dict)
    #: Whether a procedure without a number is the case's only one of its kind.
    likeliest: bool = False

    @property
    def layout(self) -> Layout:
        return LAYOUTS[self.table]

    def called(self, column: str) -> str:
        """A column as the file calls it."""
        return self.columns.get(column, column)
