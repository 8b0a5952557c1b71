"""Columns of the export tables, derived from the models: their fields, missing codes and derived values.

A column is declared by the model it comes from; a table only says which models it shows and over which path they are
reached. Nothing about a field (label, unit, codes, whether it identifies) is stated a second time here.
"""

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import models
from django.db.models import Case as Switch
from django.db.models import F, OuterRef, Q, Subquery, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce
from django.db.models.lookups import IsNull

from registry.core import fields
from registry.core.codes import MISSING_SUFFIX, MissingCode
from registry.core.derived import Derived
from registry.core.models import Record
from registry.core.units import unit_of
from registry.research.days import day_sql

#: Fields of every record that are no data, each with the reason why no table shows it.
STRUCTURE = {
    "id": "internal key; the public id is exported",
    "uuid": "exported as the key column of its table",
    "version": "guards concurrent changes; no clinical meaning",
    "created_at": "when the row was typed; kept in history",
    "created_by": "who typed the row; kept in history",
    "modified_at": "when the row was changed; kept in history",
    "modified_by": "who changed the row; kept in history",
    "missing": "exported as the column <name>__missing of each field",
    "confirmed": "reasons for unusual values; part of curation",
    "hospital_number_hash": "look-up key of the hospital number, which is withheld itself",
}

#: The date that all others are counted from.
DAY_0 = "cases.Case.index_date"


class ColumnType(enum.StrEnum):
    """What a column holds, for readers of the file and for formats that have types."""

    KEY = "key"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CODE = "code"
    CODE_SET = "code_set"
    TEXT = "text"
    DATE = "date"
    DATETIME = "datetime"


class Identity(enum.Enum):
    """In which way a column can show who a patient is; a profile decides what becomes of each."""

    NUMBER = "number"
    DATE = "date"
    TEXT = "text"
    AGE = "age"


@dataclass(frozen=True)
class Column:
    """One column: ``expression`` over the table's queryset, and everything a reader must know about it."""

    name: str
    label: str
    type: ColumnType
    expression: Any
    #: Where it comes from: ``cases.Lesion.volume_ml``, or the source of the formula.
    source: str
    unit: str = ""
    codes: tuple[tuple[str, str], ...] = ()
    identity: Identity | None = None
    derived: bool = False
    #: The derived value or the day it shows: ``cases.Lesion.sins_score``; of a plain column ``source`` says it.
    computed: str = ""
    #: The time point of a column of a wide table.
    time_point: str = ""

    @property
    def declaration(self) -> str:
        """``cases.Lesion.volume_ml``: what it shows of a model; empty for keys and for what several rows make up."""
        if self.computed or self.derived or self.type is ColumnType.KEY:
            return self.computed
        return self.source.partition("; ")[0]

    @property
    def lookup(self) -> str | None:
        """The lookup that filters this column, where it is a plain field."""
        return str(self.expression.name) if isinstance(self.expression, F) else None  # type: ignore[attr-defined]


def joined(*steps: str) -> str:
    """A lookup path: ``joined("procedure", "", "case")`` → ``procedure__case``."""
    return "__".join(step for step in steps if step)


def key(name: str, path: str, label: str) -> Column:
    """A public id, joinable across tables."""
    return Column(name, label, ColumnType.KEY, F(joined(path, "uuid")), "public id")


def missing_codes() -> tuple[tuple[str, str], ...]:
    return tuple((str(code), str(label)) for code, label in MissingCode.choices)


def missing_code(field: str, path: str) -> Any:
    """The missing code of a field, out of the record's ``missing``."""
    return KeyTextTransform(field, joined(path, "missing"), output_field=models.CharField())


def missing_column(of: Column, expression: Any) -> Column:
    """Why ``of`` is empty."""
    return Column(
        f"{of.name}{MISSING_SUFFIX}",
        f"{of.label}: why missing",
        ColumnType.CODE,
        expression,
        f"{of.source}, missing code",
        codes=missing_codes(),
        derived=True,
    )


def only_where_empty(value: Any, code: Any) -> Any:
    """The code of a computed column: a value that was found by another way needs no excuse."""
    return Switch(When(IsNull(value, True), then=code), default=Value(None), output_field=models.CharField())


@dataclass(frozen=True)
class Origin:
    """A model as a table sees it: over which path it is reached, and where the case stands that dates count from.

    ``prefix`` and ``heading`` go before the names and labels of its columns (``reboa__``, “REBOA: ”), ``suffix`` and
    ``ending`` after them (``__baseline``, “, before the procedure”). ``case`` is the path from the table's rows to the
    case, or ``None`` where there is none; ``procedure`` leads to the procedure that intervals count from, where they do
    not count from the index procedure.
    """

    model: type[Record]
    path: str = ""
    case: str | None = None
    prefix: str = ""
    heading: str = ""
    suffix: str = ""
    ending: str = ""
    procedure: str | None = None

    def named(self, name: str) -> str:
        return f"{self.prefix}{name}{self.suffix}"

    def labelled(self, label: Any) -> str:
        return f"{self.heading}{label}{self.ending}"

    def source(self, field: str) -> str:
        return f"{self.model._meta.label}.{field}"

    # -- columns -------------------------------------------------------------------------------------------------

    def columns(
        self, *, only: Iterable[str] = (), rename: Mapping[str, str] | None = None
    ) -> Iterator[Column]:
        """Every field of the model with its missing code, then its derived values."""
        wanted = frozenset(only)
        for field in self.model._meta.concrete_fields:
            if field.name in STRUCTURE or field.is_relation or (wanted and field.name not in wanted):
                continue
            yield from self._field(field, (rename or {}).get(field.name, field.name))
        if not wanted:
            for value in self.model.derived:
                yield self.derived(value)

    def _field(self, field: Any, name: str) -> Iterator[Column]:
        """One field, the days from the index procedure beside a date, and the missing code."""
        column = Column(
            self.named(name),
            self.labelled(field.verbose_name),
            _type_of(field),
            F(joined(self.path, field.name)),
            self.source(field.name),
            unit=unit_of(field.name),
            codes=codes_of(field),
            identity=self.identity_of(field),
        )
        yield column
        is_date = field.name == "date" or field.name.endswith("_date")
        if is_date and self.case is not None and self.source(field.name) != DAY_0:
            yield from self._day(field.name)
        elif field.name in self.model.missable_fields():
            yield missing_column(column, missing_code(field.name, self.path))

    def _day(self, date: str) -> Iterator[Column]:
        """A date as days after the index procedure; an interval as printed counts where the date is unknown."""
        stem = date.removesuffix("date")
        names = {field.name for field in self.model._meta.concrete_fields}
        value, unit = f"{stem}interval_value", f"{stem}interval_unit"
        label = self.labelled(self.model._meta.get_field(date).verbose_name)  # type: ignore[union-attr]
        has_interval = value in names and unit in names
        day = Column(
            self.named(f"{stem}day"),
            f"{label}, day after the index procedure",
            ColumnType.NUMBER,
            day_sql(
                joined(self.path, date),
                self.case or "",
                joined(self.path, value) if has_interval else None,
                joined(self.path, unit) if has_interval else None,
                self.procedure,
            ),
            f"{self.source(date)} less the index date"
            + (", else the interval in days" if has_interval else "")
            + (" after the procedure" if has_interval and self.procedure else ""),
            unit="d",
            derived=True,
            computed=self.source(f"{stem}day"),
        )
        yield day
        # Where both are missing, what is said of the interval is the closer reason.
        missable = self.model.missable_fields()
        codes = [missing_code(name, self.path) for name in (value, date) if name in missable]
        if codes:
            yield missing_column(
                day, only_where_empty(day.expression, Coalesce(*codes) if codes[1:] else codes[0])
            )

    def derived(self, value: Derived, *, name: str | None = None) -> Column:
        """A derived value: its own SQL on the model's rows, or a look into them from afar."""
        expression: Any = value.sql()
        if self.path:
            rows = self.model._base_manager.filter(pk=OuterRef(joined(self.path, "pk"))).order_by()
            expression = Subquery(rows.values_list(expression)[:1])
        return Column(
            self.named(name or value.name),
            self.labelled(value.label),
            ColumnType(value.kind),
            expression,
            str(value.source),
            unit=value.unit if value.kind == "number" else "",
            codes=tuple((code, code) for code in value.codes),
            derived=True,
            computed=self.source(value.name),
        )

    def identity_of(self, field: Any) -> Identity | None:
        """What a column of this field could give away; records that belong to no centre are public."""
        if self.model.center_path is None or field.name == "source_label":
            return None
        if field.name == "age_years":
            return Identity.AGE
        if isinstance(field, models.DateField):
            return Identity.DATE
        if field.name == "registry_id" or field.name in self.model.identifying_fields:
            return Identity.NUMBER
        return Identity.TEXT if field.name in self.model.identifying() else None


def coalesced(columns: Iterable[Column]) -> list[Column]:
    """Columns of the same name from several kinds of one thing as one column; each row fills at most one of them."""
    groups: dict[str, list[Column]] = {}
    for column in columns:
        groups.setdefault(column.name, []).append(column)
    return [
        group[0]
        if len(group) == 1
        else replace(
            group[0],
            expression=Coalesce(*(column.expression for column in group)),
            source="; ".join(column.source for column in group),
        )
        for group in groups.values()
    ]


def codes_of(field: Any) -> tuple[tuple[str, str], ...]:
    """The code list of a field, with labels."""
    listed = field.codes if isinstance(field, fields.CodeSetField) else field.choices or ()
    return tuple((str(code), str(label)) for code, label in listed)


_TYPES: tuple[tuple[type[models.Field], ColumnType], ...] = (
    (fields.CodeSetField, ColumnType.CODE_SET),
    (fields.CodeField, ColumnType.CODE),
    (models.SlugField, ColumnType.CODE),
    (models.BooleanField, ColumnType.BOOLEAN),
    (models.DateTimeField, ColumnType.DATETIME),
    (models.DateField, ColumnType.DATE),
    (models.DecimalField, ColumnType.NUMBER),
    (models.FloatField, ColumnType.NUMBER),
    (models.IntegerField, ColumnType.INTEGER),
    (models.CharField, ColumnType.TEXT),
    (models.TextField, ColumnType.TEXT),
)


def _type_of(field: Any) -> ColumnType:
    for known, column_type in _TYPES:
        if isinstance(field, known):
            return column_type
    raise TypeError(f"{field} has no column type: add it to _TYPES or to STRUCTURE with a reason.")


def holds_code(path: str, code: str) -> Q:
    """The code set at ``path`` contains this code (T1 must not be found in T10)."""
    return (
        Q(**{path: code})
        | Q(**{f"{path}__startswith": f"{code};"})
        | Q(**{f"{path}__endswith": f";{code}"})
        | Q(**{f"{path}__contains": f";{code};"})
    )
